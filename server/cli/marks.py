"""`flask marks import`: grades, marks, assessments and attendance from a CSV or .xlsx file."""

from pathlib import Path

import click
from flask.cli import AppGroup

from server import jobs
from server.cli.words import plain_errors, table
from server.jobs import files
from services import programmes
from services.marks import check as marks_check
from services.marks import intake as marks_import
from services.marks.check import Plan
from services.marks.staff import Staff
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work

#: Errors printed; all of them go to --errors-out.
SHOWN = 50
#: On this many rows or more the import says how far it is.
LONG = 5000
#: Whoever runs the command has no account.
OPERATOR = Staff(None)

marks_group = AppGroup("marks", help="Results that earn points: grades, marks, assessments, attendance.")


@marks_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--programme", "slug", required=True, help="The programme, such as xuchang-2022-phase2.")
@click.option("--part", default="", help="The part (key or title) for rows that name none.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@click.option("--background", is_flag=True, help="Check now, take in by the worker.")
@click.option(
    "--errors-out", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="A CSV file for all errors."
)
def import_(*, file: Path, slug: str, part: str, dry_run: bool, background: bool, errors_out: Path | None) -> None:
    """Take in the results in FILE (.xlsx or .csv), one row a teacher and part.

    One wrong row and none is taken in. The same file again is harmless; what stood before is kept in each item's history.
    """
    moment = now()
    if errors_out and errors_out.exists() and errors_out.samefile(file):
        raise click.UsageError("--errors-out 不能是成绩表文件本身。")
    with plain_errors():
        try:
            content = files.digest(file)
            read = spreadsheets.read(file)
        except OSError as error:
            raise click.ClickException(f"文件不能打开：{error.strerror}") from None
        if len(read.rows) >= LONG:
            click.echo(f"读到 {len(read.rows)} 行，正在检查……", err=True)
        with unit_of_work(read_only=True) as session:
            programme = programmes.latest(session, slug)
            plan = marks_check.check(
                session, collaborators().vault, read, programme=programme, part=part, staff=OPERATOR, now=moment
            )
        _report(plan, errors_out)
        if plan.errors:
            raise click.ClickException("成绩表有错误，没有导入任何内容；请改正后重新导入。")
        if dry_run:
            click.echo("以上只是检查，没有导入任何内容。")
            return
        if background:
            job_id = jobs.enqueue("marks_import", file=str(file.resolve()), content=content, programme=slug, part=part)
            click.echo(f"已交给后台任务 {job_id}，请保留成绩表文件；进度见 flask jobs show {job_id} --wait")
            return
        with unit_of_work(read_only=False) as session:
            marks_import.apply(session, plan, staff=OPERATOR, now=moment, progress=_say_progress)
    click.echo("导入完成。")


def _report(plan: Plan, errors_out: Path | None) -> None:
    for note in plan.notes:
        click.echo(f"注意：{note}")
    header = ("行号", "列", "原因")
    if plan.errors:
        rows = [(str(error.row), error.column, error.reason) for error in plan.errors]
        click.echo(table([header, *rows[:SHOWN]]))
        if len(rows) > SHOWN:
            rest = "。" if errors_out else "，用 --errors-out 可写入文件。"
            click.echo(f"……还有 {len(rows) - SHOWN} 处错误{rest}")
        if errors_out:
            spreadsheets.write_csv(errors_out, header, rows)
            click.echo(f"全部错误已写入 {errors_out}。")
    counts = plan.counts()
    click.echo(table([("共", *counts), (str(plan.rows), *map(str, counts.values()))]))


def _say_progress(done: int, total: int) -> None:
    if total >= LONG and (done == total or done % (LONG * 2) == 0):
        click.echo(f"已处理 {done} / {total} 行", err=True)
