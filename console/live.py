"""The live view (实时监控): who studies now, what is withheld and why, whether the flusher keeps up; asked every five seconds by htmx."""

from flask import Blueprint, render_template, request

from console.access import needs
from services.watching import live
from web.context import collaborators, now, unit_of_work

pages = Blueprint("live", __name__)


@pages.get("/live")
@needs("live")
def index() -> str:
    """The page; with htmx only its numbers. `beats` and `at` are those of the look before, for the rate."""
    with unit_of_work() as sql:
        seen = live.look(sql, collaborators().store, now())
    before, at = (_whole(request.args.get(name, "")) for name in ("beats", "at"))
    rate = live.beats_per_minute(seen, before, at)
    template = "console/live_now.html" if request.headers.get("HX-Request") else "console/live.html"
    return render_template(template, live=seen, rate=rate, at=int(seen.at.timestamp() * 1000))


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
