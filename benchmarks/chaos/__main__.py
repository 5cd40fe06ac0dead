"""`make chaos`. Ends with 0 when what is promised was kept, with 1 when it was not."""

import argparse
import asyncio
import json
import sys
from functools import partial
from pathlib import Path

from benchmarks.chaos.faults import LASTS
from benchmarks.chaos.parts import ROOT
from benchmarks.chaos.run import Options, run


def main() -> int:
    options, path = _options()
    report = asyncio.run(run(options, partial(print, flush=True)))
    print(report.table())
    for failure in report.failures:
        print(f"FAILED: {failure}")
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False) + "\n")
        print(f"kept in {path}")
    return 1 if report.failures else 0


def _options() -> tuple[Options, Path | None]:
    lane = "asgi" if (ROOT / "asgi.py").exists() else "wsgi"
    parser = argparse.ArgumentParser(
        prog="make chaos", description="Kill, freeze and mislead; then account for every second."
    )
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "mariadb"), default="postgresql")
    parser.add_argument("--fsync", choices=("always", "everysec"), default="everysec")
    parser.add_argument(
        "--resend", action=argparse.BooleanOptionalAction, default=True, help="clients keep what SQL lacks"
    )
    parser.add_argument("--server", choices=("asgi", "wsgi"), default=lane)
    parser.add_argument("--teachers", type=int, default=60)
    parser.add_argument("--workers", type=int, default=1, help="of each API node")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between faults, on average")
    parser.add_argument("--kinds", nargs="*", choices=tuple(LASTS), default=[], help="only these faults")
    parser.add_argument("--report", type=Path, default=None, help="where to keep the figures as JSON")
    given = vars(parser.parse_args())
    path = given.pop("report")
    return Options(**given | {"kinds": tuple(given["kinds"])}), path


if __name__ == "__main__":
    sys.exit(main())
