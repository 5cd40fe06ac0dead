"""On which line of a TOML file each value stands. For files that tomllib has read already: nothing is checked here. Pure."""

import re
import tomllib
from bisect import bisect_right
from contextlib import suppress

#: Keys of tables and indexes of lists: modules, 0, hours.
Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[\w\-]+')
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL)
_BARE = re.compile(r"[^,\]}\n#]*")


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, of every table header, key and element of a list."""
    scanner = _Scanner(text)
    with suppress(RecursionError, _Lost):  # what was found so far still leads near the place
        scanner.document()
    return scanner.lines


class _Lost(Exception):
    """The text is not what tomllib would have read."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.breaks = [place for place, character in enumerate(text) if character == "\n"]
        #: The newest element of each list of tables.
        self.newest: dict[Path, int] = {}

    def document(self) -> None:
        here: Path = ()
        while self.skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                here = self.header()
            else:
                self.pair(here)

    def header(self) -> Path:
        repeated = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if repeated else 1
        *around, last = self.key()
        path: Path = ()
        for name in around:
            path = self._newest((*path, name))
        path = (*path, last)
        if repeated:
            self.newest[path] = self.newest.get(path, -1) + 1
            path = (*path, self.newest[path])
            for inner in [known for known in self.newest if known[: len(path)] == path]:
                del self.newest[inner]
        self.note(path, start)
        self.take("]]" if repeated else "]")
        return path

    def _newest(self, path: Path) -> Path:
        return (*path, self.newest[path]) if path in self.newest else path

    def pair(self, table: Path) -> None:
        self.skip(_BLANK)
        start = self.at
        path = (*table, *self.key())
        self.note(path, start)
        self.take("=")
        self.value(path)

    def value(self, path: Path) -> None:
        self.skip(_SPACE)
        self.note(path, self.at)
        if self.text.startswith("[", self.at):
            self.several(path, "]")
        elif self.text.startswith("{", self.at):
            self.several(path, "}")
        elif self.text.startswith(("'", '"'), self.at):
            self.match(_STRING)
        else:
            self.skip(_BARE)

    def several(self, path: Path, close: str) -> None:
        """The elements of a list, or the pairs of an inline table."""
        self.at += 1
        number = 0
        while True:
            self.skip(_BLANK)
            if self.text.startswith(close, self.at):
                self.at += 1
                return
            if close == "}":
                self.pair(path)
            else:
                self.value((*path, number))
            number += 1
            self.skip(_BLANK)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith(close, self.at):
                raise _Lost

    def key(self) -> list[str]:
        names = []
        while True:
            self.skip(_SPACE)
            raw = self.match(_KEY)
            names.append(tomllib.loads(f"key = {raw}")["key"] if raw[0] in "'\"" else raw)
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def note(self, path: Path, place: int) -> None:
        self.lines.setdefault(path, bisect_right(self.breaks, place - 1) + 1)

    def skip(self, what: re.Pattern[str]) -> int:
        found = what.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def match(self, what: re.Pattern[str]) -> str:
        found = what.match(self.text, self.at)
        if not found or not found[0]:
            raise _Lost
        self.at = found.end()
        return found[0]

    def take(self, sign: str) -> None:
        self.skip(_SPACE)
        if not self.text.startswith(sign, self.at):
            raise _Lost
        self.at += len(sign)
