"""One screen that answers a call: who may see it, that it is up to date, and that its numbers are the rows'."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as Away
from sqlalchemy.orm import Session

from models import Account, AuditEntry, Bill, Coverage, Enrolment, EnrolmentMove, Paper, SignInRecord, StudySession
from services import audit, notices
from services.authority import principals
from services.timeline.entries import KINDS
from services.why import QUESTIONS
from tests import factories
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.miniprogram_api.study_room import CHECK_AFTER_A_MINUTE, Room, room
from tests.services.studying import cast


@pytest.fixture
def watched(app: Flask, client: FlaskClient, session: Session, clock: FakeClock, tree: Tree) -> Room:
    """A teacher of the eastern school who is in the middle of a lesson; nothing is flushed."""
    made = room(app, client, session, clock)
    account = session.get_one(Account, made.account_id)
    account.school_id = tree.east_school.id
    made.enrolment.school_id = tree.east_school.id
    session.commit()
    player = made.open()
    player.watch(0, 100)
    player.beat([0, 20])
    return made


def pages_of(watched: Room) -> list[str]:
    person = f"/people/{watched.account_id}"
    return [
        f"{person}/timeline",
        *(f"{person}/timeline?kind={kind}" for kind in KINDS),
        *(f"{person}/why/{kind}" for kind in QUESTIONS),
        f"{person}/lessons",
        f"{person}/lessons/{watched.lesson.id}",
    ]


class TestPages:
    def test_every_page_opens_for_the_hotline_and_is_written_down(
        self, watched: Room, staff: Callable[..., Staff], tree: Tree, session: Session
    ) -> None:
        agent = staff("hotline", tree.east)
        for path in pages_of(watched):
            reply = agent.get(path)
            assert reply.status_code == 200, (path, reply.text)
            assert " style=" not in reply.text
            assert watched.id_number not in reply.text
        views = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "view_person")).all()
        assert len(views) == len(pages_of(watched))
        assert {view.target_id for view in views} == {str(watched.account_id)}
        assert {view.organisation_id for view in views} == {tree.east_school.id}

    def test_a_foreign_teacher_is_not_found(
        self, watched: Room, staff: Callable[..., Staff], tree: Tree, session: Session
    ) -> None:
        for role, where, status in [
            ("hotline", tree.west, 404),
            ("school_admin", tree.west_school, 404),
            ("county_admin", tree.west, 404),
            ("collector", tree.east, 403),
        ]:
            somebody = staff(role, where)
            for path in pages_of(watched):
                assert somebody.get(path).status_code == status, (role, path)
        assert session.scalar(sa.select(sa.func.count()).select_from(Coverage)) == 0, "nor is anything flushed"
        for role, where in [("school_admin", tree.east_school), ("city_admin", tree.city)]:
            assert staff(role, where).get(f"/people/{watched.account_id}/timeline").status_code == 200

    def test_shows_what_the_player_just_showed(self, watched: Room, staff: Callable[..., Staff], tree: Tree) -> None:
        reply = staff("hotline", tree.east).get(f"/people/{watched.account_id}/timeline")
        assert "上报 2:00 = 记入 1:40 + 重复观看 0:20" in reply.text
        assert "截至 09:02:00" in reply.text
        assert "现在正在播放" in reply.text

    def test_without_redis_it_says_what_may_be_missing(
        self, watched: Room, staff: Callable[..., Staff], tree: Tree, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object) -> None:
            raise Away

        store = app.extensions["xueshi"].store
        for verb in ("lease", "unflushed", "pending"):
            monkeypatch.setattr(store, verb, away)
        agent = staff("hotline", tree.east)
        for path in pages_of(watched):
            assert agent.get(path).status_code == 200, path
        assert "缓存暂时读不到" in agent.get(f"/people/{watched.account_id}/timeline").text

    def test_hostile_addresses_are_answered(self, watched: Room, staff: Callable[..., Staff], tree: Tree) -> None:
        agent = staff("hotline", tree.east)
        person = f"/people/{watched.account_id}"
        for path, status in [
            (f"{person}/timeline?kind=nonsense", 404),
            (f"{person}/timeline?before=x", 422),
            (f"{person}/timeline?before=20220801T010000.000000-99999", 422),
            (f"{person}/timeline?before=99991231T235959.999999-0", 200),
            (f"{person}/why/nonsense", 404),
            (f"{person}/why/minutes?enrolment=99999999999999999999999", 404),
            (f"{person}/why/minutes?session=nobody", 404),
            (f"{person}/why/minutes?day=yesterday", 404),
            (f"{person}/why/minutes?day=0001-01-01", 404),
            (f"{person}/why/minutes?day=2022-07-01", 200),
            (f"{person}/timeline?before=00010101T000000.000000-0", 200),
            (f"{person}/lessons/{2**63}", 404),
            (f"{person}/lessons/999999", 404),
            (f"/people/{2**70}/timeline", 404),
        ]:
            assert agent.get(path).status_code == status, path

    def test_another_persons_session_or_enrolment_is_not_found(
        self, watched: Room, staff: Callable[..., Staff], tree: Tree, session: Session, clock: FakeClock
    ) -> None:
        other = factories.account(session, school_id=tree.east_school.id)
        session.commit()
        agent = staff("hotline", tree.east)
        playing = session.scalars(sa.select(StudySession.id)).one()
        assert agent.get(f"/people/{other.id}/why/minutes?session={playing}").status_code == 404
        assert agent.get(f"/people/{other.id}/lessons?enrolment={watched.enrolment.id}").status_code == 404
        assert agent.get(f"/people/{other.id}/lessons/{watched.lesson.id}").status_code == 404

    def test_an_answer_is_a_part_for_htmx_and_a_page_without(
        self, watched: Room, staff: Callable[..., Staff], tree: Tree
    ) -> None:
        agent, path = staff("hotline", tree.east), f"/people/{watched.account_id}/why/minutes"
        part, whole = agent.get(path, headers={"HX-Request": "true"}).text, agent.get(path).text
        assert "<html" not in part
        assert "<html" in whole
        said = "上报 2:00 = 记入 1:40 + 重复观看 0:20"
        assert said in part
        assert said in whole


class TestLesson:
    def test_says_in_words_what_the_bar_shows(
        self, watched: Room, staff: Callable[..., Staff], tree: Tree, session: Session
    ) -> None:
        reply = staff("hotline", tree.east).get(f"/people/{watched.account_id}/lessons/{watched.lesson.id}")
        assert "0:00–1:40" in reply.text
        assert "1:40–30:00" in reply.text
        assert 'class="coverage-credited" x="0" y="0" width="100"' in reply.text

    def test_seconds_that_wait_for_a_check_are_pending(
        self,
        app: Flask,
        client: FlaskClient,
        session: Session,
        clock: FakeClock,
        staff: Callable[..., Staff],
        tree: Tree,
    ) -> None:
        made = room(app, client, session, clock, *CHECK_AFTER_A_MINUTE)
        session.get_one(Account, made.account_id).school_id = tree.east_school.id
        session.get_one(Enrolment, made.enrolment.id).school_id = tree.east_school.id
        session.commit()
        made.open().watch(0, 100)
        agent = staff("hotline", tree.east)
        reply = agent.get(f"/people/{made.account_id}/lessons/{made.lesson.id}")
        row = session.scalars(sa.select(StudySession)).one()
        assert row.pending > 0
        assert f"0:00–{row.credited // 60}:{row.credited % 60:02}" in reply.text
        assert "待确认</dt>" in reply.text
        assert "coverage-pending" in reply.text


class TestPaging:
    def test_every_entry_is_shown_once(
        self, staff: Callable[..., Staff], tree: Tree, session: Session, clock: FakeClock
    ) -> None:
        who = factories.account(session, school_id=tree.east_school.id)
        for number in range(130):  # sixty of them in one moment
            at = clock() - timedelta(minutes=max(0, number - 60))
            session.add(SignInRecord(account_id=who.id, at=at, route="web", result="in", device=f"device {number:03}"))
        session.commit()
        agent, path, seen = staff("hotline", tree.east), f"/people/{who.id}/timeline?kind=sign_in", []
        for _ in range(3):
            text = agent.get(path).text
            seen.append(re.findall(r"device \d{3}", text))
            following = re.search(r'href="/console(\S+before=[^"]+)"', text)
            path = following[1].replace("&amp;", "&") if following else ""
        assert path == ""
        assert [len(page) for page in seen] == [50, 50, 30]
        assert len({device for page in seen for device in page}) == 130


def test_a_schools_bulk_reset_and_who_reset_a_password_are_shown(
    staff: Callable[..., Staff], tree: Tree, session: Session, app: Flask, clock: FakeClock
) -> None:
    who = factories.account(session, school_id=tree.east_school.id)
    agent = staff("hotline", tree.east)
    by = audit.By(principals.of_account(session, session.get_one(Account, agent.account_id))[0])
    vault = app.extensions["xueshi"].vault
    notices.tell(session, who.id, "password_reset", "您的密码已由学校批量重置。", clock() - timedelta(days=1))
    notices.tell(session, who.id, "password_reset", "您的密码已由热线重置。", clock())
    audit.record(session, vault, by, "reset_password", clock(), target=("account", who.id))
    audit.record(session, vault, by, "reset_password", clock(), target=("account", who.id + 1))
    session.commit()
    text = agent.get(f"/people/{who.id}/timeline?kind=password").text
    assert "热线客服" in text
    assert "您的密码已由学校批量重置。" in text
    assert "您的密码已由热线重置。" not in text, "the audit log tells of it already"


def test_moves_payments_and_papers_are_on_it(
    staff: Callable[..., Staff], tree: Tree, session: Session, clock: FakeClock
) -> None:
    made = cast(session)
    made.teacher.school_id = made.enrolment.school_id = tree.east_school.id
    bill = {
        "headcount": 1,
        "per_head_fen": 1,
        "amount_fen": 1,
        "collector": "c",
        "handler": "h",
        "contact_envelope": b"",
    }
    for school, state in [(tree.east_school, "confirmed"), (tree.east_school, "open"), (tree.west_school, "confirmed")]:
        session.add(
            Bill(
                programme_slug=made.programme.slug, school_id=school.id, serial=1 if state == "confirmed" else 2, state=state,
                issued_at=clock(), confirmed_at=clock() if state == "confirmed" else None, **bill,
            )
        )  # fmt: skip
    session.add(
        Paper(
            account_id=made.teacher.id, programme_slug=made.programme.slug, kind="k", number="N-1", code="c",
            says={"title": "结业证书"}, issued_at=clock(), revoked_at=clock() + timedelta(hours=1), revoked_because="重复",
        )
    )  # fmt: skip
    session.add(
        EnrolmentMove(
            enrolment_id=made.enrolment.id,
            from_school_id=tree.west_school.id,
            to_school_id=tree.east_school.id,
            moved_at=clock(),
            reason="名单",
        )
    )
    session.commit()
    agent = staff("hotline", tree.east)
    money = agent.get(f"/people/{made.teacher.id}/timeline?kind=money").text
    assert money.count("学校缴费已确认") == 1
    assert "取得结业证书" in money
    assert "证书被撤销" in money
    assert "西县一小 → 东县一小" in agent.get(f"/people/{made.teacher.id}/timeline?kind=enrolment").text
