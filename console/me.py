"""The person's own account in the console: where they begin, what they may act as."""

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from console import navigation
from console.access import any_staff
from console.who import principal

pages = Blueprint("me", __name__)


@pages.get("/")
@any_staff
def home() -> Response:
    """The first page of the person's menu."""
    return redirect(url_for(navigation.home_of(principal())))


@pages.get("/me")
@any_staff
def show() -> str:
    return render_template("console/me.html")


@pages.get("/<path:_unknown>")
@any_staff
def unknown(_unknown: str) -> Response:
    """So that a mistyped address is answered with a page, too."""
    abort(404)
