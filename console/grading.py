"""Grading (批阅): what waits in a workshop, one piece after the other."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from console import query
from console.access import needs
from console.forms import Form
from console.who import principal, record
from models import Achievement, Workshop
from programmes.parts import CertifiedPart, GradedPart
from services.authority import scope
from services.errors import Invalid, NotFound
from services.marks import homework, stamps, workshop_learners
from services.marks.homework import Piece
from services.marks.judgements import Judgement
from web.context import now, unit_of_work

pages = Blueprint("grading", __name__)

_PASSED = {"合格": True, "不合格": False}


class GradeForm(Form):
    seen = HiddenField()
    grade = HiddenField()
    comment = TextAreaField("评语", [Length(max=500, message="最多 500 字")], render_kw={"rows": 3, "maxlength": 500})
    recommended = BooleanField("推荐为优秀作业（推优）")


class SendBackForm(Form):
    seen = HiddenField()
    comment = TextAreaField(
        "退回的原因",
        [DataRequired("请写明退回的原因"), Length(max=500, message="最多 500 字")],
        id="reason",
        render_kw={"rows": 3, "maxlength": 500},
        description="学员会看到，请写清要改什么。",
    )


@pages.get("/grading")
@needs("workshop", "evidence")
def index() -> str | Response:
    """?workshop=… what waits there, or with ?done=1 what is judged."""
    wanted, done = query.number("workshop"), request.args.get("done") == "1"
    after = query.number("after") or 0
    with unit_of_work() as sql:
        if wanted is None:
            lines = workshop_learners.listed(sql, principal())
            if len(lines) == 1:
                return redirect(url_for("console.grading.index", workshop=lines[0].workshop.id))
            most = workshop_learners.WORKSHOPS
            return render_template("console/workshops.html", lines=lines[:most], more=len(lines) > most, page=1)
        workshop = scope.get(sql, principal(), Workshop, wanted)
        rows = homework.listed(sql, principal(), workshop, done=done, after=after)
        full = len(rows) == homework.MOST
        return render_template("console/grading_list.html", workshop=workshop, rows=rows, done=done, full=full)


@pages.get("/grading/<int:achievement_id>")
@needs("workshop", "evidence")
def show(achievement_id: int) -> str:
    with unit_of_work(read_only=False) as sql:
        piece = homework.get(sql, principal(), achievement_id, now())
        record(sql, "view_person", target=("achievement", achievement_id), organisation_id=piece.enrolment.school_id)
        return _page(piece, GradeForm(comment=piece.achievement.comment, recommended=piece.achievement.recommended))


@pages.post("/grading/<int:achievement_id>")
@needs("workshop")
def grade(achievement_id: int) -> str | Response:
    """Save the grade, go on with the next piece."""
    with unit_of_work() as sql:
        piece = homework.get(sql, principal(), achievement_id, now())
        form = GradeForm()
        if not form.validate():
            return _page(piece, form)
        certified = isinstance(piece.part, CertifiedPart)
        word = form.grade.data or ""
        try:
            row = homework.judge(
                sql,
                principal(),
                achievement_id,
                Judgement(passed=_PASSED.get(word)) if certified else Judgement(grade=word),
                comment=form.comment.data or "",
                recommended=bool(form.recommended.data),
                seen=form.seen.data or "",
                now=now(),
            )
        except Invalid as wrong:
            form.comment.errors = [wrong.detail]
            return _page(piece, form)
        except (stamps.HandedInMeanwhile, stamps.JudgedMeanwhile) as changed:
            return _again(achievement_id, changed.detail)
        record(
            sql, "grade", target=("achievement", row.id), organisation_id=piece.enrolment.school_id, part=row.part,
            grade=word, recommended=row.recommended,
        )  # fmt: skip
        following = homework.next_after(sql, principal(), piece)
    return _next(piece, following, f"{piece.name}：{word}。")


@pages.post("/grading/<int:achievement_id>/send-back")
@needs("workshop")
def send_back(achievement_id: int) -> str | Response:
    """Ask for a revision (退回)."""
    with unit_of_work() as sql:
        piece = homework.get(sql, principal(), achievement_id, now())
        form = SendBackForm()
        if not form.validate():
            row = piece.achievement
            return _page(piece, GradeForm(None, comment=row.comment, recommended=row.recommended), form)
        try:
            row = homework.send_back(
                sql, principal(), achievement_id, comment=form.comment.data, seen=form.seen.data or "", now=now()
            )
        except (stamps.HandedInMeanwhile, stamps.JudgedMeanwhile) as changed:
            return _again(achievement_id, changed.detail)
        record(
            sql, "grade", target=("achievement", row.id), organisation_id=piece.enrolment.school_id, part=row.part,
            returned=True,
        )  # fmt: skip
        following = homework.next_after(sql, principal(), piece)
    return _next(piece, following, f"已退回给 {piece.name}。")


def _page(piece: Piece, form: GradeForm, back: SendBackForm | None = None) -> str:
    grades: dict[str, float] = {}
    if isinstance(piece.part, CertifiedPart):
        grades = {"合格": piece.part.each, "不合格": 0.0}
    elif isinstance(piece.part, GradedPart):
        grades = piece.part.grades
    return render_template(
        "console/grading.html",
        piece=piece,
        form=form,
        back=back or SendBackForm(None),
        grades=grades,
        certified=isinstance(piece.part, CertifiedPart),
        mine=principal().may("workshop") and piece.judgeable and not piece.own,
    )


def _again(achievement_id: int, why: str) -> Response:
    """The page anew, with what was handed in or said meanwhile; nothing was saved."""
    flash(f"{why}没有保存。", "warning")
    with unit_of_work(read_only=True) as sql:
        try:
            scope.get(sql, principal(), Achievement, achievement_id)
        except NotFound:
            return redirect(url_for("console.grading.index"))
    return redirect(url_for("console.grading.show", achievement_id=achievement_id))


def _next(piece: Piece, following: int | None, said: str) -> Response:
    if following is not None:
        flash(said, "success")
        return redirect(url_for("console.grading.show", achievement_id=following))
    flash(f"{said}这个工作坊的都批完了。", "success")
    return redirect(url_for("console.grading.index", workshop=piece.enrolment.workshop_id))
