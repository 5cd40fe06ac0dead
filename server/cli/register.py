"""`flask register …`: forms as files, receipts, contacts, draws for inspection.

Passwords and telephones are asked for or stand in a file; they are never arguments, which everybody on the machine can see.
"""

import getpass
import os
from pathlib import Path

import click
from flask.cli import AppGroup

from server import jobs
from server.cli.words import plain_errors, say_progress, table
from server.jobs.register_export import HEADER, read_password, write_problems
from services import schools
from services.registers import changes as register_changes
from services.registers import receipts, registers, sampling, school_contacts
from services.registers.changes import WORDS
from services.registers.registers import Exported, Problems, RegisterHasErrors
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work

SHOWN = 50

register_group = AppGroup("register", help="Registers and forms.")
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@register_group.command("forms")
@click.argument("slug")
def forms(slug: str) -> None:
    """The forms that programme SLUG asks for, and when each was last exported."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        rows = [
            (
                form.key,
                form.title,
                form.to,
                repr(form.due) if form.due else "",
                "需要密码" if registers.has_numbers(form) else "",
                f"第 {last.serial} 次，{last.rows} 行，{last.made_at:%Y-%m-%d}" if last else "未导出",
            )
            for form, last in registers.forms(session, slug)
        ]
    click.echo(table([("报表", "名称", "报送", "期限", "", "上次导出"), *rows]) if rows else "本项目没有报表。")


@register_group.command("export")
@click.argument("slug")
@click.argument("form")
@click.option("--out", type=_NEW_FILE, required=True, help="The file to write: .xlsx or .csv.")
@click.option("--password-file", type=_FILE, help="A file whose first line is the password of the .xlsx.")
@click.option("--allow-errors", is_flag=True, help="Leave wrong rows out, and list them.")
@click.option("--as-computed", is_flag=True, help="Take results as they were computed last (flask results recompute).")
@click.option("--errors-out", type=_NEW_FILE, help="A CSV file for all that is wrong.")
@click.option("--background", is_flag=True, help="Leave it to a worker (flask jobs).")
def export(
    *,
    slug: str,
    form: str,
    out: Path,
    password_file: Path | None,
    allow_errors: bool,
    as_computed: bool,
    errors_out: Path | None,
    background: bool,
) -> None:
    """Write FORM of programme SLUG to a file. One wrong row and nothing is written. The same data are the same export."""
    with plain_errors():
        if background:
            _hand_over(slug, form, out, password_file, errors_out, allow_errors=allow_errors, as_computed=as_computed)
            return
        password = _password(slug, form, password_file)
        try:
            done = registers.export(
                unit_of_work,
                collaborators().vault,
                slug,
                form,
                out,
                now=now(),
                by=_me(),
                password=password,
                allow_errors=allow_errors,
                as_computed=as_computed,
                progress=say_progress,
            )
        except RegisterHasErrors as wrong:
            _tell(wrong.problems, errors_out)
            raise
        if done.left_out.rows:
            _tell(done.left_out, errors_out)
    _report(done, out)


@register_group.command("diff")
@click.argument("slug")
@click.argument("form")
@click.option("--since", type=int, help="Which export to compare with; the last one where it is left out.")
@click.option("--out", type=_NEW_FILE, help="A file of the differences alone: .xlsx or .csv.")
def diff(slug: str, form: str, since: int | None, out: Path | None) -> None:
    """What differs now from the last export of FORM: new, gone, changed. Numbers are masked."""
    with plain_errors():
        found = registers.difference(
            unit_of_work, collaborators().vault, slug, form, now=now(), since=since, progress=say_progress
        )
        header = [column.title for column in found.form.columns]
        if out:
            register_changes.write(out, found.form.title, header, found.changes)
    rows = [(WORDS[change.kind], *(change.shown.get(t, "") for t in header), change.says) for change in found.changes]
    if rows:
        click.echo(table([("变化", *header, "说明"), *rows[:SHOWN]]))
    if len(rows) > SHOWN:
        click.echo(f"……还有 {len(rows) - SHOWN} 行" + ("。" if out else "，用 --out 可写入文件。"))
    if found.left_out.rows:
        click.echo(f"另有 {found.left_out.rows} 行不完整或不合理，没有比较。")
    click.echo(f"与第 {found.since} 次导出相比，{f'有 {len(rows)} 行不同' if rows else '没有变化'}。")


@register_group.command("receipt")
@click.argument("export_id", metavar="EXPORT", type=int)
@click.argument("file", type=_FILE, required=False)
def receipt(export_id: int, file: Path | None) -> None:
    """Record what the register answered to EXPORT, from FILE (.xlsx or .csv), and list whom it refused. The same FILE again is harmless."""
    with plain_errors():
        if file:
            _record(export_id, file)
        with unit_of_work(read_only=True) as session:
            refused = receipts.refused(session, export_id)
    if refused:
        columns = list(dict.fromkeys(title for one in refused for title in one.shown))
        rows = [(*(one.shown.get(title, "") for title in columns), one.reason) for one in refused]
        click.echo(table([(*columns, "退回原因"), *rows[:SHOWN]]))
        if len(rows) > SHOWN:
            click.echo(f"……共退回 {len(rows)} 行。")
    elif not file:
        click.echo("没有退回的记录。")


@register_group.command("contact")
@click.argument("slug")
@click.argument("school_code")
@click.option("--name", required=True, help="Who speaks for the school (责任人).")
def contact(slug: str, school_code: str, name: str) -> None:
    """Note whom a school named for programme SLUG; the telephone is asked for."""
    number = click.prompt("联系电话", hide_input=True)
    with plain_errors(), unit_of_work(read_only=False) as session:
        school = schools.by_code(session, school_code)
        vault = collaborators().vault
        school_contacts.note(session, vault, slug, school.id, name=name, contact=number, now=now())
        click.echo(f"已登记 {school.name} 的联系人：{name}")


@register_group.command("sample")
@click.argument("slug")
@click.option("--round", "round_name", required=True, help="What the inspection is called; each is drawn once.")
@click.option(
    "--seed",
    default="",
    help="The same seed draws the same of the same teachers; the round's name where it is left out.",
)
@click.option("--by", default="", help="Who draws; the system's user where it is left out.")
@click.option("--out", type=_NEW_FILE, help="A CSV file for those drawn.")
def sample(slug: str, round_name: str, seed: str, by: str, out: Path | None) -> None:
    """Draw teachers of each school for an inspection, as the notice asks; a round that was drawn is shown again."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        vault = collaborators().vault
        made, new = sampling.draw(session, vault, slug, round_name, by=by or _me(), now=now(), seed=seed)
        found = sampling.drawn(session, vault, made)
        rows = [(one.school_code, one.school, one.name, one.id_number_masked, one.stage, one.subject) for one in found]
        said = f"{'抽取' if new else '已抽取过'}：{made.round}，每校不少于 {made.share:.0%}，共 {len(rows)} 人；"
        said += f"{made.drawn_by} 于 {made.drawn_at:%Y-%m-%d %H:%M}（UTC）抽取。"
    header = ("学校代码", "学校", "姓名", "身份证号", "学段", "学科")
    click.echo(table([header, *rows[:SHOWN]]))
    if len(rows) > SHOWN and not out:
        click.echo(f"……还有 {len(rows) - SHOWN} 人，用 --out 可写入文件。")
    click.echo(said)
    if out:
        try:
            spreadsheets.write_csv(out, header, rows)
        except OSError as error:
            raise click.ClickException(f"文件不能写入：{error.strerror}") from None
        click.echo(f"全部名单已写入 {out}。")


def _hand_over(
    slug: str, form: str, out: Path, password_file: Path | None, errors_out: Path | None, **flags: bool
) -> None:
    with unit_of_work(read_only=True) as session:
        numbers = registers.has_numbers(registers.form_of(session, slug, form))
    if numbers and password_file is None:
        raise click.UsageError("这张表含有证件号码或电话，在后台导出请用 --password-file 给出密码。")
    job_id = jobs.enqueue(
        "register_export",
        programme=slug,
        form=form,
        out=str(out.resolve()),
        password_file=str(password_file.resolve()) if password_file else "",
        errors_out=str(errors_out.resolve()) if errors_out else "",
        by=_me(),
        **flags,
    )
    click.echo(f"已交给后台任务 {job_id}；进度见 flask jobs show {job_id} --wait")


def _password(slug: str, form: str, password_file: Path | None) -> str:
    if password_file:
        return read_password(password_file)
    with unit_of_work(read_only=True) as session:
        if not registers.has_numbers(registers.form_of(session, slug, form)):
            return ""
    password: str = click.prompt("这张表含有证件号码或电话，文件的打开密码", hide_input=True, confirmation_prompt=True)
    return password


def _me() -> str:
    try:
        return getpass.getuser()[:50]
    except (OSError, KeyError):  # a container's user may have no name
        return f"uid {os.getuid()}"


def _tell(problems: Problems, errors_out: Path | None) -> None:
    rows = [(str(one.row), one.who, one.column, one.reason) for one in problems.found]
    click.echo(table([HEADER, *rows[:SHOWN]]))
    if len(rows) > SHOWN:
        click.echo(f"……还有 {len(rows) - SHOWN} 处" + ("。" if errors_out else "，用 --errors-out 可写入文件。"))
    if errors_out:
        write_problems(errors_out, problems.found)
        click.echo(f"全部问题已写入 {errors_out}。")


def _report(done: Exported, out: Path) -> None:
    if done.left_out.rows:
        click.echo(f"略去 {done.left_out.rows} 行。")
    if not done.new:
        click.echo(f"与第 {done.serial} 次导出（编号 {done.export_id}）相同，没有另记。")
    else:
        click.echo(f"第 {done.serial} 次导出，编号 {done.export_id}。")
    if done.counts:
        click.echo(f"与上次相比：新增 {done.counts.added}，不再列入 {done.counts.gone}，有变化 {done.counts.changed}。")
    click.echo(f"已写入 {done.rows} 行：{out}")


def _record(export_id: int, file: Path) -> None:
    try:
        read = spreadsheets.read(file)
    except OSError as error:
        raise click.ClickException(f"文件不能打开：{error.strerror}") from None
    with unit_of_work(read_only=False) as session:
        done = receipts.record(session, collaborators().vault, export_id, read, by=_me(), now=now())
    for wrong in done.errors[:SHOWN]:
        click.echo(f"第 {wrong.row} 行 {wrong.column}：{wrong.reason}")
    if done.errors:
        raise click.ClickException(f"有 {len(done.errors)} 处错误，没有登记这份回执；请改正后重新登记。")
    said = "已登记" if done.new else "已经登记过"
    click.echo(f"{said}：成功 {done.accepted}，退回 {done.rejected}，未答复 {done.unanswered}。")
