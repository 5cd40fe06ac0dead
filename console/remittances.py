"""The collector's (收费联系人) desk: bills and money side by side, the bank's list, whose money it is, and the word that opens papers."""

import io

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Optional

from console import programme_choice, query
from console.access import needs
from console.forms import Form
from console.programme_choice import Choice
from console.who import principal, record
from models import Bill, Organisation, Upload
from services import profiles, uploads
from services.errors import Conflict, Invalid
from services.fees import bank_list, bills, collecting, invoice_list, reconciling, remittances
from services.fees.bank_list import Outcome
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work

pages = Blueprint("remittances", __name__)

#: Bills on a page, and wrong rows shown of a list.
PAGE, SHOWN = 50, 100
STATES = ("none", "short", "exact", "over", "confirmed")


class ConfirmForm(Form):
    reason = StringField(
        "原因", [Optional(), Length(max=100)], description="金额不同时必填，例如：少 180 元，1 人已调出，补缴另汇。"
    )


class TakeBackForm(Form):
    reason = StringField("撤销原因", [DataRequired("请写明撤销确认的原因"), Length(max=100)])


@pages.get("/fees/collect")
@needs("collect")
def index() -> str:
    """Every bill of one's own beside what arrived for it, and the money that nobody knows whose it is."""
    number, wanted = query.page_number(), request.args.get("state", "")
    name = request.args.get("q", "").strip()[:50]
    with unit_of_work() as sql:
        choice = _choice(sql)
        if choice.programme is None:
            return render_template("console/collect.html", choice=choice)
        rows, unknown = reconciling.reconcile(sql, choice.slug, collecting.own_bills(sql, principal(), choice.slug))
        counts = {state: sum(_state(row) == state for row in rows) for state in STATES}
        found = [row for row in rows if wanted not in STATES or _state(row) == wanted]
        found = [row for row in found if name in row.school]
        start = (number - 1) * PAGE
        return render_template(
            "console/collect.html",
            choice=choice,
            rows=found[start : start + PAGE],
            more=len(found) > start + PAGE,
            page=number,
            counts=counts,
            owed=sum(row.bill.amount_fen for row in rows),
            received=sum(row.received_fen for row in rows),
            total=len(rows),
            unknown=unknown[start : start + PAGE],
            unknown_more=len(unknown) > start + PAGE,
            unknown_total=len(unknown),
            state=wanted,
            state_of=_state,
            q=name,
            yuan=bills.yuan,
        )


@pages.get("/fees/collect/bills/<int:bill_id>")
@needs("collect")
def bill(bill_id: int) -> str:
    """One bill with its money: confirm it, or take the confirmation back."""
    with unit_of_work() as sql:
        found = collecting.bill(sql, principal(), bill_id)
        money = remittances.of_bill(sql, found.id)
        programme = bills.programme_of(sql, found.programme_slug)
        contact = collaborators().vault.open(found.contact_envelope, found.id) if found.contact_envelope else ""
        return render_template(
            "console/collect_bill.html",
            bill=found,
            school=sql.get_one(Organisation, found.school_id),
            money=money,
            received=sum(one.amount_fen for one in money),
            papers=[paper.title for paper in programme.papers if paper.after_payment],
            programme=programme,
            contact=profiles.mask_mobile(contact),
            confirm_form=ConfirmForm(),
            take_back_form=TakeBackForm(),
            yuan=bills.yuan,
        )


@pages.post("/fees/collect/bills/<int:bill_id>/confirm")
@needs("collect")
def confirm(bill_id: int) -> Response:
    form = ConfirmForm()
    with unit_of_work() as sql:
        collecting.bill(sql, principal(), bill_id)
        if not form.validate_on_submit():
            flash("原因最多 100 字，没有确认。", "danger")
            return redirect(url_for(".bill", bill_id=bill_id))
        try:
            done, newly = collecting.confirm(sql, principal(), bill_id, reason=form.reason.data or "", now=now())
        except (reconciling.SumDiffers, bills.BillNotOpen) as refused:
            sql.rollback()
            flash(refused.detail, "warning")
            return redirect(url_for(".bill", bill_id=bill_id))
        if not newly:
            flash(f"这张缴费单已经确认过（{done.confirmed_note}），没有重复确认。", "info")
            return redirect(url_for(".bill", bill_id=bill_id))
        _record_bill(sql, done, "confirm", reason=form.reason.data or "")
        flash(
            f"已确认 {done.headcount} 人，{bills.yuan(done.amount_fen)} 元。考核合格的老师现在可以打印证书。", "success"
        )
        return redirect(url_for(".bill", bill_id=bill_id))


@pages.post("/fees/collect/bills/<int:bill_id>/take-back")
@needs("collect")
def take_back(bill_id: int) -> Response:
    form = TakeBackForm()
    with unit_of_work() as sql:
        collecting.bill(sql, principal(), bill_id)
        if not form.validate_on_submit():
            flash("请写明撤销确认的原因（100 字以内）。", "danger")
            return redirect(url_for(".bill", bill_id=bill_id))
        try:
            done = collecting.take_back(sql, principal(), bill_id, reason=form.reason.data or "")
        except (reconciling.NotConfirmed, bills.BillNotOpen) as refused:
            sql.rollback()
            flash(refused.detail, "warning")
            return redirect(url_for(".bill", bill_id=bill_id))
        _record_bill(sql, done, "take_back", reason=form.reason.data or "")
        flash("已撤销确认。已经打印的证书仍然有效。", "success")
        return redirect(url_for(".bill", bill_id=bill_id))


@pages.get("/fees/collect/remittances/<int:remittance_id>")
@needs("collect")
def remittance(remittance_id: int) -> str:
    """Whose money it is: choose one of the own bills."""
    name = request.args.get("q", "").strip()[:50]
    with unit_of_work() as sql:
        money = collecting.remittance(sql, principal(), remittance_id)
        slug = money.programme_slug
        rows, _ = reconciling.reconcile(sql, slug, collecting.own_bills(sql, principal(), slug))
        waiting = [row for row in rows if row.bill.state == bills.OPEN and name in row.school]
        here = next((row for row in rows if row.bill.id == money.bill_id), None)
        return render_template(
            "console/collect_remittance.html", money=money, rows=waiting[:PAGE], more=len(waiting) > PAGE,
            here=here, q=name, yuan=bills.yuan,
        )  # fmt: skip


@pages.post("/fees/collect/remittances/<int:remittance_id>")
@needs("collect")
def assign(remittance_id: int) -> Response:
    with unit_of_work() as sql:
        collecting.remittance(sql, principal(), remittance_id)
        wanted, was = _key(request.form.get("bill_id", "")), _key(request.form.get("was", ""))
        try:
            money = collecting.assign(sql, principal(), remittance_id, wanted, was=was)
        except Conflict as refused:
            sql.rollback()
            flash(refused.detail, "warning")
            return redirect(url_for(".remittance", remittance_id=remittance_id))
        slug = money.programme_slug
        of = sql.get(Bill, wanted if wanted is not None else was)
        record(
            sql, "remittance", target=("remittance", remittance_id), organisation_id=of.school_id if of else None,
            step="assign", bill=wanted, was=was, amount_fen=money.amount_fen,
        )  # fmt: skip
        flash("已认领。" if wanted else "已退回未认领。", "success")
        return redirect(url_for(".bill", bill_id=wanted) if wanted else url_for(".index", slug=slug))


@pages.route("/fees/collect/uploads/<upload_code>", methods=["GET", "POST"])
@needs("collect")
def uploaded(upload_code: str) -> str | Response:
    """The bank's list that was handed in: what it would do (GET), and doing it (POST)."""
    with unit_of_work(read_only=False) as sql:
        kept = uploads.locked(sql, principal(), upload_code, "remittances", now())
        slug = str(kept.work.get("slug", ""))
        collecting.require_key(sql, principal(), slug)
        if kept.work.get("taken_in"):
            flash("这份到账流水已经登记过，没有重复登记。", "info")
            return redirect(url_for(".index", slug=slug))
        outcome = _take_in(sql, kept, slug)
        if request.method == "POST" and not outcome.errors:
            uploads.note(kept, taken_in=True)
            record(
                sql, "remittance", target=("upload", kept.id), organisation_id=principal().organisation_id,
                step="import", programme=slug, new=outcome.new, matched=outcome.matched, known=outcome.known,
            )  # fmt: skip
            flash(
                f"新登记 {outcome.new} 笔，其中 {outcome.matched} 笔对上缴费单；{outcome.known} 笔以前登记过。",
                "success",
            )
            return redirect(url_for(".index", slug=slug))
        sql.rollback()  # it was a rehearsal
        kept = uploads.get(sql, principal(), upload_code, "remittances")
        return render_template(
            "console/collect_upload.html", upload=kept, slug=slug, outcome=outcome, shown=outcome.errors[:SHOWN]
        )


@pages.get("/fees/collect/invoices")
@needs("collect")
def invoices() -> str:
    """What the invoices of the own confirmed bills must say."""
    with unit_of_work() as sql:
        choice = _choice(sql)
        if choice.programme is None:
            return render_template("console/collect.html", choice=choice)
        rows = reconciling.invoices(sql, choice.slug, collecting.own_bills(sql, principal(), choice.slug))
        number = query.page_number()
        start = (number - 1) * PAGE
        return render_template(
            "console/collect_invoices.html",
            choice=choice,
            rows=[invoice_list.cells(one) for one in rows[start : start + PAGE]],
            header=invoice_list.HEADER,
            more=len(rows) > start + PAGE,
            page=number,
            total=len(rows),
            sum=bills.yuan(sum(one.amount_fen for one in rows)),
        )


@pages.post("/fees/collect/invoices.csv")
@needs("collect")
def invoices_file() -> Response:
    with unit_of_work(read_only=False) as sql:
        choice = _choice(sql)
        rows = reconciling.invoices(sql, choice.slug, collecting.own_bills(sql, principal(), choice.slug))
        content = invoice_list.as_csv(rows)
        record(
            sql, "export", organisation_id=principal().organisation_id, what="invoices", programme=choice.slug,
            rows=len(rows),
        )  # fmt: skip
    return send_file(io.BytesIO(content), "text/csv", as_attachment=True, download_name="invoices.csv", max_age=0)


def _choice(sql: Session) -> Choice:
    """A programme for whose fees the person is a collector. Raises NotFound."""
    choice = programme_choice.of(sql, collecting.own_programmes(sql, principal()))
    if choice.programme is not None:
        collecting.require_key(sql, principal(), choice.slug)
    return choice


def _take_in(sql: Session, kept: Upload, slug: str) -> Outcome:
    table = spreadsheets.read(uploads.read(sql, collaborators().vault, kept))
    own = collecting.own_bills(sql, principal(), slug)
    return bank_list.take_in(sql, slug, table, now(), own, by=principal().account_id)


def _record_bill(sql: Session, of: Bill, step: str, **more: str) -> None:
    record(
        sql, "collect", target=("bill", of.id), organisation_id=of.school_id, step=step, amount_fen=of.amount_fen, **more
    )  # fmt: skip


def _state(row: reconciling.Reconciled) -> str:
    return "confirmed" if row.bill.state == bills.CONFIRMED else row.state


def _key(text: str) -> int | None:
    """Raises Invalid."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid.field("bill_id", "请选择一张缴费单")
    return int(text)
