"""flask flush once|run|status: the flusher, Redis to SQL."""

import click
from flask import current_app
from flask.cli import AppGroup

from heartbeat import glance
from heartbeat.flusher import Flusher
from heartbeat.intake import to_ms
from server.database import db
from server.metrics import FLUSH_LAG, FLUSHED
from server.settings import Settings
from web.context import collaborators

flush_group = AppGroup("flush", help="Bring credited seconds from Redis to SQL.")

#: Of how many waiting sessions `status` says how long they have waited.
SAMPLE = 5_000


def flusher() -> Flusher:
    config: Settings = current_app.extensions["xueshi_settings"]
    return Flusher(db.engine, collaborators().store, collaborators().clock, config.flush_batch, _told)


def _told(records: int, lag_s: float) -> None:
    FLUSHED.inc(records)
    FLUSH_LAG.set(lag_s)


@flush_group.command("once")
def once() -> None:
    """Flush until nothing is left, then end."""
    flushed = flusher().drain()
    click.echo(f"已写入 {flushed} 条学习记录，剩余 {collaborators().store.backlog()} 条。")


@flush_group.command("run")
def run() -> None:
    """Flush for ever; SIGTERM or Ctrl-C ends it after one last flush. Any number may run at once."""
    config: Settings = current_app.extensions["xueshi_settings"]
    flusher().run(config.flush_interval_ms / 1000)
    FLUSH_LAG.set(0)


@flush_group.command("status")
def status() -> None:
    """How many sessions hold something that SQL lacks, and for how long at least (of a sample; the metric is exact)."""
    store, now = collaborators().store, collaborators().clock()
    click.echo(f"等待写入的学习记录：{store.backlog()} 条。")
    oldest_ms = glance.oldest_ms(store, SAMPLE)
    if oldest_ms is not None:
        click.echo(f"其中最久的至少已等待 {max(0, to_ms(now) - oldest_ms) // 1000} 秒。")
