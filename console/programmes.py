"""Programmes (项目): what a notice says, what is wrong with it, its versions, and bringing people to a new one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from console.access import needs
from console.who import principal, record
from models import Account, Enrolment, Organisation
from programmes import lint
from programmes.calendar import phase_title
from programmes.difference import differences_of
from programmes.difference_words import Words
from programmes.part_words import asks, passes, scale
from programmes.schema import Phase, Programme
from services import programme_overview, programme_versions, programmes, results
from services.authority import scope
from services.errors import NotFound
from services.programme_overview import Checked, ProgrammeFileWrong
from services.programme_versions import COUNTS, Change, DifferenceChanged, NothingEarlier
from web.context import collaborators, now, unit_of_work

pages = Blueprint("programmes", __name__)

#: With more enrolments than that the difference is reckoned in the background.
MOST_AT_ONCE = 2000
#: Differing values that are shown.
SHOWN = 200
#: In the cookie: {slug: [version, id of the job]}, of differences that the person asked for.
_JOBS = "programme_jobs"

KINDS = {
    "build": "建设", "login_test": "登录测试", "training": "培训", "study": "学习", "honours": "评优", "follow_up": "后续",
}  # fmt: skip


@pages.get("/programmes")
@needs("programmes")
def index() -> str:
    with unit_of_work() as sql:
        return render_template("console/programmes.html", lines=programme_overview.listed(sql, principal(), now()))


@pages.get("/programmes/<slug>")
@needs("programmes")
def show(slug: str) -> str:
    """What the notice says, and what the linter says of it."""
    with unit_of_work() as sql:
        row = programmes.latest(sql, slug)
        rules = programmes.get(sql, row.id)
        return render_template(
            "console/programme.html",
            row=row,
            programme=rules,
            review=lint.review(rules),
            phase=phase_title(rules, now()),
            bars=_bars(rules, now()),
            kinds=KINDS,
            cases=programme_overview.cases_of(slug),
            asks=asks,
            passes=passes,
            scale=scale,
        )


@pages.get("/programmes/<slug>/versions")
@needs("programmes")
def versions(slug: str) -> str:
    """All versions, and what one says otherwise than the one before it: ?version=…"""
    with unit_of_work() as sql:
        rows = programme_overview.versions(sql, principal(), slug)
        wanted = request.args.get("version", str(rows[0].row.version))
        at = next((place for place, one in enumerate(rows) if str(one.row.version) == wanted), None)
        if at is None:
            raise NotFound
        before = rows[at + 1].row if at + 1 < len(rows) else None
        document = rows[at].row.document
        values = differences_of(before.document, document) if before else []
        words = Words(document, before.document) if before else None
        return render_template(
            "console/programme_versions.html",
            rows=rows,
            chosen=rows[at],
            before=before,
            values=[(words.of(one.path), one) for one in values[:SHOWN]] if words else [],
            hidden=max(0, len(values) - SHOWN),
            behind=programme_versions.behind(sql, slug) if principal().everywhere else 0,
        )


@pages.get("/programmes/check")
@needs("programmes")
def check_form() -> str:
    """?slug=…: of which programme the file must be."""
    return _check_page(request.args.get("slug", ""), "")


@pages.post("/programmes/check")
@needs("programmes")
def check() -> str | tuple[str, int]:
    """What the linter finds in a file, pasted or handed in. Changes nothing."""
    slug = request.form.get("slug", "")
    text = request.form.get("text", "")
    try:
        if given := request.files.get("file"):
            text = programme_overview.decode(given.read()) if given.filename else text
        with unit_of_work(read_only=True) as sql:
            return _check_page(slug, text, programme_overview.check(sql, text, slug))
    except ProgrammeFileWrong as wrong:
        return _check_page(slug, text, problems=wrong.problems), 422


@pages.post("/programmes/publish")
@needs("publish")
def publish() -> str | Response | tuple[str, int]:
    """Put the file that was checked in force. Nobody is moved by it."""
    slug, text = request.form.get("slug", ""), request.form.get("text", "")
    try:
        with unit_of_work() as sql:
            checked = programme_overview.check(sql, text, slug)
            if request.form.get("checked") != checked.digest:
                raise ProgrammeFileWrong(["文本在检查之后改过，请看过下面的结果再发布"])
            if checked.refused:
                raise ProgrammeFileWrong([checked.refused])
            row = programmes.publish(sql, checked.text, now())
            record(
                sql, "publish", target=("programme", row.slug), step="published", version=row.version,
                digest=checked.digest,
            )  # fmt: skip
            slug, version = row.slug, row.version
    except ProgrammeFileWrong as wrong:
        return _check_page(slug, text, problems=wrong.problems), 422
    flash(f"已发布 {slug} 第 {version} 版。已报名的人还在原来的版本，看过差异后再更换。", "success")
    return redirect(url_for("console.programmes.versions", slug=slug))


@pages.route("/programmes/<slug>/difference", methods=["GET", "POST"])
@needs("publish")
def difference(slug: str) -> str | Response:
    """What the newest version would change for whom; POST reckons it anew in the background, for many enrolments."""
    with unit_of_work(read_only=True) as sql:
        row = programmes.latest(sql, slug)
        version, title = row.version, row.title
        behind = programme_versions.behind(sql, slug)
        found = None
        if behind <= MOST_AT_ONCE:
            changes: list[Change] = []

            def see(change: Change) -> None:
                if len(changes) < programme_versions.SHOWN:
                    changes.append(change)

            try:
                found = programme_versions.told(programme_versions.difference(sql, slug, version, now(), see), changes)
            except NothingEarlier:
                raise NotFound("这个项目只有一个版本。") from None
    if request.method == "POST":
        if found is None:
            job = collaborators().jobs.enqueue("programme_difference", programme=slug, version=version)
            session[_JOBS] = {**session.get(_JOBS, {}), slug: [version, job]}
        return redirect(url_for("console.programmes.difference", slug=slug))
    status = None
    if found is None:
        status = _status(slug, version)
        found = status.result if status is not None and status.state == "done" else None
    part = bool(request.headers.get("HX-Request"))
    return render_template(
        "console/programme_difference_state.html" if part else "console/programme_difference.html",
        slug=slug,
        title=title,
        version=version,
        behind=behind,
        job=status,
        found=found,
        counts=COUNTS,
        people=_people(found),
        applying=False,
    )


@pages.post("/programmes/<slug>/apply")
@needs("publish")
def apply(slug: str) -> str | Response:
    """Bring everybody to the newest version: exactly what was seen, or nothing."""
    seen, wanted = request.form.get("seen", ""), request.form.get("version", "")
    with unit_of_work() as sql:
        row = programmes.latest(sql, slug)
        version = row.version
        if wanted != str(version):
            raise DifferenceChanged
        behind = programme_versions.behind(sql, slug)
        moved = None
        if behind <= MOST_AT_ONCE:
            moved = programme_versions.apply(sql, slug, version, seen, now())
        record(
            sql, "publish", target=("programme", slug), step="apply", version=version, seen=seen[:16], behind=behind,
            moved=moved,
        )  # fmt: skip
    if moved is None:
        job = collaborators().jobs.enqueue("programme_apply", programme=slug, version=version, seen=seen[:16])
        session[_JOBS] = {**session.get(_JOBS, {}), f"{slug}/apply": [version, job]}
        return redirect(url_for("console.programmes.applying", slug=slug))
    results.recompute(unit_of_work, slug, now())
    flash(f"{moved} 个报名已换到第 {version} 版。" if moved else "没有报名需要更换版本。", "success")
    return redirect(url_for("console.programmes.versions", slug=slug))


@pages.get("/programmes/<slug>/applying")
@needs("publish")
def applying(slug: str) -> str:
    """How far the change of version is."""
    with unit_of_work(read_only=True) as sql:
        row = programmes.latest(sql, slug)
        version, title = row.version, row.title
    status = _status(f"{slug}/apply", version)
    if status is None:
        raise NotFound("没有正在进行的更换。")
    part = bool(request.headers.get("HX-Request"))
    return render_template(
        "console/programme_difference_state.html" if part else "console/programme_difference.html",
        slug=slug, title=title, version=version, behind=0, job=status, found=None, counts=COUNTS, people={}, applying=True,
    )  # fmt: skip


def _check_page(slug: str, text: str, checked: Checked | None = None, problems: list[str] | None = None) -> str:
    words = Words(checked.text, checked.newest.document) if checked and checked.newest else None
    values = [(words.of(one.path), one) for one in checked.values[:SHOWN]] if checked and words else []
    return render_template(
        "console/programme_check.html",
        slug=slug,
        text=text,
        checked=checked,
        problems=problems or [],
        values=values,
        most=programme_overview.MOST_BYTES,
    )


def _status(key: str, version: int) -> Any:
    """Of the job that the person started for this version; None where there is none any more."""
    known = session.get(_JOBS, {}).get(key)
    if not known or known[0] != version:
        return None
    try:
        return collaborators().jobs.status(known[1])
    except NotFound:
        return None


def _people(found: dict[str, Any] | None) -> dict[int, tuple[str, str]]:
    """Names and schools of those who are shown, by enrolment."""
    ids = [one["enrolment_id"] for one in found["shown"]] if found else []
    if not ids:
        return {}
    with unit_of_work(read_only=True) as sql:
        return _names(sql, ids)


def _names(sql: Session, ids: list[int]) -> dict[int, tuple[str, str]]:
    query = scope.scope(
        sa.select(Enrolment, Account.name, Organisation.name)
        .join(Account, Account.id == Enrolment.account_id)
        .outerjoin(Organisation, Organisation.id == Enrolment.school_id)
        .where(Enrolment.id.in_(ids)),
        principal(),
    )
    return {enrolment.id: (name, school or "") for enrolment, name, school in sql.execute(query)}


def _bars(rules: Programme, moment: datetime) -> dict[str, Any]:
    """The phases on a line of 1000 units, and where today is on it (None: before or after)."""
    zone = rules.zone
    spans = [(phase, phase.opens.begin(zone), phase.closes.end(zone)) for phase in rules.calendar.phases]
    first, last = min(opens for _, opens, _ in spans), max(closes for *_, closes in spans)
    whole = (last - first) / timedelta(seconds=1) or 1.0

    def at(when: datetime) -> int:
        return round(1000 * ((when - first) / timedelta(seconds=1)) / whole)

    def bar(phase: Phase, opens: datetime, closes: datetime) -> dict[str, Any]:
        return {
            "phase": phase,
            "opens": opens,
            "last": closes - timedelta(microseconds=1),
            "x": at(opens),
            "width": max(4, at(closes) - at(opens)),
            "now": opens <= moment < closes,
        }

    return {
        "phases": [bar(*span) for span in spans],
        "today": at(moment) if first <= moment < last else None,
        "on": moment.astimezone(UTC),
    }
