"""Finding a teacher at the desk."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import AuditEntry
from tests import factories
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.desk_cast import Caller, caller
from tests.teachers import enlist

FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
NOTHING = "没有找到"


@pytest.fixture
def agent(staff: Callable[..., Staff], tree: Tree) -> Staff:
    return staff("hotline", tree.east)


@pytest.fixture
def here(app: Flask, session: Session, tree: Tree) -> Caller:
    return caller(app, session, tree.east_school, name="欧阳听雨")


@pytest.fixture
def elsewhere(app: Flask, session: Session, tree: Tree) -> Caller:
    return caller(app, session, tree.west_school, name="欧阳望舒")


def look(agent: Staff, text: str, school: str = "", **headers: str) -> str:
    reply = agent.post("/desk", {"text": text, "school": school}, headers=headers)
    assert reply.status_code == 200, reply.text
    assert text not in reply.headers.get("Location", "")
    return reply.text


def test_the_desk_is_where_an_agent_begins(agent: Staff) -> None:
    assert agent.get("/").location == "/console/desk"
    page = agent.get("/desk").text
    assert 'aria-current="page">查找教师' in page


@pytest.mark.parametrize("write", [str, lambda t: t.translate(FULL_WIDTH), lambda t: f" {t[:6]} {t[6:]}-"])
def test_an_exact_number_or_mobile_finds_one_masked(agent: Staff, here: Caller, write: Callable[[str], str]) -> None:
    for number in (here.teacher.id_number, here.mobile):
        page = look(agent, write(number))
        assert "欧阳听雨" in page
        assert "999999************" in page
        assert f"{here.mobile[:3]}********" in page
        results = page.partition('id="found"')[2]
        assert here.teacher.id_number[-6:] not in results
        assert here.mobile[-4:] not in results.replace(str(here.id), "")


def test_another_countys_number_is_answered_like_nobodys(agent: Staff, elsewhere: Caller) -> None:
    numbers = (elsewhere.teacher.id_number, elsewhere.mobile, factories.resident_id(998), "19912345678")
    answers = {look(agent, text, **{"HX-Request": "true"}) for text in numbers}
    assert len(answers) == 1
    assert NOTHING in answers.pop()


def test_a_name_is_found_by_its_beginning_within_reach_only(agent: Staff, here: Caller, elsewhere: Caller) -> None:
    page = look(agent, "欧阳")
    assert here.teacher.name in page
    assert elsewhere.teacher.name not in page
    assert NOTHING in look(agent, "阳听雨")


def test_a_school_narrows_names(staff: Callable[..., Staff], tree: Tree, here: Caller, elsewhere: Caller) -> None:
    city = staff("city_admin", tree.city)
    assert {name for name in ("欧阳听雨", "欧阳望舒") if name in look(city, "欧阳")} == {"欧阳听雨", "欧阳望舒"}
    assert "欧阳听雨" not in look(city, "欧阳", "西县")
    assert NOTHING in look(city, "欧阳", "%")
    assert NOTHING in look(city, "欧阳", "_")


def test_wildcards_and_rubbish_find_nobody_and_are_answered(agent: Staff, here: Caller) -> None:
    rubbish = [
        "%",
        "%%",
        "__",
        "欧%",
        "欧_",
        "欧阳%",
        "/",
        "\\",
        "'; --",
        "<script>",
        "",
        "",
        "欧",
        "\x00",
        "欧\x00阳",
        " ",
    ]
    for text in [*rubbish, "长" * 65, "张" * 5000, "9" * 500]:
        reply = agent.post("/desk", {"text": text})
        assert reply.status_code == 200
        assert here.teacher.name not in reply.text
    assert agent.post("/desk", {"text": "张" * 400_000}).status_code == 413
    assert agent.post("/desk", {"school": "东"}).status_code == 200


def test_what_is_no_number_is_explained(agent: Staff) -> None:
    assert "校验码" in look(agent, "999999198001010010")
    assert "18 位" in look(agent, "9999991980")


def test_at_most_twenty_are_listed_and_the_exact_name_comes_first(
    agent: Staff, app: Flask, session: Session, tree: Tree
) -> None:
    for serial in range(21):
        enlist(app, session, name=f"司马{chr(0x4E00 + serial)}", school_id=tree.east_school.id)
    exact = enlist(app, session, name="司马", school_id=tree.east_school.id)
    page = look(agent, "司马")
    assert page.count('/reset"') == 20
    assert "还有更多" in page
    assert page.index(f"/people/{exact.account_id}/reset") == page.index('/reset"') - len(f"/people/{exact.account_id}")
    assert "还有更多" not in look(agent, "司马丁")


def test_while_typing_only_what_is_whole_is_looked_for(agent: Staff, here: Caller, session: Session) -> None:
    live = {"HX-Request": "true", "HX-Trigger": "text"}
    for text in ("欧", here.teacher.id_number[:10], here.mobile[:7]):
        assert "<" not in look(agent, text, **live)
    assert session.scalar(sa.select(sa.func.count(AuditEntry.serial))) == 0
    page = look(agent, "欧阳", **live)
    assert here.teacher.name in page
    assert "<html" not in page


def test_a_search_is_written_down_without_what_was_typed(agent: Staff, here: Caller, session: Session) -> None:
    for text in (here.teacher.id_number, here.mobile, "欧阳听雨"):
        look(agent, text)
    entries = session.scalars(sa.select(AuditEntry)).all()
    assert [(one.action, one.detail["kind"]) for one in entries] == [
        ("find_people", "id_number"),
        ("find_people", "mobile"),
        ("find_people", "name"),
    ]
    kept = repr([one.detail for one in entries])
    assert not any(text in kept for text in (here.teacher.id_number, here.mobile, "欧阳"))


def test_who_may_not_see_people_may_not_search(staff: Callable[..., Staff], tree: Tree) -> None:
    assert staff("collector", tree.east).post("/desk", {"text": "欧阳"}).status_code == 403
    assert staff("workshop_leader").get("/desk").status_code in (302, 403)


def test_locked_and_first_passwords_are_said(
    agent: Staff, app: Flask, session: Session, tree: Tree, clock: FakeClock
) -> None:
    enlist(app, session, name="诸葛粉笔", school_id=tree.east_school.id)
    caller(app, session, tree.east_school, name="诸葛黑板", locked_until=clock() + timedelta(minutes=1))
    page = look(agent, "诸葛")
    assert page.count("初始密码未改") == 1
    assert page.count("已锁定") == 1
    assert page.count("从未登录") == 2
