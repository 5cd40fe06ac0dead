"""Old entries move to a file that stands by itself, and nothing is lost on the way."""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import AuditEntry, AuditHead, SignInRecord
from services import audit, audit_archive, audit_chain, sign_in_records
from services.audit_archive import KEPT, Archive, ChainBroken, OtherFile, TooRecent
from services.audit_chain import Fault, Link
from tests import factories
from tests.services.test_audit import BY, OTHER, VAULT

NOW = datetime(2023, 3, 1, tzinfo=UTC)
OLD = NOW - KEPT - timedelta(days=30)
BEFORE = NOW - KEPT


class House:
    """A log with five old entries and two new ones, two old records of signing in and a new one."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        with self.work() as session:
            person = factories.account(session)
            for day in range(5):
                audit.record(
                    session, VAULT, BY, "unlock", OLD + timedelta(days=day), target=("account", day), note="话"
                )
            for number in range(2):
                audit.record(session, VAULT, BY, "export", NOW - timedelta(hours=number), rows=number)
            for moment in (OLD, OLD + timedelta(days=1), NOW):
                sign_in_records.note(session, person.id, "web", "in", moment, "Chrome Windows", "192.0.2.9")

    @contextmanager
    def work(self, *, read_only: bool = False) -> Iterator[Session]:
        with Session(self.engine) as session, session.begin():
            yield session

    def archive(self, path: Path, before: datetime = BEFORE, now: datetime = NOW) -> Archive | None:
        return audit_archive.archive(self.work, VAULT, before, path, now)

    def serials(self) -> list[int]:
        with self.work() as session:
            return list(session.scalars(sa.select(AuditEntry.serial).order_by(AuditEntry.serial)))

    def fault(self) -> Fault | None:
        with self.work() as session:
            return audit_chain.verify(session, VAULT)

    def sign_ins(self) -> int:
        with self.work() as session:
            return session.scalar(sa.select(sa.func.count(SignInRecord.id))) or 0


@pytest.fixture
def house(session: Session) -> House:
    engine = session.get_bind()
    assert isinstance(engine, sa.Engine)
    session.commit()
    return House(engine)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit-2022.jsonl"


def test_what_is_old_is_in_the_file_and_no_longer_in_the_tables(engine: sa.Engine, path: Path) -> None:
    house = House(engine)
    done = house.archive(path)
    assert done is not None
    assert (done.entries, done.end.serial, done.sign_ins) == (5, 5, 2)
    assert house.serials() == [6, 7, 8]  # the archiving itself is an act
    assert house.sign_ins() == 1
    assert house.fault() is None
    assert audit_archive.read(path, VAULT) == done
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.glob("*audit*")] == [path.name]
    assert "192.0.2.9" not in path.read_text()


def test_half_a_year_is_kept(house: House, path: Path) -> None:
    with pytest.raises(TooRecent):
        house.archive(path, BEFORE + timedelta(seconds=1))
    assert not path.exists()


def test_where_nothing_is_as_old_there_is_no_file(house: House, path: Path) -> None:
    assert house.archive(path, OLD - timedelta(days=1)) is None
    assert not path.exists()


def test_again_with_the_same_file_is_harmless(house: House, path: Path) -> None:
    first, content = house.archive(path), path.read_bytes()
    assert house.archive(path) == first
    assert (path.read_bytes(), house.serials(), house.sign_ins()) == (content, [6, 7, 8], 1)


def test_a_crash_between_file_and_table_loses_nothing(
    house: House, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(audit_archive, "_remove", crash)
        with pytest.raises(KeyboardInterrupt):
            house.archive(path)
    assert path.exists()
    assert house.serials() == [*range(1, 8)]
    with house.work() as session:
        audit.record(session, VAULT, BY, "unlock", NOW)
    done = house.archive(path)
    assert done is not None
    assert (done.entries, house.serials(), house.sign_ins(), house.fault()) == (5, [6, 7, 8, 9], 1, None)


def test_a_crash_while_writing_leaves_no_file(house: House, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> Iterator[dict[str, Any]]:
        raise OSError("no space left")

    monkeypatch.setattr(audit_archive, "_sign_ins", crash)
    with pytest.raises(OSError, match="no space"):
        house.archive(path)
    assert not list(path.parent.glob("*.jsonl"))
    assert not list(path.parent.glob(".*.part"))
    assert house.serials() == [*range(1, 8)]


def test_files_follow_one_upon_the_other_and_the_table_upon_the_last(house: House, path: Path) -> None:
    later = path.with_name("audit-2023.jsonl")
    first = house.archive(path)
    second = house.archive(later, NOW + timedelta(hours=1), NOW + KEPT + timedelta(days=1))
    assert first is not None
    assert second is not None
    assert second.after == first.end
    with house.work() as session:
        assert audit_chain.archived(session) == second.end
    assert house.fault() is None
    assert house.archive(path) == first  # the older one again: nothing happens
    assert house.serials() == [9]


def test_another_file_of_that_name_is_left_alone(house: House, path: Path) -> None:
    path.write_text("somebody's notes\n")
    with pytest.raises(OtherFile):
        house.archive(path)
    assert path.read_text() == "somebody's notes\n"
    assert house.serials() == [*range(1, 8)]


def test_an_archive_of_another_chain_removes_nothing(house: House, path: Path) -> None:
    house.archive(path)
    with house.work() as session:
        session.execute(sa.delete(AuditEntry))
        session.execute(sa.delete(AuditHead))
    with house.work() as session:
        for _ in range(6):
            audit.record(session, VAULT, BY, "appoint", OLD)
    with pytest.raises(OtherFile):
        house.archive(path)
    assert len(house.serials()) == 6


def test_a_broken_chain_is_not_archived(house: House, path: Path) -> None:
    with house.work() as session:
        session.execute(sa.update(AuditEntry).where(AuditEntry.serial == 3).values(action="appoint"))
    with pytest.raises(ChainBroken):
        house.archive(path)
    assert not path.exists()
    assert house.serials() == [*range(1, 8)]


class TestRead:
    @pytest.fixture
    def written(self, house: House, path: Path) -> list[str]:
        house.archive(path)
        return path.read_text().splitlines(keepends=True)

    @given(data=st.data())
    @examples(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_any_line_that_was_changed_dropped_doubled_or_moved_is_seen(
        self, written: list[str], path: Path, data: st.DataObject
    ) -> None:
        lines = list(written)
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "swap", "cut", "change"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "swap":
                other = data.draw(st.integers(0, len(lines) - 1).filter(lambda place: place != at))
                lines[at], lines[other] = lines[other], lines[at]
            case "cut":
                lines[at:] = []
            case "change":
                place = data.draw(st.integers(0, len(lines[at]) - 2))
                new = data.draw(st.sampled_from("0x").filter(lambda one: one != lines[at][place]))
                lines[at] = lines[at][:place] + new + lines[at][place + 1 :]
        path.write_text("".join(lines))
        assert isinstance(audit_archive.read(path, VAULT), Fault)

    @pytest.mark.parametrize(
        "content", ["", "{}\n", "[]\n", "null\n", "\x00\x01", "{" * 99, '{"archive": 1, "version": 1}\n']
    )
    def test_what_is_no_archive_is_said_to_be_none(self, path: Path, content: str) -> None:
        path.write_text(content)
        assert isinstance(audit_archive.read(path, VAULT), Fault)

    def test_bytes_that_are_no_text_neither(self, path: Path) -> None:
        path.write_bytes(b"\xff\xfe\x00" * 50)
        assert isinstance(audit_archive.read(path, VAULT), Fault)

    def test_one_made_without_the_key_is_seen(self, written: list[str], path: Path) -> None:
        assert isinstance(audit_archive.read(path, OTHER), Fault)

    def test_a_noted_head_must_be_part_of_it(self, written: list[str], path: Path) -> None:
        third = Link(3, json.loads(written[3])["hash"])
        assert isinstance(audit_archive.read(path, VAULT, third), Archive)
        assert audit_archive.read(path, VAULT, Link(3, "0" * 64)) == Fault(3, "记下的链头不在链中")
