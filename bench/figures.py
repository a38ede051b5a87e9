"""Percentiles, medians and ratios: the little arithmetic that every measure shares."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of the values does not exceed (nearest rank).

    >>> percentile([5, 1, 4, 2, 3], 0.5), percentile(range(1, 101), 0.95), percentile([7], 0.99)
    (3, 95, 7)
    """
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(0, rank - 1)]


def ratio(value: float | None, base: float | None) -> float | None:
    """How many times the base a value is; None where one of them was not measured.

    >>> ratio(6, 4), ratio(6, None), ratio(6, 0)
    (1.5, None, None)
    """
    return value / base if value is not None and base else None


def spread(values: Sequence[float | None]) -> float | None:
    """The largest of these as a multiple of the smallest; None for fewer than two.

    >>> spread([2, None, 3]), spread([2, None])
    (1.5, None)
    """
    known = [value for value in values if value is not None]
    return ratio(max(known), min(known)) if len(known) > 1 else None


def latency(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    return {f"p{share}": percentile(seconds, share / 100) * 1000 for share in (50, 95, 99)}


def medians(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of each figure the median over the rounds that have it.

    >>> medians([{"a": 1}, {"a": 9}, {"a": 2, "b": 5}])
    {'a': 2, 'b': 5}
    """
    names = dict.fromkeys(name for one in rounds for name in one)
    return {name: median(one[name] for one in rounds if name in one) for name in names}


def rounds(number: int, measures: dict[str, Callable[[], dict[str, Any]]]) -> dict[str, Any]:
    """Take each measure once a round, so that the machine's noise hits all; medians by name."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in measures}
    for _ in range(number):
        for name, measure in measures.items():
            found[name].append(measure())
    return {name: medians(each) for name, each in found.items()}
