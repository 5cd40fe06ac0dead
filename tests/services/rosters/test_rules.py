"""What notices demand of a roster: in time, by the present school, in a track, within the places, into workshops."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Enrolment, Quota
from services import id_numbers, programmes
from services.enrolling import enrolments, moves, quotas, workshops
from services.errors import Invalid, RosterChanged
from services.passwords import LAST_SIX, FirstPassword, Passwords
from services.rosters import check as roster_check
from services.rosters import intake as roster
from services.rosters.check import Options
from services.rosters.rules import RosterClosed
from services.tables import spreadsheets
from services.vault import Vault
from tests import factories, sheets
from tests.programmes.notices import QUOTA, SECONDED, TRACKS, local, phase2_text
from tests.sheets import teacher

NOW = local("2022-08-01T09:00")
VAULT = Vault(b"a test key of the blind index...", {"test": b"a test key for the envelopes, 32"})
FIRST, SECOND = "示范第一小学", "示范第二小学"
CLOSES = ('who = "各县（市、区）、市直各中小学幼儿园教师"\n', 'who = "全体教师"\ncloses = 2022-07-20\n')
WITH_STAFF = (*sheets.HEADER, "人员类别", "编制单位")


class Desk:
    """Somebody who takes in rosters of one programme."""

    def __init__(self, session: Session, tmp_path, *changes):
        self.session, self.path = session, tmp_path / "roster.csv"
        self.schools = [factories.school(session, code=f"100{n}", name=name) for n, name in enumerate((FIRST, SECOND))]
        self.programme = programmes.publish(session, phase2_text(*changes), NOW)
        self.passwords = Passwords.__new__(Passwords)  # nothing is hashed here
        session.commit()

    def check(self, *rows, header=sheets.HEADER, now=NOW, **options):
        table = spreadsheets.read(sheets.roster(self.path, *rows, header=header))
        return roster_check.check(
            self.session, VAULT, table, programme=self.programme, options=Options(**options), now=now
        )

    def apply(self, plan):
        first = FirstPassword(LAST_SIX)
        given = {"programme_id": self.programme.id, "first_password": first, "now": NOW}
        roster.apply(self.session, VAULT, self.passwords, plan, **given)
        self.session.commit()
        self.session.expire_all()

    def take_in(self, *rows, **options):
        plan = self.check(*rows, **options)
        assert not plan.errors, plan.errors
        self.apply(plan)
        return plan

    def give(self, school, places, track=""):
        quotas.put(self.session, programmes.get(self.session, self.programme.id), school, track, places)
        self.session.commit()

    def enrolment(self, serial) -> Enrolment:
        index = VAULT.index(id_numbers.parse(factories.person(serial).id_number))
        query = sa.select(Enrolment).join(Account, Account.id == Enrolment.account_id)
        return self.session.scalars(query.where(Account.id_index == index)).one()


@pytest.fixture
def desk(session, tmp_path):
    return lambda *changes: Desk(session, tmp_path, *changes)


def reasons(plan):
    return {(error.row, error.column): error.reason for error in plan.errors}


class TestClosingDate:
    def test_until_then_rosters_are_taken(self, desk):
        desk(CLOSES).check(teacher(1), now=local("2022-07-20T23:59"))

    def test_afterwards_they_are_refused(self, desk):
        with pytest.raises(RosterClosed, match="2022-07-20 截止"):
            desk(CLOSES).check(teacher(1), now=local("2022-07-21T00:00"))

    def test_but_with_a_reason_that_is_kept(self, desk):
        desk = desk(CLOSES)
        desk.take_in(teacher(1), late=" 新入职 ")
        assert desk.enrolment(1).late_reason == "新入职"

    def test_a_reason_in_time_is_not_needed_and_not_kept(self, desk):
        desk = desk()
        desk.take_in(teacher(1), late="新入职")
        assert desk.enrolment(1).late_reason == ""

    def test_a_novel_is_no_reason(self, desk):
        with pytest.raises(Invalid):
            desk(CLOSES).check(teacher(1), late="长" * 201)


class TestTracks:
    def test_follow_from_the_stage(self, desk):
        desk = desk(TRACKS)
        desk.take_in(teacher(1), teacher(2, stage="高中", subject="物理"))
        assert (desk.enrolment(1).track, desk.enrolment(2).track) == ("junior", "senior")
        plan = desk.take_in(teacher(1, stage="高中"))
        assert plan.counts()["更新"] == 1
        assert desk.enrolment(1).track == "senior"

    def test_a_stage_in_none_is_an_error_and_no_stage_too(self, desk):
        told = reasons(desk(TRACKS).check(teacher(1, stage="中职"), teacher(2, stage=""), teacher(3)))
        assert told == {
            (2, "学段"): "学段“中职”不在本项目的报名项目中，应为：高中、初中、小学",
            (3, "学段"): "本项目按学段分项目报名，请填写学段：高中、初中、小学",
        }

    def test_a_stage_known_from_before_is_enough(self, desk):
        desk = desk(TRACKS)
        desk.take_in(teacher(1))
        assert desk.check(teacher(1, stage="")).counts()["已存在"] == 1


class TestPlaces:
    def test_rows_beyond_them_are_named_with_how_many_are_left(self, desk):
        desk = desk(QUOTA)
        desk.give(desk.schools[0], 3)
        desk.take_in(teacher(1))
        plan = desk.check(teacher(1), *(teacher(serial) for serial in range(2, 6)))
        assert list(reasons(plan)) == [(5, "学校"), (6, "学校")]
        assert "共 3 个名额，还剩 2 个" in plan.errors[0].reason
        assert "许昌市教育局" in plan.errors[0].reason

    def test_a_school_without_any_is_told_whom_to_ask(self, desk):
        [error] = desk(QUOTA).check(teacher(1)).errors
        assert "还没有分配名额，请联系许昌市教育局" in error.reason

    def test_a_new_school_has_none(self, desk):
        assert desk(QUOTA).check(teacher(1, school="新建小学"), create_schools=True).errors

    def test_who_leaves_makes_room_for_who_comes(self, desk):
        desk = desk(QUOTA)
        for school in desk.schools:
            desk.give(school, 1)
        desk.take_in(teacher(1), teacher(2, school=SECOND))
        desk.take_in(teacher(1, school=SECOND), teacher(2))
        assert [desk.enrolment(serial).school_id for serial in (1, 2)] == [desk.schools[1].id, desk.schools[0].id]

    def test_places_taken_since_the_check_stop_the_import(self, desk):
        desk = desk(QUOTA)
        desk.give(desk.schools[0], 1)
        plan = desk.check(teacher(1))
        enrolments.enrol(desk.session, factories.account(desk.session), desk.programme, desk.schools[0].id, NOW)
        with pytest.raises(RosterChanged, match="名额有变化"):
            desk.apply(plan)

    def test_many_fit_in_exactly(self, desk):
        desk = desk(QUOTA)
        desk.give(desk.schools[0], 20)
        desk.take_in(*(teacher(serial) for serial in range(1, 21)))
        assert desk.session.scalars(sa.select(Quota.places)).all() == [20]


class TestSeconded:
    def test_enrol_at_their_present_school(self, desk):
        desk = desk(SECONDED)
        desk.take_in([*teacher(1, school=SECOND), "借调", FIRST], header=WITH_STAFF)
        one = desk.enrolment(1)
        assert (one.school_id, one.staff, one.home_school) == (desk.schools[1].id, "借调", FIRST)

    @pytest.mark.parametrize("order", [1, -1])
    def test_named_by_both_schools_the_own_schools_row_is_the_wrong_one(self, desk, order):
        rows = [[*teacher(1), "", ""], [*teacher(1, school=SECOND), "支教", FIRST]][::order]
        plan = desk(SECONDED).check(*rows, header=WITH_STAFF)
        [error] = plan.errors
        wrong, right = (2, 3) if order == 1 else (3, 2)
        assert error.row == wrong
        assert error.reason == f"支教、借调人员随现工作单位报名，“{SECOND}”已在第 {right} 行填报此人"

    def test_without_a_word_about_it_the_second_row_names_the_first_ones_school(self, desk):
        plan = desk(SECONDED).check(teacher(1), teacher(1, school=SECOND))
        assert reasons(plan) == {(3, "身份证号"): f"与第 2 行的证件号码相同，那一行的学校是“{FIRST}”"}

    def test_the_own_school_cannot_take_them_back_by_roster(self, desk):
        desk = desk(SECONDED)
        desk.take_in([*teacher(1, school=SECOND), "借调", FIRST], header=WITH_STAFF)
        [error] = desk.check(teacher(1)).errors
        assert f"已由现工作单位“{SECOND}”报名（借调）" in error.reason
        assert moves.move(desk.session, desk.enrolment(1), desk.schools[0].id, NOW, reason="回原单位")
        desk.session.commit()
        assert desk.check(teacher(1)).counts()["已存在"] == 1

    def test_the_present_school_takes_over_from_the_own_one(self, desk):
        desk = desk(SECONDED)
        desk.take_in(teacher(1))
        desk.take_in([*teacher(1, school=SECOND), "借调", FIRST], header=WITH_STAFF)
        [move] = moves.history(desk.session, desk.enrolment(1).id)
        assert (move.from_school, move.to_school, move.reason) == (FIRST, SECOND, "借调")

    @pytest.mark.parametrize(
        ("staff", "home", "says"),
        [("借调", FIRST, "就是现工作单位"), ("在编", SECOND, "不是"), ("飞来的", "", "不认识")],
    )
    def test_rows_that_contradict_themselves_are_errors(self, desk, staff, home, says):
        [error] = desk(SECONDED).check([*teacher(1), staff, home], header=WITH_STAFF).errors
        assert says in error.reason

    def test_elsewhere_the_columns_are_only_kept(self, desk):
        desk = desk()
        desk.take_in([*teacher(1), "在编", FIRST], header=WITH_STAFF)
        assert (desk.enrolment(1).staff, desk.enrolment(1).home_school) == ("在编", "")


class TestMoves:
    def test_a_roster_that_moves_somebody_keeps_it(self, desk):
        desk = desk()
        desk.take_in(teacher(1))
        desk.take_in(teacher(1, school="新建小学"), create_schools=True)
        desk.take_in(teacher(1, school="新建小学"))
        [move] = moves.history(desk.session, desk.enrolment(1).id)
        assert (move.from_school, move.to_school, move.reason) == (FIRST, "新建小学", "名单")

    def test_who_withdrew_stays_out_and_it_is_said(self, desk):
        desk = desk()
        desk.take_in(teacher(1))
        enrolments.withdraw(desk.enrolment(1))
        desk.session.commit()
        plan = desk.take_in(teacher(1, school=SECOND))
        assert "1 人已退出" in plan.notes[0]
        assert desk.enrolment(1).status == "withdrawn"


class TestWorkshops:
    def test_a_column_names_them_and_others_follow_from_stage_and_subject(self, desk):
        desk = desk()
        first = workshops.create(desk.session, desk.programme.slug, "一坊")
        second = workshops.create(desk.session, desk.programme.slug, "语文坊", stage="小学", subject="语文")
        desk.session.commit()
        header = (*sheets.HEADER, "工作坊")
        plan = desk.take_in([*teacher(1), "一坊"], [*teacher(2), ""], header=header)
        assert (desk.enrolment(1).workshop_id, desk.enrolment(2).workshop_id) == (first.id, second.id)
        assert plan.notes == ["1 人按学段学科分入工作坊。"]
        assert reasons(desk.check([*teacher(3), "无坊"], header=header)) == {
            (2, "工作坊"): "没有名为“无坊”的工作坊，请先导入工作坊"
        }
        assert desk.check([*teacher(1), ""], header=header).counts()["已存在"] == 1
