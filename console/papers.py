"""Papers (证书): school by school, who has which and what keeps it from the others; issued and printed for a whole school at once."""

import io
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, session, url_for
from werkzeug.wrappers import Response

from console import programme_choice, query
from console.access import needs
from console.who import principal, record
from models import Enrolment
from services import uploads
from services.authority import scope
from services.errors import NotFound
from services.jobs import Status
from services.papers import papers, within
from web.context import collaborators, now, unit_of_work

pages = Blueprint("papers", __name__)

#: Where the cookie keeps the jobs that this person started: {id: {step, school, slug, kind}}.
JOBS, MOST_JOBS = "papers_jobs", 6
STATES = ("issued", "due", "blocked", "revoked")


@pages.get("/papers")
@needs("papers")
def index() -> str:
    """The schools within reach: how many learners, how many papers."""
    number, name = query.page_number(), request.args.get("q", "").strip()[:50]
    with unit_of_work() as sql:
        choice = programme_choice.chosen(sql, principal())
        shown: dict[str, Any] = {"choice": choice, "kinds": [], "rows": [], "more": False, "page": number, "q": name}
        if choice.programme is not None and (kinds := within.kinds(sql, choice.slug)):
            kind = within.kind_of(sql, choice.slug, request.args.get("kind", ""))
            rows, more = within.schools(sql, principal(), choice.slug, kind.key, name=name, number=number)
            shown |= {"kinds": kinds, "kind": kind, "rows": rows, "more": more}
        return render_template("console/papers.html", **shown)


@pages.get("/papers/schools/<int:organisation_id>")
@needs("papers")
def school(organisation_id: int) -> str:
    """The learners of a school with their papers of one kind, and what can be done for all of them."""
    number, state = query.page_number(), request.args.get("state", "")
    with unit_of_work() as sql:
        at = within.school(sql, principal(), organisation_id)
        choice = programme_choice.chosen(sql, principal())
        kind = within.kind_of(sql, choice.slug, request.args.get("kind", ""))
        lines = within.lines(sql, choice.slug, at.id, kind.key, now())
        shown = [line for line in lines if state not in STATES or line.entry.state == state]
        start = (number - 1) * within.PAGE
        return render_template(
            "console/papers_school.html",
            school=at,
            choice=choice,
            kind=kind,
            kinds=within.kinds(sql, choice.slug),
            summary=within.summary(lines),
            rows=shown[start : start + within.PAGE],
            more=len(shown) > start + within.PAGE,
            page=number,
            state=state,
            total=len(lines),
        )


@pages.post("/papers/schools/<int:organisation_id>/issue")
@needs("papers")
def issue_school(organisation_id: int) -> Response:
    """Issue to everybody to whom it is due, in the background; again issues only what is new."""
    return _start(organisation_id, "issue")


@pages.post("/papers/schools/<int:organisation_id>/print")
@needs("papers")
def print_school(organisation_id: int) -> Response:
    """Print all that are issued into one file, in the background."""
    return _start(organisation_id, "print")


@pages.get("/papers/jobs/<job_id>")
@needs("papers")
def job(job_id: str) -> str:
    """How far a job is that this person started."""
    return render_template("console/papers_job.html", **_job(job_id))


@pages.get("/papers/jobs/<job_id>/progress")
@needs("papers")
def job_progress(job_id: str) -> str:
    """The part of that page which is asked for every second."""
    return render_template("console/papers_progress.html", **_job(job_id))


@pages.get("/papers/files/<upload_code>")
@needs("papers")
def file(upload_code: str) -> Response:
    """The file that was printed for this person."""
    with unit_of_work(read_only=False) as sql:
        kept, content = uploads.fetch(sql, collaborators().vault, principal(), upload_code, "papers", now())
        name = kept.name
        record(sql, "export", target=("upload", kept.id), organisation_id=principal().organisation_id, what="papers")
    kind = "application/pdf" if name.endswith(".pdf") else "application/zip"
    return send_file(io.BytesIO(content), kind, as_attachment=True, download_name=name, max_age=0)


@pages.post("/papers/enrolments/<int:enrolment_id>/<kind>")
@needs("papers")
def issue(enrolment_id: int, kind: str) -> Response:
    """Issue one learner's paper; one that was issued before is shown."""
    with unit_of_work() as sql:
        enrolment = scope.get(sql, principal(), Enrolment, enrolment_id)
        try:
            paper = papers.issue(sql, enrolment, kind, now())
        except papers.PaperNotDue as refused:
            sql.rollback()
            flash(f"现在不能开具：{'；'.join(refused.extra['reasons'])}。", "warning")
            return redirect(url_for(".index"))
        record(
            sql, "paper", target=("paper", paper.id), organisation_id=enrolment.school_id, step="issue",
            number=paper.number,
        )  # fmt: skip
        return redirect(url_for("console.paper.show", paper_id=paper.id))


def _start(organisation_id: int, step: str) -> Response:
    """Raises NotFound."""
    with unit_of_work() as sql:
        at = within.school(sql, principal(), organisation_id)
        choice = programme_choice.chosen(sql, principal())
        kind = within.kind_of(sql, choice.slug, request.form.get("kind", ""))
        record(
            sql, "paper", target=("organisation", at.id), organisation_id=at.id, step=f"{step}_school",
            programme=choice.slug, kind=kind.key,
        )  # fmt: skip
        about = {"programme": choice.slug, "kind": kind.key, "school": at.code}
        asked = {"step": step, "school": at.id, "slug": choice.slug, "kind": kind.key}
    if step == "issue":
        job_id = collaborators().jobs.enqueue("papers_issue", **about)
    else:
        by = {"by": principal().account_id, "appointment": principal().appointment_id}
        job_id = collaborators().jobs.enqueue("papers_file", **about, **by)
    known: dict[str, Any] = session.get(JOBS, {})
    session[JOBS] = dict(
        [*((key, value) for key, value in known.items() if key != job_id), (job_id, asked)][-MOST_JOBS:]
    )
    return redirect(url_for(".job", job_id=job_id))


def _job(job_id: str) -> Mapping[str, Any]:
    """Raises NotFound where this person did not start it."""
    asked = session.get(JOBS, {}).get(job_id)
    if asked is None:
        raise NotFound
    with unit_of_work() as sql:
        at = within.school(sql, principal(), asked["school"])
        kind = within.kind_of(sql, asked["slug"], asked["kind"])
        status: Status = collaborators().jobs.status(job_id)
        return {"job_id": job_id, "status": status, "asked": asked, "school": at, "kind": kind}
