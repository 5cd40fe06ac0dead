"""Loads the demonstration: invented teachers in invented schools, enrolled in the demonstration programmes, and invented staff
(services.demonstration_staff). Again is harmless."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from models import Account, Organisation, Programme
from programmes import ProgrammeError, demonstration
from programmes.calendar import phase_at
from programmes.demonstration import DEMONSTRATIONS, Demonstration
from services import accounts, catalogue, demonstration_staff, programmes, schools
from services.collaborators import Collaborators
from services.demonstration_staff import DemoAccount, invented_number
from services.enrolling import enrolments, workshops
from services.id_numbers import IdNumber
from services.passwords import FirstPassword

#: Surnames in the order of the old primer, given names from the classroom: nobody is called this.
NAMES = (
    "赵粉笔 钱板书 孙教案 李课表 周讲台 吴铃声 郑黑板 王作业 冯听课 陈评课 褚朗读 卫默写 "
    "蒋算盘 沈圆规 韩直尺 杨量角 朱地图 秦年表 尤试管 许烧杯 何音符 吕画笔 施跳绳 张哨子 "
    "孔论语 曹诗经 严校徽 华红旗 金书包 魏铅笔 陶橡皮 姜词典 戚拼音 谢单词 邹方程 喻几何"
)
TEACHES = (("小学", "语文"), ("初中", "数学"), ("小学", "英语"), ("高中", "信息技术"))
#: code, kind, name, code of the parent.
TREE = (
    ("DEMO-CITY", "city", "示范市", ""),
    ("DEMO-COUNTY-1", "county", "示范东县", "DEMO-CITY"),
    ("DEMO-COUNTY-2", "county", "示范西县", "DEMO-CITY"),
    ("DEMO-SCHOOL-1", "school", "示范东县第一小学", "DEMO-COUNTY-1"),
    ("DEMO-SCHOOL-2", "school", "示范东县第一中学", "DEMO-COUNTY-1"),
    ("DEMO-SCHOOL-3", "school", "示范西县第一小学", "DEMO-COUNTY-2"),
    ("DEMO-SCHOOL-4", "school", "示范市第一高级中学", "DEMO-CITY"),
)


def load(session: Session, using: Collaborators, now: datetime) -> list[DemoAccount]:
    """Publish, import, invent and enrol what is missing; the teachers, then the staff.

    Raises ProgrammeError where a demonstration file is broken.
    """
    rows = [_in_force(session, which, now) for which in DEMONSTRATIONS]
    for row in rows:
        catalogue.import_catalogue(session, row.slug, demonstration.catalogue())
    first = programmes.get(session, rows[0].id).sign_in.first_password
    first_password = using.passwords.first_password(first.rule, first.shared)
    people = list(_teachers(session, using, _schools(session), first_password, now))
    session.flush()
    for account, _ in people:
        for row in rows:
            enrolments.enrol(session, account, row, account.school_id, now)
    teachers = [DemoAccount(account.role, account.name, number.number, first.shared) for account, number in people]
    staff = demonstration_staff.load(session, using, now)
    for row in rows:
        workshops.assign(session, row.slug)
    return teachers + staff


def _in_force(session: Session, which: Demonstration, now: datetime) -> Programme:
    """The published version, as long as teachers can study by it today and its template is the same; else a new one."""
    newest = programmes.find_latest(session, which.slug)
    if newest is not None and _still_good(session, which, newest, now):
        return newest
    version = newest.version + 1 if newest else 1
    row = programmes.publish(session, demonstration.render(which, version, demonstration.local_day(now)), now)
    enrolments.move_to(session, row)
    return row


def _still_good(session: Session, which: Demonstration, row: Programme, now: datetime) -> bool:
    try:
        programme = programmes.get(session, row.id)
    except ProgrammeError:  # published by an earlier release with another schema
        return False
    phase = phase_at(programme, now)
    drawn_up = demonstration.drawn_up_on(programme)
    return phase is not None and phase.study and row.document == demonstration.render(which, row.version, drawn_up)


def _schools(session: Session) -> list[Organisation]:
    known = {organisation.code: organisation for organisation in schools.every(session)}
    for code, kind, name, parent in TREE:
        if code not in known:
            known[code] = schools.add(session, code, name, kind, parent)
    return [known[code] for code, kind, _, _ in TREE if kind == "school"]


def _teachers(
    session: Session, using: Collaborators, at: list[Organisation], first_password: FirstPassword, now: datetime
) -> Iterator[tuple[Account, IdNumber]]:
    for serial, name in enumerate(NAMES.split(), 1):
        number = invented_number(serial)
        account = accounts.find(session, using.vault, number)
        if account is None:
            stage, subject = TEACHES[serial % len(TEACHES)]
            account, _ = accounts.create(
                session,
                using.vault,
                using.passwords,
                name=name,
                id_number=number,
                mobile=f"1990000{serial:04d}",
                school_id=at[serial % len(at)].id,
                stage=stage,
                subject=subject,
                role="teacher",
                first_password=first_password,
                now=now,
            )
        yield account, number
