"""Each notice from the roster to the paper or the credits, as its people live it: first log-in, study with the clock passed in, what is
handed in, what the school enters, the payment, and what comes of it. Staff give commands, teachers speak the API."""

from typing import Any

import pytest

from services import portal_tickets
from tests import factories
from tests.acceptance.walking import Teacher, Walk

SECRET = b"shared with the province, 32 byte"[:32]
ESSAY = "通过这次研修，我重新想了一遍自己的课堂。" * 45


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request) -> str:
    return str(request.param)


@pytest.fixture
def walk(make_app, database_url, clock, tmp_path):
    """walk(notice, moment, …): the notice is published at that moment."""

    def begin(slug: str, moment: str, **more: Any) -> Walk:
        app = make_app(database_url=database_url, portals={"hbte": SECRET}, password_concurrency=4)
        made = Walk.__new__(Walk)
        clock.set(factories.LONG_AGO)
        made.__init__(app, clock, tmp_path, slug, **more)  # type: ignore[misc]
        made.at(moment)
        return made

    return begin


def paper(teacher: Teacher, kind: str) -> dict[str, Any]:
    issued: dict[str, Any] = teacher.call("POST", f"/v1/enrolments/{teacher.enrolment()}/papers/{kind}", status=201)
    return issued


def hand_in(teacher: Teacher, part: str, item: str = "1", text: str = ESSAY, **body: Any) -> None:
    teacher.call("PUT", f"/v1/enrolments/{teacher.enrolment()}/parts/{part}/items/{item}", {"text": text, **body})


def marks(walk: Walk, *rows: tuple[factories.Person, str, dict[str, str]]) -> None:
    """What the school or the operator enters, as a table."""
    names = ["等级", "是否合格", "成绩", "微能力点", "维度"]
    lines = [[who.name, who.id_number, part, *(given.get(name, "") for name in names)] for who, part, given in rows]
    walk.flask(
        "marks",
        "import",
        walk.table("marks.csv", ("姓名", "身份证号", "考核项", *names), *lines),
        "--programme",
        walk.slug,
    )


def pay(walk: Walk, amount: str, day: str, collector: str) -> None:
    """The school's bill, the wrong sum first, then the whole, and the collector's word."""
    printed = walk.flask("fee", "bill", walk.slug, "S1", "--handler", "经办甲", input="19900001234\n")
    bill = printed.split("缴费单 ")[1].split("：")[0]
    header = ("流水号", "付款人", "摘要", "金额", "日期")
    short = walk.table("bank.csv", header, ["B1", walk.school, "培训费", "1", day])
    walk.flask("fee", "import", short, "--programme", walk.slug)
    walk.flask("fee", "confirm", bill, "--collector", collector, "--by", "收费甲", fails=True)
    rest = walk.table("bank.csv", header, ["B2", walk.school, "培训费", str(float(amount) - 1), day])
    walk.flask("fee", "import", rest, "--programme", walk.slug)
    walk.flask("fee", "confirm", bill, "--collector", collector, "--by", "收费甲")


def verified(walk: Walk, issued: dict[str, Any]) -> dict[str, Any]:
    """What the public page says of it."""
    address = "/verify/" + issued["verify_url"].rsplit("/", 1)[1]
    reply = walk.app.test_client().get(address, headers={"Accept": "application/json"})
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.get_json()
    return found


def test_xuchang_phase_2_the_school_pays_and_the_certificate_opens(walk):
    here = walk("xuchang-2022-phase2", "2022-07-10T20:00", school="长葛市第一小学", county="长葛市")
    who = factories.person()
    here.roster(who)
    teacher = Teacher(here, who)
    teacher.first_sign_in("Haolaoshi123")
    assert teacher.call("POST", "/v1/study/sessions", teacher.first_lesson(), status=409)["code"] == "study_not_open"
    here.at("2022-07-16T00:00")
    teacher.sign_in()
    teacher.study()
    for part in ("stories", "summary", "discussion"):
        hand_in(teacher, part)
    card = teacher.card()
    assert (card["score"], card["passed"], card["can_pass"]) == (80, False, True)
    marks(here, (who, "summary", {"等级": "优秀"}))
    card = teacher.card()
    assert (card["score"], card["passed"], card["hours_counted"]) == (90, True, 60)
    blocked = teacher.call("POST", f"/v1/enrolments/{teacher.enrolment()}/papers/completion", status=409)
    assert blocked["reasons"] == ["学校尚未确认缴费"]
    pay(here, "180", "2022-07-17", "counties")
    issued = paper(teacher, "completion")
    assert teacher.call("GET", issued["pdf_url"]).startswith(b"%PDF")
    assert verified(here, issued)["state"] == "valid"


def test_xuchang_phase_1_a_leader_who_also_learns_and_an_excellent_learner(walk):
    here = walk("xuchang-2021-phase1", "2021-09-05T10:00")
    learner, leader = factories.person(), factories.person()
    here.roster(learner, leader)
    workshop = here.table(
        "workshops.csv", ("坊名称", "学段", "学科", "坊主证件号"), ["小学语文坊", "小学", "语文", leader.id_number]
    )
    here.flask("enrol", "workshops", "import", here.slug, workshop)
    here.at("2021-09-10T08:00")
    both = [Teacher(here, who) for who in (learner, leader)]
    for one in both:
        one.first_sign_in(one.person.last_six)
    both[0].study()
    hand_in(both[0], "plan")
    hand_in(both[0], "summary")
    hand_in(both[0], "apps")
    marks(here, (learner, "summary", {"等级": "优秀"}))
    card = both[0].card()
    assert (card["score"], card["passed"]) == (100, True)
    here.at("2021-10-08T08:00")
    both[1].sign_in()
    both[1].study(courses=3)
    card = both[1].card()
    assert (card["hours_credited"], card["passed"], card["score"] < 90) == (40, True, True)
    both[0].sign_in()
    assert paper(both[1], "completion")["number"] != paper(both[0], "completion")["number"]


def test_kaifeng_places_weights_and_a_proof_of_hours(walk):
    here = walk("kaifeng-2018", "2018-12-18T10:00")
    who, surplus = factories.person(), factories.person()
    passwords = str(here.folder / "passwords.csv")
    file = here.table(
        "one.csv", ("姓名", "身份证号", "学校", "学段", "学科"), [who.name, who.id_number, here.school, "小学", "语文"]
    )
    here.flask("roster", "import", file, "--programme", here.slug, "--passwords-out", passwords, fails=True)
    here.flask("enrol", "quota", "set", here.slug, "S1", "1")
    here.flask("roster", "import", file, "--programme", here.slug, "--passwords-out", passwords)
    more = here.table(
        "two.csv",
        ("姓名", "身份证号", "学校", "学段", "学科"),
        [surplus.name, surplus.id_number, here.school, "小学", "语文"],
    )
    here.flask("roster", "import", more, "--programme", here.slug, "--passwords-out", passwords + "2", fails=True)
    password = (here.folder / "passwords.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(",")[-1]
    here.at("2019-01-05T19:00")
    teacher = Teacher(here, who)
    teacher.first_sign_in(password)
    teacher.study()
    needed = next(
        one for one in teacher.call("GET", f"/v1/enrolments/{teacher.enrolment()}/parts") if one["key"] == "discussion"
    )["needed"]
    for number in range(needed):
        hand_in(teacher, "discussion", str(number + 1), text=f"第 {number + 1} 次研讨：{ESSAY[:200]}")
    marks(here, (who, "tasks", {"成绩": "85.5"}))
    card = teacher.card()
    assert (card["score"], card["passed"], card["hours_counted"]) == (97.1, True, 60)
    assert paper(teacher, "completion")["number"]
    assert verified(here, paper(teacher, "hour_certificate"))["hours"] == 60


def test_shexian_from_the_portal_to_all_of_a_hundred_points(walk):
    here = walk("shexian-2022", "2022-12-07T20:00", county="涉县")
    who = factories.person()
    here.roster(who)
    teacher = Teacher(here, who)
    teacher.first_sign_in(who.last_six)
    wrong_door = teacher.call("POST", "/v1/study/sessions", teacher.first_lesson(), status=403)
    assert wrong_door["code"] == "wrong_door"
    assert "河北教师教育网" in wrong_door["detail"]
    ticket = {"portal": "hbte", "ticket": portal_tickets.issue("hbte", SECRET, who.id_number, here.clock())}
    teacher.tokens = teacher.call("POST", "/v1/auth/portal", ticket)
    assert teacher.call("POST", "/v1/auth/portal", ticket, status=401)["code"] == "bad_ticket"
    teacher.study()
    hand_in(teacher, "summary")
    abilities = (("A1", "学情分析"), ("B2", "教学设计"), ("B9", "教学设计"))
    marks(here, (who, "school_based", {"是否合格": "合格"}))
    marks(
        here,
        *((who, "certification", {"是否合格": "合格", "微能力点": code, "维度": side}) for code, side in abilities),
    )
    card = teacher.card()
    assert (card["score"], card["passed"]) == (100, False)
    assert "维度" in card["why"]
    marks(here, (who, "certification", {"是否合格": "合格", "微能力点": "C3", "维度": "学法指导"}))
    card = teacher.card()
    assert (card["score"], card["passed"], card["hours_counted"]) == (100, True, 52)
    assert [side["points"] for side in card["dimensions"]] == [90, 10]
    issued = paper(teacher, "certificate")
    assert teacher.call("GET", issued["pdf_url"]).startswith(b"%PDF")


def test_yangcheng_paid_by_head_and_credited_by_bands(walk):
    here = walk("yangcheng-2021", "2021-11-02T10:00", school="阳城县示范小学", county="阳城县")
    who, exempt = factories.person(), factories.person()
    passwords = str(here.folder / "passwords.csv")
    here.roster(who, exempt, options=("--passwords-out", passwords))
    id_file = here.write("who.txt", exempt.id_number)
    here.flask(
        "enrol",
        "exempt",
        here.slug,
        "--kind",
        "requirement_met",
        "--number",
        "国培2021-77",
        "--date",
        "2021-10-01",
        "--id-file",
        id_file,
    )
    password = (here.folder / "passwords.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(",")[-1]
    teacher = Teacher(here, who)
    teacher.first_sign_in(password)
    pay(here, "120", "2021-11-02", "operator")
    teacher.study()
    marks(
        here,
        (who, "school_based", {"成绩": "60"}),
        (who, "activities", {"成绩": "58"}),
        (who, "offline", {"成绩": "60"}),
    )
    card = teacher.card()
    assert (card["score"], card["credits"], card["passed"]) == (69.5, 7, True)
    marks(here, (who, "activities", {"成绩": "60"}))
    card = teacher.card()
    assert (card["score"], card["credits"]) == (70, 8)
    secret = here.write("password.txt", "a long enough password 8")
    for form in ("headcounts", "remittances", "contacts"):
        out = here.folder / f"{form}.xlsx"
        here.flask("register", "export", here.slug, form, "--out", out, "--password-file", secret)
        assert out.stat().st_size
