"""Corrections of hours: asked by one member of staff, decided by a second."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from console.access import needs
from console.forms import Form, blame
from console.query import number, page_number
from console.who import principal, record
from models import Account, Enrolment, HourCorrection
from services import hour_correction_lists as lists
from services import hour_corrections, media_time, progress
from services.authority import appointments, scope
from services.errors import Invalid, NotFound
from services.hour_corrections import REASONS, STATES
from services.timeline.subject import Subject, reach
from web.context import now, unit_of_work

pages = Blueprint("hours", __name__)

TITLES: dict[lists.Which, str] = {"waiting": "待审批", "mine": "我申请的", "decided": "已处理"}


class AskForm(Form):
    lesson = SelectField("课时", coerce=int, invalid_value_message="请选择课时", invalid_choice_message="请选择课时")
    first = StringField(
        "从（分:秒）", [InputRequired("请填写时间，例如 12:30"), Length(max=10)], description="课时里的位置，例如 0:00"
    )
    last = StringField(
        "到（分:秒）",
        [InputRequired("请填写时间，例如 12:30"), Length(max=10)],
        description="例如 12:30；满一小时写 1:15:00",
    )
    reason = SelectField(
        "原因", choices=[SelectChoice(key, text) for key, text in REASONS.items()], invalid_choice_message="请选择原因"
    )
    told = TextAreaField("原因说明", [Length(max=250)])
    evidence = TextAreaField(
        "依据",
        [InputRequired("请填写依据"), Length(max=500)],
        description="例如学习记录的时间、截图、故障通报。不要写证件号码。",
    )


class DecideForm(Form):
    note = TextAreaField(
        "审批意见", [InputRequired("请填写审批意见"), Length(max=300)], description="不批准时，教师会看到这段意见。"
    )


@pages.get("/hours")
@needs("ask_hours", "approve_hours")
def index() -> str:
    default: lists.Which = "waiting" if principal().may("approve_hours") else "mine"
    wanted = request.args.get("show", default)
    which = next((one for one in lists.WHICH if one == wanted), default)
    page = page_number()
    with unit_of_work() as sql:
        lines, more = lists.listing(sql, principal(), which, page)
        return render_template(
            "console/hours.html", lines=lines, more=more, page=page, which=which, titles=TITLES, states=STATES
        )


@pages.route("/hours/new", methods=["GET", "POST"])
@needs("ask_hours")
def new() -> str | Response:
    """?enrolment=…[&lesson=…], or ?account=… to choose one of that person's."""
    with unit_of_work(read_only=request.method == "GET") as sql:
        enrolment_id = number("enrolment")
        if enrolment_id is None:
            return _choose(sql)
        enrolment = scope.get(sql, principal(), Enrolment, enrolment_id)
        of = reach(sql, principal(), enrolment.account_id)
        form = AskForm(lesson=number("lesson"))
        form.lesson.choices = _lessons(sql, enrolment)
        if form.validate_on_submit():
            made = _ask(sql, enrolment, form)
            if made is not None:
                flash("已提交，等待另一位有审批权限的人审批；结果会通知教师。", "success")
                return redirect(url_for("console.hours.show", correction_id=made.id))
        return render_template("console/hours_new.html", form=form, of=of, enrolment=enrolment)


@pages.get("/hours/<int:correction_id>")
@needs("ask_hours", "approve_hours")
def show(correction_id: int) -> str:
    with unit_of_work() as sql:
        return _page(sql, correction_id, DecideForm())


@pages.post("/hours/<int:correction_id>/approve")
@needs("approve_hours")
def approve(correction_id: int) -> str | Response:
    return _decide(correction_id, approve=True)


@pages.post("/hours/<int:correction_id>/refuse")
@needs("approve_hours")
def refuse(correction_id: int) -> str | Response:
    return _decide(correction_id, approve=False)


def _choose(sql: Session) -> str:
    account_id = number("account")
    if account_id is None:
        raise NotFound("请从教师的时间线进入，申请学时更正。")
    of: Subject = reach(sql, principal(), account_id)
    return render_template("console/hours_choose.html", of=of)


def _lessons(sql: Session, enrolment: Enrolment) -> list[SelectChoice]:
    """By course, as the teacher sees the catalogue."""
    return [
        SelectChoice(
            str(lesson.id), f"{lesson.title}（{media_time.told(lesson.duration)}）", optgroup=item.course.title
        )
        for item in progress.courses(sql, enrolment)
        for lesson in item.course.lessons
    ]


def _ask(sql: Session, enrolment: Enrolment, form: AskForm) -> HourCorrection | None:
    """None where something typed is wrong: the form then says what."""
    try:
        made = hour_corrections.ask(
            sql,
            principal(),
            enrolment.id,
            form.lesson.data,
            first=media_time.read(form.first.data, "first"),
            last=media_time.read(form.last.data, "last"),
            reason=form.reason.data,
            told=form.told.data or "",
            evidence=form.evidence.data,
            now=now(),
        )
    except Invalid as wrong:
        blame(form, wrong)
        return None
    seconds = made.last - made.first
    _record(sql, "ask_hours", made, enrolment, seconds=seconds, lesson=made.lesson_id)
    return made


def _decide(correction_id: int, *, approve: bool) -> str | Response:
    with unit_of_work() as sql:
        found = scope.get(sql, principal(), HourCorrection, correction_id)
        form = DecideForm()
        if not form.validate_on_submit():
            return _page(sql, found.id, form)
        made, changed = hour_corrections.decide(sql, principal(), found.id, approve, form.note.data, now())
        if changed:
            enrolment = sql.get_one(Enrolment, made.enrolment_id)
            _record(sql, "decide_hours", made, enrolment, decision=made.state, credited=made.credited)
        new = media_time.told(made.credited)
    flash(f"已批准，新计入 {new}，并已通知教师。" if approve else "已退回，不计入，并已通知教师。", "success")
    return redirect(url_for("console.hours.show", correction_id=correction_id))


def _page(sql: Session, correction_id: int, form: DecideForm) -> str:
    line = lists.one(sql, principal(), correction_id)
    who = principal()
    own = who.account_id == line.correction.asked_by
    refused = appointments.why_not(sql, who, line.account_id) if who.may("approve_hours") else ""
    may_decide = (
        line.correction.state == hour_corrections.ASKED and who.may("approve_hours") and not own and not refused
    )
    return render_template(
        "console/hours_show.html",
        line=line,
        form=form,
        states=STATES,
        may_decide=may_decide,
        own=own,
        refused=refused,
        # A seconded teacher learns here, and the own school may lie elsewhere.
        sees_person=who.may("people") and scope.reaches(sql, who, sql.get_one(Account, line.account_id).school_id),
    )


def _record(sql: Session, action: str, made: HourCorrection, enrolment: Enrolment, **detail: Any) -> None:
    record(
        sql,
        action,
        target=("enrolment", enrolment.id),
        organisation_id=enrolment.school_id,
        correction=made.id,
        **detail,
    )
