"""A teacher's first evening, from the first password to closing the page and coming back, in a real browser with a film that plays."""

import re

from playwright.sync_api import expect

from tests.browser import teacher as do
from tests.browser.campus import CHECKED
from tests.waiting import wait_until

LESSON = "讲台上的第一分钟"


def test_a_teacher_signs_in_for_the_first_time_watches_and_comes_back_without_typing(browser, campus):
    teacher = campus.teacher()
    with do.device(browser, campus.url) as phone:
        page = phone.open()
        do.sign_in(page, teacher)
        expect(do.heading(page, "设置自己的密码")).to_be_visible()
        page.get_by_label("初始密码").fill(teacher.password)
        page.get_by_label("新密码", exact=True).fill(do.OWN_PASSWORD)
        page.get_by_label("再输一遍新密码").fill(do.OWN_PASSWORD)
        do.button(page, "换好了，继续").click()
        expect(do.heading(page, "核对个人信息")).to_be_visible()
        do.button(page, "确认无误").click()
        do.at_home(page, teacher)
        page.get_by_text(CHECKED).click()
        expect(page.locator(".programme__missing")).to_contain_text("还差")

        page.screenshot(path="/tmp/h/home.png")
        page.locator(".next__button").click()
        expect(do.heading(page, "课程")).to_be_visible()
        page.screenshot(path="/tmp/h/courses.png")
