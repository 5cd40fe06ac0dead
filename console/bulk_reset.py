"""Bulk reset (批量重置) for a school's teachers who never signed in: slips to print, or a workbook, shown once."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from wtforms import HiddenField, RadioField
from wtforms.validators import Length

from console.access import needs
from console.forms import Form
from console.identity_forms import AT_RANDOM, BY_RULE, choices
from console.people import RULES
from console.who import by, principal
from models import Organisation
from services import bulk_reset, once
from services.bulk_reset import Slip
from services.rosters.files import workbook
from web.context import collaborators, now, unit_of_work

pages = Blueprint("bulk_reset", __name__)
PAGE, FILE = "page", "file"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SENT_ALREADY = "刚才的批量重置已经完成，没有再做一次；密码只显示一次。没有保存的，请重新打开页面再重置。"


class BulkForm(Form):
    form_id = HiddenField(validators=[Length(max=64)])
    after = HiddenField(default="0")
    new = RadioField(
        "新密码",
        choices=choices((BY_RULE, "按各人所在项目规定的初始密码"), (AT_RANDOM, "每人一个随机密码")),
        default=BY_RULE,
    )
    output = RadioField("结果", choices=choices((PAGE, "打印密码条"), (FILE, "Excel 文件")), default=PAGE)


@pages.get("/bulk-reset")
@needs("bulk_reset")
def choose() -> Any:
    """A school within reach; who looks after one goes straight there."""
    who = principal()
    with unit_of_work() as session:
        own = session.get(Organisation, who.organisation_id) if who.organisation_id is not None else None
        if own is not None and own.kind == "school":
            return redirect(url_for("console.bulk_reset.school", organisation_id=own.id))
        name = request.args.get("name", "")[:100].strip().replace("\0", "")
        schools = bulk_reset.schools(session, who, name)
        return render_template("console/bulk_reset.html", name=name, schools=schools, most=bulk_reset.SCHOOLS)


@pages.get("/bulk-reset/<int:organisation_id>")
@needs("bulk_reset")
def school(organisation_id: int) -> str:
    after = _whole(request.args.get("after", ""))
    with unit_of_work() as session:
        waiting = bulk_reset.waiting(session, collaborators().vault, principal(), organisation_id, after)
    form = BulkForm(form_id=once.form(now()), after=str(after))
    return render_template(
        "console/bulk_reset_school.html", waiting=waiting, form=form, after=after, most=bulk_reset.MOST
    )


@pages.post("/bulk-reset/<int:organisation_id>")
@needs("bulk_reset")
def run(organisation_id: int) -> Any:
    with unit_of_work(read_only=True) as session:
        place = bulk_reset.school(session, principal(), organisation_id).name
    form = BulkForm()
    if not form.validate():
        return redirect(url_for("console.bulk_reset.school", organisation_id=organisation_id), 303)
    after, moment = _whole(form.after.data or ""), now()
    try:
        slips = bulk_reset.run(
            unit_of_work,
            collaborators(),
            by(),
            organisation_id,
            form.new.data == BY_RULE,
            after,
            form.form_id.data or "",
            moment,
        )
    except once.UsedAlready:
        raise once.UsedAlready(SENT_ALREADY) from None
    if form.output.data == FILE:
        return _file(slips)
    return render_template("console/bulk_reset_slips.html", slips=slips, place=place, at=moment, rules=RULES)


def _file(slips: list[Slip]) -> Response:
    rows = [[one.name, one.id_number_masked, one.password or RULES[one.rule]] for one in slips]
    reply = make_response(workbook([["姓名", "证件号码", "初始密码"], *rows]))
    reply.headers["Content-Type"] = XLSX
    reply.headers["Content-Disposition"] = "attachment; filename=passwords.xlsx"
    return reply


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
