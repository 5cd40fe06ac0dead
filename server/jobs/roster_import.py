"""Takes in the teachers of a roster that was checked before. The same roster again is harmless."""

from collections.abc import Callable
from pathlib import Path

from models import Programme
from server.jobs import files
from services import programmes
from services.errors import Conflict, RosterHasErrors
from services.passwords import RANDOM
from services.rosters import check as roster_check
from services.rosters import intake as roster
from services.rosters.check import Options
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work


def run(
    progress: Callable[[int, int], None],
    *,
    file: str,
    content: str,
    programme: str,
    create_schools: bool,
    school_code: str,
    late: str = "",
) -> dict[str, int]:
    """How many rows were 新增, 更新, 已存在 (and 错误, always 0).

    `file` is an absolute path that the worker can read, `content` its digest when it was checked, `programme` a slug. Raises Conflict
    where the file is gone or another one by now, or the programme has random first passwords, which nobody would be there to receive;
    RosterHasErrors, RosterChanged, BadSpreadsheet, NotFound as the services do.
    """
    moment, using, path = now(), collaborators(), Path(file)
    files.require_unchanged(path, content)
    read = spreadsheets.read(path)
    with unit_of_work(read_only=True) as session:
        row = session.get_one(Programme, programmes.latest(session, programme).id)
        notice = programmes.get(session, row.id)
        plan = roster_check.check(
            session,
            using.vault,
            read,
            programme=row,
            options=Options(create_schools, school_code, late),
            now=moment.astimezone(notice.zone),
        )
        programme_id, first = row.id, notice.sign_in.first_password
    if first.rule == RANDOM:
        raise Conflict("本项目的初始密码是随机的，不能在后台导入。")
    if plan.errors:
        raise RosterHasErrors
    first_password = using.passwords.first_password(first.rule, first.shared)
    with unit_of_work(read_only=False) as session:
        roster.apply(
            session,
            using.vault,
            using.passwords,
            plan,
            programme_id=programme_id,
            first_password=first_password,
            now=moment,
            progress=progress,
        )
    return plan.counts()
