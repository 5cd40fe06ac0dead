"""What surrounds studying: passwords, doors, money, papers and reliefs."""

import re

from programmes.basics import Role
from programmes.evidence import exactly
from programmes.lint.finding import Finding, Findings, clause_of, listed, num
from programmes.lint.hours import study_hours
from programmes.lint.points import tables
from programmes.parts import GradedPart, RatedPart
from programmes.schema import Programme

#: What a bank slip's text may name (programmes.arrangements.Fee).
SLIP_FIELDS = frozenset({"city", "county", "school", "headcount", "handler", "contact"})


def of_programme(programme: Programme) -> Findings:
    yield from _password(programme)
    yield from _doors(programme)
    yield from _fee(programme)
    yield from _papers(programme)
    yield from _reliefs(programme)
    yield from _parts(programme)


def _password(programme: Programme) -> Findings:
    sign_in = programme.sign_in
    rule = sign_in.first_password.rule
    if sign_in.account != "id_number" or rule == "random":
        return
    if rule == "shared":
        zh = (
            "账号是身份证号，初始密码全体共用 1 个、写在通知里：知道一个身份证号的人，不必再知道别的，就能在本人首次登录之前进入账号，"
            "看到个人信息、改掉密码、代学。这比取身份证号后六位更糟：密码印在人人能看到的通知上。"
        )
        en = (
            "The account is the ID number and the first password is one for all, printed in the notice: whoever knows a number gets in "
            "before its owner does, changes the password and studies in the owner's name."
        )
    else:
        zh = (
            "账号是身份证号，初始密码是它的后六位：18 位账号里已经有这 6 位，知道身份证号就等于知道密码，"
            "任何经手名单的人都能在本人首次登录之前进入账号。"
        )
        en = (
            "The account is the ID number and the first password its last six: the number is its own password, and anybody who has "
            "handled a roster gets in before the owner does."
        )
    yield Finding("first_password_public", "sign_in.first_password", clause_of(sign_in.first_password, sign_in), zh, en)


def _doors(programme: Programme) -> Findings:
    sign_in = programme.sign_in
    roles: dict[Role, str] = {"teacher": "教师"}
    if programme.leader:
        roles["workshop_leader"] = "坊主"
    shut = [role for role in roles if not sign_in.channels.get(role)]
    if shut:
        yield Finding(
            "no_door",
            "sign_in.channels",
            clause_of(sign_in),
            f"登录渠道里没有给{'、'.join(roles[role] for role in shut)}的入口：他们进不来，却要考核。",
            f"No channel lets in {', '.join(shut)}, who are assessed.",
        )


def _fee(programme: Programme) -> Findings:
    fee = programme.fee
    if fee.per_head is not None and fee.price_per_hour is not None:
        total = sum(exactly(module.hours) for module in programme.modules)
        bases = {
            hours: "全部学时" if hours == total else "线上学时" for hours in sorted({study_hours(programme), total})
        }
        price = exactly(fee.price_per_hour)
        if all(price * hours != exactly(fee.per_head) for hours in bases):
            tried = "，".join(
                f"{name} {num(price)} × {num(hours)} = {num(price * hours)} 元" for hours, name in bases.items()
            )
            tried_en = ", ".join(f"{num(price)} × {num(hours)} = {num(price * hours)}" for hours in bases)
            yield Finding(
                "fee_arithmetic",
                "fee",
                clause_of(fee),
                f"通知写每人 {num(fee.per_head)} 元，又写每学时 {num(price)} 元：{tried}，都不是 {num(fee.per_head)} 元。"
                f"学校汇多少才算足额说不清，教师的证书可能因此卡住。",
                f"{num(fee.per_head)} yuan a head at {num(price)} an hour: {tried_en}; none of them is {num(fee.per_head)}. "
                f"Nobody can say which sum settles a school's bill.",
            )
    late = [paper for paper in programme.papers if paper.after_payment]
    if late and fee.due is None:
        yield Finding(
            "payment_no_deadline",
            "fee.due",
            clause_of(*late, fee),
            f"{listed(f'“{paper.title}”' for paper in late)}要等学校缴费确认才能打印，而缴费没有写期限："
            f"学校一天不缴，合格的教师一天拿不到证书，自己又不能代缴。",
            "Papers wait for the school's payment and no date says when it is due: a teacher who passed waits without end and may not pay.",
        )
    unknown = sorted(set(re.findall(r"\{([^{}]*)\}", fee.slip)) - SLIP_FIELDS)
    if unknown:
        yield Finding(
            "unknown_reference",
            "fee.slip",
            clause_of(fee),
            f"汇款摘要里的 {'、'.join(f'{{{name}}}' for name in unknown)} 不是能填的内容（可用 {'、'.join(sorted(SLIP_FIELDS))}）："
            f"学校照抄会留下花括号，收款人认不出是哪个学校。",
            f"The bank slip names {', '.join(unknown)}, which nothing fills in.",
        )


def _papers(programme: Programme) -> Findings:
    for paper in programme.papers:
        if paper.honour and paper.role == "workshop_leader" and paper.honour.within == "workshop":
            yield Finding(
                "honour_scope",
                paper.key,
                clause_of(paper.honour, paper),
                f"“{paper.title}”评坊主的前 {num(exactly(paper.honour.share) * 100)}%，范围却是本坊：每坊 1 名坊主，"
                f"1 人里的前 {num(exactly(paper.honour.share) * 100)}% 不是没有人就是人人都有。",
                f"{paper.key} ranks leaders within a workshop, which has one: everybody or nobody is at the top.",
            )


def _reliefs(programme: Programme) -> Findings:
    need = study_hours(programme)
    plain = min((exactly(relief.hours) for relief in programme.reliefs if not relief.honour), default=need)
    for relief in programme.reliefs:
        against = plain if relief.honour else need
        if exactly(relief.hours) >= against:
            yield Finding(
                "relief_useless",
                relief.title,
                clause_of(relief),
                f"“{relief.title}”学满 {num(relief.hours)} 学时才合格，而不靠它只要 {num(against)} 学时：这项优惠没有优惠任何人。",
                f"The relief asks for {num(relief.hours)} hours where {num(against)} do without it: it relieves nobody.",
            )


def _parts(programme: Programme) -> Findings:
    for table in tables(programme):
        for part in table.parts:
            if (
                isinstance(part, GradedPart)
                and part.min_words
                and part.about_words
                and part.about_words < part.min_words
            ):
                yield Finding(
                    "words_conflict",
                    table.at(part),
                    clause_of(part),
                    f"“{part.title}”建议写 {part.about_words} 字左右，又要求不少于 {part.min_words} 字：照建议写的教师交上去不算。",
                    f"{part.key} suggests about {part.about_words} words and refuses fewer than {part.min_words}.",
                )
            if isinstance(part, RatedPart) and part.measure in ("graded", "recommended") and not part.assumed:
                yield Finding(
                    "rate_of_nothing",
                    table.at(part),
                    clause_of(part),
                    f"“{part.title}”按提交的作业计算比例，坊里没有人交作业时是 0 ÷ 0：这时坊主得 {num(part.points)} 分还是 0 分，"
                    f"通知没有规定，文件也没有写假定（assumed）。",
                    f"{part.key} is a rate of the homework handed in; where nobody hands any in it is 0 ÷ 0, and neither the notice nor "
                    f"the file says whether that earns {num(part.points)} or 0.",
                )
