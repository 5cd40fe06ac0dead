"""flask programme lint: what the linter finds in a notice, and who accepted it and why. Needs no settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

import programmes as files
from programmes import catalogue, lint
from programmes.arrangements import Acceptance
from server.cli.notices import Readable, folders, plainly, programme_file, read


@click.command("lint")
@click.argument("notices", metavar="[ID|FILE]...", nargs=-1)
@click.option("--catalogue", "courses", type=Readable, help="The catalogue of courses, to see whether they suffice.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def lint_command(notices: tuple[str, ...], courses: Path | None, *, as_json: bool) -> None:
    """Read notices as a lawyer would: all of them, or those named; fails where a finding is neither mended nor accepted."""
    paths = [programme_file(notice) for notice in notices] or [folder / "programme.toml" for folder in folders()]
    if courses and len(paths) != 1:
        raise click.UsageError("--catalogue 是一个项目的课程目录，请写明是哪一个项目。")
    reviewed = [(path, *_review(path, courses)) for path in paths]
    if as_json:
        told = [_told(programme, review) for _, programme, review in reviewed]
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
    else:
        for _, programme, review in reviewed:
            say(programme, review)
    still_open = sum(len(review.open) for *_, review in reviewed)
    if still_open:
        raise click.ClickException(f"{still_open} 个问题没有改正，也没有人写明理由接受（[[accepted]]）")


def say(programme: files.Programme, review: lint.Review) -> None:
    """Every finding, the open ones first; then acceptances that match nothing."""
    counts = f"{len(review.open)} 个未决，{len(review.accepted)} 个已接受"
    click.echo(f"{programme.id} 第 {programme.version} 版：{programme.title}（{counts}）")
    for finding in review.open:
        _say("✗", finding)
    for finding, acceptance in review.accepted:
        _say("✓", finding)
        click.echo(f"      {acceptance.by} 于 {acceptance.on} 接受：{acceptance.reason}")
    for acceptance in review.stale:
        click.echo(f"  ! 没有这个问题，而文件里还有接受它的理由，可以删去：{acceptance.code}，at = {acceptance.at}")


def _say(mark: str, finding: lint.Finding) -> None:
    click.echo(f"  {mark} {finding.code}，at = {finding.at}，条款：{finding.clause or '通知未规定'}")
    click.echo(f"      {finding.zh}")
    click.echo(f"      {finding.en}")


def _review(path: Path, courses: Path | None) -> tuple[files.Programme, lint.Review]:
    with plainly(path):
        programme = files.load(read(path))
    if courses is None:
        return programme, lint.review(programme)
    with plainly(courses):
        return programme, lint.review(programme, catalogue.load(read(courses), programme))


def _told(programme: files.Programme, review: lint.Review) -> dict[str, Any]:
    pairs: Sequence[tuple[lint.Finding, Acceptance | None]] = [
        *((finding, None) for finding in review.open),
        *review.accepted,
    ]
    return {
        "programme": programme.id,
        "version": programme.version,
        "findings": [msgspec.to_builtins(finding) | {"accepted": msgspec.to_builtins(by)} for finding, by in pairs],
        "stale": msgspec.to_builtins(review.stale),
    }
