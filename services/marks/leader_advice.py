"""How a workshop leader stands (坊主考核), and what would earn the next points: 再有 2 名学员合格，合格率可到 85%，多得 2 分."""

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models import Workshop
from programmes.card import LeaderCard, leader_card
from programmes.evidence import exactly
from programmes.outcome import PartOutcome
from programmes.parts import RatedPart, SubmittedPart
from programmes.scoring import Scorer
from programmes.sentences import number, number_up, unit
from services import programmes
from services.marks import leader_rates
from services.marks.leader_rates import Rate

_MORE = {
    "took_part": "再有 {0} 名学员开始学习",
    "passed": "再有 {0} 名学员合格",
    "graded": "再批阅 {0} 份作业",
    "recommended": "再推荐 {0} 份作业",
}


@dataclass(frozen=True)
class Standing:
    """`advice`: by the key of a part. `short`: points that are missing to pass; "" where none are."""

    card: LeaderCard
    advice: dict[str, str]
    short: str


def of(session: Session, workshop: Workshop, now: datetime) -> Standing | None:
    """None where the notice does not assess leaders."""
    rules = programmes.get(session, programmes.latest(session, workshop.programme_slug).id)
    if rules.leader is None:  # nothing to count
        return None
    rates = leader_rates.of(session, workshop, now)
    outcome = Scorer(rules).leader(leader_rates.items(session, workshop, now, rates), now)
    if outcome is None:
        return None
    advice = {part.part.key: said for part in outcome.parts if (said := _advice(part, rates))}
    short = exactly(rules.leader.pass_rule.mark) - outcome.score
    return Standing(leader_card(rules, outcome), advice, number_up(short) if short > 0 else "")


def _advice(part: PartOutcome, rates: dict[str, Rate]) -> str:
    of, earned = part.part, part.earned
    if part.points >= part.most:
        return ""
    if isinstance(of, RatedPart) and of.measure:
        return next_band(of, rates[of.measure])
    if isinstance(of, SubmittedPart):
        return f"还差 {number_up(earned.need - earned.have)} {unit(of)}，每{unit(of)} {of.each:g} 分" if of.each else ""
    return "" if earned.told else "等待评定"


def next_band(part: RatedPart, rate: Rate) -> str:
    """What the next higher step of the scale takes."""
    if not rate.whole:
        return "还没有可统计的对象"
    have = max((band.value for band in part.bands if rate.per_cent >= band.least), default=0.0)
    higher = [band for band in part.bands if band.value > have and band.least > rate.per_cent]
    if not higher:
        return ""
    band = min(higher, key=lambda one: one.least)
    count = math.ceil(exactly(band.least) * rate.whole / 100) - rate.part
    more = number(exactly(band.value) - exactly(have))
    return f"{_MORE[part.measure].format(count)}，{part.title}可到 {band.least:g}%，多得 {more} 分"
