"""python -m benchmarks.report: var/benchmarks.json as tables in docs/performance.md, between markers, and as docs/pictures/*.svg."""

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.__main__ import KEPT
from benchmarks.tables import TABLES, goals

DOCS = Path("docs")


def filled(text: str, name: str, content: str) -> str:
    """The document with `content` between `<!-- measured: name -->` and `<!-- end -->`. Raises ValueError without such a place."""
    place = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not place.search(text):
        raise ValueError(f"the document has no place for {name}")
    return place.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text, count=1)


def machine(of: Mapping[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in of["packages"].items())
    return (
        f"{of['processors']} processors ({of['model']}), {of['memory_gb']} GB; Python {of['python']}, "
        f"Redis {of.get('redis', 'unknown')}, {packages}."
    )


def section(name: str, kept: Mapping[str, Any], picture: str | None) -> str:
    """The table of one measurement, when and how long it ran, and its picture."""
    of = kept[name]
    short = "" if of["effort"] == "full" else f" A {of['effort']} run: for a look, not for comparison."
    shown = f"\n\n![{name}]({picture})" if picture else ""
    return f"{TABLES[name](of['found'])}\n\nMeasured {of['measured']}.{short}{shown}"


def write(kept: Mapping[str, Any], docs: Path = DOCS, *, draw: bool = True) -> list[Path]:
    """Returns the files written."""
    document = docs / "performance.md"
    text, written = document.read_text(), [document]
    for name in TABLES:
        if name not in kept:
            continue
        picture = None
        if draw:
            from benchmarks import pictures

            if name in pictures.PICTURES:
                picture = f"pictures/{name}.svg"
                pictures.draw(name, kept[name]["found"], docs / picture)
                written.append(docs / picture)
        text = filled(text, name, section(name, kept, picture))
    text = filled(text, "machine", machine(kept["machine"]))
    quick = [name for name in TABLES if name in kept and kept[name]["effort"] != "full"]
    note = f"\n\nThese were quick runs, for a look: {', '.join(quick)}." if quick else ""
    text = filled(text, "goals", goals(kept) + note)
    document.write_text(text)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--tables", action="store_true", help="no pictures: matplotlib is not needed")
    options = parser.parse_args()
    for path in write(json.loads(KEPT.read_text()), draw=not options.tables):
        print(path)


if __name__ == "__main__":
    main()
