"""Teachers' evenings, each in a real browser against the whole system, with films that really play."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser import teacher as do
from tests.browser.campus import CALM, CHECKED
from tests.waiting import wait_until

COURSE, LESSON = "走近师德", "讲台上的第一分钟"
#: Every page of the client that needs no more than being signed in.
PAGES = (
    "home", "courses", "score", "account", "password", "profile", "privacy", "evidence", "papers", "parts", "notices", "devices",
    "hand-in?part=stories&item=1",
)  # fmt: skip


def begin(page: Page, programme: str) -> None:
    """From home: the programme, its courses, the lesson; until the film moves."""
    page.get_by_text(programme).first.click()
    page.locator(".next__button").click()
    expect(do.heading(page, "课程")).to_be_visible()
    page.get_by_text(COURSE).click()
    do.begin_lesson(page, LESSON)


class TestAnEvening:
    def test_from_the_first_password_to_coming_back_where_one_was(self, browser, campus, tmp_path):
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

            begin(page, CHECKED)
            answer = do.button(page, "我在看")
            expect(answer).to_be_visible(timeout=20_000)
            do.shot(page, tmp_path, "check")
            answer.click()
            expect(answer).not_to_be_visible()
            seen = do.position(page)
            wait_until(lambda: do.shown_seconds(page) >= int(seen) - 1, timeout=15, what="the minutes to be credited")
            do.shot(page, tmp_path, "lesson")
            shown, left_at = do.shown_seconds(page), do.position(page)

            page = phone.close_and_reopen()
            do.at_home(page, teacher)
            wait_until(lambda: campus.credited(teacher) >= shown, timeout=15, what="SQL to have what was shown")
            again = page.locator(".next__button")
            expect(again).to_contain_text(LESSON)
            again.click()
            expect(do.heading(page, LESSON)).to_be_visible()
            start = page.locator(".curtain__start")
            expect(start).to_have_accessible_name(re.compile(r"\d+:\d\d"))
            minutes, seconds = re.search(r"(\d+):(\d\d)", start.get_attribute("aria-label")).groups()
            assert abs(int(minutes) * 60 + int(seconds) - left_at) <= 2
            do.play(page, re.compile("继续看"))
            assert sum(one.checks_answered for one in campus.sessions(teacher)) == 1


class TestTwoDevices:
    def test_the_second_asks_and_the_first_stops_with_its_minutes_kept(self, browser, campus, tmp_path):
        teacher = campus.settled()
        with do.device(browser, campus.url, do.PC) as pc, do.device(browser, campus.url) as phone:
            desk = pc.open()
            do.sign_in(desk, teacher)
            do.at_home(desk, teacher)
            begin(desk, CALM)
            do.plays_to(desk, 5)
            video, lessons = desk.locator("video"), desk.locator(".lesson__side")
            assert lessons.bounding_box()["x"] >= video.bounding_box()["x"] + video.bounding_box()["width"]
            desk.keyboard.press("Space")
            expect(desk.locator(".curtain__start")).to_be_visible()  # the page has heard of it too
            desk.keyboard.press("Space")
            desk.wait_for_function("() => !document.querySelector('video').paused")
            do.shot(desk, tmp_path, "desk")

            hand = phone.open()
            do.sign_in(hand, teacher)
            do.at_home(hand, teacher)
            hand.get_by_text(CALM).first.click()
            hand.locator(".next__button").click()
            expect(hand.get_by_text("另一台设备")).to_be_visible()
            do.shot(hand, tmp_path, "elsewhere")
            kept = do.shown_seconds(desk)
            hand.locator(".notice .button").first.click()
            expect(desk.get_by_text(re.compile("在另一台设备上"))).to_be_visible(timeout=15_000)
            do.shot(desk, tmp_path, "displaced")
            do.play(hand, re.compile("看"))
            assert do.shown_seconds(hand) >= kept > 0


class TestTrouble:
    def test_no_network_and_a_killed_server_cost_no_second(self, browser, campus, tmp_path):
        """A few seconds of each stand for a minute: beats come every two seconds here, every twenty outside."""
        teacher = campus.settled()
        with do.device(browser, campus.url) as phone:
            page = phone.open()
            do.sign_in(page, teacher)
            do.at_home(page, teacher)
            begin(page, CALM)
            do.plays_to(page, 4)

            phone.context.set_offline(True)
            expect(page.get_by_text("网络不通").first).to_be_visible(timeout=20_000)
            away = do.position(page)
            do.plays_to(page, away + 5)
            do.shot(page, tmp_path, "offline")
            phone.context.set_offline(False)
            expect(page.get_by_text("网络不通")).to_have_count(0, timeout=40_000)

            campus.kill_front()
            killed = do.position(page)
            do.plays_to(page, killed + 3)
            campus.open_front()
            started = time.monotonic()
            do.plays_to(page, killed + 6)
            page.keyboard.press("k")
            page.wait_for_function("() => document.querySelector('video').paused")
            seen = int(do.position(page))
            wait_until(lambda: campus.credited(teacher) >= seen - 1, timeout=45, what=f"{seen} s to be credited")
            assert campus.credited(teacher) <= seen + 1
            assert time.monotonic() - started < 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [do.PHONE, do.PC], ids=["phone", "pc"])
def test_every_page_asks_its_own_server_alone_and_fits_its_window(browser, campus, tmp_path, size, scheme):
    teacher = campus.settled()
    with do.device(browser, campus.url, size, color_scheme=scheme) as device:
        page = device.open()
        expect(do.heading(page, "登录")).to_be_visible()
        do.shot(page, tmp_path, "sign-in")
        do.sign_in(page, teacher)
        do.at_home(page, teacher)
        for address in PAGES:
            device.open(address)
            name = address.partition("?")[0]
            page.locator(f"uni-page[data-page='pages/{name}/{name}']").wait_for()
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
            expect(page.get_by_text("正在加载")).to_have_count(0)
            wide = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} is {wide} px wider than the window"
            do.shot(page, tmp_path, name)


def test_less_than_a_hundred_kilobytes_of_scripts_come_before_the_player(browser, campus):
    """As they travel without TLS, in gzip; brotli takes a tenth less."""
    with do.device(browser, campus.url) as device:
        scripts = []
        device.context.on("response", lambda reply: scripts.append(reply) if reply.url.endswith(".js") else None)
        page = device.open()
        expect(do.button(page, "登录")).to_be_visible()
        page.wait_for_load_state("networkidle")
        sizes = [reply.request.sizes()["responseBodySize"] for reply in scripts]
        assert len(sizes) > 1
        assert 30_000 < sum(sizes) < 100_000
