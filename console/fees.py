"""Bills (缴费单): what the schools within reach owe, a bill for one of them, what to write on the bank slip, the payment note."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Length, Optional

from console import programme_choice, query
from console.access import needs
from console.forms import Form
from console.who import principal, record
from models import Bill
from services import districts
from services.authority import scope
from services.errors import Conflict, Invalid
from services.fees import bills, owing
from web.context import collaborators, now, unit_of_work

pages = Blueprint("fees", __name__)


class BillForm(Form):
    handler = StringField("经办人姓名", [DataRequired("请填写经办人姓名"), Length(max=50)])
    contact = StringField(
        "经办人电话",
        [DataRequired("请填写经办人电话"), Length(max=30)],
        description="写在汇款单摘要里，收费联系人据此核对；加密保存，列表中不显示。",
    )
    title = StringField("发票抬头", [Optional(), Length(max=100)], description="不填就用学校名称。")
    tax_number = StringField("纳税人识别号", [Optional(), Length(max=30)])
    #: The serial of the last bill that the page showed, so that a form sent twice makes one.
    after = HiddenField()


@pages.get("/fees")
@needs("bills")
def index() -> str:
    """The schools within reach: headcount × fee, the bill and what is due."""
    number, name = query.page_number(), request.args.get("q", "").strip()[:50]
    unpaid = request.args.get("unpaid") == "1"
    with unit_of_work() as sql:
        choice = programme_choice.chosen(sql, principal())
        shown = {"choice": choice, "rows": [], "more": False, "page": number, "q": name, "unpaid": unpaid}
        if choice.programme is None:
            return render_template("console/fees.html", **shown, fee=None)
        fee = bills.programme_of(sql, choice.slug).fee
        if fee.payer != "school" or fee.per_head is None:
            return render_template("console/fees.html", **shown, fee=fee)
        rows, more, totals = owing.page(sql, principal(), choice.slug, number=number, name=name, unpaid=unpaid)
        shown |= {"rows": rows, "more": more, "totals": totals, "per_head": bills.fen(fee.per_head)}
        return render_template("console/fees.html", **shown, fee=fee, yuan=bills.yuan)


@pages.route("/fees/<int:organisation_id>", methods=["GET", "POST"])
@needs("bills")
def school(organisation_id: int) -> str | Response:
    """One school: its bills, and a form for a new one."""
    with unit_of_work() as sql:
        choice = programme_choice.chosen(sql, principal())
        one = owing.of_school(sql, principal(), choice.slug, organisation_id)
        history = owing.history(sql, choice.slug, organisation_id)
        form = BillForm(after=str(history[0].serial if history else 0))
        if form.validate_on_submit():
            try:
                made = _issue(sql, form, choice.slug, organisation_id)
            except Invalid as wrong:
                _show(form, wrong)
            except Conflict as refused:
                sql.rollback()
                flash(refused.detail, "warning")
                return redirect(url_for(".school", organisation_id=organisation_id, slug=choice.slug))
            else:
                flash(f"已开出缴费单：{made.headcount} 人，{bills.yuan(made.amount_fen)} 元。", "success")
                return redirect(url_for(".bill", bill_id=made.id))
        return render_template(
            "console/fees_school.html", one=one, history=history, form=form, choice=choice, yuan=bills.yuan
        )


@pages.get("/fees/bills/<int:bill_id>")
@needs("bills")
def bill(bill_id: int) -> str:
    """The bill, and the text for the bank slip to copy."""
    return _bill(bill_id, "console/fees_bill.html")


@pages.get("/fees/bills/<int:bill_id>/note")
@needs("bills")
def note(bill_id: int) -> str:
    """缴费通知, to be printed."""
    return _bill(bill_id, "console/fees_note.html")


def _bill(bill_id: int, template: str) -> str:
    with unit_of_work() as sql:
        found = scope.get(sql, principal(), Bill, bill_id)
        programme = bills.programme_of(sql, found.programme_slug)
        return render_template(
            template,
            bill=found,
            programme=programme,
            collector=next((one for one in programme.fee.collectors if one.key == found.collector), None),
            place=districts.place_of(sql, found.school_id),
            slip=bills.slip(sql, collaborators().vault, found),
            yuan=bills.yuan,
        )


def _issue(sql: Session, form: BillForm, slug: str, school_id: int) -> Bill:
    invoice = {"title": (form.title.data or "").strip(), "tax_number": (form.tax_number.data or "").strip()}
    after = form.after.data or ""
    made = bills.issue(
        sql,
        collaborators().vault,
        slug,
        school_id,
        handler=form.handler.data,
        contact=form.contact.data,
        invoice={key: value for key, value in invoice.items() if value},
        now=now(),
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0,
    )
    record(
        sql,
        "bill",
        target=("bill", made.id),
        organisation_id=school_id,
        headcount=made.headcount,
        amount_fen=made.amount_fen,
        serial=made.serial,
    )
    return made


def _show(form: BillForm, wrong: Invalid) -> None:
    """Put what the service refused beside the fields that it names."""
    for one in wrong.extra.get("errors", []):
        field = form._fields.get(str(one.get("field")))  # wtforms has no other way to look one up
        (field or form.handler).errors = [*(field or form.handler).errors, str(one.get("reason"))]
