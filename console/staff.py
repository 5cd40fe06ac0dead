"""Who watches over (管理人员): appointed and dismissed by somebody of a higher rank, within reach; a lost phone.

Appointing takes two steps: an ID number, typed, names a person at an organisation; a signed ticket carries who it was to the second.
"""

from collections.abc import Sequence

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from console.access import needs
from console.organisations import find_form, unit_page
from console.query import page_number
from console.who import principal, record
from models import Account, Organisation
from services import id_numbers, notices, second_factor
from services.authority import appointments, scope
from services.authority.principals import Principal
from services.authority.roles import ROLES
from services.errors import Conflict, Invalid, NotFound
from web.context import collaborators, now, unit_of_work
from web.statuses import status_of

pages = Blueprint("staff", __name__)

PAGE = 50
#: How long the second step may wait, s.
TICKET_S = 600


class StaleTicket(Conflict):
    """页面打开太久，没有任命。请重新输入证件号码。"""

    code = "stale_ticket"


@pages.get("/staff")
@needs("appoint")
def show() -> str:
    page = page_number()
    with unit_of_work() as sql:
        found = appointments.below(sql, principal(), offset=(page - 1) * PAGE, limit=PAGE + 1)
        return render_template("console/staff.html", held=found[:PAGE], more=len(found) > PAGE, page=page, roles=ROLES)


@pages.get("/staff/people/<int:account_id>")
@needs("appoint")
def person(account_id: int) -> str:
    with unit_of_work(read_only=False) as sql:
        account, held = appointments.holder(sql, principal(), account_id)
        number = collaborators().vault.open(account.id_envelope, account.id)
        shown = render_template(
            "console/staff_person.html",
            account=account,
            number=id_numbers.mask(number),
            held=held,
            set_up=second_factor.is_set_up(sql, account.id),
            recovery_left=second_factor.recovery_left(sql, account.id),
        )
        record(sql, "view_person", target=("account", account.id), organisation_id=_unit(account, held))
        return shown


@pages.post("/staff/people/<int:account_id>/second-factor")
@needs("appoint")
def reset_second_factor(account_id: int) -> Response:
    with unit_of_work() as sql:
        account, held = appointments.holder(sql, principal(), account_id)
        there = appointments.reset_second_factor(sql, principal(), account_id, now())
        by = principal()
        text = f"您管理账号的动态验证码已由{by.title}{by.name}重置，下次登录时请重新设置。不是您要求的，请马上联系他。"
        notices.tell(sql, account.id, "second_factor_reset", text, now())
        record(sql, "second_factor", target=("account", account_id), organisation_id=_unit(account, held), what="reset")
        name = account.name
    flash(
        f"{name}的动态验证码已重置，下次登录时重新设置。"
        if there
        else f"{name}还没有设置动态验证码，已退出其所有登录。",
        "success",
    )
    return redirect(url_for(".person", account_id=account_id))


@pages.post("/staff/appointments/<int:appointment_id>/end")
@needs("appoint")
def end(appointment_id: int) -> Response:
    with unit_of_work() as sql:
        held = appointments.end(sql, principal(), appointment_id, now())
        target, unit = ("account", held.account_id), held.organisation_id
        record(sql, "end_appointment", target=target, organisation_id=unit, role=held.role)
        title = ROLES[held.role].title
    flash(f"已免去{title}，马上生效。", "success")
    return redirect(url_for(".show"))


@pages.post("/staff/organisations/<int:organisation_id>/find")
@needs("appoint")
def find(organisation_id: int) -> tuple[str, int]:
    """Who it is that would be appointed: to be looked at before it is done."""
    with unit_of_work() as sql:
        unit = scope.get(sql, principal(), Organisation, organisation_id)
        asked = find_form(unit)
        if asked.validate_on_submit():
            try:
                account = appointments.candidate(sql, collaborators().vault, principal(), asked.number.data)
            except (Invalid, NotFound) as error:
                asked.number.errors = [error.detail]
                page = unit_page(sql, unit, find=asked)
                record(sql, "find_people", organisation_id=unit.id, found=0)
                return page, status_of(error)
            else:
                shown = render_template(
                    "console/staff_appoint.html",
                    account=account,
                    unit=unit,
                    role=ROLES[asked.role.data],
                    number=id_numbers.mask(collaborators().vault.open(account.id_envelope, account.id)),
                    school=sql.get(Organisation, account.school_id) if account.school_id else None,
                    ticket=_tickets().dumps([principal().account_id, unit.id, account.id, asked.role.data]),
                )
                record(sql, "find_people", target=("account", account.id), organisation_id=unit.id, found=1)
                return shown, 200
        return unit_page(sql, unit, find=asked), 422


@pages.post("/staff/organisations/<int:organisation_id>/appoint")
@needs("appoint")
def appoint(organisation_id: int) -> Response:
    with unit_of_work() as sql:
        unit = scope.get(sql, principal(), Organisation, organisation_id)
        account_id, role = _from_ticket(unit.id)
        held = appointments.appoint(sql, principal(), account_id, role, unit.id, now())
        record(sql, "appoint", target=("account", held.account_id), organisation_id=unit.id, role=role)
    flash(f"已任命{ROLES[role].title}。请告诉本人：在电脑上打开管理后台，用身份证号和密码登录。", "success")
    return redirect(url_for(".person", account_id=account_id))


def _unit(account: Account, held: Sequence[Principal]) -> int | None:
    """Where the audit log has it: at the highest of these roles; a workshop leader's where they teach."""
    return held[0].organisation_id or account.school_id


def _tickets() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="console appointment")


def _from_ticket(organisation_id: int) -> tuple[int, str]:
    """The account and role that were shown to this person, for this organisation. Raises StaleTicket."""
    try:
        by, unit, account_id, role = _tickets().loads(request.form.get("ticket", ""), max_age=TICKET_S)
    except BadData:
        raise StaleTicket from None
    if (by, unit) != (principal().account_id, organisation_id):
        raise StaleTicket
    return account_id, role
