"""`flask audit …`: whether the audit log is as it was written, and its old part moved to files."""

from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from server.cli.words import plain_errors
from services import audit_archive, audit_chain
from services.audit_chain import Fault, Link
from web.context import collaborators, now, unit_of_work

CHINA = ZoneInfo("Asia/Shanghai")
audit_group = AppGroup("audit", help="The audit log.")
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@audit_group.command("verify")
@click.argument("files", nargs=-1, type=_FILE)
@click.option("--head", "noted", help="A head noted earlier, SERIAL:HASH; it must still be part of the chain.")
def verify(files: tuple[Path, ...], noted: str | None) -> None:
    """Check the chain of the table, or with FILES, in their order, that of archives. Exit code 1: something was changed."""
    vault = collaborators().vault
    with plain_errors():
        link = Link.parse(noted) if noted else None
        if files:
            _verify_files(files, link)
            return
        with unit_of_work(read_only=True) as session:
            fault = audit_chain.verify(session, vault, noted=link)
            head, archived = audit_chain.head(session), audit_chain.archived(session)
    _refuse(fault)
    click.echo(
        f"审计日志完好：第 {archived.serial + 1} 至 {head.serial} 条。"
        if head != archived
        else "审计日志完好，表中没有记录。"
    )
    if link is not None and link.serial < archived.serial:
        click.echo(f"第 {link.serial} 条已归档，请同时校验归档文件：flask audit verify --head … 文件", err=True)
    click.echo(f"链头（请记在别处，以后用 --head 核对）：{head}")


def _verify_files(files: tuple[Path, ...], noted: Link | None) -> None:
    before: Link | None = None
    covered = noted is None
    for path in files:
        found = audit_archive.read(path, collaborators().vault, noted)
        if isinstance(found, Fault):
            raise click.ClickException(f"{path}：第 {found.serial} 条有问题：{found.reason}。")
        if before is not None and found.after != before:
            raise click.ClickException(f"{path}：没有接着上一个文件（到第 {before.serial} 条）。")
        click.echo(
            f"{path}：完好，第 {found.after.serial + 1} 至 {found.end.serial} 条，登录记录 {found.sign_ins} 条；末尾 {found.end}"
        )
        before = found.end
        covered = covered or (noted is not None and found.after.serial < noted.serial <= found.end.serial)
    if not covered:
        raise click.ClickException("记下的链头不在这些文件里。")
    with unit_of_work(read_only=True) as session:
        archived = audit_chain.archived(session)
    if before is not None and before.serial == archived.serial and before != archived:
        raise click.ClickException(f"数据库中的日志没有接着这些文件（第 {before.serial} 条的校验值不同）。")
    if before == archived:
        click.echo("数据库中的日志接着这些文件。")


@audit_group.command("archive")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--before", required=True, type=click.DateTime(["%Y-%m-%d"]), help="A day; 184 days ago at the latest.")
def archive(path: Path, before: datetime) -> None:
    """Move all that happened before a day to FILE, and out of the database. Again with the same FILE is harmless."""
    moment = datetime.combine(date(before.year, before.month, before.day), time(), CHINA)
    with plain_errors():
        done = audit_archive.archive(unit_of_work, collaborators().vault, moment, path, now())
    if done is None:
        click.echo("没有这么早的日志，没有写文件。")
        return
    click.echo(f"{path}：审计日志 {done.entries} 条（到第 {done.end.serial} 条），登录记录 {done.sign_ins} 条。")
    click.echo(f"归档的末尾（请记在别处）：{done.end}")


def _refuse(fault: Fault | None) -> None:
    if fault is not None:
        raise click.ClickException(f"审计日志第 {fault.serial} 条有问题：{fault.reason}。")
