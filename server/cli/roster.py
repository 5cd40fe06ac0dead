"""`flask roster import`: teachers from a CSV or .xlsx file. What it prints and writes holds no ID number in clear."""

import os
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

import programmes
from models import Programme
from server import jobs
from server.cli.words import plain_errors, table
from server.jobs import files
from services import programmes as published
from services.passwords import RANDOM, FirstPassword
from services.rosters import check as roster_check
from services.rosters import intake as roster
from services.rosters.check import Options, Plan
from services.rosters.intake import Credential
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work

#: Errors and new schools printed; all errors go to --errors-out.
SHOWN = 50
#: On this many rows or more the import says how far it is.
LONG = 5000

roster_group = AppGroup("roster", help="Teachers from a list.")
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@roster_group.command("import")
@click.argument("file", type=_FILE)
@click.option(
    "--programme", "slug", required=True, help="The programme they take part in, such as xuchang-2022-phase2."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@click.option("--create-schools", is_flag=True, help="Make the schools that are not known yet.")
@click.option("--school", "school_code", default="", help="The code of the school of the rows that name none.")
@click.option(
    "--passwords-out",
    type=_NEW_FILE,
    help="A new CSV file for the first passwords, where the programme has random ones.",
)
@click.option("--errors-out", type=_NEW_FILE, help="A CSV file for all errors.")
@click.option("--late", default="", help="Why it is taken in after the closing date; kept with each enrolment.")
@click.option("--background", is_flag=True, help="Check now, and leave the rest to a worker (flask jobs).")
def import_(
    *,
    file: Path,
    slug: str,
    dry_run: bool,
    create_schools: bool,
    school_code: str,
    passwords_out: Path | None,
    errors_out: Path | None,
    late: str,
    background: bool,
) -> None:
    """Take in the teachers in FILE (.xlsx or .csv) and enrol them.

    One wrong row and none is taken in. The same file again is harmless.
    """
    moment, options = now(), Options(create_schools, school_code, late)
    if errors_out and errors_out.exists() and errors_out.samefile(file):
        raise click.UsageError("--errors-out 不能是名单文件本身。")
    with plain_errors():
        programme_id, programme = _programme(slug)
        first = programme.sign_in.first_password
        if first.rule == RANDOM and not dry_run:
            if background:
                raise click.UsageError("本项目的初始密码是随机的，不能在后台导入。")
            _require_new_file(passwords_out)
        content = _digest(file)
        plan = _check(file, programme_id, options, moment.astimezone(programme.zone))
        _report(plan, errors_out)
        if plan.errors:
            raise click.ClickException("名单有错误，没有导入任何内容；请改正后重新导入。")
        if dry_run:
            click.echo("以上只是检查，没有导入任何内容。")
            return
        if background:
            _hand_over(file, content, slug, options)
            return
        first_password = collaborators().passwords.first_password(first.rule, first.shared)
        told = len(plan.notes)
        written = _apply(plan, programme_id, first_password, passwords_out, moment)
    click.echo("导入完成。")
    for note in plan.notes[told:]:
        click.echo(note)
    if written:
        click.echo(f"{written} 个随机初始密码已写入 {passwords_out}，请妥善保管，发完后删除。")


def _programme(slug: str) -> tuple[int, programmes.Programme]:
    with unit_of_work(read_only=True) as session:
        row = published.latest(session, slug)
        return row.id, published.get(session, row.id)


def _require_new_file(path: Path | None) -> None:
    if path is None:
        raise click.UsageError("本项目的初始密码是随机的，请用 --passwords-out 指定保存密码的文件。")
    if path.exists():
        raise click.UsageError(f"{path} 已经存在，请指定一个新文件。")


def _check(file: Path, programme_id: int, options: Options, local: datetime) -> Plan:
    try:
        read = spreadsheets.read(file)
    except OSError as error:
        raise click.ClickException(f"文件不能打开：{error.strerror}") from None
    if len(read.rows) >= LONG:
        click.echo(f"读到 {len(read.rows)} 行，正在检查……", err=True)
    with unit_of_work(read_only=True) as session:
        programme = session.get_one(Programme, programme_id)
        return roster_check.check(session, collaborators().vault, read, programme=programme, options=options, now=local)


def _digest(file: Path) -> str:
    try:
        return files.digest(file)
    except OSError as error:
        raise click.ClickException(f"文件不能打开：{error.strerror}") from None


def _hand_over(file: Path, content: str, slug: str, options: Options) -> None:
    job_id = jobs.enqueue(
        "roster_import",
        file=str(file.resolve()),
        content=content,
        programme=slug,
        create_schools=options.create_schools,
        school_code=options.school_code,
        late=options.late,
    )
    click.echo(f"已交给后台任务 {job_id}，请保留名单文件；进度见 flask jobs show {job_id} --wait")


def _report(plan: Plan, errors_out: Path | None) -> None:
    for note in plan.notes:
        click.echo(f"注意：{note}")
    for school in plan.new_schools[:SHOWN]:
        click.echo(f"新建学校：{school.name}（代码 {school.code}）")
    if len(plan.new_schools) > SHOWN:
        click.echo(f"……共新建 {len(plan.new_schools)} 所学校。")
    header = ("行号", "列", "原因")
    if plan.errors:
        rows = [(str(error.row), error.column, error.reason) for error in plan.errors]
        click.echo(table([header, *rows[:SHOWN]]))
        if len(rows) > SHOWN:
            click.echo(
                f"……还有 {len(rows) - SHOWN} 处错误" + ("。" if errors_out else "，用 --errors-out 可写入文件。")
            )
        if errors_out:
            spreadsheets.write_csv(errors_out, header, rows)
            click.echo(f"全部错误已写入 {errors_out}。")
    counts = plan.counts()
    click.echo(table([("共", *counts), (str(plan.rows), *map(str, counts.values()))]))


def _apply(
    plan: Plan, programme_id: int, first_password: FirstPassword, passwords_out: Path | None, moment: datetime
) -> int:
    """How many random passwords were written. Their file is complete before the commit, and gone again if that fails."""
    using = collaborators()
    credentials: list[Credential] = []
    try:
        with unit_of_work(read_only=False) as session:
            credentials = roster.apply(
                session,
                using.vault,
                using.passwords,
                plan,
                programme_id=programme_id,
                first_password=first_password,
                now=moment,
                progress=_say_progress,
            )
            if credentials and passwords_out:
                _write_passwords(passwords_out, credentials)
    except FileExistsError:
        raise click.ClickException(f"{passwords_out} 已经存在，没有导入任何内容。") from None
    except BaseException as error:
        if credentials and passwords_out:
            passwords_out.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise click.ClickException(f"密码文件不能写入（{error.strerror}），没有导入任何内容。") from None
        raise
    return len(credentials)


def _write_passwords(path: Path, credentials: list[Credential]) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    rows = ([str(one.row), one.name, one.id_number_masked, one.password] for one in credentials)
    spreadsheets.write_csv(path, ("行号", "姓名", "身份证号", "初始密码"), rows)


def _say_progress(done: int, total: int) -> None:
    if total >= LONG and (done == total or done % (LONG * 2) == 0):
        click.echo(f"已处理 {done} / {total} 行", err=True)
