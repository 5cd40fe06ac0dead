"""flask programme diff, apply: what a higher version changes for whom, and bringing the enrolments to it."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from server.cli.words import plain_errors, say_progress
from services import programme_versions, results
from services.programme_versions import COUNTS, Change, Difference, Side
from services.tables import spreadsheets
from web.context import now, unit_of_work

#: Values and enrolments printed; all enrolments go to --out.
SHOWN = 30
_HEADER = (
    *("报名编号", "现版本", "姓名", "学校", "现得分", "新得分", "现合格", "新合格"),
    *("现学分", "新学分", "现证书", "新证书", "不再计的学时", "不再计的考核项"),
)


@click.command("diff")
@click.argument("slug")
@click.argument("version", type=click.IntRange(1, 1_000_000), required=False)
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="A CSV for all who change.")
@with_appcontext
def diff_command(slug: str, version: int | None, out: Path | None) -> None:
    """Say what VERSION of SLUG (the newest, if not given) would change for those enrolled in earlier ones. Changes nothing."""
    changes: list[Change] = []
    rows: list[tuple[str, ...]] = []

    def see(change: Change) -> None:
        if len(changes) < SHOWN:
            changes.append(change)
        if out:
            rows.append(_row(change))

    with plain_errors(), unit_of_work(read_only=True) as session:
        found = programme_versions.difference(session, slug, version, now(), see, say_progress)
    _say(found, changes)
    if out:
        with plain_errors():
            spreadsheets.write_csv(out, _HEADER, rows)
        click.echo(f"全部 {found.changed} 人已写入 {out}")
    click.echo(f"确认后执行：flask programme apply {slug} {found.version} --seen {found.digest}")


@click.command("apply")
@click.argument("slug")
@click.argument("version", type=click.IntRange(1, 1_000_000))
@click.option("--seen", required=True, help="What `flask programme diff` printed last.")
@with_appcontext
def apply_command(slug: str, version: int, seen: str) -> None:
    """Bring those enrolled in earlier versions of SLUG to VERSION, if the difference is still the one that was SEEN."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        moved = programme_versions.apply(session, slug, version, seen, now(), say_progress)
    with plain_errors():  # also when nobody moved: the last time may have been cut off here
        results.recompute(unit_of_work, slug, now(), say_progress)
    click.echo(f"{moved} 个报名已换到 {slug} 第 {version} 版" if moved else "没有报名需要更换版本")


def _say(found: Difference, changes: list[Change]) -> None:
    click.echo(f"{found.slug} 第 {found.version} 版，与前一版的文字差别 {len(found.values)} 处：")
    for value in found.values[:SHOWN]:
        click.echo(f"  {value.path}：{value.old or '（无）'} → {value.new or '（无）'}")
    if len(found.values) > SHOWN:
        click.echo(f"  ……还有 {len(found.values) - SHOWN} 处")
    click.echo(f"现在低版本中的报名 {found.enrolments} 个，结果会变的 {found.changed} 个：")
    for name, title in COUNTS.items():
        if getattr(found, name):
            click.echo(f"  {title} {getattr(found, name)} 人")
    for change in changes:
        click.echo(
            f"  报名 {change.enrolment_id}（第 {change.version} 版）：{_side(change.old)} → {_side(change.new)}{_lost(change)}"
        )
    if found.changed > len(changes):
        click.echo(f"  ……还有 {found.changed - len(changes)} 人，用 --out 写成 CSV 看全部")


def _side(side: Side) -> str:
    credits_ = "" if side.credits is None else f"，{side.credits:g} 学分"
    papers = f"，可打印{'、'.join(side.papers)}" if side.papers else ""
    return f"{side.score:g} 分{'合格' if side.passed else '不合格'}{credits_}{papers}"


def _lost(change: Change) -> str:
    lost = [*(f"{title} {hours:g} 学时" for title, hours in change.dropped), *change.lost]
    return f"；不再计：{'、'.join(lost)}" if lost else ""


def _row(change: Change) -> tuple[str, ...]:
    old, new = change.old, change.new
    return (
        str(change.enrolment_id),
        str(change.version),
        change.name,
        change.school,
        f"{old.score:g}",
        f"{new.score:g}",
        "是" if old.passed else "否",
        "是" if new.passed else "否",
        "" if old.credits is None else f"{old.credits:g}",
        "" if new.credits is None else f"{new.credits:g}",
        "、".join(old.papers),
        "、".join(new.papers),
        "、".join(f"{title} {hours:g} 学时" for title, hours in change.dropped),
        "、".join(change.lost),
    )
