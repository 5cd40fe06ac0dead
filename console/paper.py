"""One paper (证书): what it says, its PDF and verification page; revoked or issued again; and the doubtful ones of a programme."""

import io

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from console import programme_choice
from console.access import needs
from console.forms import Form
from console.who import principal, record
from models import Account, Paper
from services.authority import scope
from services.errors import Conflict
from services.papers import papers, within
from services.papers import says as paper_says
from web.context import collaborators, now, unit_of_work

pages = Blueprint("paper", __name__)


class BecauseForm(Form):
    because = StringField("原因", [DataRequired("请写明原因"), Length(max=300)], description="持证人会看到。")


@pages.get("/papers/<int:paper_id>")
@needs("papers")
def show(paper_id: int) -> str:
    with unit_of_work(read_only=False) as sql:
        paper = scope.get(sql, principal(), Paper, paper_id)
        says = paper_says.read(paper.says)
        page = render_template(
            "console/paper.html",
            paper=paper,
            says=says,
            address=collaborators().printer.address(paper.code),
            form=BecauseForm(),
            may_revoke=principal().may("revoke_papers"),
        )
        record(
            sql,
            "view_person",
            target=("account", paper.account_id),
            organisation_id=_school_of(sql, paper),
            page="paper",
        )
        return page


@pages.get("/papers/<int:paper_id>.pdf")
@needs("papers")
def pdf(paper_id: int) -> Response:
    """The page to print. Raises PaperRevoked, PrintingUnavailable, TryAgain."""
    with unit_of_work(read_only=False) as sql:
        paper = scope.get(sql, principal(), Paper, paper_id)
        if paper.revoked_at is not None:
            raise papers.PaperRevoked
        record(sql, "paper", target=("paper", paper.id), organisation_id=_school_of(sql, paper), step="print")
        sql.expunge(paper)  # the connection goes back before the page is made, which takes half a second
    content = collaborators().printer.pdf([paper])
    name = f"{paper.number}.pdf"
    return send_file(io.BytesIO(content), "application/pdf", as_attachment=True, download_name=name, max_age=0)


@pages.post("/papers/<int:paper_id>/revoke")
@needs("revoke_papers")
def revoke(paper_id: int) -> Response:
    """Take it back: its verification page says so from now on."""
    return _with_reason(paper_id, "revoke")


@pages.post("/papers/<int:paper_id>/reissue")
@needs("revoke_papers")
def reissue(paper_id: int) -> Response:
    """Issue it again from today's data, under its number."""
    return _with_reason(paper_id, "reissue")


@pages.get("/papers/doubtful")
@needs("papers")
def doubtful() -> str:
    """Valid papers that would not be issued today, for a person to decide about."""
    after = request.args.get("after", "0")
    with unit_of_work() as sql:
        choice = programme_choice.chosen(sql, principal())
        start = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
        found, last = within.doubtful(sql, principal(), choice.slug, now(), start) if choice.programme else ([], None)
        rows = [(paper, paper_says.read(paper.says), why) for paper, why in found]
        return render_template("console/papers_doubtful.html", choice=choice, rows=rows, last=last)


def _with_reason(paper_id: int, step: str) -> Response:
    form = BecauseForm()
    with unit_of_work() as sql:
        paper = scope.get(sql, principal(), Paper, paper_id)
        if not form.validate_on_submit():
            flash("请写明原因（300 字以内），没有改动。", "danger")
            return redirect(url_for(".show", paper_id=paper_id))
        act = papers.revoke if step == "revoke" else papers.reissue
        try:
            act(sql, paper.number, form.because.data, now())
        except Conflict as refused:
            sql.rollback()
            reasons = "；".join(refused.extra.get("reasons", []))
            flash(f"{refused.detail}{reasons}", "warning")
            return redirect(url_for(".show", paper_id=paper_id))
        record(
            sql, "paper", target=("paper", paper_id), organisation_id=_school_of(sql, paper), step=step,
            because=form.because.data,
        )  # fmt: skip
        flash(
            "已撤销，查验页从现在起显示“已撤销”。" if step == "revoke" else "已按现在的资料换发，编号不变。", "success"
        )
        return redirect(url_for(".show", paper_id=paper_id))


def _school_of(sql: Session, paper: Paper) -> int | None:
    """Where the entry in the audit log belongs."""
    return sql.get_one(Account, paper.account_id).school_id
