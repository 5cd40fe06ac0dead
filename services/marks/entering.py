"""Results that a school's people enter in the console: what each part asks for, a template for a list, one person's result by a form."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from models import Account, Achievement, Enrolment, Organisation, Programme
from programmes.parts import AttendedPart, CertifiedPart, GradedPart, Part, SubmittedPart
from programmes.schema import Programme as Rules
from programmes.scoring import Scorer
from services import programmes
from services.authority import scope
from services.authority.principals import Principal
from services.errors import Invalid
from services.handing_in import deadlines
from services.marks import check, grading, judgements
from services.marks import rows as marks_rows
from services.marks.judgements import Judgement
from services.marks.rows import Parts
from services.marks.staff import ACTIVE, Staff
from services.registers.files import Draft

#: Learners of a template with names, and of a page of the list of learners.
MOST_IN_TEMPLATE, PAGE = 5000, 50
CALLED = {"grade": "等级", "passed": "是否合格", "mark": "成绩", "hours": "学时", "count": "次数"}


@dataclass(frozen=True)
class Sheet:
    """One part as a person's page shows it. `names`: what a result of it says, the usual one first. `rows`: what is there."""

    part: Part
    names: tuple[str, ...]
    several: bool
    rows: list[Achievement]

    @property
    def grades(self) -> tuple[str, ...]:
        return tuple(self.part.grades) if isinstance(self.part, GradedPart) else ()

    @property
    def unwritten(self) -> bool:
        """It must have so many words, so nobody can enter it for the teacher."""
        return isinstance(self.part, GradedPart | SubmittedPart) and self.part.min_words is not None and not self.rows


def parts(rules: Rules) -> Sequence[Part]:
    """Those that results may be entered for."""
    return Parts(rules, "").known


def several(part: Part) -> bool:
    """Whether one learner may have several items of it."""
    return isinstance(part, CertifiedPart | SubmittedPart | AttendedPart)


def template(part: Part, learners: Iterable[Sequence[str]]) -> bytes:
    """An .xlsx with the columns of this part, and a row for each learner: (name, school's code, school)."""
    keys = ["name", "id_number", "school_code", "school_name", "part"]
    keys += ["item"] if several(part) else []
    keys += ["dimension"] if isinstance(part, CertifiedPart) else []
    keys += [*judgements.allowed(part), "date", "comment"]
    with tempfile.TemporaryDirectory(prefix="xueshi-") as folder:
        out = Path(folder) / "template.xlsx"
        with Draft(out, part.title, [marks_rows.COLUMNS[key][0] for key in keys]) as draft:
            for name, code, school in learners:
                known = {"name": name, "school_code": code, "school_name": school, "part": part.title}
                draft.write([known.get(key, "") for key in keys])
            draft.finish()
            draft.publish()
        return out.read_bytes()


def learners(
    session: Session, principal: Principal, slug: str, *, name: str = "", start: int = 0, most: int = PAGE
) -> list[sa.Row[int, str, str, str]]:
    """(enrolment's id, name, school's code, school) of those who take part within reach, by school and name; one more than `most`."""
    query = (
        sa.select(
            Enrolment.id,
            Account.name,
            sa.func.coalesce(Organisation.code, "").label("code"),
            sa.func.coalesce(Organisation.name, "").label("school"),
        )
        .join(Account, Account.id == Enrolment.account_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .outerjoin(Organisation, Organisation.id == Enrolment.school_id)
        .where(Programme.slug == slug, Enrolment.status == ACTIVE)
        .order_by(Organisation.code, Account.name, Enrolment.id)
    )
    if name:
        query = query.where(Account.name.contains(name, autoescape=True))
    return list(session.execute(scope.scope(query, principal).offset(start).limit(most + 1)).all())


def sheets(session: Session, enrolment: Enrolment) -> list[Sheet]:
    """Every part that results may be entered for, with what is there of this learner; histories too, the teacher's own texts not."""
    query = sa.select(Achievement).where(Achievement.enrolment_id == enrolment.id).options(defer(Achievement.text))
    there = sorted(session.scalars(query), key=lambda row: (row.item.zfill(5), row.id))
    return [
        Sheet(part, judgements.allowed(part), several(part), [row for row in there if row.part == part.key])
        for part in parts(programmes.get(session, enrolment.programme_id))
    ]


def enter(
    session: Session, principal: Principal, enrolment_id: int, part_key: str, given: Mapping[str, str], now: datetime
) -> tuple[Achievement, bool]:
    """Enter or correct one result in the person's name; False where it says what was there already. `given`: the form's fields as typed.

    Raises NotFound, NotTakingPart, NotHandedIn, TooEarly, TooLate, Invalid.
    """
    staff = Staff(principal.account_id, reach=principal)
    _, rules, part = grading.of(session, staff, enrolment_id, part_key)
    values: dict[str, Any] = {
        name: _READERS[name](given[name].strip())
        for name in judgements.allowed(part)
        if name in given and given[name].strip()
    }
    there = sa.select(Achievement).where(Achievement.enrolment_id == enrolment_id, Achievement.part == part_key)
    before = {row.id: len(row.history) for row in session.scalars(there)}
    row = grading.record(
        session,
        staff,
        enrolment_id,
        part_key,
        Judgement(**values, dimension=given.get("dimension", "").strip()),
        item=given.get("item", "").strip(),
        comment=given.get("comment", ""),
        at=_moment(rules, part, given.get("date", "").strip()),
        now=now,
    )
    return row, before.get(row.id) != len(row.history)


def people_of(session: Session, sheets: Iterable[Sheet]) -> dict[int, str]:
    """The names of those who entered or judged what is there, or what was."""
    ids: set[int] = set()
    for sheet in sheets:
        for row in sheet.rows:
            ids |= {who for who in (row.entered_by, row.graded_by) if who is not None}
            ids |= {before[key] for before in row.history for key in ("entered_by", "graded_by") if before.get(key)}
    query = sa.select(Account.id, Account.name).where(Account.id.in_(ids))
    return dict(session.execute(query).all()) if ids else {}


def said(values: Mapping[str, Any]) -> str:
    """成绩 90，合格: a result in words; of a row or of what its history keeps."""
    words = []
    for name, called in CALLED.items():
        value = values.get(name)
        if value is None:
            continue
        if name == "passed":
            words.append("合格" if value else "不合格")
        else:
            words.append(f"{called} {value:g}" if isinstance(value, float) else f"{called} {value}")
    return "，".join(words) or ("已退回" if values.get("returned_at") else "未评定")


def _moment(rules: Rules, part: Part, text: str) -> datetime | None:
    """The first instant of that day in which the part counts. Raises Invalid (date)."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid.field("date", "日期不能识别，应如 2022-09-30") from None
    spans = deadlines.spans_of(Scorer(rules), part)
    found = check.first_instant(day, spans, rules)
    if found is None:
        opens, closes = (moment.astimezone(rules.zone) for moment in (spans[0][0], spans[-1][1]))
        raise Invalid.field("date", f"{day} 不在 {deadlines.told(opens)} 至 {deadlines.told(closes)} 之内")
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Invalid("请填写数字") from None


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid.field("count", "次数应为整数")
    return int(text)


_READERS: Mapping[str, Any] = {
    "grade": str,
    "passed": lambda text: text == "yes",
    "mark": _number,
    "hours": _number,
    "count": _count,
}
