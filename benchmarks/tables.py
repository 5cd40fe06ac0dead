"""What was measured, as Markdown tables for docs/performance.md."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Found = Any
NAMES = {
    "lane": "the lane (gunicorn -k asgi)",
    "empty_asgi": "an empty ASGI application (gunicorn -k asgi)",
    "view": "our Flask view (gunicorn -k gthread)",
    "empty_flask": "an empty Flask view (gunicorn -k gthread)",
    "gthread": "Flask alone (gunicorn -k gthread)",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column is words, the others are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def beats(found: Found) -> str:
    rows = [
        [
            NAMES[name],
            f"{of['rate']:,.0f}",
            f"{of['server_us']:.1f}",
            f"{of['redis_us']:.1f}" if "redis_us" in of else "–",
        ]
        for name, of in found.items()
        if name in NAMES
    ]
    ratios = [[name.replace("_", " "), f"{ratio:.2f}"] for name, ratio in found["ratios"].items()]
    measured = table(["one worker", "requests/s", "server, µs each", "Redis, µs each"], rows)
    return f"{measured}\n\n{table(['requests/s of', 'ratio'], ratios)}"


def latency(found: Found) -> str:
    rows = [
        [
            f"{share} of {found['peak']:,.0f}/s",
            *(f"{at[name]:,.1f}" for name in ("p50_ms", "p99_ms", "p999_ms", "sent_late_p99_ms")),
        ]
        for share, at in found["at"].items()
    ]
    return table(["load", "p50, ms", "p99, ms", "p99.9, ms", "of this the generator was late, p99, ms"], rows)


def scale(found: Found) -> str:
    rows = [
        [
            f"{int(accounts):,}",
            f"{of['bytes']:,.0f}",
            f"{of['redis_us']:.1f}",
            f"{of['server_us']:.1f}",
            f"{of['rate']:,.0f}",
        ]
        for accounts, of in found.items()
    ]
    return table(["open sessions", "bytes each in Redis", "Redis, µs a beat", "server, µs a beat", "beats/s"], rows)


def opening(found: Found) -> str:
    rows = [
        [NAMES[name], f"{of['rate']:,.0f}", *(f"{of[f'{group}_us']:,.0f}" for group in ("server", "postgres", "redis"))]
        for name, of in found.items()
        if name in NAMES
    ]
    return table(["one worker", "players opened/s", "server, µs each", "PostgreSQL, µs each", "Redis, µs each"], rows)


def flush(found: Found) -> str:
    rows = [
        [
            f"{of['database']}, {of['case']}",
            f"{of['per_second']:,.0f}",
            *(f"{of[part]:.0f}" for part in ("flusher_us", "sql_us", "redis_us")),
        ]
        for of in found
    ]
    return table(["one flusher", "records/s", "flusher, µs each", "database, µs each", "Redis, µs each"], rows)


def province(found: Found) -> str:
    beats_, intervals = found["beats"], found["intervals"]
    mean = sum(int(s) * n for s, n in intervals.items()) / max(1, sum(intervals.values()))
    busy = ", ".join(f"{name} {share:.2f}" for name, share in found["processors"].items())
    rows = [
        ["sessions open at once", f"{found['sessions']:,}"],
        ["held, after the first beats", f"{found['minutes']:g} min"],
        ["beats sent", f"{beats_:,} ({found['beats_per_s']:,.0f}/s)"],
        ["refused, lost", f"{sum(found['refused'].values()):,}, {found['lost']:,}"],
        ["p50, p99, p99.9 from the moment a beat was due", " / ".join(f"{found[p]:,.1f}" for p in ("p50_ms", "p99_ms", "p999_ms")) + " ms"],
        ["flush lag, at most", f"{found['flush_lag_max_s']:.0f} s"],
        ["interval given, on average", f"{mean:.0f} s"],
        ["presence checks answered", f"{found['checks_answered']:,}"],
        ["Redis memory", f"{found['bytes_per_teacher']:,.0f} bytes a teacher"],
        ["processors kept busy", busy],
        ["credited: told to players, in SQL", f"{found['credited_told']:,} s, {found['credited_sql']:,} s"],
    ]  # fmt: skip
    return table(["a province on this machine", ""], rows)


def peers(found: Found) -> str:
    capacity = [
        [name, f"{of['interval_s']} s", f"{of['pings_per_cpu_s']:,.0f}", f"{of['credited_s_per_cpu_s']:,.0f}"]
        for name, of in found["capacity"].items()
    ]
    books = [(name, book) for name, of in found["credited_per_real_second"].items() for book in of]
    attacks = [
        [
            attack,
            f"{of['truth']:.1f}",
            *(f"{found['credited_per_real_second'][n][b].get(attack, 0):.2f}" for n, b in books),
        ]
        for attack, of in found["attacks"].items()
    ]
    head = ["credited in a real second", "truth", *(f"{name}: {book}" for name, book in books)]
    costs = table(["system", "a ping every", "pings/processor-second", "seconds credited/processor-second"], capacity)
    return f"{costs}\n\n{table(head, attacks)}"


def console(found: Found) -> str:
    wanted = found["goals_ms"]
    rows = [
        [
            name,
            *(f"{of[part]:,.0f}" for part in ("median_ms", "p95_ms", "processor_ms")),
            f"< {wanted[name]}" if name in wanted else "–",
        ]
        for name, of in found["requests"].items()
    ]
    head = ["a page of the console", "median, ms", "95 % within, ms", "our processor, ms", "wanted, ms"]
    loaded = (
        f"{found['enrolments']:,} enrolments, loaded in {found['loading_s']:.0f} s; the rollups of all of them were counted in "
        f"{found['counting_s']:.1f} s."
    )
    return f"{loaded}\n\n{table(head, rows)}"


def goals(kept: Mapping[str, Any]) -> str:
    """What we set out to reach, beside what was measured."""
    return table(
        ["to reach", "measured", "wanted", ""],
        [
            [*row, "reached" if reached else "**missed**"]
            for *row, reached in _goals({n: of["found"] for n, of in kept.items() if n != "machine"})
        ],
    )


def _goals(kept: Mapping[str, Any]) -> Iterable[tuple[str, str, str, bool]]:
    if ratios := kept.get("beats", {}).get("ratios"):
        for what, name, wanted in (
            ("the empty ASGI application", "lane_to_empty_asgi", 0.6),
            ("our Flask view", "lane_to_view", 8.0),
        ):
            yield f"beats/s of the lane to {what}", f"{ratios[name]:.2f}×", f"≥ {wanted:g}×", ratios[name] >= wanted
    if at := kept.get("latency", {}).get("at", {}).get("60%"):
        yield "p99 at 60 % of the peak", f"{at['p99_ms']:.1f} ms", "≤ 25 ms", at["p99_ms"] <= 25
    if sizes := kept.get("scale"):
        least, most = sizes.get("10000", {}), list(sizes.values())[-1]
        growth = most["redis_us"] / least["redis_us"] - 1 if least else 0.0
        yield (
            f"a beat in Redis, from 10,000 to {int(list(sizes)[-1]):,} accounts",
            f"{growth:+.0%}",
            "< 10 %",
            growth < 0.1,
        )
        yield "memory of Redis a watching teacher", f"{most['bytes']:,.0f} bytes", "≤ 1,200", most["bytes"] <= 1_200
    if found := kept.get("province"):
        held = f"of {found['sessions']:,} sessions"
        failed = sum(found["refused"].values()) + found["lost"]
        yield f"beats refused or lost, {held}", f"{failed:,}", "0", failed == 0
        yield f"p99, {held}", f"{found['p99_ms']:.1f} ms", "≤ 50 ms", found["p99_ms"] <= 50
        yield f"flush lag, {held}", f"{found['flush_lag_max_s']:.0f} s", "≤ 60 s", found["flush_lag_max_s"] <= 60
    for of in kept.get("flush", ()):
        if of["database"] == "postgresql":
            wanted = of["per_second"] >= 20_000
            yield (
                f"records/s of one flusher to PostgreSQL, {of['case']}",
                f"{of['per_second']:,.0f}",
                "≥ 20,000",
                wanted,
            )
    if found := kept.get("console"):
        for name, wanted in found["goals_ms"].items():
            taken = found["requests"][name]["p95_ms"]
            what = f"console, {found['enrolments']:,} enrolments: {name}, 95 % within"
            yield what, f"{taken:,.0f} ms", f"< {wanted} ms", taken < wanted
    for target in kept.get("peers", {}).get("targets", ()):
        yield target["what"], f"{target['measured']:,.2f}×", f"{target['sign']} {target['wanted']:g}×", target["met"]


TABLES: dict[str, Callable[[Found], str]] = {
    "beats": beats, "latency": latency, "scale": scale, "opening": opening, "flush": flush, "province": province, "peers": peers,
    "console": console,
}  # fmt: skip
