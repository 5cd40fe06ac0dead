"""The person's own account in the console: where they begin, what they may act as, their password, phone and sessions."""

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from console import navigation, pending_key
from console.access import TOKEN, any_staff
from console.forms import Form
from console.sign_in import NewPasswordForm, groups, qr, told
from console.who import principal, recognised
from services import own_account, second_factor, staff_sessions
from services.authority.scope import GREATEST_ID
from services.errors import Invalid, Locked
from services.second_factor import WrongNewCode
from services.work import UnitOfWork
from web.context import client, collaborators, now, unit_of_work
from web.statuses import status_of

pages = Blueprint("me", __name__)
work: UnitOfWork = unit_of_work


class ChangePasswordForm(NewPasswordForm):
    old_password = PasswordField(
        "现在的密码",
        [DataRequired("请填写现在的密码"), Length(max=128)],
        render_kw={"autocomplete": "current-password"},
    )
    new_password = PasswordField(
        "新密码",
        [DataRequired("请填写新密码"), Length(max=128)],
        render_kw={"autocomplete": "new-password"},
        description=NewPasswordForm.new_password.kwargs["description"],
    )


class PhoneForm(Form):
    typed = StringField(
        "新手机上的验证码",
        [DataRequired("请填写新手机上的验证码"), Length(max=64)],
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    password = PasswordField(
        "现在的密码",
        [DataRequired("请填写现在的密码"), Length(max=128)],
        render_kw={"autocomplete": "current-password"},
    )
    current = StringField(
        "旧手机上的验证码，或一个备用码",
        [DataRequired("请填写旧手机上的验证码，或一个备用码"), Length(max=64)],
        render_kw={"autocomplete": "one-time-code"},
    )


class RecoveryForm(Form):
    code = StringField(
        "手机上的验证码",
        [DataRequired("请填写手机上的验证码"), Length(max=64)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


@pages.get("/")
@any_staff
def home() -> Response:
    """The first page of the person's menu."""
    return redirect(url_for(navigation.home_of(principal())))


@pages.get("/me")
@any_staff
def show() -> str:
    return _page(ChangePasswordForm(formdata=None), RecoveryForm(formdata=None))


@pages.post("/me/role")
@any_staff
def act_as() -> Response:
    """An empty appointment_id: as a workshop leader."""
    chosen = request.form.get("appointment_id", "")
    with unit_of_work() as sql:
        token = own_account.act_as(
            sql, collaborators(), recognised(), _key(chosen) if chosen else None, now(), client()
        )
    session[TOKEN] = token
    return redirect(url_for(".home"))


@pages.post("/me/password")
@any_staff
def change_password() -> Response | tuple[str, int]:
    asked, status = ChangePasswordForm(), 422
    if asked.validate_on_submit():
        old, new = asked.old_password.data, asked.new_password.data
        try:
            token = own_account.change_password(work, collaborators(), recognised(), old, new, now(), client())
        except (Invalid, Locked) as error:
            flash(told(error), "danger")
            status = status_of(error)
        else:
            session[TOKEN] = token
            flash("密码已修改，其他地方的登录都已退出。", "success")
            return redirect(url_for(".show"))
    return _page(asked, RecoveryForm(formdata=None)), status


@pages.get("/me/phone")
@any_staff
def phone() -> str:
    return _phone_page(PhoneForm(formdata=None))


@pages.post("/me/phone")
@any_staff
def replace_phone() -> Response | str | tuple[str, int]:
    asked, here, status = PhoneForm(), recognised(), 422
    key = pending_key.current(here.account.id)
    if key is None:
        return redirect(url_for(".phone"))
    if asked.validate_on_submit():
        try:
            token, codes = own_account.replace_phone(
                work,
                collaborators(),
                here,
                password=asked.password.data,
                current=asked.current.data,
                key=key,
                typed=asked.typed.data,
                now=now(),
                client=client(),
            )
        except WrongNewCode as error:
            asked.typed.errors = [error.detail]
        except (Invalid, Locked) as error:
            flash(told(error), "danger")
            status = status_of(error)
        else:
            session[TOKEN] = token
            pending_key.forget()
            return render_template("console/recovery_codes.html", codes=codes, on=url_for(".show"))
    return _phone_page(asked), status


@pages.post("/me/recovery-codes")
@any_staff
def new_recovery_codes() -> str | tuple[str, int]:
    """Shown in the answer, and never again."""
    asked, status = RecoveryForm(), 422
    if asked.validate_on_submit():
        try:
            codes = own_account.new_recovery_codes(
                work, collaborators(), recognised(), asked.code.data, now(), client()
            )
        except (Invalid, Locked) as error:
            flash(told(error), "danger")
            status = status_of(error)
        else:
            return render_template("console/recovery_codes.html", codes=codes, on=url_for(".show"))
    return _page(ChangePasswordForm(formdata=None), asked), status


@pages.post("/me/sessions")
@any_staff
def end_sessions() -> Response:
    """The one that the form names, or without a name all but this one."""
    which = request.form.get("which", "")
    with unit_of_work() as sql:
        own_account.end_session(sql, collaborators(), recognised(), _key(which) if which else None, now(), client())
    flash("已退出那里的登录。" if which else "其他地方的登录都已退出。", "success")
    return redirect(url_for(".show"))


@pages.get("/<path:_unknown>")
@any_staff
def unknown(_unknown: str) -> Response:
    """So that a mistyped address is answered with a page, too."""
    abort(404)


def _page(password_form: ChangePasswordForm, recovery_form: RecoveryForm) -> str:
    here = recognised()
    with unit_of_work(read_only=True) as sql:
        return render_template(
            "console/me.html",
            roles=own_account.roles(sql, here),
            sessions=staff_sessions.going_on(sql, here.account.id, now()),
            here=here,
            recovery_left=second_factor.recovery_left(sql, here.account.id),
            password_form=password_form,
            recovery_form=recovery_form,
        )


def _phone_page(asked: PhoneForm) -> str:
    account = recognised().account
    key = pending_key.begun(account.id)
    return render_template("console/me_phone.html", form=asked, qr=qr(key, account.name), key=groups(key))


def _key(text: str) -> int:
    """An id from a form; 0, which is nobody's, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(GREATEST_ID)) else 0
