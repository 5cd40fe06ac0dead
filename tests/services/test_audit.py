"""The audit log's chain: whatever is done to its rows is seen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import AuditEntry, AuditHead
from services import audit, audit_chain
from services.audit_chain import FIRST_HASH, Fault, Link
from services.authority.principals import Principal
from services.authority.roles import ROLES
from services.vault import Vault

NOW = datetime(2022, 8, 1, 9, 0, tzinfo=UTC)
VAULT = Vault(b"a test key of the blind index...", {"test": b"a test key for the envelopes, 32"})
OTHER = Vault(b"somebody without our key makes 1", {"test": b"a test key for the envelopes, 32"})
BY = audit.By(Principal(7, "林知远", ROLES["county_admin"], 1, 3, "虚构东县"), "192.0.2.1")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=12) | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def act(session: Session, number: int = 1, vault: Vault = VAULT, **what: Any) -> AuditEntry:
    moment = NOW + timedelta(seconds=number)
    return audit.record(session, vault, BY, "unlock", moment, target=("account", number), organisation_id=3, **what)


def acted(session: Session, times: int, vault: Vault = VAULT) -> None:
    for number in range(1, times + 1):
        act(session, number, vault)
    session.flush()


def fault(session: Session, **options: Any) -> Fault | None:
    session.flush()
    session.expire_all()
    return audit_chain.verify(session, VAULT, **options)


def change(session: Session, which: int, /, **values: Any) -> None:
    session.execute(sa.update(AuditEntry).where(AuditEntry.serial == which).values(**values))


class TestRecord:
    def test_who_what_on_whom_from_where_and_how_it_ended(self, session: Session) -> None:
        entry = act(session, 5, result="refused", why="locked")
        said = (entry.actor_name, entry.role, entry.action, entry.target_kind, entry.target_id, entry.address)
        assert said == ("林知远", "county_admin", "unlock", "account", "5", "192.0.2.1")
        assert (entry.serial, entry.result, entry.detail) == (1, "refused", {"why": "locked"})

    def test_an_action_that_is_not_listed_is_a_mistake_of_ours(self, session: Session) -> None:
        with pytest.raises(ValueError, match="no such action"):
            audit.record(session, VAULT, BY, "mischief", NOW)

    @given(detail=st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), JSON, max_size=4))
    @examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_whatever_is_told_of_it_verifies_once_it_was_read_back(
        self, session: Session, detail: dict[str, Any]
    ) -> None:
        reserved = {"target", "result", "now", "by", "vault", "session", "action"}
        audit.record(session, VAULT, BY, "unlock", NOW, **{k: v for k, v in detail.items() if k not in reserved})
        assert fault(session) is None

    @pytest.mark.parametrize("odd", ["\ud800", "nul\0", "字" * 5000, "'; DROP TABLE audit_entry; --"])
    def test_odd_words_are_kept_as_far_as_every_database_can(self, engine: sa.Engine, odd: str) -> None:
        with Session(engine) as session:
            audit.record(
                session, VAULT, audit.By(None, odd), "refused", NOW, target=("account", odd), of={odd[:9]: [odd]}
            )
            session.commit()
            assert audit_chain.verify(session, VAULT) is None

    def test_the_same_moment_reads_back_the_same_on_every_database(self, engine: sa.Engine) -> None:
        with Session(engine) as session:
            for micro in (0, 1, 999_999):
                audit.record(session, VAULT, BY, "unlock", NOW.replace(microsecond=micro), share=0.1 + 0.2, big=2**53)
            session.commit()
            assert audit_chain.verify(session, VAULT) is None

    def test_many_at_once_make_one_unbroken_chain_from_the_first(self, engine: sa.Engine) -> None:
        def work(number: int) -> None:
            with Session(engine) as session:
                for _ in range(5):
                    act(session, number)
                    session.commit()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        with Session(engine) as session:
            assert audit_chain.verify(session, VAULT) is None
            assert session.scalars(sa.select(AuditEntry.serial).order_by(AuditEntry.serial)).all() == [*range(1, 41)]

    def test_an_act_that_is_undone_leaves_no_entry(self, session: Session) -> None:
        acted(session, 2)
        session.commit()
        act(session, 3)
        session.rollback()
        act(session, 4)
        assert fault(session) is None
        assert audit_chain.head(session).serial == 3


class TestVerify:
    def test_an_empty_log_is_whole(self, session: Session) -> None:
        assert fault(session) is None

    @given(serial=st.integers(1, 6), field=st.sampled_from(sorted(c.key for c in sa.inspect(AuditEntry).column_attrs)))
    @examples(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_any_field_of_any_entry_that_was_changed(self, session: Session, serial: int, field: str) -> None:
        acted(session, 6)
        other: dict[str, Any] = {
            "serial": 99,
            "at": NOW - timedelta(microseconds=1),
            "actor_id": None,
            "organisation_id": 4,
            "detail": {"a": 1},
            "hash": "0" * 64,
        }
        change(session, serial, **{field: other.get(field, "x")})
        found = fault(session)
        assert found is not None
        assert found.serial == serial
        session.rollback()

    @given(st.permutations(range(1, 6)))
    @examples(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_entries_in_another_order(self, session: Session, order: list[int]) -> None:
        acted(session, 5)
        for place, serial in enumerate(order, 1):
            change(session, place, serial=100 + serial)
        session.execute(sa.update(AuditEntry).values(serial=AuditEntry.serial - 100))
        found = fault(session)
        first = next((place for place, serial in enumerate(order, 1) if place != serial), None)
        assert (found.serial if found else None) == first
        session.rollback()

    def test_one_that_was_dropped_or_put_in(self, session: Session) -> None:
        acted(session, 5)
        session.execute(sa.delete(AuditEntry).where(AuditEntry.serial == 3))
        assert fault(session) == Fault(3, "缺少记录，或顺序不对")
        session.rollback()
        acted(session, 5)
        session.execute(
            sa.insert(AuditEntry).values(serial=6, at=NOW, action="unlock", result="done", hash="f" * 64, detail={})
        )
        found = fault(session)
        assert found is not None
        assert found.serial == 6

    def test_the_end_cut_off(self, session: Session) -> None:
        acted(session, 5)
        session.execute(sa.delete(AuditEntry).where(AuditEntry.serial > 3))
        found = fault(session)
        assert found is not None
        assert found.serial == 4

    def test_the_end_cut_off_and_the_head_set_back_is_seen_by_a_noted_head_alone(self, session: Session) -> None:
        acted(session, 5)
        noted = audit_chain.head(session)
        hash_of_3 = session.get_one(AuditEntry, 3).hash
        session.execute(sa.delete(AuditEntry).where(AuditEntry.serial > 3))
        session.execute(sa.update(AuditHead).values(serial=3, hash=hash_of_3))
        assert fault(session) is None
        assert fault(session, noted=noted) is not None
        for number in range(4, 7):
            act(session, 10 + number)
        assert fault(session) is None
        assert fault(session, noted=noted) == Fault(5, "记下的链头不在链中，末尾的记录被换过")
        assert fault(session, noted=Link(2, session.get_one(AuditEntry, 2).hash)) is None

    def test_made_anew_without_the_key(self, session: Session) -> None:
        acted(session, 5, OTHER)
        assert audit_chain.verify(session, OTHER) is None
        assert fault(session) == Fault(1, "内容与校验值不符")

    def test_without_its_head(self, session: Session) -> None:
        acted(session, 2)
        session.execute(sa.delete(AuditHead))
        assert fault(session) == Fault(0, "链头缺失")

    def test_the_end_alone_in_a_long_log(self, session: Session) -> None:
        acted(session, 8)
        change(session, 2, action="appoint")
        assert fault(session, last=4) is None
        assert fault(session, last=7) == Fault(2, "内容与校验值不符")
        change(session, 7, action="appoint")
        assert fault(session, last=4) == Fault(7, "内容与校验值不符")


class TestLink:
    def test_it_reads_what_it_writes(self) -> None:
        link = Link(12, "ab" * 32)
        assert Link.parse(f" {link}\n") == link

    @pytest.mark.parametrize(
        "text",
        ["", "12", "12:ab", ":" + FIRST_HASH, "-1:" + FIRST_HASH, "１:" + FIRST_HASH, "9" * 30 + ":" + FIRST_HASH],
    )
    def test_what_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(audit_chain.BadHead):
            Link.parse(text)
