"""Workshops (工作坊): made by hand or by list, filled by stage and subject."""

import pytest
import sqlalchemy as sa

from models import Account, Enrolment, Workshop
from services import id_numbers, progress, standings
from services.enrolling import workshop_list as workshop_import
from services.enrolling import workshops
from services.enrolling.workshops import WorkshopCodeTaken
from services.errors import BadSpreadsheet
from services.tables import spreadsheets
from services.vault import Vault
from tests import factories, sheets
from tests.services.studying import NOW, cast

VAULT = Vault(b"a test key of the blind index...", {"test": b"a test key for the envelopes, 32"})
HEADER = ("坊名称", "学段", "学科", "坊主证件号", "坊主姓名")


@pytest.fixture
def them(session):
    return cast(session)


@pytest.fixture
def learner(session, them):
    def learner(stage, subject) -> Enrolment:
        return factories.enrolment(
            session, factories.account(session, stage=stage, subject=subject), them.programme, status="active"
        )

    return learner


@pytest.fixture
def take_in(session, them, tmp_path):
    def take_in(*rows, header=HEADER):
        table = spreadsheets.read(sheets.write_csv(tmp_path / "坊.csv", [header, *rows]))
        return workshop_import.run(session, VAULT, table, them.programme.slug, NOW)

    return take_in


def leader(session, serial=7, **changes) -> Account:
    who = factories.person(serial)
    index = VAULT.index(id_numbers.parse(who.id_number))
    return factories.account(session, name=who.name, id_index=index, **changes)


class TestAssign:
    def test_the_nearest_fit_wins(self, session, them, learner):
        slug = them.programme.slug
        general = workshops.create(session, slug, "综合坊")
        primary = workshops.create(session, slug, "小学坊", stage="小学")
        chinese = workshops.create(session, slug, "小学语文坊", stage="小学", subject="语文")
        placed = [learner("小学", "语文"), learner("小学", "数学"), learner("高中", "物理")]
        assert workshops.assign(session, slug) == 4  # and the teacher of the cast, of no stage at all
        session.expire_all()
        assert [row.workshop_id for row in placed] == [chinese.id, primary.id, general.id]
        assert workshops.assign(session, slug) == 0

    def test_of_equals_the_least_full(self, session, them, learner):
        for name in ("一坊", "二坊"):
            workshops.create(session, them.programme.slug, name, stage="小学")
        for _ in range(5):
            learner("小学", "语文")
        workshops.assign(session, them.programme.slug)
        assert sorted(line.learners for line in workshops.lines(session, them.programme.slug)) == [2, 3]

    def test_who_fits_nowhere_or_withdrew_stays_outside(self, session, them, learner):
        workshops.create(session, them.programme.slug, "小学坊", stage="小学")
        other, gone = learner("高中", "物理"), learner("小学", "语文")
        gone.status = "withdrawn"
        session.flush()
        assert workshops.assign(session, them.programme.slug) == 0
        assert (other.workshop_id, gone.workshop_id) == (None, None)

    def test_a_code_is_used_once_in_a_programme(self, session, them):
        workshops.create(session, them.programme.slug, "一坊")
        with pytest.raises(WorkshopCodeTaken):
            workshops.create(session, them.programme.slug, " 一 坊 ")
        workshops.create(session, "another", "一坊")


class TestImport:
    def test_makes_workshops_and_names_their_leaders_once(self, session, them, take_in):
        led = leader(session)
        rows = (["小学语文坊", "小学", "语文", factories.person(7).id_number, led.name], ["综合坊", "全部", "", "", ""])
        done = take_in(*rows)
        assert (done.added, done.changed, done.errors) == (2, 0, [])
        again = take_in(*rows)
        assert (again.added, again.changed) == (0, 0)
        lines = {line.title: line for line in workshops.lines(session, them.programme.slug)}
        assert (lines["小学语文坊"].stage, lines["小学语文坊"].leader) == ("小学", led.name)
        assert (lines["综合坊"].stage, lines["综合坊"].leader) == ("", "")

    def test_a_list_without_leaders_takes_no_workshop_away(self, session, take_in):
        led = leader(session)
        take_in(["一坊", "小学", "", factories.person(7).id_number, ""])
        done = take_in(["一坊", "初中", ""], header=HEADER[:3])
        assert done.changed == 1
        assert session.scalars(sa.select(Workshop)).one().leader_id == led.id

    def test_a_list_without_codes_means_the_workshops_of_these_names(self, session, them, take_in):
        workshops.create(session, them.programme.slug, "一坊", code="A1", stage="小学")
        done = take_in(["一 坊", "语文"], header=("坊名称", "学科"))
        assert (done.added, done.changed) == (0, 1)
        [line] = workshops.lines(session, them.programme.slug)
        assert (line.code, line.stage, line.subject) == ("A1", "小学", "语文")  # there was no column for the stage

    def test_a_leader_without_a_number_might_be_anybody(self, take_in):
        [error] = take_in(["一坊", "张三"], header=("坊名称", "坊主姓名")).errors
        assert error.reason == "坊主“张*”没有证件号，不能确定是谁，请填写坊主证件号"

    def test_one_wrong_row_and_nothing_is_made(self, session, take_in):
        leader(session, 8)
        done = take_in(
            ["一坊", "小学", "语文", "", ""],
            ["", "小学", "语文", "", ""],
            ["二坊", "大学", "语文", "", ""],
            ["三坊", "小学", "语文", factories.person(9).id_number, ""],
            ["四坊", "小学", "语文", factories.person(8).id_number, "另一人"],
            ["一坊", "小学", "数学", "", ""],
            ["五坊", "小学", "语文", "123", ""],
        )
        told = {(error.row, error.column): error.reason for error in done.errors}
        assert sorted(told) == [
            (3, "坊名称"),
            (4, "学段"),
            (5, "坊主证件号"),
            (6, "坊主证件号"),
            (7, "坊名称"),
            (8, "坊主证件号"),
        ]
        assert told[5, "坊主证件号"] == "坊主还没有账号，请先用名单导入"
        assert not any(factories.person(serial).id_number[-6:] in str(done) for serial in (8, 9))
        assert session.scalars(sa.select(Workshop)).all() == []

    def test_an_empty_list_is_no_list(self, take_in):
        with pytest.raises(BadSpreadsheet):
            take_in()


def test_a_leader_who_also_learns_stands_as_one(session, them):
    assert not standings.of(session, [them.enrolment])[them.enrolment.id].leader
    workshops.create(session, them.programme.slug, "一坊", leader_id=them.teacher.id)
    assert standings.of(session, [them.enrolment])[them.enrolment.id].leader
    assert progress.evidence(session, [them.enrolment])[them.enrolment.id].standing.leader
