"""What our commands share about programme files: where the notices are, reading them, and telling their problems."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

import programmes as files
from server.cli.words import plain_errors

NOTICES = Path(files.__file__).parent / "notices"
Readable = click.Path(exists=True, dir_okay=False, path_type=Path)


def folders() -> list[Path]:
    """The folder of each notice, by name."""
    return sorted(path.parent for path in NOTICES.glob("*/programme.toml"))


def programme_file(notice: str) -> Path:
    """The file of a notice by its ID, or FILE itself. Raises ClickException."""
    path = Path(notice) if Path(notice).is_file() else NOTICES / notice / "programme.toml"
    if not path.is_file():
        raise click.ClickException(f"没有 {notice}，现有 {'、'.join(folder.name for folder in folders())}")
    return path


def read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise files.ProgrammeError([f"不是 UTF-8 文本：第 {error.start + 1} 个字节"]) from error


@contextmanager
def plainly(file: Path) -> Iterator[None]:
    """plain_errors, and a broken file's problems one a line."""
    try:
        with plain_errors():
            yield
    except files.ProgrammeError as error:
        raise click.ClickException("\n".join(f"{file}：{problem}" for problem in error.problems)) from None
