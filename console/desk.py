"""The desk (服务台): finding a teacher who phones, by number, mobile or name. What is typed is sent by POST and written down nowhere."""

from flask import Blueprint, render_template, request
from wtforms import StringField
from wtforms.validators import Length

from console.access import needs
from console.forms import Form
from console.who import principal, record
from services import people
from services.people import NAME, UNREADABLE, Found
from web.context import collaborators, now, unit_of_work

pages = Blueprint("desk", __name__)

#: What htmx says sent the request while the person is still typing.
TYPING = frozenset({"text", "school"})
TOO_LONG = "输入的内容太长。请输入姓名、完整的手机号或证件号码。"


class SearchForm(Form):
    text = StringField("姓名、手机号或证件号码", [Length(max=500)])
    school = StringField("学校（可不填）", [Length(max=100)])


@pages.get("/desk")
@needs("people")
def show() -> str:
    return render_template("console/desk.html", form=SearchForm(), found=None)


@pages.post("/desk")
@needs("people")
def search() -> str:
    form = SearchForm()
    found = _find(form) if form.validate() else Found(UNREADABLE, hint=TOO_LONG)
    template = "console/desk_found.html" if request.headers.get("HX-Request") else "console/desk.html"
    return render_template(template, form=form, found=found, may_reset=principal().may("reset"))


def _find(form: SearchForm) -> Found | None:
    asked = people.understand(form.text.data or "")
    typing = request.headers.get("HX-Trigger") in TYPING
    if typing and asked.kind == UNREADABLE:
        return None  # not typed to the end yet: nothing to say
    with unit_of_work() as session:
        found = people.find(session, collaborators().vault, principal(), asked, form.school.data or "", now())
        if asked.kind != UNREADABLE:
            at = bool(form.school.data) and asked.kind == NAME
            record(session, "find_people", kind=asked.kind, at_school=at, found=len(found.people))
    return found
