"""Why a teacher has not passed, homework has no points, or a paper cannot be printed: from the score card and the claims."""

from programmes.card import PartCard
from services import progress
from services.enrolling.enrolments import WITHDRAWN
from services.papers import papers
from services.why.answers import NOT_ENROLLED, Answer, Asked

_HANDED_IN = ("graded", "submitted", "certified")
_STEPS = {
    "成绩尚未合格": "先看“为什么还不合格，还差什么”，补齐后再打印。",
    "学校尚未确认缴费": "请学校的经办人核对缴费单；钱已经汇出的，请收费联系人确认到账。",
    "不在评优名单上，或名单尚未公布": "这是评优证书，名单公布后在名单上的人才能打印。",
    "已退出本项目": "需要恢复报名的，请联系学校管理员。",
}


def fail(asked: Asked) -> Answer:
    """为什么还不合格、还差什么."""
    if asked.enrolment is None:
        return NOT_ENROLLED
    card = progress.score_card(asked.session, asked.enrolment, asked.now)
    title = f"“{card.title}”"
    if asked.enrolment.status == WITHDRAWN:
        return Answer(f"已退出{title}，不再计算成绩；以前的学时都保留着。", (card.why,), (_STEPS["已退出本项目"],))
    if card.passed or card.exempt:
        return Answer(f"{title}{card.summary}。", (card.why,), ("可以在“证书”里查看能否打印。",))
    evidence = (
        f"现在 {card.score:g} 分，{card.pass_mark:g} 分合格（满分 {card.total:g}）；学时 {card.hours_counted:g}/{card.hours_required:g}",
        card.why,
        *card.missing,
        *(f"{part.title}：{part.says}" for part in card.parts),
        *(line for part in card.parts for line in part.ignored),
    )
    steps = (
        ("按上面所差的逐项补齐；补齐后成绩单马上更新。",)
        if card.can_pass
        else ("本项目已不能合格；有补学的，请学校管理员报名补学项目。",)
    )
    return Answer(f"{title}还没有合格：{card.summary}。", evidence, steps)


def homework(asked: Asked) -> Answer:
    """为什么作业没有分."""
    if asked.enrolment is None:
        return NOT_ENROLLED
    card = progress.score_card(asked.session, asked.enrolment, asked.now)
    parts = [part for part in card.parts if part.kind in _HANDED_IN]
    if not parts:
        return Answer(f"“{card.title}”没有要提交的作业。")
    short = [part for part in parts if part.points < part.points_max]
    if not short:
        return Answer(f"“{card.title}”的作业和活动都已得满分。", _told(parts))
    first = next((part for part in short if part.kind == "graded"), short[0])
    steps = []
    if any("等待" in part.says for part in short):
        steps.append("已经提交、等待批阅的：请坊主或批阅人批阅，批阅后马上有分。")
    if any(part.ignored for part in short):
        steps.append("有记录没有计入的，请按上面的原因改正后重新提交。")
    if any("未提交" in part.says for part in short):
        steps.append("请教师在截止前提交；提交后可以在同一页面看到批阅结果。")
    return Answer(f"{first.title}：{first.says}。", _told(short), tuple(steps))


def _told(parts: list[PartCard]) -> tuple[str, ...]:
    return tuple(
        line
        for part in parts
        for line in (f"{part.title}：{part.says}", *([part.missing] if part.missing else []), *part.ignored)
    )


def paper(asked: Asked) -> Answer:
    """为什么不能打印证书."""
    if asked.enrolment is None:
        return NOT_ENROLLED
    entries = [
        entry
        for entry in papers.of_account(asked.session, asked.subject.account.id, asked.now)
        if entry.claim.enrolment_id == asked.enrolment.id
    ]
    if not entries:
        return Answer("本项目没有由教师打印的证书。", steps=("结果由主管部门登记；需要证明的，请联系学校管理员。",))
    blocked = {reason: None for entry in entries for reason in entry.blocked}
    evidence = tuple(
        f"{entry.claim.rule.title}：{'、'.join(entry.blocked) if entry.blocked else '可以打印'}" for entry in entries
    )
    first = entries[0]
    if not first.blocked:
        return Answer(
            f"{first.claim.rule.title}可以打印。", evidence, ("请教师在“证书”页面打印；打不开的，换浏览器或检查网络。",)
        )
    steps = tuple(_STEPS[reason] for reason in blocked if reason in _STEPS)
    return Answer(f"{first.claim.rule.title}还不能打印：{'、'.join(first.blocked)}。", evidence, steps)
