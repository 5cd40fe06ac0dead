"""Samples (抽查): drawn by a seed that is shown, so that everybody can draw them again; what those drawn have."""

import io

from flask import Blueprint, current_app, flash, redirect, render_template, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Length

from console import programme_choice, query
from console.access import needs
from console.forms import Form
from console.programme_choice import Choice
from console.uploads import XLSX
from console.who import principal, record
from models import Sample
from services import programmes
from services.authority import scope
from services.errors import Invalid
from services.registers import sampled, sampling
from services.registers.sampling import NobodyToDraw, NoSampling
from web.context import collaborators, now, unit_of_work

pages = Blueprint("samples", __name__)


class DrawForm(Form):
    slug = HiddenField(validators=[DataRequired()])
    round = StringField(
        "抽查的名称", [DataRequired("请写明抽查的名称"), Length(max=50)], description="例如：2022年第一次抽查"
    )
    seed = StringField(
        "种子",
        [Length(max=64)],
        description="当众摇出的号码或一个词；不填由系统随机生成。同一种子、同样的人，抽出的名单相同。",
    )


@pages.get("/samples")
@needs("sample")
def index() -> str:
    with unit_of_work() as sql:
        choice = programme_choice.chosen(sql, principal())
        return _index(sql, choice, DrawForm(slug=choice.slug))


@pages.post("/samples")
@needs("sample")
def draw() -> str | Response:
    with unit_of_work() as sql:
        choice = programme_choice.chosen(sql, principal())
        form = DrawForm()
        if not form.validate():
            return _index(sql, choice, form)
        try:
            sample, new = sampling.draw(
                sql,
                collaborators().vault,
                choice.slug,
                form.round.data,
                by=principal().name,
                now=now(),
                seed=form.seed.data.strip() or sampling.new_seed(),
                organisation_id=principal().organisation_id or 0,
            )
        except Invalid as wrong:
            _tell(form, wrong)
            return _index(sql, choice, form)
        except (NobodyToDraw, NoSampling) as refused:
            form.round.errors = [refused.detail]
            return _index(sql, choice, form)
        if new:
            record(
                sql, "sample", target=("sample", sample.id), organisation_id=sample.organisation_id or None,
                round=sample.round, seed=sample.seed, programme=sample.programme_slug,
            )  # fmt: skip
        sample_id, name = sample.id, sample.round
    if new:
        flash("已抽取。", "success")
    else:
        flash(f"“{name}”已经抽取过，名单不变。要另抽一次，请换一个名称。", "info")
    return redirect(url_for("console.samples.show", sample_id=sample_id))


@pages.get("/samples/<int:sample_id>")
@needs("sample")
def show(sample_id: int) -> str:
    page = query.page_number()
    with unit_of_work(read_only=False) as sql:
        sample = scope.get(sql, principal(), Sample, sample_id)
        rows = sampled.page(
            sql,
            collaborators().vault,
            principal(),
            sample,
            now(),
            start=(page - 1) * sampled.PAGE,
            most=sampled.PAGE + 1,
        )
        shown = render_template(
            "console/sample.html",
            sample=sample,
            programme=programmes.latest(sql, sample.programme_slug),
            rows=rows[: sampled.PAGE],
            more=len(rows) > sampled.PAGE,
            page=page,
            count=sampled.count(sql, principal(), sample),
            redrawn=sampling.redraw(sql, collaborators().vault, sample) if page == 1 else None,
            has_timeline="console.timeline.show" in current_app.view_functions,
        )
        record(sql, "view_person", target=("sample", sample.id), organisation_id=sample.organisation_id or None)
        return shown


@pages.post("/samples/<int:sample_id>/export")
@needs("sample")
def export(sample_id: int) -> Response:
    """The list as a file, numbers masked."""
    with unit_of_work() as sql:
        sample = scope.get(sql, principal(), Sample, sample_id)
        title = f"抽查名单 {sample.round}"
        rows = sampled.everybody(sql, collaborators().vault, principal(), sample, now())
        content = sampled.file_of(title, rows)
        record(
            sql, "export", target=("sample", sample.id), organisation_id=sample.organisation_id or None, what="sample"
        )
    return send_file(io.BytesIO(content), XLSX, as_attachment=True, download_name=f"{title}.xlsx", max_age=0)


def _index(sql: Session, choice: Choice, form: DrawForm) -> str:
    rule = programmes.get(sql, choice.programme.id).sampling if choice.programme else None
    samples = sampled.samples(sql, principal(), choice.slug)
    return render_template("console/samples.html", choice=choice, form=form, rule=rule, samples=samples)


def _tell(form: DrawForm, wrong: Invalid) -> None:
    """The reason below the field that it is about."""
    about = {str(one.get("field", "")) for one in wrong.extra.get("errors", [])}
    (form.seed if "seed" in about else form.round).errors = [wrong.detail]
