"""`flask enrol workshops …`: workshops (工作坊), their leaders, and who is in them."""

from pathlib import Path

import click
from flask.cli import AppGroup

from server.cli.words import plain_errors, table
from services import programmes
from services.enrolling import workshop_list as workshop_import
from services.enrolling import workshops
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work

#: Errors printed.
SHOWN = 50

workshops_group = AppGroup("workshops", help="Workshops and their leaders.")


@workshops_group.command("import")
@click.argument("slug", metavar="PROGRAMME")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
def import_(slug: str, file: Path) -> None:
    """Bring the workshops to what FILE (.xlsx or .csv) says, then put everybody without one into one of the own stage and subject.

    Columns: 坊名称, and if need be 坊代码, 学段, 学科, 坊主证件号, 坊主姓名. One wrong row and nothing is done. Again is harmless.
    """
    with plain_errors():
        try:
            read = spreadsheets.read(file)
        except OSError as error:
            raise click.ClickException(f"文件不能打开：{error.strerror}") from None
        with unit_of_work(read_only=False) as session:
            programme = programmes.latest(session, slug)
            done = workshop_import.run(session, collaborators().vault, read, programme.slug, now())
            placed = 0 if done.errors else workshops.assign(session, programme.slug)
    if done.errors:
        rows = [(str(error.row), error.column, error.reason) for error in sorted(done.errors)[:SHOWN]]
        click.echo(table([("行号", "列", "原因"), *rows]))
        raise click.ClickException(f"有 {len(done.errors)} 处错误，没有导入任何内容；请改正后重新导入。")
    click.echo(f"新增工作坊 {done.added} 个，更新 {done.changed} 个；{placed} 人按学段学科分入工作坊。")


@workshops_group.command("list")
@click.argument("slug", metavar="PROGRAMME")
def list_all(slug: str) -> None:
    """Every workshop with its leader and how many learners it has."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        rows = [
            (line.code, line.title, line.stage or "全部", line.subject or "全部", line.leader, str(line.learners))
            for line in workshops.lines(session, programmes.latest(session, slug).slug)
        ]
    click.echo(table([("代码", "工作坊", "学段", "学科", "坊主", "学员"), *rows]))
