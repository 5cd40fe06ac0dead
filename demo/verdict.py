"""Does everything add up? What the players were told, what SQL says, and the clock on the wall."""

from collections import Counter
from typing import Any

from demo.cast import Character, Got
from demo.desk import Desk
from demo.player import Player

#: What an account may carry from one beat to the next, s: rounding and jitter.
CARRY_S = 2
FIELDS = ("reported", "credited", "pending", "withheld")

ADDS_UP = "每一秒都有去处：上报 = 计入 + 待确认 + 未计入"
SQL_AGREES = "播放器最后收到的答复与数据库（SQL）逐秒相同"
NO_GIFT = "没有人得到的时间比真实经过的多"
AS_DUE = "各人所得，正如各人所为"
CHECKS = (ADDS_UP, SQL_AGREES, NO_GIFT, AS_DUE)

#: One thing that does not agree: which check, and how it went.
Difference = tuple[str, str]


def got(desk: Desk) -> Got:
    tallies = [player.tally for player in desk.players]
    withheld: Counter[str] = Counter()
    for tally in tallies:
        withheld.update(tally["withheld"])
    return Got(
        reported=sum(tally["reported"] for tally in tallies),
        credited=sum(tally["credited"] for tally in tallies),
        pending=sum(tally["pending"] for tally in tallies),
        withheld=withheld,
        wall=desk.wall,
        changed_by_replay=sum(player.changed_by_replay for player in desk.players),
    )


def differences(desk: Desk, character: Character) -> list[Difference]:
    """Ask the server for what SQL holds now, and name what does not agree."""
    mine = got(desk)
    found = [(ADDS_UP, line) for player in desk.players for line in _adds_up(player)]
    found += [(SQL_AGREES, line) for line in _sql_agrees(desk)]
    if mine.credited > mine.wall + CARRY_S:
        found.append((NO_GIFT, f"计入 {mine.credited} 秒，实际只过了 {mine.wall:.1f} 秒"))
    if not desk.seen_all and not desk.stop.is_set() and not character.holds(mine):
        found.append((AS_DUE, f"应当“{character.due}”，却是计入 {mine.credited}、未计入 {dict(mine.withheld)}"))
    return [(check, f"{desk.name}（{character.title}）：{line}") for check, line in found]


def _adds_up(player: Player) -> list[str]:
    tally = player.tally
    whole = tally["credited"] + tally["pending"] + sum(tally["withheld"].values())
    lines = [] if tally["reported"] == whole else [f"上报 {tally['reported']} 秒，去处合计 {whole} 秒"]
    if tally["reported"] != player.played:
        lines.append(f"播放器报了 {player.played} 秒，服务器记了 {tally['reported']} 秒")
    return lines


def _sql_agrees(desk: Desk) -> list[str]:
    """The evidence of each session, each lesson's total, and what each lesson gained."""
    enrolment = f"/v1/enrolments/{desk.enrolment_id}"
    entries = {e["session_id"]: e for e in desk.server.call("GET", f"{enrolment}/study", token=desk.token)}
    totals: dict[int, int] = {
        lesson["lesson_id"]: lesson["credited"]
        for course in desk.server.call("GET", f"{enrolment}/courses", token=desk.token)
        for lesson in course["lessons"]
    }
    lines = []
    for player in desk.players:
        entry: dict[str, Any] = entries.get(player.opened["session_id"], {})
        lines += [
            f"{name} 告知 {player.tally[name]}，SQL {entry.get(name)}"
            for name in FIELDS
            if player.tally[name] != entry.get(name)
        ]
    before = {lesson.id: lesson.credited for lesson in desk.lessons}
    for lesson_id in {player.lesson_id for player in desk.players}:
        players = [player for player in desk.players if player.lesson_id == lesson_id]
        told, sql = max(player.last["credited"] for player in players), totals[lesson_id]
        gained = sum(player.tally["credited"] for player in players)
        if told != sql:
            lines.append(f"课时 {lesson_id} 告知累计 {told} 秒，SQL {sql} 秒")
        if before[lesson_id] + gained != sql:
            lines.append(f"课时 {lesson_id} 原有 {before[lesson_id]} 秒，本次 {gained} 秒，SQL 却是 {sql} 秒")
    return lines
