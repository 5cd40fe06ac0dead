"""Every question has an answer that can be read out, for people in every state; and its numbers are the rows'."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Account, SignInRecord, StudySession
from services import media_time, why
from services.errors import NotFound
from services.timeline.fresh import Fresh
from services.timeline.subject import reach
from services.why.answers import Answer, Asked
from tests import factories
from tests.services.correcting import NOW, Desk, desk
from tests.services.timeline.test_reckoning import Row, rows


@pytest.fixture
def here(session: Session) -> Desk:
    return desk(session)


@pytest.fixture
def ask(here: Desk) -> Callable[..., Answer]:
    def asked(kind: str, account_id: int | None = None, **changes) -> Answer:
        of = reach(here.session, here.agent, account_id or here.teacher.id)
        values = {"enrolment": of.enrolment(None), "fresh": Fresh(NOW, complete=True), "now": NOW} | changes
        return why.answer(kind, Asked(here.session, of, **values))

    return asked


def play(at: Desk, row: Row, **changes) -> StudySession:
    """A session with these tallies; an hour ago unless told otherwise."""
    opened = changes.pop("opened_at", NOW - timedelta(hours=1))
    values = {
        "id": f"s{at.session.scalar(sa.select(sa.func.count()).select_from(StudySession))}",
        "account_id": at.teacher.id,
        "enrolment_id": at.enrolment.id,
        "lesson_id": at.lesson.id,
        "device": "phone",
        "address_masked": "192.0.2.0",
        "opened_at": opened,
        "last_beat_at": opened + timedelta(minutes=40),
    } | changes
    made = StudySession(
        **values, reported=row.reported, credited=row.credited, pending=row.pending, withheld=row.withheld
    )
    at.session.add(made)
    at.session.flush()
    return made


def equation(answer: Answer) -> tuple[int, list[int]]:
    found = re.search(r"上报 [\d:]+ = .*?(?=[。，]|$)", answer.sentence)
    assert found, answer.sentence
    total, *terms = [media_time.read(term) for term in re.findall(r"\d+:[\d:]*\d", found[0])]
    return total, terms


@pytest.mark.parametrize("state", ["fresh", "withdrawn", "nobody", "played", "away"])
def test_every_question_is_answered_in_every_state(here: Desk, ask: Callable[..., Answer], state: str) -> None:
    who = None
    if state == "nobody":
        who = factories.account(here.session, school_id=here.school.id).id
    if state == "withdrawn":
        here.enrolment.status = "withdrawn"
    if state == "played":
        play(here, Row(2220, 1800, 0, {"repeat": 300, "hidden": 120}))
    for kind in why.QUESTIONS:
        answer = ask(kind, who, fresh=Fresh(NOW, complete=state != "away"))
        assert answer.sentence.endswith("。")
        assert 8 <= len(answer.sentence) <= 200
        assert not re.search(r"[a-z_]{4,}|None|\{", answer.sentence), (kind, answer.sentence)


def test_an_unknown_question_is_not_found(ask: Callable[..., Answer]) -> None:
    with pytest.raises(NotFound):
        ask("nonsense")


ODD = {
    "no beats": (Row(0, 0, 0, {}), {"last_beat_at": None}),
    "still open": (Row(60, 60, 0, {}), {"last_beat_at": NOW}),
    "several days": (Row(90, 30, 0, {"gap": 60}), {"opened_at": NOW - timedelta(days=3), "last_beat_at": NOW}),
    "displaced without a second": (Row(60, 60, 0, {}), {"end_reason": "displaced", "ended_at": NOW}),
    "an unknown reason": (Row(60, 0, 0, {"of another release": 60}), {}),
}


@pytest.mark.parametrize("state", ODD)
def test_odd_rows_are_answered_in_words(here: Desk, ask: Callable[..., Answer], state: str) -> None:
    row, changes = ODD[state]
    play(here, row, **changes)
    for kind in why.QUESTIONS:
        answer = ask(kind)
        for line in (answer.sentence, *answer.evidence, *answer.steps):
            assert not re.search(r"None|\{|[a-z]+_[a-z]+|播放的 0:00|心跳", line), (kind, line)


class TestMinutes:
    def test_a_day_or_lesson_without_study_is_not_taken_for_none_at_all(
        self, here: Desk, ask: Callable[..., Answer]
    ) -> None:
        assert ask("minutes").sentence == "这位教师还没有学习记录。"
        play(here, Row(60, 60, 0, {}))
        day = (NOW - timedelta(days=5)).date()
        assert ask("minutes", day=day).sentence == f"{day:%m月%d日}还没有学习记录。"
        other = here.of.ethics.lessons[1].id
        assert ask("minutes", lesson_id=other).sentence == "这一课时还没有学习记录。"

    def test_of_two_programmes_only_the_chosen_ones_sessions_count(
        self, here: Desk, ask: Callable[..., Answer]
    ) -> None:
        other = factories.enrolment(here.session, here.teacher, factories.programme(here.session))
        other.school_id = here.school.id
        here.session.flush()
        play(here, Row(600, 600, 0, {}), enrolment_id=other.id)
        play(here, Row(60, 60, 0, {}), opened_at=NOW - timedelta(hours=2))
        assert "上报 1:00 = 记入 1:00" in ask("minutes", enrolment=here.enrolment).sentence
        assert "上报 10:00 = 记入 10:00" in ask("minutes", enrolment=other).sentence

    def test_a_lesson_of_many_sessions_lists_the_newest(self, here: Desk, ask: Callable[..., Answer]) -> None:
        for hour in range(35):
            play(here, Row(60, 60, 0, {}), opened_at=NOW - timedelta(hours=hour + 1), last_beat_at=None)
        answer = ask("minutes", lesson_id=here.lesson.id)
        assert "上报 35:00 = 记入 35:00" in answer.sentence
        assert answer.evidence[0] == "共 35 次学习，下面只列最近 30 次"
        assert len(answer.evidence) == 31
        assert answer.evidence[-1].startswith("08月01日 08:00")

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(played=st.lists(rows(), min_size=1, max_size=4), how=st.sampled_from(["session", "lesson", "day", "last"]))
    def test_the_sentence_is_the_sum_of_the_rows(self, here: Desk, ask, played: list[Row], how: str) -> None:
        with here.session.begin_nested() as undone:
            held = [play(here, row) for row in played]
            narrowed = {
                "session": {"session_id": held[0].id},
                "lesson": {"lesson_id": here.lesson.id},
                "day": {"day": NOW.date()},
                "last": {},
            }[how]
            mine = played[:1] if how == "session" else played
            answer = ask("minutes", **narrowed)
            if sum(row.reported for row in mine):
                total, terms = equation(answer)
                assert total == sum(terms) == sum(row.reported for row in mine)
                assert terms[0] == sum(row.credited for row in mine)
            undone.rollback()

    def test_says_why_and_what_next_for_each_reason(self, here: Desk, ask: Callable[..., Answer]) -> None:
        row = play(here, Row(2220, 1800, 0, {"repeat": 300, "hidden": 120}))
        answer = ask("minutes", session_id=row.id)
        assert "上报 37:00 = 记入 30:00 + 重复观看 5:00 + 后台播放 2:00" in answer.sentence
        assert [line.split("：")[0] for line in answer.evidence] == ["重复观看 5:00", "后台播放 2:00"]
        assert len(answer.steps) == 2

    def test_another_persons_session_is_not_found(self, here: Desk, ask: Callable[..., Answer]) -> None:
        row = play(here, Row(10, 10, 0))
        other = factories.account(here.session, school_id=here.school.id)
        with pytest.raises(NotFound):
            ask("minutes", other.id, session_id=row.id)


class TestToday:
    @pytest.mark.parametrize(
        ("row", "says"),
        [
            (Row(600, 0, 0, {"closed": 600}), "不在项目的学习时间内"),
            (Row(600, 0, 0, {"day_cap": 600}), "每日上限"),
            (Row(600, 0, 0, {"idle": 600}), "在场确认没有按时回答"),
            (Row(600, 0, 0, {"displaced": 600}), "另一台设备"),
            (Row(600, 0, 600), "等在场确认"),
            (Row(0, 0, 0), "没有上报"),
            (Row(600, 600, 0), "有记入"),
        ],
    )
    def test_names_the_reason(self, here: Desk, ask: Callable[..., Answer], row: Row, says: str) -> None:
        play(here, row)
        assert says in ask("nothing").sentence

    def test_outside_of_the_study_time_it_says_so(self, ask: Callable[..., Answer]) -> None:
        assert "不在本项目的学习时间" in ask("nothing", now=NOW - timedelta(days=30)).sentence

    def test_a_session_over_midnight_is_of_both_days(self, here: Desk, ask: Callable[..., Answer]) -> None:
        midnight = NOW.replace(hour=0, minute=0)
        play(
            here,
            Row(600, 600, 0),
            opened_at=midnight - timedelta(minutes=10),
            last_beat_at=midnight + timedelta(minutes=5),
        )
        assert "有记入" in ask("nothing").sentence
        assert "记入 10:00" in ask("minutes", day=(midnight - timedelta(days=1)).date()).sentence


class TestDisplaced:
    def test_names_both_devices_and_what_was_lost(self, here: Desk, ask: Callable[..., Answer]) -> None:
        began = NOW - timedelta(hours=1)
        play(here, Row(1000, 280, 0, {"displaced": 720}), opened_at=began, end_reason="displaced", ended_at=NOW)
        play(here, Row(100, 100, 0), opened_at=NOW, device="pad", last_beat_at=NOW)
        sentence = ask("displaced").sentence
        assert "“pad”" in sentence
        assert "“phone”" in sentence
        assert "12:00 不计入" in sentence


class TestSignIn:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"locked_until": NOW + timedelta(minutes=8), "failed_logins": 8}, "锁定到 08月01日 09:08"),
            ({"must_change_password": True}, "证件号码后六位"),
            ({"must_change_password": True, "first_password": "random"}, "随机密码"),
            ({"must_confirm_profile": True, "last_login_at": NOW}, "核对个人信息"),
            ({"locked_until": NOW - timedelta(minutes=8)}, "可以登录"),
        ],
    )
    def test_names_what_keeps_the_person_out(self, here: Desk, ask: Callable[..., Answer], changes, says: str) -> None:
        for column, value in changes.items():
            setattr(here.session.get_one(Account, here.teacher.id), column, value)
        here.session.flush()
        answer = ask("sign_in")
        assert says in answer.sentence or (says == "可以登录" and "微信" in answer.sentence)

    def test_a_wrong_door_is_named_with_the_right_one(self, here: Desk, ask: Callable[..., Answer]) -> None:
        here.session.add(SignInRecord(account_id=here.teacher.id, at=NOW, route="portal", result="in"))
        here.session.flush()
        answer = ask("sign_in")
        assert "要从" in answer.sentence + "".join(answer.evidence)


def test_results_are_those_of_the_score_card(here: Desk, ask: Callable[..., Answer]) -> None:
    assert "还差 60 学时" in ask("fail").sentence
    assert "成绩尚未合格" in ask("paper").sentence
    assert "未提交" in ask("homework").sentence


def test_with_redis_away_it_does_not_claim_to_be_complete(ask: Callable[..., Answer]) -> None:
    assert "已收到的都已写入" in ask("when").sentence
    assert "已收到的都已写入" not in ask("when", fresh=replace(Fresh(NOW, complete=False))).sentence
