"""What refers to people, enrolments and schools by now: read off the models, so that a table added later counts too."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Base, Enrolment, RosterImportRow

#: Why something stays, by the table that refers to it.
REASONS = {
    "achievement": "已有成绩或材料",
    "appointment": "担任管理职务",
    "coverage": "已有学习记录",
    "course_choice": "已选课",
    "enrolment": "还参加其他项目",
    "enrolment_move": "已办理调动",
    "hour_correction": "申请过学时更正",
    "notice": "收到过通知（如重置密码）",
    "paper": "已有证书",
    "profile_correction": "提交过信息更正",
    "refresh_token": "已登录过",
    "sign_in_record": "已登录过",
    "study_day": "已有学习记录",
    "study_session": "已有学习记录",
    "wechat_binding": "已绑定微信",
    "workshop": "担任坊主",
}
OTHER = "已有其他记录"
#: Columns that name whom or what a row is about. Others name who acted, and whoever never signed in has not; the database's own checks
#: would say so if they had.
ABOUT = {"account_id", "leader_id", "enrolment_id", "organisation_id", "school_id", "parent_id"}
LATER_IMPORT = "之后的导入又用到此人"


def to_enrolments(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Enrolments that something refers to, and why they stay. A result is reckoned from the rest and does not count."""
    return dict(_found(session, "enrolment", ids, leave_out={"result"}))


def to_accounts(session: Session, ids: Sequence[int], import_id: int, going: Sequence[int]) -> dict[int, str]:
    """Accounts that something refers to but the enrolments in `going` and the import itself."""
    found = dict(_found(session, "account", ids, leave_out={"enrolment", "roster_import_row"}))
    others = sa.select(Enrolment.account_id).where(Enrolment.account_id.in_(ids), Enrolment.id.not_in(going))
    found |= dict.fromkeys(session.scalars(others), REASONS["enrolment"])
    later = sa.select(RosterImportRow.account_id).where(
        RosterImportRow.account_id.in_(ids), RosterImportRow.import_id != import_id
    )
    return found | dict.fromkeys(session.scalars(later), LATER_IMPORT)


def to_organisations(session: Session, ids: Sequence[int]) -> set[int]:
    """Units that something refers to but people and their enrolments."""
    return {
        key for key, _ in _found(session, "organisation", ids, leave_out={"account", "enrolment", "enrolment_move"})
    }


def _found(session: Session, target: str, ids: Sequence[int], leave_out: set[str]) -> Iterator[tuple[int, str]]:
    for table in Base.metadata.sorted_tables:
        if table.name in leave_out:
            continue
        for column in table.columns:
            if column.name in ABOUT and any(key.column.table.name == target for key in column.foreign_keys):
                query = sa.select(column).where(column.in_(ids)).distinct()
                for key in session.scalars(query):
                    yield key, REASONS.get(table.name, OTHER)
