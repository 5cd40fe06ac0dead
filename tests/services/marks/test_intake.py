"""A list of results is taken in as a whole or not at all: rows checked with reasons, people found, what stood before kept."""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Achievement, Enrolment
from services import id_numbers, progress
from services.errors import NotFound
from services.marks import grading
from services.marks import intake as marks_import
from services.marks.intake import MarksChanged
from services.marks.judgements import Judgement
from services.marks.staff import Staff
from tests import factories
from tests.programmes.notices import local
from tests.services.handing_in.class_room import NOW
from tests.services.marks.lists import EXAM, OPERATOR, VAULT, Import


@pytest.fixture
def here(session, tmp_path):
    return Import(session, tmp_path)


def test_it_is_taken_in_on_every_database_and_again_changes_nothing(engine, tmp_path):
    with Session(engine) as session:
        here = Import(session, tmp_path)
        table = [here.row(0, mark="87.5", comment="补考"), here.row(1, "exam", mark="90分", date="2022/7/20")]
        assert here.take_in(*table).counts() == {"新增": 2, "更新": 0, "已存在": 0, "错误": 0}
        first, second = session.scalars(sa.select(Achievement).order_by(Achievement.id)).all()
        assert (first.mark, first.comment, first.at, first.graded_at, first.item) == (87.5, "补考", NOW, NOW, "")
        assert (second.mark, second.at) == (90, local("2022-07-20T00:00"))
        assert progress.score_card(session, here.them.learners[0], NOW).score == 17.5
        later = NOW + timedelta(days=1)
        assert here.take_in(*table, now=later).counts() == {"新增": 0, "更新": 0, "已存在": 2, "错误": 0}
        table[0] = here.row(0, mark="95")
        assert here.take_in(*table, now=later).counts() == {"新增": 0, "更新": 1, "已存在": 1, "错误": 0}
        first = session.scalars(sa.select(Achievement).order_by(Achievement.id)).first()
        assert (first.mark, first.at, first.graded_at, len(first.history)) == (95, NOW, later, 1)
        assert (first.history[0]["mark"], first.history[0]["comment"]) == (87.5, "补考")


class TestKinds:
    def test_each_kind_of_part_by_its_own_column(self, here):
        here.take_in(
            here.row(part="校本研修考核", passed="合格"),
            here.row(part="微能力点认证", item="A1", dimension="学情分析", passed="通过"),
            here.row(part="微能力点认证", item="a2", passed="×", comment="材料不全"),
            here.row(part="线下研修", item="第一场", hours="3.5学时", date="2022年7月18日"),
            here.row(part="研讨发帖", count="2"),
            here.row(part="作业“我的培训总结”", grade="优秀", date="2022-07-20"),
            here.row(part="stories", passed="是"),
        )
        card = progress.score_card(here.session, here.them.learners[0], NOW)
        earned = {part.key: part.points for part in card.parts if part.points}
        assert earned == {"school": 10, "abilities": 10, "offline": 4.37, "posts": 4, "summary": 10, "stories": 10}

    def test_the_number_of_the_row_is_no_item_of_its_own(self, here):
        header = ("序号", "姓名", "身份证号", "学时")
        for number, later in enumerate((NOW, NOW + timedelta(days=1)), start=1):
            person = here.people[0]
            here.take_in((str(number), person.name, person.id_number, "4"), header=header, part="offline", now=later)
        assert [(row.item, row.hours) for row in here.rows()] == [("", 4.0)]

    def test_the_column_of_marks_stands_in_and_others_are_told_unused(self, here):
        plan = here.take_in(
            here.row(part="校本研修考核", mark="合格"),
            here.row(part="summary", mark="良好", date="2022-07-20"),
            here.row(mark="95", grade="优", passed="合格"),
        )
        assert plan.notes == [
            f"{EXAM}不登记“等级”，这一列有 1 行没有用到。",
            f"{EXAM}不登记“是否合格”，这一列有 1 行没有用到。",
        ]
        assert [(row.passed, row.grade, row.mark) for row in here.rows()] == [
            (True, None, None),
            (None, "良好", None),
            (None, None, 95),
        ]

    def test_homework_that_was_handed_in_keeps_its_moment_and_text(self, here):
        here.them.hand_in(here.them.learners[0])
        here.session.commit()
        here.take_in(here.row(part="summary", grade="优秀", date="2022-07-20"))
        [row] = here.rows()
        assert (row.grade, row.at, row.words) == ("优秀", NOW, 41)

    def test_one_part_for_the_whole_file(self, here):
        rows = [[person.id_number, "80"] for person in here.people]
        here.take_in(*rows, header=("证件号码", "分数"), part="exam")
        assert [row.mark for row in here.rows()] == [80, 80, 80]


class TestPeople:
    def test_by_name_and_school(self, here):
        school = here.them.school.name
        header = ("教师姓名", "学校", "成绩")
        here.take_in([f" {here.people[0].name} ", school, "80"], header=header, part="exam")
        assert here.rows()[0].enrolment_id == here.them.learners[0].id
        here.them.learner(name=here.people[0].name)
        here.session.commit()
        found = here.errors(
            [here.people[0].name, school, "80"],
            [here.people[1].name, "另一所学校", "80"],
            [here.people[1].name, "", "80"],
            ["无名氏", school, "80"],
            header=header,
            part="exam",
        )
        assert [reason for _, _, reason in found] == [
            f"“{school}”有 2 位学员叫“{here.people[0].name}”，请填写证件号码",
            f"“另一所学校”没有叫“{here.people[1].name}”的学员报名本项目",
            "请填写证件号码，或姓名和学校",
            f"“{school}”没有叫“无名氏”的学员报名本项目",
        ]

    def test_unknown_mistaken_exempt_withdrawn_and_twice(self, here):
        stranger = factories.person(77)
        here.them.learners[1].status = "exempt"
        here.them.learners[2].status = "withdrawn"
        here.session.commit()
        found = here.errors(
            here.row(mark="90"),
            here.row(mark="91"),
            here.row(mark="90", id=stranger.id_number, name=""),
            here.row(1, mark="90"),
            here.row(2, mark="90"),
            here.row(mark="90", name="欧阳不同"),
            here.row(mark="90", id=f"{here.people[0].id_number[:-1]}9"),
        )
        assert [(row, column) for row, column, _ in found] == [
            (3, "编号"), (4, "身份证号"), (5, "身份证号"), (6, "身份证号"), (7, "身份证号"), (8, "身份证号")
        ]  # fmt: skip
        assert [reason[:9] for _, _, reason in found][:4] == [
            "与第 2 行是同一",
            "没有用这个证件号码",
            "这位学员已免修本项",
            "这位学员已退出本项",
        ]
        assert here.rows() == []

    def test_a_leaders_list_is_about_the_own_workshop(self, here):
        here.them.learners[1].workshop_id = None
        here.session.commit()
        leader = Staff(here.them.leader.id, here.them.workshop.id)
        plan = here.check(here.row(0, mark="90"), here.row(1, mark="90"), staff=leader)
        assert [error.reason for error in plan.errors] == ["这位学员不在您的工作坊"]
        here.take_in(here.row(0, mark="90"), staff=leader)
        assert here.rows()[0].graded_by == here.them.leader.id
        with pytest.raises(NotFound):
            here.check(here.row(0, mark="90"), staff=Staff(here.them.leader.id, 999_999))


class TestMeanwhile:
    def test_what_somebody_graded_since_the_check_is_not_overwritten(self, here):
        here.take_in(here.row(mark="60"))
        plan = here.check(here.row(mark="70"), here.row(1, mark="70"))
        grading.record(here.session, OPERATOR, here.them.learners[0].id, "exam", Judgement(mark=99), now=NOW)
        here.session.commit()
        with pytest.raises(MarksChanged):
            marks_import.apply(here.session, plan, staff=OPERATOR, now=NOW)
        here.session.rollback()
        assert [row.mark for row in here.rows()] == [99]

    def test_what_somebody_entered_since_the_check_is_not_doubled(self, here):
        plan = here.check(here.row(mark="70"))
        here.take_in(here.row(mark="60"))
        with pytest.raises(MarksChanged):
            marks_import.apply(here.session, plan, staff=OPERATOR, now=NOW)
        here.session.rollback()
        assert [row.mark for row in here.rows()] == [60]


def test_time_grows_with_the_rows_and_queries_with_the_chunks(here, session):
    """Fifteen hundred teachers at the pace of a hundred thousand in a minute of this process."""
    size = 1500
    people = [factories.person(serial) for serial in range(1000, 1000 + size)]
    template = {"role": "teacher", "id_kind": "resident_id", "id_envelope": b"", "first_password": "last_six"}
    template |= {"must_change_password": False, "must_confirm_profile": False, "created_at": NOW}
    made = [
        template | {"id": 10_000 + n, "name": who.name, "id_index": VAULT.index(id_numbers.parse(who.id_number))}
        for n, who in enumerate(people)
    ]
    session.execute(sa.insert(Account), made)
    enrolled = {"programme_id": here.them.programme.id, "enrolled_at": NOW, "status": "active", "credited_seconds": 0}
    session.execute(sa.insert(Enrolment), [enrolled | {"account_id": row["id"]} for row in made])
    session.commit()
    rows = [[who.name, who.id_number, EXAM, *[""] * 2, "80", *[""] * 6] for who in people]
    queries = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *told: queries.append(told[2]))
    started = time.process_time()
    assert here.take_in(*rows).counts()["新增"] == size
    assert here.take_in(*rows).counts()["已存在"] == size
    changed = [[*row[:5], "90", *row[6:]] for row in rows]
    assert here.take_in(*changed).counts()["更新"] == size
    assert time.process_time() - started < 3 * 60 * size / 100_000
    assert len(queries) < 100
