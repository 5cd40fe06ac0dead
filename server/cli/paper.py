"""flask paper …: papers (证书) issued, printed, taken back and issued again by staff."""

from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from models import Organisation
from server import jobs
from server.cli.words import plain_errors, table
from services.errors import NotFound
from services.papers import batch as paper_batch
from services.papers import papers
from web.context import collaborators, now, unit_of_work

paper_group = AppGroup("paper", help="Papers (证书).")

Because = click.option("--because", required=True, help="Why, in words; kept with the paper.")
School = click.option("--school", help="Only the learners of the school with this code.")
Output = click.option(
    "--output", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write."
)
Background = click.option("--background", is_flag=True, help="Leave it to the worker.")


@paper_group.command("issue")
@click.argument("slug")
@click.argument("kind")
@School
@Background
def issue(slug: str, kind: str, school: str | None, background: bool) -> None:
    """Issue the papers of KIND to all learners of programme SLUG to whom they are due; again issues only what is new."""
    if background:
        _hand_over("papers_issue", programme=slug, kind=kind, school=school or "")
        return
    done = paper_batch.Issued()
    with plain_errors():
        with unit_of_work(read_only=True) as session:
            portions = paper_batch.chunks(session, slug, _school_id(session, school))
        for portion in portions:
            with unit_of_work(read_only=False) as session:
                paper_batch.issue_many(session, portion, kind, now(), done)
    click.echo(f"共 {done.papers} 张，其中新开具 {done.new} 张")
    for reason, count in sorted(done.not_due.items(), key=lambda item: -item[1]):
        click.echo(f"  未开具 {count} 人：{reason}")


@paper_group.command("print")
@click.argument("slug")
@click.argument("kind")
@School
@Output
@Background
def print_all(slug: str, kind: str, school: str | None, output: Path, background: bool) -> None:
    """Write the issued papers of KIND of programme SLUG into a ZIP of PDFs."""
    if background:
        _hand_over("papers_print", programme=slug, kind=kind, school=school or "", out=str(output.resolve()))
        return
    draft = output.with_name(f"{output.name}.part")
    try:
        with plain_errors(), unit_of_work(read_only=True) as session:
            portions = paper_batch.chunks(session, slug, _school_id(session, school))
            ids = (enrolment_id for portion in portions for enrolment_id in portion)
            draft.touch(0o600)  # names of people
            with draft.open("wb") as target:
                count = paper_batch.print_many(session, collaborators().printer, ids, target, kind=kind, progress=_say)
        if not count:
            raise click.ClickException("没有已开具的证书。")
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)
    click.echo(f"{output}：{count} 张")


@paper_group.command("revoke")
@click.argument("number")
@Because
def revoke(number: str, because: str) -> None:
    """Take the paper NUMBER back: its page says 已撤销 from now on."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        papers.revoke(session, number, because, now())
    click.echo(f"已撤销 {number}")


@paper_group.command("reissue")
@click.argument("number")
@Because
def reissue(number: str, because: str) -> None:
    """Issue the paper NUMBER again from today's data, say after a name was corrected; it keeps its number."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        papers.reissue(session, number, because, now())
    click.echo(f"已换发 {number}")


@paper_group.command("doubtful")
@click.argument("slug")
def doubtful(slug: str) -> None:
    """Valid papers of programme SLUG that would not be issued today, for a person to decide about."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        rows = [(paper.number, "；".join(why)) for paper, why in papers.doubtful(session, slug, now())]
    click.echo(table([("编号", "今天不能开具的原因"), *rows]) if rows else "没有存疑的证书。")


def _say(done: int) -> None:
    click.echo(f"已打印 {done} 张", err=True)


def _school_id(session: Session, code: str | None) -> int | None:
    if code is None:
        return None
    found = session.scalar(sa.select(Organisation.id).where(Organisation.code == code))
    if found is None:
        raise NotFound(f"没有代码为 {code} 的单位。")
    return found


def _hand_over(name: str, **arguments: str) -> None:
    with plain_errors():
        job_id = jobs.enqueue(name, **arguments)
    click.echo(f"已交给后台任务 {job_id}；进度见 flask jobs show {job_id} --wait")
