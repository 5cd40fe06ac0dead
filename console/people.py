"""A person's page, and what the desk does there: reset a password, lift a lock, take a WeChat off. Each after a check of who asks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.access import needs
from console.identity_forms import ActForm, act_form
from console.who import by, principal, record
from services import identity_check, once, password_reset, people, unlocking
from services.identity_check import Asking, Checked
from services.passwords import RANDOM, SHARED
from services.people import Card
from web.context import collaborators, now, unit_of_work

pages = Blueprint("people", __name__)

TIMELINE = "console.timeline.show"
SENT_ALREADY = "刚才的重置已经完成，没有再做一次；随机密码只显示一次。没有记下的，请重新打开此人的页面再重置。"
RULES = {"last_six": "证件号码后六位（X 大写）", SHARED: "通知公布的统一密码", RANDOM: "随机密码"}


@dataclass(frozen=True)
class About:
    """What the page of an act needs to know of the person."""

    card: Card
    asking: Asking
    rule: str


@pages.get("/people/<int:account_id>")
@needs("people")
def show(account_id: int) -> str:
    with unit_of_work(read_only=False) as session:
        card = people.card(session, collaborators().vault, principal(), account_id, now())
        record(session, "view_person", target=("account", account_id), organisation_id=card.person.school_id)
    timeline = url_for(TIMELINE, account_id=account_id) if TIMELINE in current_app.view_functions else None
    return render_template("console/person.html", card=card, person=card.person, timeline=timeline, rules=RULES)


@pages.route("/people/<int:account_id>/reset", methods=["GET", "POST"])
@needs("reset")
def reset(account_id: int) -> Any:
    about = _about(account_id)
    form = act_form(about.asking, rule=RULES[about.rule], wechat_bound=about.card.wechat_bound, by_rule=about.rule)
    checked = None
    if form.validate_on_submit():
        wish = password_reset.Wish(form.by_rule, form.keep_wechat, form.given(), form.form_id.data or "")
        try:
            outcome = password_reset.reset(unit_of_work, collaborators(), by(), account_id, wish, now())
        except once.UsedAlready:
            raise once.UsedAlready(SENT_ALREADY) from None
        checked = outcome.checked
        if checked.passed and outcome.password:
            return render_template(
                "console/person_password.html", about=about, password=outcome.password, at=now(), spell=spell
            )
        if checked.passed:
            flash(f"已重置：{outcome.name}的密码现在是{RULES[outcome.rule]}，登录后须修改。", "success")
            return _back(account_id)
    return _page("reset", "重置密码", about, form, checked)


@pages.route("/people/<int:account_id>/unlock", methods=["GET", "POST"])
@needs("reset")
def unlock(account_id: int) -> Any:
    return _act(account_id, "unlock", "解锁账号", unlocking.unlock, "已解锁，现在可以登录。")


@pages.route("/people/<int:account_id>/unbind", methods=["GET", "POST"])
@needs("reset")
def unbind(account_id: int) -> Any:
    return _act(
        account_id, "unbind", "解除微信绑定", unlocking.unbind, "已解除微信绑定，请本人用证件号码和密码登录后重新绑定。"
    )


def _act(account_id: int, act: str, title: str, do: Callable[..., Checked], done: str) -> Any:
    about = _about(account_id)
    form = act_form(about.asking)
    checked = None
    if form.validate_on_submit():
        with unit_of_work() as session:
            given = form.given()
            checked = do(session, collaborators(), by(), account_id, given, form.form_id.data or "", now())
        if checked.passed:
            flash(done, "success")
            return _back(account_id)
    return _page(act, title, about, form, checked)


def _about(account_id: int) -> About:
    """Raises NotFound, NotAllowed, before anything of the form is looked at."""
    using, moment, who = collaborators(), now(), principal()
    with unit_of_work(read_only=True) as session:
        account = people.reach(session, who, account_id)
        asking = identity_check.asking(session, using.vault, who, account, moment)
        rule, _ = password_reset.first_rule(session, account_id)
        return About(people.card(session, using.vault, who, account_id, moment), asking, rule)


def _page(act: str, title: str, about: About, form: ActForm, checked: Checked | None) -> Response:
    """The form, with a fresh id; after a try that did not match with what was right of it."""
    form.form_id.data = once.form(now())
    if checked is not None:
        about = _about(about.card.person.account_id)  # the last try may have closed it
    page = render_template(
        "console/person_act.html",
        act=act,
        title=title,
        about=about,
        form=form,
        checked=checked,
        titles=identity_check.TITLES,
    )
    return make_response(page, 422 if checked is not None or (request.method == "POST" and form.errors) else 200)


def _back(account_id: int) -> Response:
    return redirect(url_for("console.people.show", account_id=account_id), 303)


def spell(password: str) -> list[list[tuple[str, str]]]:
    """Each character with how it is said on the telephone, group by group."""
    return [[(character, _said(character)) for character in group] for group in password.split("-")]


def _said(character: str) -> str:
    return "零一二三四五六七八九"[int(character)] if character.isdigit() else f"小写 {character.upper()}"
