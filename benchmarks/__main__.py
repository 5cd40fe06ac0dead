"""python -m benchmarks [--quick] [NAME …]: all measurements, or those named; printed, and kept in var/benchmarks.json.

What the file knows of measurements that are not run now stays. `python -m benchmarks.report` makes tables and pictures of it.
"""

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import beats, console, flush, latency, machine, opening, page, peers, province, scale
from benchmarks.effort import FULL, QUICK, Effort
from tests.servers import Missing

KEPT = Path("var") / "benchmarks.json"


def _flush(effort: Effort) -> Any:
    return flush.main(["--records", "5000", "--rounds", "1"] if effort is QUICK else [])


def _peers(effort: Effort) -> Any:
    from benchmarks.peers.__main__ import main as compare

    return compare(quick=effort is QUICK)


def _province(effort: Effort) -> Any:
    return province.main(province.Province(sessions=effort.sessions, minutes=effort.minutes))


def _console(effort: Effort) -> Any:
    return console.main(["--enrolments", "20000", "--rounds", "10"] if effort is QUICK else [])


MEASUREMENTS: dict[str, Callable[[Effort], Any]] = {
    "beats": beats.main,
    "latency": latency.main,
    "scale": scale.main,
    "opening": opening.main,
    "page": page.main,
    "flush": _flush,
    "province": _province,
    "peers": _peers,
    "console": _console,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="minutes instead of an hour, without peers unless named")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    options = parser.parse_args()
    if unknown := set(options.names) - MEASUREMENTS.keys():
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    effort = QUICK if options.quick else FULL
    names = options.names or [name for name in MEASUREMENTS if name != "peers" or effort is FULL]
    for name in names:
        module = {"console": console, "flush": flush, "peers": peers, "province": province}.get(name) or globals()[name]
        print(f"{name}: {str(module.__doc__).splitlines()[0]}", flush=True)
        try:
            keep(name, MEASUREMENTS[name](effort), "quick" if effort is QUICK else "full")
        except Missing as missing:
            print(f"  {missing}")
    print(f"kept in {KEPT}; tables and pictures: python -m benchmarks.report")


def keep(name: str, found: Any, effort: str, path: Path = KEPT) -> None:
    """Put this measurement in the file, beside the others."""
    kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    kept["machine"] = machine.description()
    kept[name] = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "effort": effort, "found": found}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
