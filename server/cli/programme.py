"""flask programme …, flask catalogue …: publish notices and their courses, and try a notice's own cases."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec
from flask.cli import AppGroup

import programmes as files
from miniprogram_api.context import now, unit_of_work
from programmes import cases
from programmes.card import leader_card
from server.cli.words import plain_errors, table
from services import catalogue, programmes

NOTICES = Path(files.__file__).parent / "notices"
SHANGHAI = ZoneInfo("Asia/Shanghai")

programme_group = AppGroup("programme", help="Programmes: a notice as data.")
catalogue_group = AppGroup("catalogue", help="The courses and lessons of a programme.")

Readable = click.Path(exists=True, dir_okay=False, path_type=Path)


@programme_group.command("publish")
@click.argument("file", type=Readable)
def publish(file: Path) -> None:
    """Put the programme in FILE in force; a version once published is never edited."""
    with _plainly(file), unit_of_work(read_only=False) as session:
        row = programmes.publish(session, _read(file), now())
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
    folders = _folders()
    chosen = [folder for folder in folders if notice in (None, folder.name)]
    if not chosen:
        raise click.ClickException(f"没有 {notice}，现有 {'、'.join(folder.name for folder in folders)}")
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
    path = Path(notice) if notice.endswith(".toml") else NOTICES / notice / "programme.toml"
    if not path.is_file():
        raise click.ClickException(f"没有 {notice}，现有 {'、'.join(folder.name for folder in _folders())}")
    with _plainly(path):
        programme = files.load(_read(path))
    with _plainly(evidence):
        told = [_told(programme, given) for given in cases.load_any(_read(evidence))]
    document = msgspec.json.encode(told if len(told) > 1 else told[0])
    click.echo(msgspec.json.format(document, indent=2).decode())


def _told(programme: files.Programme, given: cases.Given) -> dict[str, object]:
    wrong = cases.unknown(programme, given)
    if wrong:
        raise files.ProgrammeError(wrong)
    told: dict[str, object] = msgspec.to_builtins(cases.card_of(programme, given))
    leader = cases.leader_of(programme, given) if given.leader else None
    if leader:
        told["leader"] = leader_card(programme, leader)
    return told


def _folders() -> list[Path]:
    return sorted(path.parent for path in NOTICES.glob("*/programme.toml"))


def _try_notice(folder: Path) -> int:
    """How many situations of this notice come out otherwise than it says."""
    failed = 0
    with _plainly(folder / "programme.toml"):
        programme = files.load(_read(folder / "programme.toml"))
    with _plainly(folder / "cases.toml"):
        situations = cases.load(_read(folder / "cases.toml"))
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
    with _plainly(file), unit_of_work(read_only=False) as session:
        done = catalogue.import_catalogue(session, slug, _read(file))
        click.echo(f"新增课程 {done.courses_added} 门、课时 {done.lessons_added} 个，更新 {done.changed} 处")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise files.ProgrammeError([f"不是 UTF-8 文本：第 {error.start + 1} 个字节"]) from error


@contextmanager
def _plainly(file: Path) -> Iterator[None]:
    """plain_errors, and a broken file's problems one a line."""
    try:
        with plain_errors():
            yield
    except files.ProgrammeError as error:
        raise click.ClickException("\n".join(f"{file}：{problem}" for problem in error.problems)) from None
