"""flask programme …, flask catalogue …: publish notices and their courses, and try a notice's own cases.

lint is in programme_lint, diff and apply in programme_versions.
"""

from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec
from flask.cli import AppGroup

import programmes as files
from programmes import cases, lint
from programmes.card import leader_card
from server.cli.notices import Readable, folders, plainly, programme_file, read
from server.cli.programme_lint import lint_command, say
from server.cli.programme_versions import apply_command, diff_command
from server.cli.words import plain_errors, table
from services import catalogue, programmes
from web.context import now, unit_of_work

SHANGHAI = ZoneInfo("Asia/Shanghai")

programme_group = AppGroup("programme", help="Programmes: a notice as data.")
catalogue_group = AppGroup("catalogue", help="The courses and lessons of a programme.")

for command in (lint_command, diff_command, apply_command):
    programme_group.add_command(command)


@programme_group.command("publish")
@click.argument("file", type=Readable)
def publish(file: Path) -> None:
    """Put the programme in FILE in force; a version once published is never edited.

    Prints what the linter finds; a finding that is neither mended nor accepted keeps the file from being published.
    """
    with plainly(file):
        text = read(file)
        programme = files.load(text)
        review = lint.review(programme)
        if not review.open:  # otherwise the refusal names them
            say(programme, review)
        with unit_of_work(read_only=False) as session:
            row = programmes.publish(session, text, now())
            click.echo(f"已发布 {row.slug} 第 {row.version} 版：{row.title}")


@programme_group.command("list")
def list_published() -> None:
    """Every published version, the newest of each programme first."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        rows = [
            (row.slug, str(row.version), f"{row.published_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", row.title)
            for row in programmes.every(session)
        ]
    click.echo(table([("项目", "版本", "发布于", "名称"), *rows]))


@programme_group.command("cases", with_appcontext=False)
@click.argument("notice", metavar="[ID]", required=False)
def try_cases(notice: str | None) -> None:
    """Try the situations in cases.toml of one notice, or of all; fails where one comes out otherwise."""
    known = folders()
    chosen = [folder for folder in known if notice in (None, folder.name)]
    if not chosen:
        raise click.ClickException(f"没有 {notice}，现有 {'、'.join(folder.name for folder in known)}")
    failed = sum([_try_notice(folder) for folder in chosen])
    if failed:
        raise click.ClickException(f"{failed} 个情形与通知不符")


@programme_group.command("score", with_appcontext=False)
@click.argument("notice", metavar="ID|FILE")
@click.option("--evidence", "evidence", type=Readable, required=True, help="A TOML file: evidence as in cases.toml.")
def score(notice: str, evidence: Path) -> None:
    """Print the score card that EVIDENCE earns by a notice, as JSON.

    With several [[cases]] in the file: a list of cards. A workshop leader's own table is under "leader".
    """
    path = programme_file(notice)
    with plainly(path):
        programme = files.load(read(path))
    with plainly(evidence):
        told = [_told(programme, given) for given in cases.load_any(read(evidence))]
    document = msgspec.json.encode(told if len(told) > 1 else told[0])
    click.echo(msgspec.json.format(document, indent=2).decode())


def _told(programme: files.Programme, given: cases.Given) -> dict[str, object]:
    wrong = cases.wrong(programme, given)
    if wrong:
        raise files.ProgrammeError(wrong)
    told: dict[str, object] = msgspec.to_builtins(cases.card_of(programme, given))
    leader = cases.leader_of(programme, given) if given.leader else None
    if leader:
        told["leader"] = leader_card(programme, leader)
    return told


def _try_notice(folder: Path) -> int:
    """How many situations of this notice come out otherwise than it says."""
    failed = 0
    with plainly(folder / "programme.toml"):
        programme = files.load(read(folder / "programme.toml"))
    with plainly(folder / "cases.toml"):
        situations = cases.load(read(folder / "cases.toml"))
    click.echo(f"{programme.id} 第 {programme.version} 版：{programme.title}")
    for case in situations:
        differences = cases.differences(programme, case)
        failed += bool(differences)
        click.echo(f"  {'✗' if differences else '✓'} {case.says}")
        for difference in differences:
            click.echo(f"      {difference}")
    return failed


@catalogue_group.command("import")
@click.argument("slug")
@click.argument("file", type=Readable)
def import_catalogue(slug: str, file: Path) -> None:
    """Bring the catalogue of programme SLUG to what FILE says; again is harmless."""
    with plainly(file), unit_of_work(read_only=False) as session:
        done = catalogue.import_catalogue(session, slug, read(file))
        click.echo(f"新增课程 {done.courses_added} 门、课时 {done.lessons_added} 个，更新 {done.changed} 处")
