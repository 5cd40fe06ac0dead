"""The form by which staff say how they know the caller: one field for each question of the programme, or the document seen in person."""

from typing import Any

from flask import request
from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from console.forms import Form
from services import identity_check
from services.identity_check import BY_QUESTIONS, IN_PERSON, Asking, Given
from services.passwords import RANDOM

BY_RULE, AT_RANDOM = "first", "random"


class ActForm(Form):
    form_id = HiddenField(validators=[Length(max=64)])

    def given(self) -> Given:
        if self.how == IN_PERSON:
            return Given(in_person=True)
        return Given(answers={field.name.removeprefix("answer_"): field.data or "" for field in self.answers})

    @property
    def how(self) -> str:
        return str(self["checked"].data) if "checked" in self else BY_QUESTIONS

    @property
    def by_rule(self) -> bool:
        return "new" in self and self["new"].data == BY_RULE

    @property
    def keep_wechat(self) -> bool:
        return "wechat" not in self or self["wechat"].data == "keep"

    @property
    def answers(self) -> list[Any]:
        return [field for field in self if field.name.startswith("answer_")]


def act_form(asking: Asking, *, rule: str = "", wechat_bound: bool = False, by_rule: str = "") -> ActForm:
    """The form for this person. `rule`: how the programme's first password is called, for a reset; "" for the other acts."""
    fields: dict[str, Any] = {}
    if asking.may_vouch:
        fields["checked"] = RadioField(
            "怎样核对的身份",
            choices=choices((IN_PERSON, "当面核对了身份证件"), (BY_QUESTIONS, "电话提问")),
            default=BY_QUESTIONS if asking.can_ask else IN_PERSON,
        )
    seen = asking.may_vouch and request.form.get("checked") == IN_PERSON
    if asking.can_ask:
        for question in asking.questions:
            fields[f"answer_{question}"] = StringField(
                identity_check.TITLES[question],
                [Optional() if seen else InputRequired("请填写来电人的回答"), Length(max=100, message="太长")],
                render_kw={"autocomplete": "off"},
            )
    if rule:
        offered = _passwords(rule, by_rule)
        fields["new"] = RadioField("新密码", choices=offered, default=offered[0].value)
    if rule and wechat_bound:
        kept = choices(("keep", "保留（只是忘记了密码）"), ("remove", "解除（手机丢了、换了微信）"))
        fields["wechat"] = RadioField("微信绑定", choices=kept, default="keep")
    form: ActForm = type("PersonActForm", (ActForm,), fields)()
    return form


def choices(*pairs: tuple[str, str]) -> list[SelectChoice]:
    """What a RadioField offers: (value, label)."""
    return [SelectChoice(value, label) for value, label in pairs]


def _passwords(rule: str, by_rule: str) -> list[SelectChoice]:
    at_random = (AT_RANDOM, "随机密码（只显示一次，念给来电人）")
    return choices(at_random) if by_rule == RANDOM else choices((BY_RULE, f"按项目规定：{rule}"), at_random)
