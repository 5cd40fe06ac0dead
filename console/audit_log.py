"""The audit log (审计日志) within reach: looked through, exported, and its chain checked."""

import io
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from console.access import needs
from console.query import number
from console.who import principal, record
from services import audit_chain, audit_log
from services.audit import ACTIONS
from services.audit_log import RESULTS, Wanted
from services.audit_words import KINDS
from services.authority.principals import NotAllowed
from services.tables import csv_files
from services.tables.cells import masked
from web.context import collaborators, now, unit_of_work

pages = Blueprint("audit_log", __name__)

#: So many entries are checked while somebody waits; all of them by `flask audit verify`.
CHECKED = 20_000
HEADER = ("序号", "时间", "操作人", "角色", "操作", "对象", "结果", "地址", "说明")


@pages.get("/audit")
@needs("audit")
def index() -> str:
    wanted = _wanted()
    with unit_of_work() as sql:
        lines, further = audit_log.search(sql, principal(), wanted)
        return render_template(
            "console/audit_log.html",
            lines=lines,
            further=further,
            wanted=wanted,
            asked=_asked(),
            actions=ACTIONS,
            results=RESULTS,
            kinds=KINDS,
            checked=CHECKED,
        )


@pages.post("/audit/export")
@needs("audit")
def export() -> Response:
    """What the filters find, as CSV: names and masked numbers, as on the page."""
    with unit_of_work() as sql:
        lines, further = audit_log.search(sql, principal(), _wanted(), audit_log.MOST_EXPORTED)
        content = csv_files.written(HEADER, (_cells(line) for line in lines))
        unit = principal().organisation_id
        record(
            sql,
            "export",
            target=("audit_log", ""),
            organisation_id=unit,
            what="audit_log",
            rows=len(lines),
            filters=_asked(),
        )
    name = f"审计日志-{now().astimezone(audit_log.CHINA):%Y%m%d}{'-部分' if further else ''}.csv"
    return send_file(io.BytesIO(content), mimetype="text/csv", as_attachment=True, download_name=name, max_age=0)


@pages.post("/audit/verify")
@needs("audit")
def verify() -> Response:
    """The end of the chain. For operators: others see a part of it alone."""
    if not principal().everywhere:
        raise NotAllowed
    with unit_of_work(read_only=True) as sql:
        fault = audit_chain.verify(sql, collaborators().vault, last=CHECKED)
        head = audit_chain.head(sql)
    if fault is None:
        flash(f"最近 {min(CHECKED, head.serial)} 条记录完好。链头 {head}", "success")
    else:
        flash(f"第 {fault.serial} 条有问题：{fault.reason}。请保留现场，不要改动数据库，立即联系安全负责人。", "danger")
    return redirect(url_for(".index"))


def _wanted() -> Wanted:
    """The filters; what cannot be one is as if it were not there."""
    asked = request.values
    choice = {
        "action": ACTIONS,
        "result": RESULTS,
        "kind": KINDS,
    }
    chosen = {name: asked.get(name, "") if asked.get(name, "") in known else "" for name, known in choice.items()}
    return Wanted(
        name=masked(asked.get("name", "").strip()[:50]),  # a number of a person is not looked for, nor repeated
        target=masked(asked.get("target", "").strip()[:64]),
        since=_day("since"),
        until=_day("until"),
        before=number("before"),
        **chosen,
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.values.get(name, ""))
    except ValueError:
        return None


def _asked() -> dict[str, str]:
    """The filters that were given, for the links to further pages and the log."""
    wanted = _wanted()
    given = {
        "name": wanted.name,
        "action": wanted.action,
        "result": wanted.result,
        "kind": wanted.kind,
        "target": wanted.target,
    }
    days = {"since": wanted.since, "until": wanted.until}
    return {key: value for key, value in given.items() if value} | {k: v.isoformat() for k, v in days.items() if v}


def _cells(line: audit_log.Line) -> list[str]:
    at = line.at.astimezone(audit_log.CHINA).strftime("%Y-%m-%d %H:%M:%S")
    said = [line.who, line.role, line.action, line.target, line.result, line.address, line.detail]
    return [str(line.serial), at, *said]
