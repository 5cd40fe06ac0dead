"""Honours (评优): how the candidates rank, the list that is frozen once for the whole programme, and the list to print."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from console import programme_choice, query
from console.access import needs
from console.programme_choice import Choice
from console.who import principal, record
from programmes.parts import Paper as Rule
from services import programmes
from services.errors import NotFound
from services.papers import honours, honours_within
from web.context import collaborators, now, unit_of_work

pages = Blueprint("honours", __name__)

#: Where the cookie keeps the jobs that this person started: {id: {slug, kind}}.
JOBS, MOST_JOBS = "honours_jobs", 4


@pages.get("/honours")
@needs("honours")
def index() -> str:
    """The ranks as things stand, or the frozen list."""
    number, everybody = query.page_number(), request.args.get("all") == "1"
    with unit_of_work() as sql:
        choice = _choice(sql)
        shown: dict[str, Any] = {"choice": choice, "kinds": []}
        if choice.programme is None or not (kinds := honours_within.kinds(sql, choice.slug)):
            return render_template("console/honours.html", **shown)
        kind = _kind(kinds, request.args.get("kind", ""))
        frozen = honours.find(sql, choice.slug, kind.key)
        shown |= {"kinds": kinds, "kind": kind, "frozen": frozen, "page": number, "all": everybody, "more": False}
        if frozen is None:
            seen = honours_within.preview(sql, principal(), choice.slug, kind.key, now())
            placed = [one for one in seen.shown if everybody or one.awarded]
            start = (number - 1) * honours_within.PAGE
            opens = honours.opens_at(programmes.get(sql, choice.programme.id))
            shown |= {
                "preview": seen,
                "rows": honours.named(sql, placed[start : start + honours_within.PAGE]),
                "more": len(placed) > start + honours_within.PAGE,
                "opens": opens,
                "open": now() >= opens,
                "whole": honours_within.reaches_all(sql, principal(), choice.slug),
            }
        return render_template("console/honours.html", **shown)


@pages.get("/honours/list")
@needs("honours")
def award_list() -> str | Response:
    """The frozen list of those within reach, to be printed."""
    with unit_of_work() as sql:
        choice = _choice(sql)
        kinds = honours_within.kinds(sql, choice.slug) if choice.programme else []
        kind = _kind(kinds, request.args.get("kind", "")) if kinds else None
        frozen = honours.find(sql, choice.slug, kind.key) if kind else None
        if frozen is None:
            flash("评优名单还没有公布。", "info")
            return redirect(url_for(".index", slug=choice.slug or None, kind=kind.key if kind else None))
        rows = honours_within.awarded(sql, principal(), frozen)
        return render_template("console/honours_list.html", choice=choice, kind=kind, frozen=frozen, rows=rows)


@pages.post("/honours/freeze")
@needs("honours")
def freeze() -> Response:
    """Publish the list, in the background: it scores everybody. Raises NotAllowed, HonoursFrozen."""
    with unit_of_work() as sql:
        choice = _choice(sql)
        kind = _kind(honours_within.kinds(sql, choice.slug), request.form.get("kind", ""))
        honours_within.require_all(sql, principal(), choice.slug)
        where = {"slug": choice.slug, "kind": kind.key}
        if honours.find(sql, choice.slug, kind.key):
            flash("这份名单已经公布，没有再公布一次。", "info")
            return redirect(url_for(".index", slug=choice.slug, kind=kind.key))
        if request.form.get("sure") != "yes":
            flash("请勾选“公布后不能再改动”，名单没有公布。", "warning")
            return redirect(url_for(".index", slug=choice.slug, kind=kind.key))
        record(
            sql,
            "honours",
            organisation_id=principal().organisation_id,
            step="start",
            programme=choice.slug,
            kind=kind.key,
        )
    about = {"programme": where["slug"], "kind": where["kind"]}
    by = {"by": principal().account_id, "appointment": principal().appointment_id}
    job_id = collaborators().jobs.enqueue("honours_freeze", **about, **by)
    known: dict[str, Any] = session.get(JOBS, {})
    session[JOBS] = dict(
        [*((key, value) for key, value in known.items() if key != job_id), (job_id, where)][-MOST_JOBS:]
    )
    return redirect(url_for(".job", job_id=job_id))


@pages.get("/honours/jobs/<job_id>")
@needs("honours")
def job(job_id: str) -> str:
    return render_template("console/honours_job.html", **_job(job_id))


@pages.get("/honours/jobs/<job_id>/progress")
@needs("honours")
def job_progress(job_id: str) -> str:
    """The part of that page which is asked for every second."""
    return render_template("console/honours_progress.html", **_job(job_id))


def _job(job_id: str) -> dict[str, Any]:
    """Raises NotFound where this person did not start it."""
    asked = session.get(JOBS, {}).get(job_id)
    if asked is None:
        raise NotFound
    return {"job_id": job_id, "status": collaborators().jobs.status(job_id), "asked": asked}


def _choice(sql: Session) -> Choice:
    """Of the programmes within reach, those with honours come into question. Raises NotFound."""
    reached = programme_choice.reached(sql, principal())
    return programme_choice.of(sql, [row for row in reached if honours_within.kinds(sql, row.slug)])


def _kind(kinds: list[Rule], wanted: str) -> Rule:
    found = next((rule for rule in kinds if wanted in ("", rule.key)), None)
    if found is None:
        raise NotFound("本项目没有这种评优。")
    return found
