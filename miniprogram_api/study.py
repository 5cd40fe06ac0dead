"""Studying: open a player, beat, answer presence checks, end; and what became of it."""

from typing import Annotated, Any

import msgspec
from flask import Response, g, request
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field, RootModel, StringConstraints

from heartbeat import glance, intake, wire
from miniprogram_api.access import ACCESS_TOKEN, bearer_token, study_token
from miniprogram_api.bodies import Body, Reply, Words, problems
from miniprogram_api.context import family, principal, route
from miniprogram_api.identifiers import Identifier, QueriedId
from services import evidence, study
from web.context import client_address, collaborators, now, unit_of_work

blueprint = APIBlueprint(
    "study", __name__, url_prefix="/v1", abp_tags=[Tag(name="study", description="Watching lessons, and its evidence")]
)
STUDY_TOKEN: list[dict[str, list[str]]] = [{"study_token": []}]


class OpenBody(Body):
    enrolment_id: int
    lesson_id: int
    device: Annotated[Words, StringConstraints(min_length=1, max_length=64)]
    take_over: bool = False


class RulesReply(Reply):
    max_rate: float
    max_silence: int
    may_skip_ahead: bool
    day_cap: int | None
    second_device: str
    presence_kind: str
    answer_within: int


class TodayReply(Reply):
    credited: int = Field(description="Seconds credited to the enrolment on this local day, all lessons together.")
    cap: int | None = Field(description="The most that count on one day; null: any number.")


class OpenReply(Reply):
    session_id: str
    study_token: str
    duration: int
    resume_at: int
    credited: int
    coverage: list[tuple[int, int]]
    beat_every_ms: int
    rules: RulesReply
    media_url: str
    today: TodayReply


class CoverageReply(Reply):
    credited: int = Field(description="Seconds of the lesson, all sessions together: the length of `coverage`.")
    coverage: list[tuple[int, int]] = Field(
        description="Half-open intervals of media seconds that are credited, in order."
    )
    pending: list[tuple[int, int]] = Field(
        description="Those that this session played and a presence check has yet to confirm; none of them is in `coverage`."
    )


class PresenceTally(Reply):
    asked: int
    answered: int
    missed: int


#: RFC 3339, as services.evidence writes it.
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class SessionEvidence(Reply):
    session_id: str
    course: str
    lesson_id: int
    lesson: str
    device: str
    opened_at: Moment
    last_beat_at: Moment | None
    ended_at: Moment | None
    end_reason: str | None = Field(description="ended, lapsed (silence) or displaced (another player took over)")
    reported: int
    credited: int
    pending: int
    withheld: dict[str, int] = Field(description="Seconds by reason")
    why: dict[str, str] = Field(description="A Chinese sentence for each reason in `withheld`")
    presence: PresenceTally


class EvidenceList(RootModel[list[SessionEvidence]]):
    """Sessions, newest first."""


class EnrolmentPath(BaseModel):
    enrolment_id: Identifier


class EvidenceQuery(BaseModel):
    lesson_id: QueriedId | None = Field(default=None, description="Only the sessions of this lesson.")


def _document(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The OpenAPI schema of a wire struct, with everything it refers to written out in place."""
    schemas, components = msgspec.json.schema_components([struct], ref_template="{name}")

    def inline(node: Any) -> Any:
        if isinstance(node, list):
            return [inline(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return inline(components[node["$ref"]])
        # A pair says `items: false` beside its maxItems; flask-openapi3's model of a schema knows no boolean.
        return {key: inline(value) for key, value in node.items() if value is not False or key != "items"}

    found: dict[str, Any] = inline(schemas[0])
    return found


def _takes(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _document(struct)}}}}


_BEAT_REPLY = _document(wire.BeatReply)
_BEAT_REPLY["properties"]["state"]["enum"] = ["playing", "challenged", "idle", "displaced", "closed", "ended"]
_ANSWERS = {
    200: {"description": "Beat reply", "content": {"application/json": {"schema": _BEAT_REPLY}}},
    **problems(401, 410, 422, 503),
}


def _answer(verb: str) -> Response:
    """Read the study token and the body, judge, and reply. The lane (heartbeat/lane.py) does the same for many at once."""
    using = collaborators()
    asked_at = using.clock()
    ticket = using.tokens.read_ticket(bearer_token(), asked_at)
    g.account_id = ticket.place.account
    call = intake.VERBS[verb](ticket, request.get_data(cache=False), intake.Moment.of(asked_at))
    reply = intake.present(using.store.run(call))
    using.beat_told(reply.state)
    return Response(wire.encode(reply), mimetype="application/json")


@blueprint.post(
    "/study/sessions",
    operation_id="open_study_session",
    summary="Open a player",
    security=ACCESS_TOKEN,
    responses={201: OpenReply, **problems(401, 403, 404, 409, 422, 503)},
)
def open_session(body: OpenBody) -> tuple[dict[str, Any], int]:
    with unit_of_work() as session:
        opened = study.open_session(
            session,
            collaborators(),
            principal(),
            enrolment_id=body.enrolment_id,
            lesson_id=body.lesson_id,
            device=body.device,
            take_over=body.take_over,
            address=client_address(),
            route=route(),
            family=family(),
            now=now(),
        )
    state, counting = opened.session, opened.programme.counting
    reply = OpenReply(
        session_id=state.id,
        study_token=opened.study_token,
        duration=state.duration,
        resume_at=opened.resume_at,
        credited=state.covered,
        coverage=opened.coverage,
        beat_every_ms=state.rules.beat_every_ms,
        rules=RulesReply(
            max_rate=counting.max_rate,
            max_silence=counting.max_silence,
            may_skip_ahead=counting.may_skip_ahead,
            day_cap=counting.day_cap,
            second_device=counting.second_device,
            presence_kind=counting.presence.kind,
            answer_within=counting.presence.answer_within,
        ),
        media_url=opened.media_url,
        today=TodayReply(credited=opened.credited_today, cap=counting.day_cap),
    )
    return reply.model_dump(mode="json"), 201


@blueprint.post(
    "/study/beats",
    operation_id="beat",
    summary="What the player really played since the last acknowledged beat",
    security=STUDY_TOKEN,
    responses=_ANSWERS,
    openapi_extensions=_takes(wire.Beat),
)
@study_token
def beat() -> Response:
    return _answer("beats")


@blueprint.post(
    "/study/presence",
    operation_id="answer_presence_check",
    summary="Answer a presence check",
    security=STUDY_TOKEN,
    responses=_ANSWERS,
    openapi_extensions=_takes(wire.Presence),
)
@study_token
def presence() -> Response:
    return _answer("presence")


@blueprint.post(
    "/study/end",
    operation_id="end_study_session",
    summary="The last beat of a session",
    security=STUDY_TOKEN,
    responses=_ANSWERS,
    openapi_extensions=_takes(wire.Beat),
)
@study_token
def end() -> Response:
    return _answer("end")


@blueprint.get(
    "/study/coverage",
    operation_id="show_coverage",
    summary="Which seconds of the session's lesson are credited, and which wait for a presence check",
    security=STUDY_TOKEN,
    responses={200: CoverageReply, **problems(401, 410, 503)},
)
@study_token
def coverage() -> dict[str, Any]:
    using = collaborators()
    ticket = using.tokens.read_ticket(bearer_token(), using.clock())
    g.account_id = ticket.place.account
    seen = glance.lesson(using.store, ticket.place)
    return CoverageReply.model_validate(seen).model_dump(mode="json")


@blueprint.get(
    "/enrolments/<enrolment_id>/study",
    operation_id="show_study_evidence",
    summary="What became of the time: per session reported, credited, withheld by reason",
    security=ACCESS_TOKEN,
    responses={200: EvidenceList, **problems(401, 403, 404, 422, 503)},
)
def study_evidence(path: EnrolmentPath, query: EvidenceQuery) -> Response:
    study.catch_up(unit_of_work, collaborators(), principal().id, now())
    with unit_of_work() as session:
        entries = evidence.of_enrolment(session, principal().id, path.enrolment_id, query.lesson_id)
    return Response(wire.encode(entries), mimetype="application/json")
