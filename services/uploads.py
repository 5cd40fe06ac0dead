"""Files that staff hand in through the console, and files made for them: sealed, for their owner alone, gone after some days.

What a file is, its bytes say. A spreadsheet is read as a whole before it is kept: of one that cannot be read nothing is kept.
"""

import hashlib
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import RosterImport, Upload, UploadPart
from services.authority.principals import Principal
from services.authority.roles import Permission
from services.errors import Gone, Invalid, NotFound
from services.rosters.rows import shown
from services.tables import spreadsheets
from services.vault import Vault

MAX_BYTES = 12 << 20
KEPT = timedelta(days=7)
#: First passwords: long enough to fetch them, not to forget them.
KEPT_SECRET = timedelta(hours=24)
PIECE = 768 << 10
CODE_LENGTH = 24
LONGEST_NAME = 80
#: The characters of a field beside the file.
LONGEST_FIELD = 300
TABLES = (".xlsx", ".csv")


@dataclass(frozen=True)
class Kind:
    """What a file is for. `endpoint`: the page that goes on with it, called with `upload_code`; "" for files that are made for download.

    A person of a role without `permission` neither hands one in nor gets one back.
    """

    permission: Permission
    title: str
    endpoint: str = ""
    most: int = MAX_BYTES
    endings: tuple[str, ...] = TABLES
    kept: timedelta = KEPT
    #: Handed out once, then gone.
    once: bool = False
    #: What its form may say beside the file; nothing else is kept, for `work` holds our own notes too.
    fields: tuple[str, ...] = ()

    @property
    def made(self) -> bool:
        return not self.endpoint


KINDS: dict[str, Kind] = {
    "roster": Kind("roster", "教师名单", "console.rosters.show", fields=("slug", "late", "under")),
    "roster_errors": Kind("roster", "名单中有误的行"),
    "credentials": Kind("roster", "初始密码", kept=KEPT_SECRET, once=True),
    "marks": Kind("evidence", "成绩表", "console.evidence.uploaded", fields=("slug", "part")),
    "remittances": Kind("collect", "汇款明细", "console.remittances.uploaded", fields=("slug",)),
    "receipts": Kind("registers", "登记回执", "console.registers.receipt", fields=("export_id",)),
    "register": Kind("registers", "登记表"),
    "register_clear": Kind("export_clear", "含证件号码的登记表"),
    "papers": Kind("papers", "证书打印文件", kept=KEPT_SECRET),
}


class UploadTooLarge(Invalid):
    """文件太大。"""

    code = "upload_too_large"


class UploadGone(Gone):
    """文件已超过保留的时间，或已下载过，请重新上传。"""

    code = "upload_gone"


def put(
    session: Session,
    vault: Vault,
    principal: Principal,
    kind: str,
    name: str,
    content: bytes,
    now: datetime,
    *,
    fields: Mapping[str, str] | None = None,
) -> Upload:
    """Keep a file that the person handed in; the `fields` that its kind knows are kept in `work`. What has expired, anybody's, is deleted.

    Raises NotFound (no such kind), NotAllowed, UploadTooLarge, BadSpreadsheet (empty, of another kind, damaged, with a password, a bomb).
    """
    wanted = KINDS.get(kind)
    if wanted is None or wanted.made:
        raise NotFound
    principal.require(wanted.permission)
    if len(content) > wanted.most:
        raise UploadTooLarge(f"文件超过 {wanted.most >> 20} MB，请删去图片和多余的工作表，或分成几个文件。")
    spreadsheets.read(content)
    delete_expired(session, now)
    return _keep(session, vault, principal.account_id, kind, clean_name(name), content, now, fields or {})


def make(session: Session, vault: Vault, owner_id: int, kind: str, name: str, content: bytes, now: datetime) -> Upload:
    """Keep a file of ours that this person may download."""
    return _keep(session, vault, owner_id, kind, clean_name(name), content, now, {})


def fill(session: Session, vault: Vault, upload: Upload, content: bytes) -> None:
    """Put into a file of ours what a job has made for it, instead of what it held."""
    session.execute(sa.delete(UploadPart).where(UploadPart.upload_id == upload.id))
    _seal(session, vault, upload, content)


def get(session: Session, principal: Principal, code: str, kind: str, now: datetime | None = None) -> Upload:
    """The person's own file of this kind. Raises NotFound (also for another's), NotAllowed, UploadGone."""
    found = session.scalar(sa.select(Upload).where(Upload.code == code)) if len(code) <= CODE_LENGTH else None
    if found is None or found.uploaded_by != principal.account_id or found.kind != kind or kind not in KINDS:
        raise NotFound
    principal.require(KINDS[kind].permission)
    if now is not None and found.expires_at <= now:
        raise UploadGone
    return found


def locked(session: Session, principal: Principal, code: str, kind: str, now: datetime | None = None) -> Upload:
    """`get`, kept from others until the transaction ends. Raises as `get`."""
    found = get(session, principal, code, kind, now)
    return session.get_one(Upload, found.id, with_for_update=True, populate_existing=True)


def read(session: Session, vault: Vault, upload: Upload) -> bytes:
    """Its content. Raises UploadGone."""
    query = sa.select(UploadPart).where(UploadPart.upload_id == upload.id).order_by(UploadPart.position)
    content = b"".join(
        vault.open_bytes(part.envelope, _place(upload.id, part.position)) for part in session.scalars(query)
    )
    if hashlib.sha256(content).hexdigest() != upload.digest:
        raise UploadGone
    return content


def fetch(
    session: Session, vault: Vault, principal: Principal, code: str, kind: str, now: datetime
) -> tuple[Upload, bytes]:
    """A file that was made for the person; one of a kind that is handed out `once` is gone with it. Raises as `get` and `read`."""
    upload = locked(session, principal, code, kind, now)
    content = read(session, vault, upload)
    if KINDS[kind].once:
        session.execute(sa.delete(UploadPart).where(UploadPart.upload_id == upload.id))
    return upload, content


def is_there(session: Session, upload: Upload) -> bool:
    """Whether it still holds something."""
    return session.scalar(sa.select(sa.exists().where(UploadPart.upload_id == upload.id))) or False


def note(upload: Upload, **what: object) -> None:
    """Add to what is kept beside the file; None takes away."""
    together = {**upload.work, **what}
    upload.work = {key: value for key, value in together.items() if value is not None}


def delete_expired(session: Session, now: datetime) -> int:
    """How many were deleted. Imports that came from them stay, without their file."""
    ids = list(session.scalars(sa.select(Upload.id).where(Upload.expires_at <= now).limit(200)))
    if ids:
        session.execute(sa.update(RosterImport).where(RosterImport.upload_id.in_(ids)).values(upload_id=None))
        session.execute(sa.delete(UploadPart).where(UploadPart.upload_id.in_(ids)))
        session.execute(sa.delete(Upload).where(Upload.id.in_(ids)))
    return len(ids)


def clean_name(name: str) -> str:
    """A file's name to show: without a path and what is not to be seen, short, and masked where it holds a number of a person."""
    bare = PurePath(name.replace("\\", "/")).name
    bare = "".join(sign for sign in bare if sign.isprintable() and sign not in '<>:"|?*').strip(" .")
    stem, dot, ending = bare.rpartition(".")
    stem = shown(stem or ending)[:LONGEST_NAME] if bare else "文件"
    return re.sub(r"\s+", " ", f"{stem}{dot}{ending[:8]}" if stem and dot else stem)


def _keep(
    session: Session,
    vault: Vault,
    owner_id: int,
    kind: str,
    name: str,
    content: bytes,
    now: datetime,
    fields: Mapping[str, str],
) -> Upload:
    upload = Upload(
        code="".join(secrets.choice(string.ascii_lowercase) for _ in range(CODE_LENGTH)),
        kind=kind,
        name=name,
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        uploaded_by=owner_id,
        uploaded_at=now,
        expires_at=now + KINDS[kind].kept,
        work={key: fields[key][:LONGEST_FIELD] for key in KINDS[kind].fields if key in fields},
    )
    session.add(upload)
    session.flush()
    _seal(session, vault, upload, content)
    return upload


def _seal(session: Session, vault: Vault, upload: Upload, content: bytes) -> None:
    upload.digest, upload.size = hashlib.sha256(content).hexdigest(), len(content)
    for position, start in enumerate(range(0, len(content), PIECE)):
        envelope = vault.seal_bytes(content[start : start + PIECE], _place(upload.id, position))
        session.add(UploadPart(upload_id=upload.id, position=position, envelope=envelope))
    session.flush()


def _place(upload_id: int, position: int) -> str:
    return f"upload {upload_id} {position}"
