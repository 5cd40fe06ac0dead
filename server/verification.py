"""GET /verify/<code>: whether a paper (证书) is genuine, for anybody who holds it. A page for a phone, without scripts; JSON for who asks.

Codes are 128 random bits, so there is nothing to try out; the page is not kept, not indexed, and tells no other site its address.
"""

import base64
import hashlib
from datetime import date
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, render_template, request

from server.errors import problem
from services.papers import says as paper_says
from services.papers import verification
from services.papers.verification import Verified
from web.context import unit_of_work

STYLE = (Path(__file__).parent / "templates" / "verify.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Vary": "Accept",
}
UNKNOWN = "没有这张证书。"


def install(app: Flask) -> None:
    routes = Blueprint("verification", __name__)

    @routes.get("/verify/<code>")
    def verify(code: str) -> Response:
        with unit_of_work() as session:
            found = verification.look_up(session, code)
        wants_json = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
        response = _as_json(found) if wants_json else _as_page(found)
        response.headers.update(HEADERS)
        return response

    app.add_template_filter(paper_says.plain_date, "day")
    app.register_blueprint(routes)


def _as_page(found: Verified | None) -> Response:
    page = render_template("verify.html", paper=found, style=STYLE, unknown=UNKNOWN)
    return Response(page, 200 if found else 404, mimetype="text/html")


def _as_json(found: Verified | None) -> Response:
    if found is None:
        return problem(404, "not_found", UNKNOWN)
    return jsonify(
        state="valid" if found.valid else "revoked",
        title=found.title,
        number=found.number,
        name=found.name,
        programme=found.programme,
        issuer=found.issuer,
        hours=found.hours,
        issued_on=_iso(found.issued_on),
        reissued_on=_iso(found.reissued_on),
        revoked_on=_iso(found.revoked_on),
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
