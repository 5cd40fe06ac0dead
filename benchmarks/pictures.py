"""What was measured, as pictures: docs/pictures/*.svg. The only module that needs matplotlib (requirements-bench.txt)."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, OURS, OTHERS = "#333333", "#1f6f8b", "#b9c4c9"
LINES = ("#1f6f8b", "#d1793b", "#6a8d3a", "#8b5fa8", "#b9a13a")
mpl.rcParams |= {
    "svg.hashsalt": "xueshi",  # the same figures make the same file
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
}
Found = Any


def beats(found: Found, figure: Figure) -> None:
    """Bars: requests a second."""
    names = {
        "empty_asgi": "empty ASGI",
        "lane": "our lane",
        "empty_flask": "empty Flask view",
        "view": "our Flask view",
    }
    axes = figure.subplots()
    bars = axes.barh(
        list(names.values()), [found[name]["rate"] for name in names], color=[OTHERS, OURS, OTHERS, OURS], height=0.6
    )
    axes.bar_label(bars, fmt="{:,.0f}", padding=4)
    axes.invert_yaxis()
    _label(axes, "requests a second, one worker, Redis and client on the same machine", "", "")


def latency(found: Found, figure: Figure) -> None:
    axes = figure.subplots()
    shares = list(found["at"])
    for name, label, colour in zip(("p999_ms", "p99_ms", "p50_ms"), ("p99.9", "p99", "p50"), LINES, strict=False):
        axes.plot(shares, [found["at"][share][name] for share in shares], "o-", label=label, color=colour)
    axes.set_yscale("log")
    axes.legend(frameon=False)
    _label(axes, "a beat's wait, from the moment it was due", f"share of the peak, {found['peak']:,.0f} beats/s", "ms")


def scale(found: Found, figure: Figure) -> None:
    left, right = figure.subplots(1, 2)
    accounts = [int(number) for number in found]
    for axes, name, title in ((left, "redis_us", "Redis, µs a beat"), (right, "bytes", "Redis, bytes a teacher")):
        axes.plot(accounts, [of[name] for of in found.values()], "o-", color=OURS)
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        _label(axes, title, "open sessions", "")


def province(found: Found, figure: Figure) -> None:
    """Waits, and processors, over the time."""
    upper, lower = figure.subplots(2, 1, sharex=True)
    steps, course = found["steps"], found["course"]
    at = [10 * (number + 1) for number in range(len(steps))]
    for name, label, colour in zip(("p99_ms", "p50_ms"), ("p99", "p50"), LINES, strict=False):
        upper.plot(at, [step[name] for step in steps], label=label, color=colour)
    upper.plot([look["s"] for look in course], [look["lag_s"] for look in course], label="flush lag, s", color=LINES[2])
    upper.set_yscale("log")
    upper.legend(frameon=False, ncols=3)
    _label(upper, f"{found['sessions']:,} sessions: waits of each 10 s (ms), and flush lag", "", "")
    for name, colour in zip(("lane", "redis", "flusher", "postgres"), LINES, strict=False):
        pairs = list(itertools.pairwise(course))
        shares = [(after[name] - before[name]) / max(1, after["s"] - before["s"]) for before, after in pairs]
        lower.plot([after["s"] for _, after in pairs], shares, label=name, color=colour)
    lower.set_ylim(bottom=0)
    lower.legend(frameon=False, ncols=4)
    _label(lower, "processors kept busy", "seconds", "")


def _label(axes: Axes, title: str, below: str, beside: str) -> None:
    axes.set_title(title, loc="left", fontsize=10, color=INK)
    axes.set_xlabel(below)
    axes.set_ylabel(beside)


PICTURES: dict[str, Callable[[Found, Figure], None]] = {
    "beats": beats,
    "latency": latency,
    "scale": scale,
    "province": province,
}


def draw(name: str, found: Found, path: Path) -> None:
    figure = Figure(figsize=(7.5, 5.0 if name == "province" else 3.0), layout="constrained")
    PICTURES[name](found, figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
