"""What stands on a paper (证书内容), put into words once, when it is issued; a programme's later version changes none of it."""

from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

import programmes
from programmes.parts import Paper as Rule

_DIGITS = "〇一二三四五六七八九"


class Reissue(Struct, frozen=True):
    """The paper was issued again under its number (换发)."""

    at: datetime
    because: str


class Says(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`heading` stands above, `body` is the sentence for `name`, `closing` ends it. `hours`: credit hours, where the paper states them."""

    kind: Literal["completion", "proof", "honour"]
    title: str
    heading: str
    name: str
    body: str
    closing: str
    programme: str
    version: int
    issuer: str
    hours: float | None = None
    school: str = ""
    stage: str = ""
    subject: str = ""
    reissues: tuple[Reissue, ...] = ()

    def frozen(self) -> dict[str, Any]:
        """For models.Paper.says."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def read(frozen: dict[str, Any]) -> Says:
    """The reverse of Says.frozen; fields of another release are left aside."""
    return msgspec.convert(frozen, Says)


def compose(
    programme: programmes.Programme,
    rule: Rule,
    *,
    name: str,
    hours: float | None,
    school: str,
    stage: str,
    subject: str,
) -> Says:
    """What a paper of this rule says of this person."""
    kind: Literal["completion", "proof", "honour"] = (
        "honour" if rule.honour else "proof" if rule.title.endswith("证明") else "completion"
    )
    stated = hours if rule.states_hours else None
    body, closing = _sentences(programme, rule, kind, stated)
    return Says(
        kind=kind,
        title=rule.title,
        heading="荣誉证书" if kind == "honour" and not rule.title.endswith("证书") else rule.title,
        name=name,
        body=body,
        closing=closing,
        programme=programme.title,
        version=programme.version,
        issuer=programme.notice.issuer,
        hours=stated,
        school=school,
        stage=stage,
        subject=subject,
    )


def _sentences(programme: programmes.Programme, rule: Rule, kind: str, hours: float | None) -> tuple[str, str]:
    when = f"于{_span(programme)}"
    leading = rule.role == "workshop_leader"
    if kind == "honour":
        deed = "担任工作坊坊主，辅导工作成绩突出" if leading else "学习成绩优秀"
        return f"{when}在{programme.title}中{deed}，被评为“{rule.title}”。", "特发此证，以资鼓励。"
    took_part = f"{when}在{programme.title}中担任工作坊坊主" if leading else f"{when}参加{programme.title}"
    if kind == "proof":
        return f"{took_part}，{_counted(hours, '经考核合格')}。", "特此证明。"
    finished = "，准予结业" if rule.title.startswith("结业") else ""
    return f"{took_part}，{_counted(hours, '考核合格')}{finished}。", "特发此证。"


def _counted(hours: float | None, passed: str) -> str:
    return passed if hours is None else f"完成{hours:g}学时的学习任务，{passed}"


def _span(programme: programmes.Programme) -> str:
    """The days on which study counted: 2022年7月16日至10月31日."""
    zone = programme.zone
    phases = [phase for phase in programme.calendar.phases if phase.study]
    first = min(phase.opens.begin(zone) for phase in phases).date()
    last = (max(phase.closes.end(zone) for phase in phases) - timedelta(microseconds=1)).date()
    until = f"{last.month}月{last.day}日" if first.year == last.year else plain_date(last)
    return f"{plain_date(first)}至{until}"


def plain_date(day: date) -> str:
    """2022年11月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_date(day: date) -> str:
    """二〇二二年十一月五日, as documents are dated."""
    year = "".join(_DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{_below_hundred(day.month)}月{_below_hundred(day.day)}日"


def day_of(moment: datetime) -> date:
    """The Chinese calendar day of an aware moment."""
    return moment.astimezone(ZoneInfo("Asia/Shanghai")).date()


def _below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "") + (_DIGITS[ones] if ones or not tens else "")
