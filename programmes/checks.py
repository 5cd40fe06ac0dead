"""What types alone cannot say about a programme: whether its values agree with one another."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from programmes.arrangements import Form
from programmes.basics import Band, Cited
from programmes.fields import FIELDS
from programmes.parts import CertifiedPart, CoursesPart, GradedPart, Part, PassRule, RatedPart, SubmittedPart
from programmes.schema import PRIVATE_QUESTIONS, Calendar, Counting, Phase, Programme, Span

Path = list[str | int]
Found = Iterator[tuple[Path, str]]


def problems_of(programme: Programme) -> list[tuple[Path, str]]:
    """(path, sentence) of everything that keeps this programme from being used."""
    return [
        *_uncited(programme, []),
        *_version(programme),
        *_sign_in(programme),
        *_calendar(programme),
        *_modules(programme),
        *_parts(programme, programme.parts, programme.pass_rule, ["parts"]),
        *_marks(programme.pass_rule, programme.parts, ["pass_rule"]),
        *_leader(programme),
        *_credits(programme),
        *_papers(programme),
        *_arrangements(programme),
        *_counting(programme.counting),
    ]


def _uncited(value: Any, path: Path) -> Found:
    """Every table says where it comes from."""
    if isinstance(value, Cited) and not value.clause.strip() and not value.assumed.strip():
        yield [*path, "clause"], "没有写明出处：请写条款 clause，通知未规定的写 assumed 说明"
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _uncited(getattr(value, name), [*path, name])
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _uncited(item, [*path, number])


def _version(programme: Programme) -> Found:
    if programme.version > 1 and not programme.changes.strip():
        yield ["changes"], f"第 {programme.version} 版要用 changes 说明改了什么"


def _sign_in(programme: Programme) -> Found:
    first = programme.sign_in.first_password
    path: Path = ["sign_in", "first_password", "shared"]
    if first.rule == "shared" and len(first.shared) < 8:
        yield path, "统一初始密码至少 8 位"
    if first.rule != "shared" and first.shared:
        yield path, f"初始密码规则是 {first.rule}，不应再写统一密码"
    if programme.sign_in.account == "username" and first.rule == "last_six":
        yield [*path[:-1], "rule"], "账号不是身份证号，初始密码不能取身份证号后六位"
    if PRIVATE_QUESTIONS.isdisjoint(programme.sign_in.identity_questions):
        sentence = (
            "核对提问至少要有 mobile_last_four（手机号末四位）或 birth_date（出生日期）：姓名、学校、学段学科同事都知道"
        )
        yield ["sign_in", "identity_questions"], sentence


def _calendar(programme: Programme) -> Found:
    calendar, zone = programme.calendar, programme.zone
    kinds: dict[str, Sequence[Span]] = {"phases": calendar.phases, "closures": calendar.closures}
    for name, spans in kinds.items():
        for number, span in enumerate(spans):
            if span.opens.begin(zone) >= span.closes.end(zone):
                yield (
                    ["calendar", name, number, "closes"],
                    f"“{span.title}”的结束 {span.closes!r} 不晚于开始 {span.opens!r}",
                )
    yield from _repeated([phase.key for phase in calendar.phases], ["calendar", "phases"])
    yield from _phase_order(calendar, programme)


def _phase_order(calendar: Calendar, programme: Programme) -> Found:
    """Phases stand in the order in which they open; two study phases never overlap, so a second is never counted twice."""
    zone = programme.zone
    last_study: Phase | None = None
    for number, phase in enumerate(calendar.phases):
        here: Path = ["calendar", "phases", number, "opens"]
        before = calendar.phases[number - 1] if number else None
        if before and phase.opens.begin(zone) < before.opens.begin(zone):
            yield here, f"“{phase.title}”开始于 {phase.opens!r}，早于写在它前面的“{before.title}”（{before.opens!r}）"
        if phase.study and last_study and phase.opens.begin(zone) < last_study.closes.end(zone):
            yield here, f"学习阶段“{phase.title}”与“{last_study.title}”重叠"
        if phase.study:
            last_study = phase
    if last_study is None:
        yield ["calendar", "phases"], '没有一个阶段可以学习（kind = "study"）'


def _modules(programme: Programme) -> Found:
    yield from _repeated([module.key for module in programme.modules], ["modules"])


def _parts(programme: Programme, parts: Sequence[Part], rule: PassRule, path: Path) -> Found:
    yield from _repeated([part.key for part in parts], path)
    sides = {side.key for side in rule.dimensions}
    for number, part in enumerate(parts):
        here: Path = [*path, number]
        if part.module is not None and programme.module(part.module) is None:
            yield [*here, "module"], f"没有模块 {part.module}"
        if part.dimension is not None and part.dimension not in sides:
            yield [*here, "dimension"], f"合格条件里没有考核维度 {part.dimension}"
        yield from _part(programme, part, here)


def _part(programme: Programme, part: Part, path: Path) -> Found:
    if isinstance(part, CoursesPart):
        if part.until is not None:
            yield [*path, "until"], "看课的考核项不能另写截止时间：学时随学习阶段结束"
        for number, key in enumerate(part.modules):
            module = programme.module(key)
            if module is None:
                yield [*path, "modules", number], f"没有模块 {key}"
            elif not module.hours:
                yield [*path, "modules", number], f"“{module.title}”的课程有分，却不要求学时"
    elif isinstance(part, GradedPart):
        for grade, points in part.grades.items():
            if points > part.points:
                yield [*path, "grades"], f"“{grade}”{points:g} 分，超过该项的 {part.points:g} 分"
        if list(part.grades.values()) != sorted(part.grades.values(), reverse=True):
            yield [*path, "grades"], "等级要从高到低写"
    elif isinstance(part, RatedPart):
        yield from _bands(part.bands, part.points, [*path, "bands"])
    elif isinstance(part, CertifiedPart | SubmittedPart) and part.each is not None and part.each > part.points:
        yield [*path, "each"], f"每个 {part.each:g} 分，超过该项的 {part.points:g} 分"


def _bands(bands: Sequence[Band], most: float, path: Path) -> Found:
    """More is never worth less, and nothing is worth more than there is."""
    for number, band in enumerate(bands):
        if band.value > most:
            yield [*path, number, "value"], f"{band.value:g} 超过满分 {most:g}"
        if (band.most is not None and band.most < band.least) or (band.below is not None and band.below <= band.least):
            yield [*path, number], f"从 {band.least:g} 起的一档，上限低于下限"
        if any(other.least <= band.least and other.value > band.value for other in bands if other is not band):
            yield [*path, number, "value"], f"从 {band.least:g} 起的一档反而低于它下面的档"
        if any(other.least == band.least for other in bands[:number]):
            yield [*path, number, "least"], f"有两档都从 {band.least:g} 起"


def _marks(rule: PassRule, parts: Sequence[Part], path: Path) -> Found:
    if rule.mark > rule.total:
        yield [*path, "mark"], f"合格线 {rule.mark:g} 分高于满分 {rule.total:g} 分"
    yield from _repeated([side.key for side in rule.dimensions], [*path, "dimensions"])
    for number, condition in enumerate(rule.conditions):
        part = next((part for part in parts if part.key == condition.part), None)
        if not isinstance(part, CertifiedPart):
            yield [*path, "conditions", number, "part"], f"{condition.part} 不是认证类（certified）的考核项"
        elif condition.least > part.count:
            yield [*path, "conditions", number, "least"], f"认证只有 {part.count} 个，不可能有 {condition.least} 个维度"


def _leader(programme: Programme) -> Found:
    if programme.leader:
        yield from _parts(programme, programme.leader.parts, programme.leader.pass_rule, ["leader", "parts"])
        yield from _marks(programme.leader.pass_rule, programme.leader.parts, ["leader", "pass_rule"])
        for number, part in enumerate(programme.leader.parts):
            if isinstance(part, CoursesPart):
                yield ["leader", "parts", number, "kind"], "坊主的考核项不能是看课"
    for number, part in enumerate(programme.parts):
        if isinstance(part, RatedPart) and part.measure:
            yield ["parts", number, "measure"], "只有坊主的考核项能由平台统计比例"
    for number, relief in enumerate(programme.reliefs):
        paper = programme.paper(relief.honour) if relief.honour else None
        if relief.honour and (paper is None or paper.honour is None):
            yield ["reliefs", number, "honour"], f"没有荣誉证书 {relief.honour}"


def _credits(programme: Programme) -> Found:
    if programme.credits:
        yield from _bands(programme.credits.bands, programme.credits.total, ["credits", "bands"])


def _papers(programme: Programme) -> Found:
    yield from _repeated([paper.key for paper in programme.papers], ["papers"])
    for number, paper in enumerate(programme.papers):
        if paper.role == "workshop_leader" and programme.leader is None:
            yield ["papers", number, "role"], "没有坊主考核（leader），不能给坊主发证书"


def _arrangements(programme: Programme) -> Found:
    enrolment, fee = programme.enrolment, programme.fee
    for name, keys in (
        ("tracks", [track.key for track in enrolment.tracks]),
        ("exemptions", [exemption.key for exemption in enrolment.exemptions]),
    ):
        yield from _repeated(keys, ["enrolment", name])
    stages = [stage for track in enrolment.tracks for stage in track.stages]
    for stage in sorted({stage for stage in stages if stages.count(stage) > 1}):
        yield ["enrolment", "tracks"], f"学段“{stage}”属于不止一个报名项目"
    for number, make_up in enumerate(enrolment.make_ups):
        if make_up.into == programme.id:
            yield ["enrolment", "make_ups", number, "into"], "补学项目不能是本项目自己"
    if any("portal" in channels for channels in programme.sign_in.channels.values()) and enrolment.portal is None:
        yield ["enrolment", "portal"], "登录渠道有 portal，请写明是哪个平台（enrolment.portal）"
    if fee.payer == "school" and fee.per_head is None:
        yield ["fee", "per_head"], "由学校缴费，请写明每人的金额"
    if any(paper.after_payment for paper in programme.papers) and fee.payer != "school":
        yield ["fee", "payer"], "有证书要等缴费确认，而缴费的不是学校"
    yield from _repeated([collector.key for collector in fee.collectors], ["fee", "collectors"])
    districts = [district for collector in fee.collectors for district in collector.districts]
    for district in sorted({district for district in districts if districts.count(district) > 1}):
        yield ["fee", "collectors"], f"“{district}”属于不止一个收费联系人"
    rest = [number for number, collector in enumerate(fee.collectors) if not collector.districts]
    for number in rest if len(rest) > 1 else ():
        yield ["fee", "collectors", number, "districts"], "不止一个收费联系人没有写地区：其他地区只能归一个人"
    yield from _repeated([form.key for form in programme.forms], ["forms"])
    for number, form in enumerate(programme.forms):
        if form.only == "below_hours" and form.hours is None:
            yield ["forms", number, "hours"], "only = below_hours 时要写 hours"
        yield from _columns(form, ["forms", number, "columns"])


def _columns(form: Form, path: Path) -> Found:
    titles = [column.title for column in form.columns]
    for number, column in enumerate(form.columns):
        if column.field not in FIELDS[form.rows]:
            can = "、".join(sorted(FIELDS[form.rows]))
            yield [*path, number, "field"], f"“{column.field}”不能作 {form.rows} 的栏目，可以是：{can}"
        if column.title in titles[:number]:
            yield [*path, number, "title"], f"有两栏都叫“{column.title}”"


def _repeated(keys: list[str], path: Path) -> Found:
    for number, key in enumerate(keys):
        if key in keys[:number]:
            yield [*path, number, "key"], f"“{key}”出现了不止一次"


def _counting(counting: Counting) -> Found:
    least = 2 * counting.beat_every + 2
    if counting.max_silence < least:
        yield (
            ["counting", "max_silence"],
            f"{counting.max_silence} 秒太短：每 {counting.beat_every} 秒上报一次，至少要 {least} 秒，否则丢一次上报就会少计学时",
        )
    presence = counting.presence
    if presence.min_seconds > presence.max_seconds:
        yield (
            ["counting", "presence", "min_seconds"],
            f"{presence.min_seconds} 秒大于 max_seconds 的 {presence.max_seconds} 秒",
        )
