"""Dashboards (统计): a unit's rates and trend, the units below it, down to the teachers; lists of whom to call; all from the rollups."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for
from sqlalchemy.orm import Session

import programmes as notices
from console import dashboard_tables, programme_choice
from console.access import needs
from console.who import principal, record
from models import Organisation, Programme, Workshop
from programmes import calendar
from services import programmes
from services.authority import scope
from services.watching import at_risk, learners, rates, sheets, snapshots, tallies, units
from services.watching import workshops as workshops_of_unit
from web.context import collaborators, now, unit_of_work

pages = Blueprint("dashboards", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/dashboards")
@needs("watch")
def index() -> str:
    """The person's own unit."""
    with unit_of_work() as sql:
        choice = programme_choice.of(sql, _counted(sql))
        if choice.programme is None:
            return render_template("console/dashboards_none.html")
        return _unit(sql, choice.programme, None, choice)


@pages.get("/dashboards/<slug>/units/<int:organisation_id>")
@needs("watch")
def unit(slug: str, organisation_id: int) -> str:
    """A unit within reach with what is below it; of a school its teachers."""
    with unit_of_work() as sql:
        scope.get(sql, principal(), Organisation, organisation_id)
        return _unit(sql, programmes.latest(sql, slug), organisation_id)


@pages.get("/dashboards/<slug>/units/<int:organisation_id>/export")
@pages.get("/dashboards/<slug>/export", defaults={"organisation_id": None})
@needs("export")
def export(slug: str, organisation_id: int | None) -> Response:
    """The table of units as .xlsx."""
    with unit_of_work(read_only=False) as sql:
        board = units.board(sql, principal(), slug, organisation_id, direct=_direct())
        name = f"{board.name}{board.group}" if board.direct else board.name
        defined = rates.definitions(programmes.get(sql, programmes.latest(sql, slug).id))
        lines = dashboard_tables.sorted_lines(board.lines, "", defined)
        content = sheets.workbook(
            name,
            dashboard_tables.header(defined),
            [dashboard_tables.cells(line.name, line.counts, defined) for line in lines]
            + [dashboard_tables.cells("合计", board.total, defined)],
            [*dashboard_tables.notes(defined), _fresh(board.counted_at, snapshots.computed_at(sql, slug))],
        )
        _record_export(sql, "units", slug, board.unit, len(lines))
    return _file(content, f"{name}-统计")


@pages.get("/dashboards/<slug>/units/<int:organisation_id>/people")
@pages.get("/dashboards/<slug>/people", defaults={"organisation_id": None})
@needs("watch")
def people(slug: str, organisation_id: int | None) -> str:
    """The teachers of a unit: all, or those who …; a page of them."""
    with unit_of_work() as sql:
        above = units.reached(sql, principal(), organisation_id)
        shown = _list(sql, slug, organisation_id) | {"programme": programmes.latest(sql, slug)}
        return render_template("console/dashboards_people.html", unit=above, group=units.direct_title(above), **shown)


@pages.get("/dashboards/<slug>/units/<int:organisation_id>/people/print")
@pages.get("/dashboards/<slug>/people/print", defaults={"organisation_id": None})
@needs("watch")
def reminders(slug: str, organisation_id: int | None) -> str:
    """The same list on paper, by school (督促名单)."""
    with unit_of_work(read_only=False) as sql:
        asked = _asked(sql, slug, organisation_id)
        above = units.reached(sql, principal(), organisation_id)
        programme = programmes.latest(sql, slug)
        rows = list(learners.every(sql, collaborators().vault, principal(), asked, now(), most=learners.MOST_PRINTED))
        schools: dict[str, list[learners.Learner]] = {}
        for row in rows:
            schools.setdefault(row.school, []).append(row)
        shown = _deadlines(programmes.get(sql, programme.id)) | {"programme": programme, "asked": asked, "at": now()}
        page = render_template(
            "console/dashboards_print.html",
            unit=above,
            group=units.direct_title(above),
            schools=schools,
            count=len(rows),
            title=learners.SHOWN[asked.shown],
            **shown,
        )
        _record_export(sql, f"print {asked.shown}", slug, above, len(rows))
    return page


@pages.get("/dashboards/<slug>/units/<int:organisation_id>/people/export")
@pages.get("/dashboards/<slug>/people/export", defaults={"organisation_id": None})
@needs("export")
def export_people(slug: str, organisation_id: int | None) -> Response:
    """The same list as .xlsx, numbers masked."""
    with unit_of_work(read_only=False) as sql:
        asked = _asked(sql, slug, organisation_id)
        above = units.reached(sql, principal(), organisation_id)
        programmes.latest(sql, slug)
        rows = [
            dashboard_tables.person(row)
            for row in learners.every(sql, collaborators().vault, principal(), asked, now())
        ]
        title = learners.SHOWN[asked.shown]
        content = sheets.workbook(
            title, dashboard_tables.PERSON, rows, [f"导出于 {_local(now())}，证件号码和手机号已隐去部分"]
        )
        _record_export(sql, asked.shown, slug, above, len(rows))
    return _file(content, f"{above.name if above else '全平台'}-{title}")


@pages.get("/dashboards/<slug>/units/<int:organisation_id>/workshops")
@pages.get("/dashboards/<slug>/workshops", defaults={"organisation_id": None})
@needs("watch")
def workshops(slug: str, organisation_id: int | None) -> str:
    """The workshops with learners in the unit."""
    with unit_of_work() as sql:
        above = units.reached(sql, principal(), organisation_id)
        programme = programmes.latest(sql, slug)
        rows = workshops_of_unit.listed(sql, principal(), slug, organisation_id, direct=_direct())
        took_part, passed = dashboard_tables.of_workshops(programmes.get(sql, programme.id))
        return render_template(
            "console/dashboards_workshops.html",
            unit=above,
            direct=_direct(),
            group=units.direct_title(above),
            programme=programme,
            rows=[
                (
                    row,
                    took_part.of_numbers(int(row.studying), row.learners),
                    passed.of_numbers(int(row.passed), row.learners),
                )
                for row in rows
            ],
            defined=(took_part, passed),
        )


def _unit(
    sql: Session, programme: Programme, organisation_id: int | None, choice: programme_choice.Choice | None = None
) -> str:
    notice = programmes.get(sql, programme.id)
    defined = rates.definitions(notice)
    board = units.board(sql, principal(), programme.slug, organisation_id, direct=_direct())
    unit_id = board.unit.id if board.unit else None
    today = now().astimezone(snapshots.ZONE).date()
    points = snapshots.trend(sql, programme.slug, unit_id, today, direct=board.direct)
    sort = request.args.get("sort", "")
    lines = dashboard_tables.sorted_lines(board.lines, sort, defined)
    is_school = board.unit is not None and board.unit.kind == units.SCHOOL
    shown: dict[str, Any] = _list(sql, programme.slug, unit_id) if is_school else {}
    return render_template(
        "console/dashboards.html",
        **(shown | _deadlines(notice)),
        choice=choice,
        programme=programme,
        board=board,
        unit=board.unit,
        lines=lines,
        columns=dashboard_tables.columns(defined),
        sort=sort,
        direct=board.direct,
        fresh=_fresh(board.counted_at, snapshots.computed_at(sql, programme.slug)),
        defined=defined,
        rates=rates,
        risk=at_risk,
        chart=dashboard_tables.chart(points, defined) if len(points) > 1 else None,
        points=points,
    )


def _list(sql: Session, slug: str, organisation_id: int | None) -> dict[str, Any]:
    """What the list of teachers is drawn with."""
    asked = _asked(sql, slug, organisation_id)
    after = learners.Place.read(request.args.get("after", ""))
    page = learners.page(sql, collaborators().vault, principal(), asked, now(), after)
    return {
        "asked": asked,
        "page": page,
        "kinds": learners.SHOWN,
        "later": after is not None,
        "person_url": _person_url,
        "rule": at_risk.RULE,
    }


def _asked(sql: Session, slug: str, organisation_id: int | None) -> learners.Asked:
    workshop = request.args.get("workshop", "")
    workshop_id = int(workshop) if workshop.isascii() and workshop.isdigit() and len(workshop) < 19 else None
    if workshop_id is not None:
        scope.get(sql, principal(), Workshop, workshop_id)
    return learners.Asked(slug, organisation_id, request.args.get("show", "all"), workshop_id, _direct())


def _counted(sql: Session) -> list[Programme]:
    """The programmes that the person's schools were counted in, or else take part in; the latest published first."""
    slugs = tallies.programmes_within(sql, principal())
    if not slugs:
        return programme_choice.reached(sql, principal())
    return sorted((programmes.latest(sql, slug) for slug in slugs), key=lambda row: row.published_at, reverse=True)


def _deadlines(notice: notices.Programme) -> dict[str, Any]:
    """When study ends, and by when the first log-in was due."""
    first = notice.enrolment.first_login_by
    closes = calendar.study_closes_at(notice, now())
    return {
        "closes": closes,
        "days_left": (closes - now()).days if closes else None,
        "first_login_by": first.end(notice.zone) if first else None,
        "first_login_clause": notice.enrolment.clause,
        "first_login_over": first is not None and first.end(notice.zone) <= now(),
    }


def _direct() -> bool:
    return request.args.get("direct") == "1"


def _person_url(account_id: int) -> str | None:
    """The desk's page of a person, for those who may see it."""
    known = "console.people.show" in current_app.view_functions and principal().may("people")
    return url_for("console.people.show", account_id=account_id) if known else None


def _record_export(sql: Session, what: str, slug: str, above: Organisation | None, rows: int) -> None:
    where = above.id if above else None
    record(sql, "export", target=("programme", slug), organisation_id=where, what=what, rows=rows)


def _file(content: bytes, name: str) -> Response:
    reply = Response(content, content_type=XLSX)
    reply.headers.set("Content-Disposition", "attachment", filename=f"{name}.xlsx")
    return reply


def _fresh(counted_at: datetime | None, computed_at: datetime | None) -> str:
    """Of when the figures are: people are counted every few minutes, results are computed at night."""
    return (
        f"人数、登录和参训截至 {_local(counted_at)}（学习时间内每 5 分钟统计一次）；"
        f"合格、学时、成绩和有风险截至 {_local(computed_at)}（每天凌晨计算一次）"
    )


def _local(moment: datetime | None) -> str:
    return f"{moment.astimezone(snapshots.ZONE):%Y-%m-%d %H:%M}" if moment else "还没有计算"
