"""Files that were checked before they were handed to a job: the worker takes in that very content, or nothing."""

import hashlib
from pathlib import Path

from services.errors import Conflict


def digest(file: Path) -> str:
    """What is in the file, as a short text: SHA-256 in hex. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def require_unchanged(path: Path, content: str) -> None:
    """Raises Conflict where the file is gone, or is another one than had the digest `content`."""
    try:
        found = digest(path)
    except OSError:
        raise Conflict("文件已经不在原处，没有导入任何内容，请重新导入。") from None
    if found != content:
        raise Conflict("文件在检查之后有变化，没有导入任何内容，请重新检查后导入。")
