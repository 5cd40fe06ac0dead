"""Places (名额) of the units below the own one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.access import needs
from console.who import by, principal, record
from models import Organisation
from services.authority import scope
from services.enrolling import quota_desk, quotas
from services.errors import Conflict, Invalid
from web.context import unit_of_work

pages = Blueprint("quotas", __name__)


@pages.get("/quotas")
@needs("quotas")
def index() -> str | Response:
    with unit_of_work() as session:
        found = quota_desk.listed(session)
    if len(found) == 1:
        return redirect(url_for(".show", slug=found[0].slug))
    return render_template("console/quotas_programmes.html", found=found)


@pages.get("/quotas/<slug>")
@needs("quotas")
def show(slug: str) -> str:
    return _page(slug, None)


@pages.get("/quotas/<slug>/<int:organisation_id>")
@needs("quotas")
def below(slug: str, organisation_id: int) -> str:
    return _page(slug, organisation_id)


@pages.post("/quotas/<slug>/<int:organisation_id>")
@needs("quotas")
def put(slug: str, organisation_id: int) -> Response:
    with unit_of_work(read_only=True) as session:
        parent_id = scope.get(session, principal(), Organisation, organisation_id).parent_id
    text, track = request.form.get("places", "").strip(), request.form.get("track", "")[:64]
    try:
        if not (text.isascii() and text.isdecimal() and len(text) < 8):
            raise Invalid.field("places", f"名额应为 0 到 {quotas.MOST} 的整数")
        with unit_of_work() as session:
            unit = quota_desk.put(session, by(), slug, organisation_id, track=track, places=int(text))
            name = unit.name
            record(
                session, "quota", target=("organisation", organisation_id), organisation_id=organisation_id,
                programme=slug, track=track, places=int(text),
            )  # fmt: skip
    except (Invalid, Conflict) as refused:
        flash(refused.detail, "danger")
    else:
        flash(f"已保存{name}的名额。", "success")
    if parent_id is None or parent_id == principal().organisation_id:
        return redirect(url_for(".show", slug=slug))
    return redirect(url_for(".below", slug=slug, organisation_id=parent_id))


def _page(slug: str, organisation_id: int | None) -> str:
    with unit_of_work() as session:
        page = quota_desk.page(session, principal(), slug, organisation_id)
        return render_template("console/quotas.html", page=page)
