"""Points, grades and pass marks: do they add up, and can anybody pass? The learners' table and the leaders' alike."""

from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct

from programmes.evidence import exactly
from programmes.lint.finding import Finding, Findings, clause_of, listed, listed_en, num, sum_of
from programmes.parts import CertifiedPart, GradedPart, Part, PassRule, RatedPart, SubmittedPart
from programmes.schema import Programme

#: Grades that say by their name that the work failed: that they keep from passing surprises nobody.
_FAILING = frozenset({"不及格", "不合格", "未通过", "差"})


class Table(Struct, frozen=True):
    """A score table: the learners', or the workshop leaders' with `prefix` "leader."."""

    parts: Sequence[Part]
    rule: PassRule
    prefix: str
    who: str
    who_en: str
    #: Keys of the other table, which stood first.
    taken: frozenset[str] = frozenset()

    def at(self, part: Part) -> str:
        """What the linter calls this part: its key, or where both tables have it, leader.<key>."""
        return f"{self.prefix}{part.key}" if part.key in self.taken else part.key


def tables(programme: Programme) -> list[Table]:
    learners = Table(programme.parts, programme.pass_rule, "", "教师", "a teacher")
    leader = programme.leader
    if leader is None:
        return [learners]
    taken = frozenset(part.key for part in programme.parts)
    return [learners, Table(leader.parts, leader.pass_rule, "leader.", "坊主", "a workshop leader", taken)]


def of_table(table: Table) -> Findings:
    yield from _points_sum(table)
    yield from _unreachable(table)
    for part in table.parts:
        if isinstance(part, GradedPart):
            yield from _grades(table, part)
        yield from _part_sum(part, table.at(part))
    yield from _unsaid(table)


def attainable(part: Part) -> Fraction:
    """The most that the part's own scale gives, whatever it announces."""
    most = exactly(part.points)
    if isinstance(part, GradedPart):
        return max(exactly(worth) for worth in part.grades.values())
    if isinstance(part, RatedPart):
        return min(most, max(exactly(band.value) for band in part.bands))
    if isinstance(part, CertifiedPart):
        return min(most, exactly(part.each) * part.count)
    return most


def _points_sum(table: Table) -> Findings:
    rule = table.rule
    points = [exactly(part.points) for part in table.parts]
    total, mark = sum(points, Fraction(0)), exactly(rule.mark)
    if total == exactly(rule.total):
        return
    means, means_en = "得分可以超过满分", "a score may exceed the full mark"
    if total < exactly(rule.total):
        means, means_en = "各项全部得满分也只有这么多", "nobody can have more"
    if total == mark:
        means, means_en = f"{means}，丢任何一分都不合格", f"{means_en}, and whoever loses a single point fails"
    elif mark < total < exactly(rule.total):
        means = f"{means}，离合格线只有 {num(total - mark)} 分可丢，而不是 {num(rule.total - rule.mark)} 分"
        means_en = f"{means_en}, and {num(total - mark)} may be lost before failing, not {num(rule.total - rule.mark)}"
    yield Finding(
        "points_sum",
        f"{table.prefix}pass_rule.total",
        clause_of(rule),
        f"通知写满分 {num(rule.total)} 分、{num(mark)} 分合格，各项分数合计却是 {sum_of(points)} = {num(total)} 分："
        f"{table.who}{means}。",
        f"The notice says {num(rule.total)} points in full and passes at {num(mark)}, but its parts come to "
        f"{sum_of(points)} = {num(total)}: {means_en}.",
    )


def _unreachable(table: Table) -> Findings:
    rule = table.rule
    best = sum((attainable(part) for part in table.parts), Fraction(0))
    short = [
        part for part in table.parts if (rule.every_part or part.required) and attainable(part) < exactly(part.points)
    ]
    if best < exactly(rule.mark) or short:
        why = f"各项最多得 {num(best)} 分，合格线是 {num(rule.mark)} 分"
        why_en = f"the parts give {num(best)} at most and the pass mark is {num(rule.mark)}"
        if best >= exactly(rule.mark):
            why = f"{listed(f'“{part.title}”' for part in short)}必须得满分，而评分标准给不到满分"
            why_en = f"{listed_en(part.key for part in short)} must earn all points, which their scales never give"
        yield Finding(
            "pass_unreachable",
            f"{table.prefix}pass_rule.mark",
            clause_of(rule),
            f"{why}：没有一个{table.who}能够合格。",
            f"{why_en[0].upper()}{why_en[1:]}: nobody can pass.",
        )
    for side in rule.dimensions:
        most = sum((attainable(part) for part in table.parts if part.dimension == side.key), Fraction(0))
        if most < exactly(side.mark):
            yield Finding(
                "pass_unreachable",
                side.key,
                clause_of(side, rule),
                f"“{side.title}”要求 {num(side.mark)} 分，属于它的考核项最多得 {num(most)} 分：没有一个{table.who}能够合格。",
                f"{side.key} asks for {num(side.mark)} points, its parts give {num(most)} at most: nobody can pass.",
            )


def _grades(table: Table, part: GradedPart) -> Findings:
    """Grades with which nobody passes, all else at its best."""
    rule = table.rule
    others = sum((attainable(other) for other in table.parts if other is not part), Fraction(0))
    side = next((side for side in rule.dimensions if side.key == part.dimension), None)
    beside = sum(
        (attainable(other) for other in table.parts if other is not part and other.dimension == part.dimension),
        Fraction(0),
    )

    def fails(worth: Fraction) -> bool:
        all_of_it = (rule.every_part or part.required) and worth < exactly(part.points)
        within = side is not None and beside + worth < exactly(side.mark)
        return all_of_it or within or others + worth < exactly(rule.mark)

    if fails(attainable(part)):  # nobody passes at all: pass_unreachable says it
        return
    bad = {grade: exactly(worth) for grade, worth in part.grades.items() if fails(exactly(worth))}
    if not bad.keys() - _FAILING:
        return
    sums = "，".join(f"{grade} {num(others)} + {num(worth)} = {num(others + worth)} 分" for grade, worth in bad.items())
    sums_en = ", ".join(f"{grade} {num(others)} + {num(worth)} = {num(others + worth)}" for grade, worth in bad.items())
    short = all(others + worth < exactly(rule.mark) for worth in bad.values())
    why = f"都不到合格线 {num(rule.mark)} 分" if short else "仍不符合通知的合格条件"
    why_en = f"all below the pass mark of {num(rule.mark)}" if short else "which the pass rule still refuses"
    yield Finding(
        "grade_cannot_pass",
        table.at(part),
        clause_of(part, rule),
        f"其他各项全部得满分合计 {num(others)} 分，加上“{part.title}”的等级分：{sums}，{why}。"
        f"凡评为{'、'.join(bad)}的{table.who}，其他各项再好也不合格。",
        f"All other parts at their best come to {num(others)}; with {part.key} graded {sums_en}, {why_en}: "
        f"whoever is graded {', '.join(bad)} fails whatever else is done.",
    )


def _part_sum(part: Part, at: str) -> Findings:
    """Whether a part's own scale ends at its points."""
    points = exactly(part.points)
    if isinstance(part, CertifiedPart) or (
        isinstance(part, SubmittedPart) and part.each is not None and part.least > 1
    ):
        each, count = (part.each, part.count) if isinstance(part, CertifiedPart) else (part.each or 0.0, part.least)
        reached = exactly(each) * count
        reckoned, unit = (
            f"{num(each)} × {count} = {num(reached)}",
            "每个" if isinstance(part, CertifiedPart) else "每次",
        )
        said = f"{unit} {num(each)} 分、要求 {count} {unit[1]}，{reckoned} 分"
        said_en = f"{count} are asked for at {num(each)} each, {reckoned}"
    elif isinstance(part, GradedPart | RatedPart):
        reached = attainable(part)
        said, said_en = f"评分标准最高给 {num(reached)} 分", f"its scale ends at {num(reached)}"
    else:
        return
    if reached == points:
        return
    means = "按要求全部做到也得不到满分" if reached < points else "不必全部做到就有满分"
    means_en = (
        "doing all that is asked never earns full points" if reached < points else "full points come before all is done"
    )
    yield Finding(
        "part_sum",
        at,
        clause_of(part),
        f"“{part.title}”满分 {num(points)} 分，{said}：{means}。",
        f"{part.key} is worth {num(points)} points, but {said_en}: {means_en}.",
    )


def weight_assumed(part: Part) -> bool:
    """Whether the points are ours: no clause gives them, or what is assumed are the weights (权重)."""
    return not part.clause or "权重" in part.assumed


def _mark_assumed(rule: PassRule) -> bool:
    return not rule.clause or any(word in rule.assumed for word in ("合格线", "及格线", "分数线"))


def _unsaid(table: Table) -> Findings:
    """Points and marks that the notice does not give."""
    ours = [part for part in table.parts if weight_assumed(part)]
    if ours:
        shares = listed(f"“{part.title}”{num(part.points)} 分" for part in ours)
        total = num(sum((exactly(part.points) for part in ours), Fraction(0)))
        yield Finding(
            "weights_missing",
            f"{table.prefix}parts",
            clause_of(*ours, table.rule),
            f"通知没有规定这些考核项各占多少分：{shares}，合计 {total} 分，是我们的假定。"
            f"换一种权重，同一个{table.who}可能由合格变为不合格。",
            f"The notice gives no weights for {listed_en(f'{part.key} ({num(part.points)})' for part in ours)}, {total} in all; they are "
            f"assumed, and other weights may turn a pass into a fail.",
        )
    rule = table.rule
    if _mark_assumed(rule):
        yield Finding(
            "pass_mark_missing",
            f"{table.prefix}pass_rule",
            clause_of(rule),
            f"通知没有写多少分合格，{num(rule.mark)} 分（满分 {num(rule.total)} 分）是我们的假定："
            f"得 {num(rule.mark)} 分的{table.who}算合格、差 1 分的算不合格，都没有依据。",
            f"The notice gives no pass mark; {num(rule.mark)} of {num(rule.total)} is assumed: neither a pass nor a fail near it rests on "
            f"the notice.",
        )
