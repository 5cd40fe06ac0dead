"""The timeline of a teacher, the picture of each lesson, ready answers to "why": what the desk reads while the teacher is on the phone."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from sqlalchemy.orm import Session

from console.access import needs
from console.query import number
from console.who import principal, record
from models import Account
from services import why
from services.authority import scope
from services.errors import NotFound
from services.media_time import told, told_spans
from services.timeline import lessons
from services.timeline import pages as timeline
from services.timeline.entries import KINDS, Cursor, Entry
from services.timeline.fresh import Fresh, caught_up
from services.timeline.subject import Subject, reach
from services.why.answers import CHINA, Asked
from web.context import collaborators, now, unit_of_work

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
pages = Blueprint("timeline", __name__)


@pages.app_template_filter("media_time")
def media_time(seconds: int) -> str:
    """A length or a place in a lesson: 12:30."""
    return told(seconds)


@pages.app_template_filter("media_spans")
def media_spans(spans: Iterable[tuple[int, int]]) -> str:
    return told_spans(spans)


@pages.app_template_filter("groupby_day")
def by_day(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Under the local day, in the order in which they come."""
    days: dict[str, list[Entry]] = {}
    for entry in entries:
        days.setdefault(
            f"{entry.at.astimezone(CHINA):%Y-%m-%d} {WEEKDAYS[entry.at.astimezone(CHINA).weekday()]}", []
        ).append(entry)
    return list(days.items())


@pages.get("/people/<int:account_id>/timeline")
@needs("people")
def show(account_id: int) -> str:
    fresh = _fresh(account_id)
    kind = timeline.kind_of(request.args.get("kind", ""))
    before = Cursor.read(request.args["before"]) if request.args.get("before") else None
    with unit_of_work(read_only=False) as sql:
        of = reach(sql, principal(), account_id)
        page = timeline.page(sql, of, kind, before)
        shown = render_template(
            "console/timeline.html",
            of=of,
            enrolment=of.enrolment(None),
            page=page,
            fresh=fresh,
            kinds=KINDS,
            kind=kind,
            before=before,
            questions=why.QUESTIONS,
            person_url=_person_url(account_id),
        )
        _view(sql, of, "timeline")
    return shown


@pages.get("/people/<int:account_id>/why/<kind>")
@needs("people")
def answer(account_id: int, kind: str) -> str:
    """A part of the page for htmx, a page of its own without."""
    fresh = _fresh(account_id)
    if kind not in why.QUESTIONS:
        raise NotFound
    with unit_of_work(read_only=False) as sql:
        of = reach(sql, principal(), account_id)
        asked = Asked(
            session=sql,
            subject=of,
            enrolment=of.enrolment(number("enrolment")),
            fresh=fresh,
            now=now(),
            session_id=request.args.get("session", "")[:32],
            lesson_id=number("lesson"),
            day=_day(),
        )
        answered = why.answer(kind, asked)
        part = request.headers.get("HX-Request")
        shown = render_template(
            "console/timeline_why_part.html" if part else "console/timeline_why.html",
            of=of,
            question=why.QUESTIONS[kind].text,
            answer=answered,
        )
        _view(sql, of, f"why {kind}")
    return shown


@pages.get("/people/<int:account_id>/lessons")
@needs("people")
def enrolment(account_id: int) -> str:
    """All lessons of one enrolment with their bars."""
    fresh = _fresh(account_id)
    with unit_of_work(read_only=False) as sql:
        of = reach(sql, principal(), account_id)
        chosen = of.enrolment(number("enrolment"))
        found = lessons.of_enrolment(sql, chosen) if chosen else []
        shown = render_template(
            "console/timeline_lessons.html",
            of=of,
            enrolment=chosen,
            pictures=found,
            most=lessons.MOST_LESSONS,
            fresh=fresh,
        )
        _view(sql, of, "lessons")
    return shown


@pages.get("/people/<int:account_id>/lessons/<int:lesson_id>")
@needs("people")
def lesson(account_id: int, lesson_id: int) -> str:
    fresh = _fresh(account_id)
    with unit_of_work(read_only=False) as sql:
        of = reach(sql, principal(), account_id)
        chosen = of.enrolment(number("enrolment"))
        if chosen is None:
            raise NotFound
        story = lessons.of_lesson(sql, collaborators().store, chosen, lesson_id, now())
        shown = render_template("console/timeline_lesson.html", of=of, enrolment=chosen, story=story, fresh=fresh)
        _view(sql, of, "lesson", lesson=lesson_id)
    return shown


def _fresh(account_id: int) -> Fresh:
    """SQL brought up to what the player just showed; only for somebody within reach."""
    with unit_of_work(read_only=True) as sql:
        scope.get(sql, principal(), Account, account_id)
    return caught_up(unit_of_work, collaborators(), account_id, now())


def _view(sql: Session, of: Subject, part: str, **more: Any) -> None:
    record(
        sql, "view_person", target=("account", of.account.id), organisation_id=of.account.school_id, part=part, **more
    )


def _day() -> date | None:
    """A day of this century. Raises NotFound for what is none."""
    text = request.args.get("day", "")
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError as error:
        raise NotFound from error
    if day is not None and not 2000 <= day.year < 2100:
        raise NotFound
    return day


def _person_url(account_id: int) -> str:
    """The page of the person, where this installation has it."""
    known = "console.people.show" in current_app.view_functions
    return url_for("console.people.show", account_id=account_id) if known else ""
