"""Each role's main tasks in the console, from signing in with a password and six digits, on a phone and on a PC.

Every page that a walk comes by is looked at in both widths by tests/browser/looks.js; nothing may be said in the browser's console, and
nothing fetched from elsewhere. With PICTURES=docs/pictures the walks keep the pictures of the README.
"""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Error, Locator, Page, expect

from models import Account, Appointment, AuditEntry, Bill, Enrolment, HourCorrection
from tests import sheets
from tests.browser.town import CALLER, SLUG, Town


def answer(page: Page, school: str) -> None:
    """What the caller says to the questions of the notice."""
    for label, said in (("姓名", CALLER), ("所在学校", school), ("末四位", "0001"), ("出生日期", "1971年2月2日")):
        page.get_by_label(label).fill(said)


def resets(town: Town) -> int:
    query = sa.select(sa.func.count()).where(AuditEntry.action == "reset_password", AuditEntry.result == "done")
    return int(town.scalar(query))


def test_the_hotline_resets_a_password_in_fewer_than_five_clicks(window, sign_in, town):
    page = sign_in("hotline")
    before, clicks = resets(town), window.clicks()
    page.get_by_label("姓名、手机号或证件号码").fill("赵粉")
    reset = page.get_by_role("link", name=f"重置{CALLER}的密码")
    expect(reset).to_be_visible()
    window.look("desk" if window.width == "phone" else "")
    reset.click()
    answer(page, "示范东县第一中学")
    page.get_by_label("随机密码").check()
    window.look("reset" if window.width == "phone" else "")
    page.get_by_role("button", name="确认重置密码").click()
    shown = page.locator("#password").inner_text()
    window.look()
    assert window.clicks() - clicks < 5
    assert resets(town) == before + 1

    hashed = town.scalar(sa.select(Account.password_hash).where(Account.name == CALLER))
    page.reload()  # the browser sends the form again
    expect(page.locator("body")).to_contain_text("没有再做一次")
    expect(page.locator("body")).not_to_contain_text(shown)
    page.go_back()
    expect(page.get_by_role("button", name="确认重置密码")).to_be_visible()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # it would ask whether to send it again; nothing was kept
        page.go_forward()
    assert resets(town) == before + 1
    assert town.scalar(sa.select(Account.password_hash).where(Account.name == CALLER)) == hashed


def test_a_reset_needs_no_hand_but_the_keyboard(window, sign_in, town):
    page = sign_in("school_admin")
    before = resets(town)
    expect(page.get_by_label("姓名、手机号或证件号码")).to_be_focused()
    page.keyboard.type("李课")
    tab_to(page, page.get_by_role("link", name="重置李课表的密码"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("当面核对了身份证件").or_(page.get_by_label("电话提问")))
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("当面核对了身份证件")).to_be_checked()
    tab_to(page, page.get_by_label("按项目规定"))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_role("button", name="确认重置密码"))
    window.look()
    page.keyboard.press("Enter")
    expect(page.locator("#password")).to_be_visible()
    assert resets(town) == before + 1
    assert window.clicks() == 0


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus, which must be seen."""
    expect(wanted.first).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("(all) => all.includes(document.activeElement)"):
            ring = page.evaluate("(s => s.outlineStyle + s.boxShadow)(getComputedStyle(document.activeElement))")
            assert ring != "nonenone", "the focus cannot be seen"
            return
    raise AssertionError(f"Tab does not lead to {wanted}")


def test_the_hotline_looks_at_the_timeline_and_says_why(window, sign_in):
    page = sign_in("hotline")
    page.get_by_label("姓名、手机号或证件号码").fill(CALLER)
    window.follow(page.get_by_role("link", name=CALLER, exact=True))
    page.get_by_role("link", name="学习和登录记录").click()
    expect(page.locator("main")).to_contain_text("上报")
    page.get_by_label("针对哪个项目").select_option(label="示范项目：教师继续教育全员岗位培训")
    page.get_by_role("link", name="为什么看了这么久，只记了这么少？").click()
    expect(page.locator("#why-answer")).to_contain_text("重复")
    window.look("timeline" if window.width == "pc" else "")
    window.follow(page.get_by_role("link", name="各课时覆盖图").last)
    window.follow(page.get_by_role("link", name=re.compile("从错题到讲评")).first)


def choose_programme(page: Page) -> None:
    page.get_by_label("项目", exact=True).select_option(SLUG)
    with page.expect_navigation():
        page.get_by_role("button", name="查看", exact=True).click()


def test_a_school_imports_a_roster_with_a_wrong_row_and_takes_it_back(window, sign_in, town):
    page = sign_in("school_admin")
    new = [sheets.teacher(serial, school="示范东县第一小学") for serial in (7001, 7002)]
    wrong = sheets.teacher(7003, school="示范东县第一小学", id_number="999999198001017003X"[:18])
    before = town.scalar(sa.select(sa.func.count()).select_from(Enrolment))
    window.menu("名单导入")
    window.look()
    page.get_by_label("名单文件").set_input_files(
        {"name": "名单.csv", "mimeType": "text/csv", "buffer": sheets.csv_bytes([sheets.HEADER, *new, wrong], "gbk")}
    )
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("alert")).to_contain_text("1 行有错误")
    window.look("roster" if window.width == "pc" else "")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载有误的 1 行").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.get_by_label("有错误的行先不导入").check()
    page.get_by_role("button", name="只导入正确的 2 行").click()
    expect(page.locator("main")).to_contain_text("新增 2 人")
    window.look()
    assert town.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == before + 2
    window.follow(page.get_by_role("link", name="撤销这次导入"))
    page.get_by_role("button", name="确认撤销").click()
    expect(page.locator("main")).to_contain_text("撤销")
    assert town.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == before


def test_a_school_makes_its_bill(window, sign_in, town):
    page = sign_in("school_admin")
    window.menu("缴费单")
    choose_programme(page)
    window.look()
    page.get_by_role("link", name=re.compile("开缴费单|查看：")).first.click()
    page.get_by_label("经办人姓名").fill("褚会计")
    page.get_by_label("经办人电话").fill("0374-2990002")
    window.look()
    page.get_by_role("button", name="开缴费单").click()
    window.says("已开出缴费单")
    expect(page.get_by_label("汇款单摘要")).to_have_value(re.compile("褚会计"))
    window.look()
    window.follow(page.get_by_role("link", name="打印缴费通知"))


def test_the_collector_confirms_a_payment(window, sign_in, town):
    page = sign_in("collector")
    choose_programme(page)
    window.follow(page.get_by_role("link", name=re.compile("核对.*示范东县第一中学")))
    page.get_by_role("button", name=re.compile("确认已缴")).click()
    window.says("已确认")
    window.look()
    assert town.scalar(sa.select(sa.func.count()).where(Bill.state == "confirmed")) == 1


def test_a_county_goes_down_to_a_teacher_and_approves_what_the_hotline_asked(window, sign_in, town):
    page = sign_in("county_admin")
    window.menu("进展统计")
    expect(page.locator("[data-chart] canvas")).to_be_visible()
    window.look()
    window.follow(page.get_by_role("link", name="示范东县第一中学"))
    page.get_by_role("link", name=CALLER).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(CALLER)
    window.look()
    window.menu("学时更正")
    window.look()
    window.follow(page.get_by_role("link", name=CALLER))
    page.get_by_label("审批意见").fill("与故障通报一致，同意。")
    page.get_by_role("button", name="批准并计入").click()
    expect(page.locator("main")).to_contain_text("已批准")
    window.look()
    assert town.scalar(sa.select(HourCorrection.credited)) == 120


def test_a_county_draws_a_sample_and_appoints_a_school_administrator(window, sign_in, town):
    page = sign_in("county_admin")
    window.menu("抽查")
    choose_programme(page)
    page.get_by_label("抽查的名称").fill("2026年第一次抽查")
    page.get_by_label("种子").fill("摇号3728")
    window.look()
    page.get_by_role("button", name="抽取").click()
    expect(page.locator("main")).to_contain_text("名单完全相同")
    window.look()
    window.menu("管理人员")
    window.look()
    page.get_by_role("link", name="任命", exact=True).click()
    window.follow(page.get_by_role("link", name="示范东县第一中学"))
    page.get_by_label("证件号码").fill(town.teachers["周讲台"].id_number)
    page.get_by_label("学校管理员").check()
    page.get_by_role("button", name="查找").click()
    expect(page.locator("main")).to_contain_text("周讲台")
    window.look()
    page.get_by_role("button", name="确认任命").click()
    window.says("已任命学校管理员")
    window.look()
    assert town.scalar(sa.select(sa.func.count()).where(Appointment.account_id == town.account_id("周讲台"))) == 1


def test_a_city_issues_a_bulletin_and_watches(window, sign_in, town):
    page = sign_in("city_admin")
    window.menu("进展统计")
    expect(page.locator("[data-chart] canvas")).to_be_visible()
    window.look("dashboard" if window.width == "pc" else "")
    window.menu("通报")
    window.look()
    page.get_by_role("link", name="发通报").click()
    page.get_by_label("文号或期号").fill("示教通〔2026〕3 号")
    page.get_by_label("正文").fill(
        "各县区教育局，各市直学校：\n培训时间已经过去五分之一，仍有八位教师从未登录，请所在学校逐一督促。"
    )
    window.look()
    page.get_by_role("button", name="发布通报").click()
    window.says("通报已发布")
    page.get_by_role("button", name="关闭").click()
    window.look("bulletin" if window.width == "pc" else "")
    window.menu("实时监控")
    expect(page.locator("#now")).to_contain_text("正在学习")
    window.look()
    window.menu("审计日志")
    expect(page.get_by_role("cell", name="通报").first).to_be_visible()
    window.look()


def test_a_workshop_leader_grades_by_keyboard_and_sends_back(window, sign_in, town):
    page = sign_in("workshop_leader")
    window.look()
    window.menu("批阅")
    window.follow(page.get_by_role("link", name=re.compile("份")).first)
    window.follow(page.locator("tbody").get_by_role("link").first)
    page.locator("h1").click()  # nobody is writing
    page.keyboard.press("1")
    window.says("优秀")
    page.get_by_text("退回修改").click()
    page.get_by_label("退回的原因").fill("请再写写您自己的课堂。")
    window.look()
    page.get_by_role("button", name="退回", exact=True).click()
    window.says("都批完了")
    window.look()


def test_an_operator_reads_a_programme_and_verifies_the_log(window, sign_in):
    page = sign_in("operator")
    window.menu("培训项目")
    window.look()
    page.get_by_role("link", name="示范项目：教师继续教育全员岗位培训").click()
    expect(page.locator("#findings")).to_contain_text("已接受")
    window.look()
    window.menu("审计日志")
    page.get_by_role("button", name="校验最近记录").click()
    expect(page.locator("#messages")).to_contain_text("记录完好")
    window.look()
