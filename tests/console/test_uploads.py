"""The one door for files: what gets in, who gets it back, and what a hostile one is told."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from console.uploads import LONGEST_BODY
from models import Upload, UploadPart
from server import MAX_BODY_BYTES
from server.behind import Behind
from services import uploads
from services.authority.principals import Principal
from services.authority.roles import ROLES
from services.errors import NotFound
from services.vault import Vault, VaultError
from tests import factories, sheets
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.rosters import roster, send
from tests.fronts import lane_client

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def county(staff: Callable[..., Staff], tree: Tree) -> Staff:
    return staff("county_admin", tree.east)


def kept(session: Session) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(UploadPart)) or 0


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (64 << 20))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("空.csv", b"", "文件是空的"),
        ("名单.xlsx", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "不是表格文件"),
        ("名单.csv", b"%PDF-1.7", "PDF"),
        ("名单.xls", OLE + b"\0" * 600, "另存为 .xlsx"),
        ("名单.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "取消密码"),
        ("名单.xlsx", b"PK\x03\x04 and nothing more", "已损坏"),
        ("名单.xlsx", bomb(), "表格太大"),
        ("名单.csv", b"<html><table></table></html>", "网页格式"),
        ("名单.csv", bytes(range(256)) * 20, "不是表格文件"),
        ("", b"x", "请选择一个文件"),
    ],
    ids=["empty", "image", "pdf", "xls", "encrypted", "broken", "bomb", "web page", "noise", "none"],
)
def test_what_is_no_table_is_told_and_not_kept(
    county: Staff, session: Session, name: str, content: bytes, told: str
) -> None:
    reply = send(county, content, name=name)
    assert reply.status_code == 422
    assert told in reply.text
    assert kept(session) == 0


def test_what_is_kept_is_sealed_piece_by_piece(
    county: Staff, session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE", 100)
    content = roster(sheets.teacher(1), sheets.teacher(2))
    reply = send(county, content, name="99999919800101001X的名单.csv", slug="a")
    assert reply.status_code == 302
    upload = session.scalars(sa.select(Upload)).one()
    assert upload.name == "999999************的名单.csv"
    assert upload.work == {"slug": "a"}
    parts = session.scalars(sa.select(UploadPart).order_by(UploadPart.position)).all()
    assert len(parts) == -(-len(content) // 100)
    assert not any(factories.person(1).id_number.encode() in part.envelope for part in parts)
    vault: Vault = app.extensions["xueshi"].vault
    assert uploads.read(session, vault, upload) == content
    parts[0].envelope, parts[1].envelope = parts[1].envelope, parts[0].envelope
    session.flush()
    with pytest.raises(VaultError):
        uploads.read(session, vault, upload)
    session.rollback()


def test_it_is_its_uploaders_alone_and_of_its_kind(county: Staff, session: Session, tree: Tree) -> None:
    send(county, roster(sheets.teacher(1)))
    upload = session.scalars(sa.select(Upload)).one()

    def who(account_id: int) -> Principal:
        return Principal(account_id, "某人", ROLES["county_admin"], 1, tree.east.id, "")

    assert uploads.get(session, who(county.account_id), upload.code, "roster") is upload
    for account_id, code, kind in (
        (county.account_id + 1, upload.code, "roster"),
        (county.account_id, upload.code, "marks"),
        (county.account_id, "x" * 500, "roster"),
    ):
        with pytest.raises(NotFound):
            uploads.get(session, who(account_id), code, kind)


def test_a_form_says_what_its_kind_asks_for_and_none_of_our_own_notes(county: Staff, session: Session) -> None:
    send(county, roster(sheets.teacher(1)), slug="a", late="x" * 999, import_id="1", seen="yes", job="abc", commit="1")
    assert session.scalars(sa.select(Upload)).one().work == {"slug": "a", "late": "x" * uploads.LONGEST_FIELD}


def test_after_a_week_it_is_gone_with_the_next_upload(county: Staff, session: Session, clock: FakeClock) -> None:
    send(county, roster(sheets.teacher(1)))
    code = session.scalars(sa.select(Upload.code)).one()
    session.rollback()
    upload = session.scalars(sa.select(Upload)).one()
    upload.expires_at = clock() - timedelta(seconds=1)
    session.commit()
    assert county.get(f"/rosters/{code}").status_code == 410
    send(county, roster(sheets.teacher(2)))
    session.rollback()
    assert session.scalars(sa.select(Upload.code)).one() != code
    assert kept(session) == 1


@pytest.mark.parametrize("role", ["hotline", "collector"])
def test_a_role_hands_in_only_what_it_may(staff: Callable[..., Staff], tree: Tree, session: Session, role: str) -> None:
    assert send(staff(role, tree.east), roster(sheets.teacher(1))).status_code == 403
    assert kept(session) == 0


@pytest.mark.parametrize("kind", ["no-such", "credentials", "roster_errors"])
def test_there_are_no_other_doors(county: Staff, kind: str) -> None:
    assert send(county, roster(sheets.teacher(1)), kind=kind).status_code == 404
    assert county.post(f"/uploads/{kind}/abc/download").status_code == 404


def sent(staff: Staff, path: str, content: bytes) -> Any:
    """As a browser sends a file; the test client would leave one of its own open."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    body = head + content + b"\r\n--x--\r\n"
    return staff.client.post(path, data=body, content_type="multipart/form-data; boundary=x")


class TestSize:
    @pytest.fixture(autouse=True)
    def lane(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """All goes through the lane and what stands behind it."""
        clients = lane_client()
        monkeypatch.setattr(Flask, "test_client_class", next(clients))
        yield
        next(clients, None)

    def test_large_files_are_let_in_here_and_large_bodies_nowhere_else(self, county: Staff, session: Session) -> None:
        large = roster(sheets.teacher(1)) + (b" " * 900 + b"\n") * 400
        assert sent(county, "/console/uploads/roster", large).status_code == 302
        assert kept(session) == 1
        county.client.application.config["WTF_CSRF_ENABLED"] = True  # it is the first to read the form
        assert sent(county, "/console/rosters/abc/take-in", large).status_code == 413

    def test_too_large_a_file_is_answered_without_being_read(self, county: Staff, session: Session) -> None:
        county.client.application.config["WTF_CSRF_ENABLED"] = True
        reply = county.client.post(
            "/console/uploads/roster",
            environ_overrides={"CONTENT_LENGTH": str(200 << 20)},
            content_type="multipart/form-data; boundary=x",
        )
        assert reply.status_code == 413
        assert "文件太大" in reply.text
        assert kept(session) == 0

    def test_of_who_is_not_signed_in_a_large_body_is_not_read(
        self, county: Staff, session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It would keep a place from others for as long as it trickles in."""
        read: list[int] = []
        as_it_was = Behind._with_body

        async def seen(self: Behind, scope: Any, receive: Any, longest: int) -> Any:
            read.append(longest)
            return await as_it_was(self, scope, receive, longest)

        monkeypatch.setattr(Behind, "_with_body", seen)
        large = roster(sheets.teacher(1)) + (b" " * 900 + b"\n") * 400
        stranger, visitor = app.test_client(), app.test_client()
        visitor.get("/console/sign-in")  # has a cookie of ours, but knew no password
        read.clear()
        for client in (stranger, visitor):
            reply = sent(Staff(0, client), "/console/uploads/roster", large)
            assert (reply.status_code, reply.location) == (302, "/console/sign-in")
        assert set(read) == {MAX_BODY_BYTES}
        sent(county, "/console/uploads/roster", large)
        assert read[-1] == LONGEST_BODY
        assert kept(session) == 1

    def test_just_above_the_limit_it_is_said_how_much_is_allowed(self, county: Staff, session: Session) -> None:
        reply = sent(county, "/console/uploads/roster", b"a" * (uploads.MAX_BYTES + 1))
        assert reply.status_code == 422
        assert "超过 12 MB" in reply.text
        assert kept(session) == 0
