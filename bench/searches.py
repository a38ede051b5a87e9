"""The 200 fixed searches: as pages over HTTP, and the engine alone beside plain Whoosh."""

import random
import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import driver, figures, processes, visitors
from bench.effort import Effort
from microshare.config import Settings

ORDERS = ("newest", "best")
COMPARED = ("common word", "prefix", "phrase")  # what plain Whoosh is slow at
Query = tuple[str, str]  # kind, search


def measure(
    settings: Settings, facts: dict[str, Any], effort: Effort, plain: Path | None
) -> dict[str, Any]:
    """Figures of the pages and of the engines; `plain` is where the plain index is or will be."""
    queries = [(kind, raw) for kind, raw in facts["queries"]]
    random.Random(1).shuffle(queries)  # a list that takes too long has still some of all kinds
    queries = queries[: effort.searches]
    with processes.product(settings) as product:
        visitor = visitors.sign_in(product.port, "sixty0")
        found = figures.rounds(effort.rounds, {
            order: partial(_pages, product, visitor, queries, order, effort.list_seconds)
            for order in ORDERS
        })  # fmt: skip
    asked = {"queries": queries, "rounds": effort.rounds, "longest": 2 * effort.list_seconds}
    ours = processes.inside(settings, "engine", **asked)
    found["engine"] = _summary(ours)
    if plain is not None:
        theirs = processes.inside(settings, "plain", **{**asked, "folder": str(plain)})
        found["plain"] = _summary(theirs)
        found["compared"] = _compared(ours, theirs)
        found["plain_built"] = float((plain / "ready").read_text())
    return found


def _pages(
    product: processes.Served,
    visitor: visitors.Visitor,
    queries: list[Query],
    order: str,
    longest: float,
) -> dict[str, Any]:
    """One round of the list as pages, on one connection."""
    requests = iter([visitor.get(f"/search?sort={order}&q={quote(raw)}") for _, raw in queries])
    deadline = time.monotonic() + longest

    def following(_: int) -> bytes | None:
        return next(requests, None) if time.monotonic() < deadline else None

    web = product.web
    cpu = processes.cpu(web)
    run = driver.drive(product.port, following)
    cpu = processes.cpu(web) - cpu
    if run.errors(200):
        raise processes.Ended(f"searches answer {run.statuses}")
    return {**figures.latency(run.latencies), "cpu": cpu / run.count * 1000, "count": run.count}


def _summary(asked: list[dict[str, Any]]) -> dict[str, Any]:
    """p50 and p95 in milliseconds, by kind and of all, for each order."""
    kinds = dict.fromkeys(one["kind"] for one in asked)
    return {
        order: {
            "count": len(asked),
            "all": _two([one[order] for one in asked]),
            **{kind: _two([one[order] for one in asked if one["kind"] == kind]) for kind in kinds},
        }
        for order in ORDERS
    }


def _two(milliseconds: list[float]) -> dict[str, float]:
    return {f"p{share}": figures.percentile(milliseconds, share / 100) for share in (50, 95)}


def _compared(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> dict[str, Any]:
    """Which newest-first searches found other ids, and how many times slower plain Whoosh is."""
    known = {one["query"]: one for one in ours}
    both = [(known[one["query"]], one) for one in theirs if one["query"] in known]
    differing = [own["query"] for own, other in both if own["newest_ids"] != other["newest_ids"]]
    times = {
        kind: sum(other["newest"] for own, other in both if own["kind"] == kind)
        / sum(own["newest"] for own, other in both if own["kind"] == kind)
        for kind in dict.fromkeys(own["kind"] for own, _ in both)
    }
    slow = [pair for pair in both if pair[0]["kind"] in COMPARED]
    return {
        "count": len(both),
        "differing": differing,
        "times": times,
        "times_slow": figures.ratio(
            sum(other["newest"] for _, other in slow), sum(own["newest"] for own, _ in slow)
        ),
    }
