"""python -m benchmarks.peers [--quick] [--without SYSTEM …]: both comparisons, printed, and kept as JSON in var/peers.json."""

import argparse
import json
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers import attacks, capacity, tables
from benchmarks.peers.edusoho import EduSoho
from benchmarks.peers.kolibri import Kolibri
from benchmarks.peers.ours import Ours
from benchmarks.peers.playedu import PlayEdu
from benchmarks.peers.roncoo import Roncoo
from benchmarks.peers.roncoo_asgi import RoncooAsgi
from benchmarks.peers.systems import System
from benchmarks.peers.tianji import Tianji

#: How often our flusher runs: in the attacks the sooner the better, for then the books can be read; else as it does by itself.
EAGER_MS, USUAL_MS = 200, 2000
PEERS: dict[str, type[System]] = {
    "kolibri": Kolibri,
    "playedu": PlayEdu,
    "edusoho": EduSoho,
    "roncoo": Roncoo,
    "tianji": Tianji,
}


@contextmanager
def running(chosen: Sequence[System]) -> Iterator[Sequence[System]]:
    try:
        with ThreadPoolExecutor(len(chosen)) as threads:
            list(threads.map(lambda system: system.start(), chosen))
        yield chosen
    finally:
        with ThreadPoolExecutor(len(chosen)) as threads:
            list(threads.map(lambda system: system.close(), chosen))


def main(quick: bool = False, without: Collection[str] = ()) -> dict[str, Any]:
    ours = [Ours(worker, EAGER_MS) for worker in ("asgi", "gthread")]
    peers = [made() for name, made in PEERS.items() if name not in without]
    # The fast path without Flask counts as roncoo does: it has no attacks of its own.
    with running([*ours, *peers, RoncooAsgi()]) as chosen:
        rates = attacks.run([*ours, *peers])
        print("credited seconds in a real second", tables.attack_table(rates), "", sep="\n", flush=True)
        for system in ours:
            system.flush_every(USUAL_MS)
        found = capacity.measure(chosen, capacity.QUICK if quick else capacity.FULL)
    reached = tables.targets(found)
    print("a second of all the system's processors", tables.capacity_table(found), "", sep="\n")
    print("ratios of medians", tables.target_table(reached), sep="\n", flush=True)
    return {
        "attacks": {attack.name: {"what": attack.what, "truth": attack.truth} for attack in attacks.ATTACKS},
        "credited_per_real_second": rates,
        "broken_promises": {
            name: attacks.broken_promises(books) for name, books in rates.items() if name.startswith("Xueshi")
        },
        "capacity": found,
        "targets": [target._asdict() | {"met": target.met} for target in reached],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--without", nargs="+", default=[], choices=PEERS, metavar="SYSTEM", help=", ".join(PEERS))
    options = parser.parse_args()
    results = main(options.quick, options.without)
    path = Path("var") / "peers.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    print(f"kept in {path}")
