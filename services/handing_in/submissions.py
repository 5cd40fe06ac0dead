"""What a teacher hands in (提交): activities and summaries, homework, micro-abilities to be certified. The own ones only.

A text is kept in `achievement.text` and shown to its author and to graders; no log and no message ever holds it.
"""

import math
import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Achievement, Course, Enrolment
from programmes import words
from programmes.evidence import exactly
from programmes.parts import CertifiedPart, GradedPart, SubmittedPart
from programmes.schema import Programme
from programmes.scoring import Scorer
from services import programmes
from services.errors import Conflict, Invalid, NotFound
from services.handing_in import achievements, copies, deadlines
from services.marks.staff import require_taking_part

#: Characters of one text, and texts that may replace one another.
MOST_CHARACTERS = 20_000
MOST_CHANGES = 20
#: Micro-abilities of the national catalogue (微能力点): more cannot be asked for.
MOST_ABILITIES = 30

HandedIn = SubmittedPart | GradedPart | CertifiedPart

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")


class AlreadyGraded(Conflict):
    """已经批阅，不能再修改或撤回；确需修改请联系坊主退回。"""

    code = "already_graded"


class TooManyItems(Conflict):
    """本项已提交到上限，多交不加分；要修改请替换已提交的一份。"""

    code = "too_many_items"


class TooManyChanges(Conflict):
    """修改次数已到上限，请联系坊主。"""

    code = "too_many_changes"


def part_of(programme: Programme, key: str) -> HandedIn:
    """The part, which must be one that learners hand in. Raises NotFound."""
    part = programme.part(key)
    if not isinstance(part, HandedIn):
        raise NotFound("没有这个考核项。" if part is None else f"{part.title}由平台或工作人员登记，不用提交。")
    return part


def submit(
    session: Session,
    enrolment: Enrolment,
    part_key: str,
    item: str,
    *,
    text: str,
    title: str = "",
    dimension: str = "",
    now: datetime,
) -> Achievement:
    """Hand in, or replace what is not judged yet; the same again changes nothing, whenever it comes.

    Raises NotFound, NotTakingPart, Invalid (text, title, dimension, item), AlreadyGraded, TooEarly, TooLate, TooManyItems,
    TooManyChanges.
    """
    programme = programmes.get(session, enrolment.programme_id)
    part = part_of(programme, part_key)
    require_taking_part(enrolment)
    code = _item(part, item)
    key = {"enrolment_id": enrolment.id, "part": part.key, "item": code}
    values = _checked(session, programme, part, code, text=text, title=title, dimension=dimension)
    row = achievements.locked(session, Achievement, **key)
    if row is None:
        scorer = Scorer(programme)
        deadlines.require(programme, part, deadlines.spans_of(scorer, part), now)
        _require_room(session, part, enrolment)
        made = Achievement(**key, **values, at=now, entered_at=now, entered_by=enrolment.account_id, history=[])
        row, new = achievements.added(session, made, **key)
        if new:
            return row
    if all(getattr(row, name) == value for name, value in values.items()):
        return row
    _replace(programme, part, row, values, enrolment.account_id, now)
    session.flush()
    return row


def withdraw(session: Session, enrolment: Enrolment, part_key: str, item: str, now: datetime) -> None:
    """Take back what nobody has judged; again is harmless. Raises NotFound, AlreadyGraded, TooEarly, TooLate, NotTakingPart."""
    programme = programmes.get(session, enrolment.programme_id)
    part = part_of(programme, part_key)
    require_taking_part(enrolment)
    row = achievements.locked(
        session, Achievement, enrolment_id=enrolment.id, part=part.key, item=achievements.item_code(item)
    )
    if row is None:
        return
    if row.graded_at is not None or any("graded_at" in entry for entry in row.history):
        raise AlreadyGraded("已有批阅或退回的记录，不能撤回。")
    deadlines.require(programme, part, deadlines.spans_of(Scorer(programme), part), now)
    session.delete(row)
    session.flush()


def read(session: Session, enrolment: Enrolment, part_key: str, item: str) -> Achievement:
    """The own item with its text. Raises NotFound."""
    part = part_of(programmes.get(session, enrolment.programme_id), part_key)
    query = sa.select(Achievement).where(
        Achievement.enrolment_id == enrolment.id,
        Achievement.part == part.key,
        Achievement.item == achievements.item_code(item),
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("还没有提交。")
    return row


def judged(row: Achievement) -> bool:
    """Whether somebody has decided about it, and not sent it back since."""
    return row.returned_at is None and any(said is not None for said in (row.grade, row.passed, row.count))


def most_items(part: HandedIn) -> int:
    """How many items of the part can be worth anything."""
    if isinstance(part, CertifiedPart):
        return MOST_ABILITIES
    if isinstance(part, GradedPart):
        return 1
    return max(part.least, math.ceil(exactly(part.points) / exactly(part.each)) if part.each else 1)


def _item(part: HandedIn, item: str) -> str:
    """Micro-abilities go by their code, all else by a number from 1."""
    code = achievements.item_code(item)
    if isinstance(part, CertifiedPart):
        return code
    if not _NUMBER.fullmatch(code):
        raise NotFound("没有这一份，编号从 1 起。")
    if int(code) > most_items(part):
        raise TooManyItems(f"{part.title}最多提交 {most_items(part)} 份，多交不加分；要修改请替换已提交的一份。")
    return code


def _checked(
    session: Session, programme: Programme, part: HandedIn, item: str, *, text: str, title: str, dimension: str
) -> dict[str, Any]:
    """The columns of what is handed in. Raises Invalid."""
    for name, value, most in (("text", text, MOST_CHARACTERS), ("title", title, 200), ("dimension", dimension, 64)):
        if len(value) > most:
            raise Invalid.field(name, f"有 {len(value)} 个字符，最多 {most} 个")
        if _CONTROL.search(value):
            raise Invalid.field(name, "含有不能使用的控制字符")
    counted, least = words.count(text), getattr(part, "min_words", None) or 1
    if counted < least:
        raise Invalid.field("text", f"现有 {counted} 字，要求不少于 {least} 字" if least > 1 else "请填写内容")
    if isinstance(part, CertifiedPart):
        dimension = dimension_of(session, programme, part, item, dimension.strip())
    elif dimension:
        raise Invalid.field("dimension", f"{part.title}没有维度，请不要填写")
    original = isinstance(part, GradedPart) and part.original
    return {
        "text": text,
        "title": title.strip(),
        "words": counted,
        "dimension": dimension,
        "digest": copies.digest(text) if original else None,
    }


def dimension_of(session: Session, programme: Programme, part: CertifiedPart, item: str, given: str) -> str:
    """The dimension (维度) of a micro-ability: what the catalogue says of it, else what was given. Raises Invalid."""
    query = sa.select(Course.ability, Course.dimension).where(
        Course.programme_slug == programme.id, Course.ability != "", Course.dimension != ""
    )
    for ability, known in session.execute(query.distinct()):
        if re.sub(r"\s+", "", ability).upper() == item:
            if given not in ("", known):
                raise Invalid.field("dimension", f"微能力点 {item} 属于“{known}”维度")
            return str(known)
    if not given and any(condition.part == part.key for condition in programme.pass_rule.conditions):
        raise Invalid.field("dimension", "请填写这个微能力点所属的维度")
    return given


def _require_room(session: Session, part: HandedIn, enrolment: Enrolment) -> None:
    if isinstance(part, CertifiedPart):
        query = sa.select(sa.func.count()).where(Achievement.enrolment_id == enrolment.id, Achievement.part == part.key)
        if (session.scalar(query) or 0) >= MOST_ABILITIES:
            raise TooManyItems


def _replace(
    programme: Programme, part: HandedIn, row: Achievement, values: dict[str, Any], by: int, now: datetime
) -> None:
    """A new text in the place of one that nobody has judged, or that was sent back."""
    if judged(row):
        raise AlreadyGraded
    deadlines.require(programme, part, deadlines.spans_of(Scorer(programme), part), now)
    if sum("text" in entry for entry in row.history) >= MOST_CHANGES:
        raise TooManyChanges(f"已修改 {MOST_CHANGES} 次，不能再修改，请联系坊主。")
    fresh = {"at": now, "entered_at": now, "entered_by": by}
    cleared = dict.fromkeys(("grade", "passed", "graded_by", "graded_at", "returned_at"), None)
    achievements.change(row, values | fresh | cleared | {"comment": "", "recommended": False}, keep_text=True)
