"""Who may see a page: checks the session before every view of the console, then the mark of the view, then the form's CSRF token.

A view without a mark is refused to everybody: forgetting one closes a door. Marks go below the route:

    @pages.get("/people")
    @needs("people")
    def …
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from services import audit, staff_sessions
from services.authority.principals import NotAllowed
from services.authority.roles import Permission
from web.context import client_address, collaborators, now, request_session, unit_of_work

View = TypeVar("View", bound=Callable[..., Any])

#: What a view may be marked with beside a permission.
PUBLIC, ANY_STAFF, DURING = "public", "any_staff", "during:"
#: Where the cookie keeps the session's token.
TOKEN = "staff"  # noqa: S105  # the name of a field
#: console.js says by this header that a page asks by itself (progress, the live view): nobody is there because of that.
UNASKED = "X-Unasked"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Where each state of a session has to go on (services.staff_sessions).
_NEXT = {staff_sessions.PASSWORD: "console.sign_in.code", staff_sessions.CHANGING: "console.sign_in.password"}

csrf = CSRFProtect()


def needs(*permissions: Permission) -> Callable[[View], View]:
    """Open to roles with one of these permissions."""
    return _marking(permissions)


def public(view: View) -> View:
    """Anybody may ask."""
    return _marking((PUBLIC,))(view)


def any_staff(view: View) -> View:
    """Whoever is signed in, whatever the role."""
    return _marking((ANY_STAFF,))(view)


def during(state: str) -> Callable[[View], View]:
    """A step of signing in: open to sessions in this state, and to no other."""
    return _marking((f"{DURING}{state}",))


def mark_of(endpoint: str) -> tuple[str, ...]:
    """What the view is marked with; () for one that was forgotten."""
    return getattr(current_app.view_functions[endpoint], "console_access", ())


def install(app: Flask) -> None:
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)  # as long as the session
    csrf.init_app(app)


def check() -> AnyResponse | None:
    """Before every view of the console."""
    mark = mark_of(request.endpoint or "")
    staff = g.staff = _recognise()
    if mark == (PUBLIC,):
        _csrf()
        return None
    if staff is None:
        return to_sign_in()
    g.account_id = staff.account.id
    if mark != (f"{DURING}{staff.state}",):
        if staff.state != staff_sessions.OPEN:
            return _go(url_for(_NEXT[staff.state]))
        if mark and mark[0].startswith(DURING):  # back to a step that was taken, or sent twice
            return _go(url_for("console.me.home"))
        who = staff.principal
        if who is None or not (mark == (ANY_STAFF,) or any(permission in who.role.may for permission in mark)):
            raise NotAllowed
    _csrf()
    if staff.due and UNASKED not in request.headers:
        with unit_of_work(read_only=False) as sql:
            staff_sessions.seen(sql, staff.session_id, now())
    return None


def to_sign_in() -> AnyResponse:
    """Back to where the person was, once signed in; a form that was sent is not sent again."""
    # The cookie stays as it is: of a form that was sent twice, the second answer must not undo the sign-in of the first.
    whole = request.method == "GET" and not request.headers.get("HX-Request")
    back = request.full_path.rstrip("?") if whole else None
    return _go(url_for("console.sign_in.form", next=back))


def note_refusal(error: Exception) -> None:
    """Write down that somebody signed in was refused, where something was to be changed or the role does not allow it."""
    staff = g.get("staff")
    if staff is None or staff.principal is None or not (request.method in UNSAFE or isinstance(error, NotAllowed)):
        return
    with unit_of_work(read_only=False) as sql:
        audit.record(
            sql,
            collaborators().vault,
            audit.By(staff.principal, client_address()),
            "refused",
            now(),
            result="refused",
            endpoint=request.endpoint,
            code=getattr(error, "code", ""),
            of={key: str(value) for key, value in (request.view_args or {}).items()},
        )


def _recognise() -> staff_sessions.Recognised | None:
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    sql = request_session(read_only=True)
    try:
        return staff_sessions.recognise(sql, token, now())
    finally:
        sql.rollback()  # the view's own transaction may write


def _csrf() -> None:
    if request.method in UNSAFE and current_app.config.get("WTF_CSRF_ENABLED", True):
        csrf.protect()


def _go(address: str) -> AnyResponse:
    """A redirect that htmx follows with the whole page."""
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _marking(mark: tuple[str, ...]) -> Callable[[View], View]:
    def marked(view: View) -> View:
        view.__dict__["console_access"] = mark
        return view

    return marked
