"""What is answered about parts that teachers hand in. Points are 分; times carry an offset; words are counted as in 字数."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response
from pydantic import AwareDatetime, BaseModel, Field, RootModel

from models import Achievement
from programmes.parts import CertifiedPart, GradedPart, SubmittedPart
from services.handing_in.handed_in import ItemState, PartState, PartView, item_state
from services.handing_in.submissions import HandedIn

SHANGHAI = ZoneInfo("Asia/Shanghai")


class ItemReply(BaseModel):
    item: str
    title: str
    dimension: str = Field(description="维度, of a micro-ability.")
    words: int | None
    handed_in_at: AwareDatetime
    state: ItemState = Field(description="returned: to be handed in again. done: nobody needs to judge it.")
    grade: str | None
    passed: bool | None = Field(description="Of what is certified or judged as passed or not; null: not yet.")
    comment: str = Field(description="Of whoever judged it or sent it back.")
    graded_at: AwareDatetime | None
    recommended: bool = Field(description="推优")


class ItemWithText(ItemReply):
    text: str = Field(description="Plain text; empty where staff entered the item.")


class HandInPartReply(BaseModel):
    key: str
    kind: str = Field(description="submitted, graded or certified")
    title: str
    clause: str
    assumed: str
    module: str | None
    points_max: float
    points_each: float | None = Field(description="For each item, where each earns its own.")
    grades: dict[str, float] = Field(description="What each grade earns, the best first.")
    needed: int = Field(description="Items that all the points take.")
    most: int = Field(description="Items that may be handed in.")
    min_words: int | None
    about_words: int | None = Field(description="The length that the notice suggests.")
    template: list[str] = Field(description="Headings of the form in which it is written.")
    original: bool = Field(description="Copies are shown to whoever grades it.")
    opens_at: AwareDatetime = Field(description="Of the span that holds or comes next.")
    closes_at: AwareDatetime = Field(description="The first instant that is too late.")
    state: PartState = Field(description="What the teacher can expect; open and returned ask for something.")
    comment: str = Field(description="Of the item judged or sent back last.")
    items: list[ItemReply]


class HandInPartList(RootModel[list[HandInPartReply]]):
    pass


def part_list(views: Iterable[PartView]) -> Response:
    return _json(HandInPartList([_part(view) for view in views]))


def item_reply(part: HandedIn, row: Achievement) -> Response:
    return _json(ItemReply(**_item(part, row)))


def item_with_text(part: HandedIn, row: Achievement) -> Response:
    return _json(ItemWithText.model_validate({**_item(part, row), "text": row.text or ""}))


def _part(view: PartView) -> HandInPartReply:
    part = view.part
    judged = [row for row in view.items if row.graded_at is not None]
    latest = max(judged, key=lambda row: str(row.graded_at), default=None)
    graded = part if isinstance(part, GradedPart) else None
    return HandInPartReply(
        key=part.key,
        kind=_KINDS[type(part)],
        title=part.title,
        clause=part.clause,
        assumed=part.assumed,
        module=part.module,
        points_max=part.points,
        points_each=None if isinstance(part, GradedPart) else part.each,
        grades=graded.grades if graded else {},
        needed=view.needed,
        most=view.most,
        min_words=None if isinstance(part, CertifiedPart) else part.min_words,
        about_words=graded.about_words if graded else None,
        template=list(graded.template) if graded else [],
        original=graded.original if graded else False,
        opens_at=_local(view.opens_at),
        closes_at=_local(view.closes_at),
        state=view.state,
        comment=latest.comment if latest else "",
        items=[ItemReply(**_item(part, row)) for row in view.items],
    )


_KINDS: dict[type, str] = {SubmittedPart: "submitted", GradedPart: "graded", CertifiedPart: "certified"}


def _item(part: HandedIn, row: Achievement) -> dict[str, object]:
    return {
        "item": row.item,
        "title": row.title,
        "dimension": row.dimension,
        "words": row.words,
        "handed_in_at": _local(row.at),
        "state": item_state(part, row),
        "grade": row.grade,
        "passed": row.passed,
        "comment": row.comment,
        "graded_at": row.graded_at and _local(row.graded_at),
        "recommended": row.recommended,
    }


def _local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)


def _json(reply: BaseModel) -> Response:
    return Response(reply.model_dump_json(), mimetype="application/json")
