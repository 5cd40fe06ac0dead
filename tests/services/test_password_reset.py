"""A reset beside everything else that goes on; on every database where that matters."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Appointment, AuditEntry, RefreshToken, WechatBinding
from services import audit, audit_chain, once, password_reset, people, sign_in
from services.authority import principals
from services.errors import BadCredentials, Forbidden, TryAgain, WechatNotBound
from services.identity_check import Given, MustAsk
from services.password_reset import TooManyResets, Wish
from tests import factories
from tests.conftest import FakeClock
from tests.teachers import NEW_PASSWORD, collaborators, settled, with_known_codes

SEEN = Given(in_person=True)


@dataclass
class Desk:
    app: Flask
    engine: sa.Engine
    clock: FakeClock
    admin_id: int
    school_id: int

    @contextmanager
    def work(self, *, read_only: bool = False) -> Iterator[Session]:
        with Session(self.engine) as session:
            if read_only:
                session.connection(execution_options={"read_only": True})
            with session.begin() if not session.in_transaction() else session.get_transaction():
                yield session

    def by(self) -> audit.By:
        with Session(self.engine) as session:
            return audit.By(principals.of_account(session, session.get_one(Account, self.admin_id))[0])

    def teacher(self) -> tuple[int, str]:
        with Session(self.engine) as session:
            one = settled(self.app, session, school_id=self.school_id)
            session.add(
                WechatBinding(account_id=one.account_id, openid=f"openid-{one.account_id}", bound_at=self.clock())
            )
            session.commit()
            return one.account_id, one.id_number

    def reset(self, account_id: int, *, keep_wechat: bool = True, given: Given = SEEN) -> str:
        wish = Wish(by_rule=False, keep_wechat=keep_wechat, given=given, form=once.form(self.clock()))
        done = password_reset.reset(self.work, collaborators(self.app), self.by(), account_id, wish, self.clock())
        return done.password or ""


def desk_of(app: Flask, engine: sa.Engine, clock: FakeClock, role: str) -> Desk:
    with_known_codes(app)
    with Session(engine) as session:
        county = factories.school(session, kind="county")
        school = factories.school(session, parent_id=county.id)
        admin = factories.account(session, role="staff", name="管理员甲")
        at = school if role == "school_admin" else county
        session.add(Appointment(account_id=admin.id, role=role, organisation_id=at.id, appointed_at=clock()))
        session.commit()
        return Desk(app, engine, clock, admin.id, school.id)


@pytest.fixture
def desk(app: Flask, engine: sa.Engine, clock: FakeClock) -> Desk:
    return desk_of(app, engine, clock, "school_admin")


@pytest.fixture
def hotline(app: Flask, session: Session, clock: FakeClock) -> Desk:
    return desk_of(app, session.get_bind().engine, clock, "hotline")


def test_log_ins_that_race_a_reset_end_with_it_or_never_begin(desk: Desk) -> None:
    account_id, number = desk.teacher()
    using, together = collaborators(desk.app), Barrier(4)

    def enter(by: Callable[[], object]) -> None:
        together.wait()
        try:
            by()
        except (BadCredentials, TryAgain, WechatNotBound, Forbidden):
            return

    doors = [
        lambda: sign_in.with_password(desk.work, using, number, NEW_PASSWORD, desk.clock()),
        lambda: sign_in.with_wechat(desk.work, using, f"code-openid-{account_id}", desk.clock()),
        lambda: sign_in.with_wechat(desk.work, using, f"code-openid-{account_id}", desk.clock()),
        lambda: desk.reset(account_id, keep_wechat=False),
    ]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(enter, door) for door in doors]:
            done.result()
    with Session(desk.engine) as session:
        assert session.get_one(Account, account_id).first_password == "random"
        live = sa.select(sa.func.count()).where(
            RefreshToken.account_id == account_id, RefreshToken.revoked_at.is_(None)
        )
        assert session.scalar(live) == 0
    desk.engine.dispose()


def test_resets_at_once_do_not_pass_the_limit_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(password_reset.MOST_AN_HOUR, "school_admin", 2)
    people_here = [desk.teacher()[0] for _ in range(4)]

    def reset(account_id: int) -> bool:
        try:
            return bool(desk.reset(account_id))
        except TooManyResets:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(reset, people_here)) == [False, False, True, True]
    with Session(desk.engine) as session:
        assert session.scalar(sa.select(sa.func.count(AuditEntry.serial))) == 2
        assert audit_chain.verify(session, collaborators(desk.app).vault) is None
    desk.engine.dispose()


def test_a_search_finds_whole_names_first_on_every_database(desk: Desk) -> None:
    principal = desk.by().principal
    assert principal is not None
    with Session(desk.engine) as session:
        school = factories.school(session, name="百分%小学", parent_id=None)
        for name in ("司马_光", "司马光", "司马光年", "司马%"):
            factories.account(session, name=name, school_id=desk.school_id)
        factories.account(session, name="司马光", school_id=school.id)
        session.commit()

        def found(text: str, at: str = "") -> list[str]:
            asked = people.Asked(people.NAME, text)
            vault = collaborators(desk.app).vault
            return [one.name for one in people.find(session, vault, principal, asked, at, desk.clock()).people]

        assert found("司马光") == ["司马光", "司马光年"]
        assert set(found("司马")) == {"司马_光", "司马光", "司马光年", "司马%"}
        assert found("司马_") == ["司马_光"]
        assert found("司马%") == ["司马%"]
        assert found("司马/") == found("司马\\") == found("司马光", "%") == []
    desk.engine.dispose()


def test_a_voice_on_the_telephone_shows_no_document(hotline: Desk) -> None:
    account_id, _ = hotline.teacher()
    with pytest.raises(MustAsk):
        hotline.reset(account_id)


def test_the_program_itself_is_no_member_of_staff(hotline: Desk) -> None:
    account_id, _ = hotline.teacher()
    wish = Wish(by_rule=False, keep_wechat=True, given=Given(), form=once.form(hotline.clock()))
    with pytest.raises(ValueError, match="staff"):
        password_reset.reset(
            hotline.work, collaborators(hotline.app), audit.By(None), account_id, wish, hotline.clock()
        )
