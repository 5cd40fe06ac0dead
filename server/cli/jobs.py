"""flask jobs work|clock|list|show: the background jobs."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from time import sleep
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from server import jobs
from server.cli.words import plain_errors, table
from server.jobs import clock, worker

SHANGHAI = ZoneInfo("Asia/Shanghai")
STATES = {"waiting": "等待中", "running": "进行中", "done": "已完成", "failed": "失败", "lost": "中断"}
#: How often --wait asks, s.
PAUSE_S = 0.5

jobs_group = AppGroup("jobs", help="Background jobs.")


@jobs_group.command("work")
@click.option("--burst", is_flag=True, help="End when no job waits.")
def work(burst: bool) -> None:
    """Do jobs for ever; SIGTERM or Ctrl-C ends it after the job that runs. Any number may run at once."""
    with plain_errors():
        if not worker.work(burst=burst):
            raise click.ClickException("后台任务进程意外结束，请查看日志后重新启动。")


@jobs_group.command("clock")
def run_clock() -> None:
    """Start what is due by the time of day, for ever; SIGTERM or Ctrl-C ends it. Any number may run at once."""
    with plain_errors():
        clock.run()


@jobs_group.command("list")
def list_recent() -> None:
    """The jobs that wait, run and ended last; the newest first."""
    with plain_errors():
        rows = [
            (job.id, job.name, STATES[job.state], _share(job), _local(job.enqueued), _local(job.ended))
            for job in jobs.recent()
        ]
    click.echo(table([("编号", "任务", "状态", "进度", "提交于", "结束于"), *rows]) if rows else "没有后台任务。")


@jobs_group.command("show")
@click.argument("job_id", metavar="ID")
@click.option("--wait", is_flag=True, help="Go on until the job has ended.")
def show(job_id: str, wait: bool) -> None:
    """How far the job is; ends with 1 where it has failed or was lost."""
    with plain_errors():
        for job in _followed(job_id) if wait else [jobs.status(job_id)]:
            _say(f"{job.name} {STATES[job.state]} {_share(job)}".rstrip(), last=job.over or not wait)
    if job.result is not None:
        click.echo(json.dumps(job.result, ensure_ascii=False))
    if job.error:
        raise click.ClickException(job.error)


def _followed(job_id: str) -> Iterator[jobs.Status]:
    """The job each time that it has got on, until it has ended."""
    told = None
    while True:
        job = jobs.status(job_id)
        if job != told:
            yield job
        if job.over:
            return
        told = job
        sleep(PAUSE_S)


def _say(text: str, *, last: bool) -> None:
    """On a terminal each text takes the place of the one before; in a file it is a line of its own."""
    if sys.stdout.isatty():
        click.echo(f"\r\x1b[K{text}", nl=last)
    else:
        click.echo(text)


def _share(job: jobs.Status) -> str:
    return f"{job.done}/{job.total}（{job.done * 100 // job.total}%）" if job.total else ""


def _local(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if moment else ""
