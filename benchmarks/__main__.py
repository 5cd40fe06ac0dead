"""python -m benchmarks: every measurement, printed, and kept as JSON in var/benchmarks.json."""

import json
import os
import platform
from pathlib import Path

from benchmarks import beats, flush


def main() -> None:
    print("beats: the Flask view against an empty Flask view, same server, interleaved")
    found = {"beats": beats.main()}
    print("flush: records a second, batches of 1,000")
    results = {
        "machine": {"processors": os.cpu_count(), "python": platform.python_version()},
        **found,
        "flush": flush.main(),
    }
    path = Path("var") / "benchmarks.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(f"kept in {path}")


if __name__ == "__main__":
    main()
