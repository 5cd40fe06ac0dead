"""Signing in to the console: number and password, then the second factor; a first password is changed before anything else."""

from flask import Blueprint, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from console.access import TOKEN, any_staff, during, public
from console.who import recognised
from services import staff_sessions
from web.context import now, unit_of_work

pages = Blueprint("sign_in", __name__)


@pages.get("/sign-in")
@public
def form() -> str:
    return render_template("console/sign_in.html")


@pages.get("/sign-in/code")
@during(staff_sessions.PASSWORD)
def code() -> str:
    return render_template("console/sign_in.html")


@pages.get("/sign-in/password")
@during(staff_sessions.CHANGING)
def password() -> str:
    return render_template("console/sign_in.html")


@pages.post("/sign-out")
@any_staff
def out() -> Response:
    with unit_of_work() as sql:
        staff_sessions.end(sql, recognised().session_id, now())
    session.pop(TOKEN, None)
    return redirect(url_for("console.sign_in.form"))
