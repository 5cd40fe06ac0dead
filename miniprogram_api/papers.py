"""A teacher's papers (证书): what is due, issuing it, and the page to print."""

import re
from typing import Annotated, Any
from urllib.parse import quote

from flask import Response, request
from flask_openapi3 import APIBlueprint, Tag
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, RootModel

from miniprogram_api.access import ACCESS_TOKEN
from miniprogram_api.bodies import problems
from miniprogram_api.context import principal
from miniprogram_api.enrolment_replies import SHANGHAI
from miniprogram_api.enrolments import EnrolmentPath
from miniprogram_api.identifiers import Identifier
from models import Paper
from services import study
from services.enrolling import enrolments
from services.errors import NotFound
from services.papers import papers
from services.papers import says as paper_says
from web.context import collaborators, now, unit_of_work

blueprint = APIBlueprint(
    "papers",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="papers", description="Certificates: what is due, issuing and printing it")],
    abp_security=ACCESS_TOKEN,
    abp_responses=problems(401, 403, 422, 503),
)
KEY = re.compile(r"[a-z][a-z0-9_-]{0,63}")
PDF: dict[str, Any] = {
    "description": "The paper, one page",
    "content": {"application/pdf": {"schema": {"title": "PdfFile", "type": "string", "format": "binary"}}},
}


def _key(value: Any) -> str:
    """What cannot be a key of a programme.toml names nothing: 404."""
    if not KEY.fullmatch(str(value)):
        raise NotFound
    return str(value)


Key = Annotated[str, BeforeValidator(_key), Field(json_schema_extra={"pattern": f"^{KEY.pattern}$"})]


class IssuePath(EnrolmentPath):
    kind: Key = Field(description="The paper's key in the programme.")


class LeaderPath(BaseModel):
    programme_id: Key = Field(description="The programme's key.")
    kind: Key = Field(description="The paper's key in the programme.")


class PaperPath(BaseModel):
    paper_id: Identifier


class IssuedReply(BaseModel):
    paper_id: int
    kind: str
    title: str
    programme: str = Field(description="The programme's title, as printed.")
    programme_id: str
    number: str = Field(description="编号, as printed.")
    issued_at: AwareDatetime
    pdf_url: str = Field(description="GET it with the same access token.")
    verify_url: str = Field(description="What the QR code says: a public page.")


class PaperEntry(BaseModel):
    kind: str
    title: str
    clause: str = Field(description="Where the notice says so.")
    programme: str
    programme_id: str
    enrolment_id: int | None = Field(description="Null: a workshop leader's paper.")
    state: str = Field(description="issued, due (issue_url issues it), blocked or revoked")
    blocked: list[str] = Field(description="Why there is none to print, in Chinese; empty when issued or due.")
    issue_url: str | None = Field(description="POST here; null unless due.")
    issued: IssuedReply | None = Field(description="Null unless issued.")


class PaperList(RootModel[list[PaperEntry]]):
    pass


@blueprint.get(
    "/papers",
    operation_id="list_papers",
    summary="All papers of the teacher: issued, due, or blocked and why",
    responses={200: PaperList},
)
def list_papers() -> Response:
    study.catch_up(unit_of_work, collaborators(), principal().id, now())
    with unit_of_work() as session:
        entries = papers.of_account(session, principal().id, now())
        return _json(PaperList([_entry(entry) for entry in entries]))


@blueprint.post(
    "/enrolments/<enrolment_id>/papers/<kind>",
    operation_id="issue_paper",
    summary="Issue a learner's paper that is due; again is answered with the same paper",
    responses={201: IssuedReply, **problems(404, 409)},
)
def issue_paper(path: IssuePath) -> Response:
    study.catch_up(unit_of_work, collaborators(), principal().id, now())
    with unit_of_work() as session:
        enrolment = enrolments.owned(session, principal().id, path.enrolment_id)
        return _json(_issued(papers.issue(session, enrolment, path.kind, now())), 201)


@blueprint.post(
    "/programmes/<programme_id>/papers/<kind>",
    operation_id="issue_leaders_paper",
    summary="Issue a workshop leader's paper that is due; again is answered with the same paper",
    responses={201: IssuedReply, **problems(404, 409)},
)
def issue_leaders_paper(path: LeaderPath) -> Response:
    with unit_of_work() as session:
        paper = papers.issue_to_leader(session, principal().id, path.programme_id, path.kind, now())
        return _json(_issued(paper), 201)


@blueprint.get(
    "/papers/<paper_id>.pdf",
    operation_id="print_paper",
    summary="The paper as a PDF",
    responses={200: PDF, **problems(404, 410)},
)
def print_paper(path: PaperPath) -> Response:
    printer = collaborators().printer
    with unit_of_work() as session:
        paper = papers.owned(session, principal().id, path.paper_id)
        session.expunge(paper)  # and the connection goes back before the page is made, which takes half a second
    response = Response(mimetype="application/pdf")
    response.set_etag(printer.tag(paper), weak=True)  # the same page; its bytes depend on the fonts of this machine
    response.headers["Content-Disposition"] = _disposition(paper)
    response.automatically_set_content_length = request.method == "GET"  # HEAD makes no page, and so knows no length
    response.make_conditional(request)
    if response.status_code == 200 and request.method == "GET":
        response.set_data(printer.pdf([paper]))
    return response


def _disposition(paper: Paper) -> str:
    """The name in ASCII, and in Chinese for whoever reads RFC 6266."""
    title = paper_says.read(paper.says).title
    return f"attachment; filename=\"{paper.number}.pdf\"; filename*=UTF-8''{quote(title + paper.number, safe='')}.pdf"


def _entry(entry: papers.Entry) -> PaperEntry:
    claim, issued = entry.claim, entry.issued if entry.state == "issued" else None
    issue_url = None
    if entry.state == "due":
        whose = f"enrolments/{claim.enrolment_id}" if claim.enrolment_id else f"programmes/{claim.programme.id}"
        issue_url = f"/v1/{whose}/papers/{claim.rule.key}"
    return PaperEntry(
        kind=claim.rule.key,
        title=claim.rule.title,
        clause=claim.rule.clause,
        programme=claim.programme.title,
        programme_id=claim.programme.id,
        enrolment_id=claim.enrolment_id,
        state=entry.state,
        blocked=list(entry.blocked),
        issue_url=issue_url,
        issued=_issued(issued) if issued else None,
    )


def _issued(paper: Paper) -> IssuedReply:
    says = paper_says.read(paper.says)
    return IssuedReply(
        paper_id=paper.id,
        kind=paper.kind,
        title=says.title,
        programme=says.programme,
        programme_id=paper.programme_slug,
        number=paper.number,
        issued_at=paper.issued_at.astimezone(SHANGHAI),
        pdf_url=f"/v1/papers/{paper.id}.pdf",
        verify_url=collaborators().printer.address(paper.code),
    )


def _json(reply: BaseModel, status: int = 200) -> Response:
    return Response(reply.model_dump_json(), status, mimetype="application/json")
