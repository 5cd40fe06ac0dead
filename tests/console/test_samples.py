"""Draws for an inspection in the console: by a seed that is shown, within reach."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from models import AuditEntry, Sample, SampleEntry
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.services.registering import AFTER, SLUG, VAULT, Registering, registering


@pytest.fixture
def at(app: Flask, session: Session, tree: Tree, clock: FakeClock, tmp_path: Path) -> Registering:
    """Eleven learners at the east county's school, two at the west county's."""
    clock.set(AFTER)
    app.extensions["xueshi"] = replace(app.extensions["xueshi"], vault=VAULT)
    made = registering(session, tmp_path)
    for school, count in ((tree.east_school, 11), (tree.west_school, 2)):
        for _ in range(count):
            made.learner(school, 10)
    session.commit()
    return made


@pytest.fixture
def county(at: Registering, staff: Callable[..., Staff], tree: Tree) -> Staff:
    return staff("county_admin", tree.east)


def draw(who: Staff, **form: str):
    return who.post("/samples", {"slug": SLUG, "round": "第一次", "seed": ""} | form)


def drawn(session: Session, round_name: str) -> set[int]:
    query = sa.select(SampleEntry.enrolment_id).join(Sample, Sample.id == SampleEntry.sample_id)
    return set(session.scalars(query.where(Sample.round == round_name)))


def test_a_tenth_of_the_own_schools_by_a_seed_that_is_shown(county: Staff, session: Session) -> None:
    page = county.client.get(draw(county).location).text
    sample = session.scalars(sa.select(Sample)).one()
    assert re.fullmatch("[A-Z0-9]{8}", sample.seed)
    assert sample.seed in page
    assert "共 2 人" in page
    assert "名单完全相同" in page
    assert "西县一小" not in page
    assert re.search(r"\d{15}", page.split("</h1>")[1]) is None
    actions = session.execute(sa.select(AuditEntry.action, AuditEntry.target_id).order_by(AuditEntry.serial)).all()
    assert [action for action, _ in actions] == ["sample", "view_person"]


def test_the_same_seed_draws_the_same_people_and_another_seed_others(county: Staff, session: Session) -> None:
    for round_name, seed in (("甲", "2022-08"), ("乙", "2022-08"), *((f"丙{n}", f"s{n}") for n in range(6))):
        draw(county, round=round_name, seed=seed)
    assert drawn(session, "甲") == drawn(session, "乙")
    assert len({frozenset(drawn(session, f"丙{n}")) for n in range(6)}) > 1


def test_a_round_is_drawn_once_however_often_it_is_sent(county: Staff, session: Session) -> None:
    first = draw(county).location
    before = drawn(session, "第一次")
    assert draw(county, seed="another").location == first
    assert drawn(session, "第一次") == before
    assert session.scalar(sa.select(sa.func.count(Sample.id))) == 1


def test_who_joined_since_is_told_and_the_list_stays(
    county: Staff, at: Registering, session: Session, tree: Tree
) -> None:
    there = draw(county).location
    before = drawn(session, "第一次")
    for _ in range(40):
        at.learner(tree.east_school, 1)
    session.commit()
    page = county.client.get(there).text
    assert "新抽到的" in page
    assert drawn(session, "第一次") == before


@pytest.mark.parametrize(
    "form",
    [
        {"round": ""},
        {"round": " "},
        {"round": "长" * 51},
        {"seed": "x" * 65},
        {"seed": "a b"},
        {"seed": "'; --"},
        {"round": "a\x00b"},
    ],
)
def test_bad_input_is_told_and_nothing_drawn(county: Staff, session: Session, form: dict[str, str]) -> None:
    reply = draw(county, **form)
    assert reply.status_code == 200
    assert "invalid-feedback" in reply.text
    assert session.scalar(sa.select(sa.func.count(Sample.id))) == 0


def test_a_programme_that_there_is_not(county: Staff) -> None:
    assert draw(county, slug="nothing").status_code == 404


class TestReach:
    def test_counties_draw_for_themselves_and_see_their_own(
        self, county: Staff, staff: Callable[..., Staff], tree: Tree
    ) -> None:
        there = draw(county).location
        other = staff("county_admin", tree.west)
        assert other.client.get(there).status_code == 404
        assert other.client.post(f"{there}/export").status_code == 404
        own = draw(other)
        assert own.location != there, "the same name, another county"
        assert "西县一小" in other.client.get(own.location).text
        city = staff("city_admin", tree.city)
        assert city.client.get(there).status_code == 200
        whole = draw(city, round="全市").location
        assert county.client.get(whole).status_code == 404

    def test_whoever_moved_away_is_shown_no_more(self, county: Staff, session: Session, tree: Tree) -> None:
        there = draw(county).location
        session.execute(
            sa.text("UPDATE enrolment SET school_id = :west WHERE id IN (SELECT enrolment_id FROM sample_entry)"),
            {"west": tree.west_school.id},
        )
        session.commit()
        assert "共 0 人" in county.client.get(there).text

    def test_a_school_draws_nothing(self, at: Registering, staff: Callable[..., Staff], tree: Tree) -> None:
        assert draw(staff("school_admin", tree.east_school)).status_code == 403


def test_the_file_has_what_each_has_with_numbers_hidden(county: Staff, session: Session) -> None:
    reply = county.client.post(f"{draw(county).location}/export")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(reply.data)).get_sheet_by_index(0).to_python()
    assert rows[0][:4] == ["学校代码", "学校", "姓名", "身份证号"]
    assert len(rows) == 3
    assert {row[6] for row in rows[1:]} == {"10"}
    assert all("*" in row[3] for row in rows[1:])
    assert "export" in session.scalars(sa.select(AuditEntry.action)).all()
