"""How our commands speak: our errors as one Chinese line and exit code 1, tables that line up with Chinese in them."""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError

from services.errors import XueshiError

#: On this many rows or more a command says how far it is.
LONG = 5000


@contextmanager
def plain_errors() -> Iterator[None]:
    """A failure that a person may be told about ends the command with one line; a bug keeps its traceback."""
    try:
        yield
    except XueshiError as error:
        raise click.ClickException(error.detail) from None
    except (OperationalError, InterfaceError) as error:
        raise click.ClickException(f"数据库连接不上或正忙：{type(error.orig).__name__}") from None
    except RedisError as error:
        raise click.ClickException(f"Redis 连接不上：{type(error).__name__}") from None
    except OSError as error:
        if error.filename is None:  # about no file that somebody named
            raise
        raise click.ClickException(f"文件不能打开或写入：{error.filename}（{error.strerror}）") from None


def say_progress(done: int, total: int) -> None:
    """On long work a line now and then, beside the output."""
    if total >= LONG and (done == total or done % (LONG * 2) == 0):
        click.echo(f"已处理 {done} / {total}", err=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns; a Chinese character is as wide as two Latin ones."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
