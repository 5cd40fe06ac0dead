"""Signing in to the console: number and password, then the second factor; a first password is changed before anything else."""

import re
from typing import cast

import segno
from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

from console import pending_key
from console.access import TOKEN, during, public
from console.forms import Form
from console.who import recognised
from services import second_factor, staff_sessions, staff_sign_in
from services.errors import BadCredentials, Invalid, Locked, XueshiError
from services.second_factor import SetUpAlready
from services.staff_sign_in import NotStaff, Passed
from services.work import UnitOfWork
from web.context import client, collaborators, now, unit_of_work
from web.statuses import status_of

pages = Blueprint("sign_in", __name__)

#: Where one may be led after signing in: a plain address of ours below /console/, so nobody's link leads elsewhere.
_OURS = re.compile(r"/console/(?!sign-)[A-Za-z0-9_\-/]*(?:\?[\w\-=&%+.,:]*)?")
_NEXT = "next"
work: UnitOfWork = unit_of_work


class PasswordForm(Form):
    number = StringField(
        "身份证号",
        [DataRequired("请填写身份证号"), Length(max=64)],
        render_kw={"autocomplete": "username", "inputmode": "text", "autocapitalize": "characters", "autofocus": True},
    )
    password = PasswordField(
        "密码", [DataRequired("请填写密码"), Length(max=128)], render_kw={"autocomplete": "current-password"}
    )


class CodeForm(Form):
    code = StringField(
        "验证码",
        [DataRequired("请填写验证码"), Length(max=64)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True},
    )


class NewPasswordForm(Form):
    new_password = PasswordField(
        "新密码",
        [DataRequired("请填写新密码"), Length(max=128)],
        render_kw={"autocomplete": "new-password", "autofocus": True},
        description="至少 8 位，含大写字母、小写字母、数字、符号中的三种，不要用身份证号里的数字。",
    )
    again = PasswordField(
        "再输入一次",
        [EqualTo("new_password", "两次输入的新密码不一致")],
        render_kw={"autocomplete": "new-password"},
    )


@pages.get("/sign-in")
@public
def form() -> Response | str:
    """Who is signed in already is led on, from the back button too."""
    here = _whoever()
    if here is not None and here.state == staff_sessions.OPEN:
        return redirect(_led_to(request.args.get(_NEXT, "")))
    return render_template("console/sign_in.html", form=PasswordForm(), next=request.args.get(_NEXT, ""))


@pages.post("/sign-in")
@public
def with_password() -> Response | tuple[str, int]:
    asked, led_to = PasswordForm(), request.form.get(_NEXT, "")
    status = 422
    if asked.validate_on_submit():
        try:
            token = staff_sign_in.with_password(
                work, collaborators(), asked.number.data, asked.password.data, now(), client()
            )
        except (BadCredentials, NotStaff, Locked) as error:
            flash(told(error), "danger")
            status = status_of(error)
        else:
            _leave_the_old_one()
            _begin(token)
            session[_NEXT] = led_to if _OURS.fullmatch(led_to) else ""
            return redirect(url_for(".code"))
    return render_template("console/sign_in.html", form=asked, next=led_to), status


@pages.get("/sign-in/code")
@during(staff_sessions.PASSWORD)
def code() -> str:
    return _code_page(CodeForm())


@pages.post("/sign-in/code")
@during(staff_sessions.PASSWORD)
def with_code() -> Response | tuple[str, int]:
    asked, status = CodeForm(), 422
    if asked.validate_on_submit():
        try:
            passed = staff_sign_in.with_code(work, collaborators(), recognised(), asked.code.data, now(), client())
        except (Invalid, Locked) as error:
            flash(told(error), "danger")
            status = status_of(error)
        else:
            if passed.recovery_left is not None:
                flash(f"备用码还剩 {passed.recovery_left} 个。换了手机请在“我的账号”里重新设置动态验证码。", "warning")
            return redirect(_after(passed))
    return _code_page(asked if asked.errors else CodeForm(formdata=None)), status


@pages.post("/sign-in/second-factor")
@during(staff_sessions.PASSWORD)
def with_new_phone() -> Response | str | tuple[str, int]:
    """The first time; the recovery codes are shown in the answer, and never again."""
    asked, here, status = CodeForm(), recognised(), 422
    key = pending_key.current(here.account.id)
    if key is None:
        return redirect(url_for(".code"))
    if asked.validate_on_submit():
        try:
            passed = staff_sign_in.with_new_phone(work, collaborators(), here, key, asked.code.data, now(), client())
        except SetUpAlready as error:
            pending_key.forget()
            flash(error.detail, "info")
            return redirect(url_for(".code"))
        except (Invalid, Locked) as error:
            flash(told(error), "danger")
            status = status_of(error)
        else:
            return render_template("console/recovery_codes.html", codes=passed.recovery, on=_after(passed))
    return _code_page(asked if asked.errors else CodeForm(formdata=None)), status


@pages.get("/sign-in/password")
@during(staff_sessions.CHANGING)
def password() -> str:
    return render_template("console/sign_in_password.html", form=NewPasswordForm())


@pages.post("/sign-in/password")
@during(staff_sessions.CHANGING)
def with_new_password() -> Response | tuple[str, int]:
    asked = NewPasswordForm()
    if asked.validate_on_submit():
        try:
            passed = staff_sign_in.with_new_password(
                work, collaborators(), recognised(), asked.new_password.data, now(), client()
            )
        except Invalid as error:
            asked.new_password.errors = [error.detail]
        else:
            flash("密码已修改，请记住新密码。", "success")
            return redirect(_after(passed))
    return render_template("console/sign_in_password.html", form=asked), 422


@pages.post("/sign-out")
@public
def out() -> Response:
    """Again is harmless; half signed in, too."""
    here = _whoever()
    if here is not None:
        staff_sign_in.out(work, collaborators(), here, now(), client())
    session.clear()
    flash("您已退出登录。", "success")
    return redirect(url_for(".form"))


def told(error: XueshiError) -> str:
    """The message, with how long a lock lasts."""
    if error.retry_after is None:
        return error.detail
    minutes, seconds = divmod(error.retry_after, 60)
    return f"{error.detail}（还需等待 {f'{minutes} 分 ' if minutes else ''}{seconds} 秒）"


def qr(key: str, name: str) -> str:
    """The picture for the authenticator app, as a data: address."""
    picture = segno.make_qr(second_factor.address(key, name), error="m")
    return picture.svg_data_uri(scale=5, border=4, dark="#000", light="#fff")


def groups(key: str) -> str:
    """The key in fours, to be typed where there is no camera."""
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def _code_page(asked: CodeForm) -> str:
    account = recognised().account
    with unit_of_work(read_only=True) as sql:
        known = second_factor.is_set_up(sql, account.id)
    if known:
        return render_template("console/sign_in_code.html", form=asked)
    key = pending_key.begun(account.id)
    return render_template("console/sign_in_phone.html", form=asked, qr=qr(key, account.name), key=groups(key))


def _after(passed: Passed) -> str:
    """Take the new token up; where to go on."""
    led_to = session.get(_NEXT, "")
    _begin(passed.token)
    if passed.state != staff_sessions.OPEN:
        session[_NEXT] = led_to
        return url_for(".password")
    return _led_to(led_to)


def _begin(token: str) -> None:
    """A cookie with nothing of the earlier one in it, the CSRF token neither."""
    messages = session.get("_flashes", [])
    session.clear()
    session[TOKEN] = token
    if messages:
        session["_flashes"] = messages


def _leave_the_old_one() -> None:
    """Whoever signs in anew has left the session that this browser had."""
    here = _whoever()
    if here is not None:
        with unit_of_work() as sql:
            staff_sessions.end(sql, here.session_id, now())


def _whoever() -> staff_sessions.Recognised | None:
    """Whose session came along to a page that is open to anybody."""
    return cast("staff_sessions.Recognised | None", g.staff)


def _led_to(address: str) -> str:
    return address if _OURS.fullmatch(address) else url_for("console.me.home")
