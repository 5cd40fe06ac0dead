"""Workshops (工作坊): a leader's own, or those within reach; how far the learners are, and how the leader stands."""

from datetime import datetime, time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from console import query
from console.access import needs
from console.forms import Form
from console.who import principal, record
from models import Account, Workshop
from programmes.schema import Programme
from services import programmes
from services.authority import scope
from services.errors import Invalid
from services.marks import leader_advice, leader_publishing, workshop_learners
from services.marks.staff import Staff
from web.context import now, unit_of_work

pages = Blueprint("workshops", __name__)


class PublishedForm(Form):
    part = SelectField("是什么", [DataRequired()])
    item = StringField("第几份", [DataRequired(), Length(max=64)], render_kw={"inputmode": "numeric", "size": 4})
    title = StringField("标题", [DataRequired("请填写标题"), Length(max=200)])
    day = DateField("发布日期", [DataRequired("请填写发布日期")])
    words = IntegerField("字数", [Optional(), NumberRange(0, 1_000_000)], description="有字数要求的才填")


@pages.get("/workshops")
@needs("workshop", "evidence")
def index() -> str | Response:
    page = query.page_number()
    with unit_of_work() as sql:
        lines = workshop_learners.listed(sql, principal(), page)
    if principal().leads and len(lines) == 1 and page == 1:
        return redirect(url_for("console.workshops.one", workshop_id=lines[0].workshop.id))
    most = workshop_learners.WORKSHOPS
    return render_template("console/workshops.html", lines=lines[:most], more=len(lines) > most, page=page)


@pages.get("/workshops/<int:workshop_id>")
@needs("workshop", "evidence")
def one(workshop_id: int) -> str:
    """The learners, whom to go after first, and the leader's own table."""
    with unit_of_work() as sql:
        workshop = scope.get(sql, principal(), Workshop, workshop_id)
        return _page(sql, workshop, _form(sql, workshop))


@pages.post("/workshops/<int:workshop_id>/published")
@needs("workshop")
def published(workshop_id: int) -> str | Response:
    """Enter an announcement or a bulletin (公告、简报)."""
    with unit_of_work() as sql:
        workshop = scope.get(sql, principal(), Workshop, workshop_id)
        form = _form(sql, workshop)
        if not form.validate():
            return _page(sql, workshop, form)
        try:
            row = leader_publishing.publish(
                sql,
                Staff(principal().account_id, workshop.id),
                workshop.id,
                form.part.data,
                item=form.item.data,
                title=form.title.data,
                words=form.words.data,
                at=_moment(sql, workshop, form),
                now=now(),
            )
        except Invalid as wrong:
            form.title.errors = [wrong.detail]
            sql.rollback()
            return _page(sql, scope.get(sql, principal(), Workshop, workshop_id), form)
        record(sql, "evidence", target=("workshop", workshop.id), part=row.part, item=row.item)
    flash("已登记。", "success")
    return redirect(url_for("console.workshops.one", workshop_id=workshop_id, _anchor="leader"))


def _page(sql: Session, workshop: Workshop, form: PublishedForm) -> str:
    page, never = query.page_number(), request.args.get("only") == "never"
    learners = workshop_learners.learners(sql, principal(), workshop, now(), never=never, page=page)
    most = workshop_learners.LEARNERS
    standing = leader_advice.of(sql, workshop, now())
    leader = sql.get(Account, workshop.leader_id) if workshop.leader_id else None
    return render_template(
        "console/workshop.html",
        workshop=workshop,
        programme=_rules(sql, workshop),
        leader=leader.name if leader else "",
        counts=workshop_learners.counts(sql, principal(), workshop),
        learners=learners[:most],
        more=len(learners) > most,
        page=page,
        never=never,
        standing=standing,
        entries=leader_publishing.entered(sql, workshop),
        form=form,
        today=now(),
    )


def _form(sql: Session, workshop: Workshop) -> PublishedForm:
    """For the kinds that the leader enters, with the next number of the first."""
    rules = _rules(sql, workshop)
    parts = leader_publishing.parts(rules)
    form = PublishedForm(day=now().astimezone(rules.zone).date())
    form.part.choices = [(part.key, part.title) for part in parts]
    if not form.item.data and parts:
        form.item.data = leader_publishing.next_item(sql, workshop, parts[0].key)
    return form


def _rules(sql: Session, workshop: Workshop) -> Programme:
    return programmes.get(sql, programmes.latest(sql, workshop.programme_slug).id)


def _moment(sql: Session, workshop: Workshop, form: PublishedForm) -> datetime:
    """Noon of that day; today: now."""
    zone = _rules(sql, workshop).zone
    noon = datetime.combine(form.day.data, time(12), zone)
    return now() if form.day.data == now().astimezone(zone).date() else noon
