"""Rounds in turn: what is compared runs side by side, so that a machine whose mood changes treats all of it alike."""

import gc
import statistics
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

Figures = Mapping[str, float]
K = TypeVar("K")


def interleaved(measures: Mapping[K, Callable[[], Figures]], rounds: int) -> dict[K, dict[str, float]]:
    """Each measure once, unmeasured, to warm up; then `rounds` times all of them in turn. The median of each figure."""
    found: dict[K, list[Figures]] = {name: [] for name in measures}
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for turn in range(rounds + 1):
            for name, measure in measures.items():
                figures = measure()
                if turn:
                    found[name].append(figures)
            gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
    return {name: medians(figures) for name, figures in found.items()}


def medians(rounds: Iterable[Figures]) -> dict[str, float]:
    rounds = list(rounds)
    return {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]}
