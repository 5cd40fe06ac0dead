"""`flask results recompute`: the results (成绩) that lists, ranks and registers are made of."""

import click
from flask.cli import AppGroup

from server import jobs
from server.cli.words import plain_errors, say_progress
from services import programmes, results
from web.context import now, unit_of_work

results_group = AppGroup("results", help="Results of everybody in a programme.")


@results_group.command("recompute")
@click.argument("slug")
@click.option("--background", is_flag=True, help="Leave it to a worker (flask jobs).")
def recompute(slug: str, background: bool) -> None:
    """Bring the results of programme SLUG up to date; again is harmless."""
    with plain_errors():
        with unit_of_work(read_only=True) as session:
            programmes.latest(session, slug)
        if background:
            job_id = jobs.enqueue("recompute", programme=slug)
            click.echo(f"已交给后台任务 {job_id}；进度见 flask jobs show {job_id} --wait")
            return
        done = results.recompute(unit_of_work, slug, now(), say_progress)
    click.echo(f"共 {done.enrolments} 人，{done.changed} 人的成绩有变化，{done.passed} 人合格。")
