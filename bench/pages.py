"""The pages that are measured, and how: at one connection and at eight, between rounds of hello."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from typing import Any

from bench import driver, figures, processes, visitors
from bench.company import VARIANTS
from bench.effort import Effort
from bench.processes import Served
from microshare.config import Settings

# Whether there is anything new behind a post: 204 or 304 when there is not. `{id}`: the newest.
NEWS = "/news?after={id}"
OWN = {
    "own feed, 60 follows": "sixty",
    "own feed, 20 follows": "twenty",
    "own feed, 500 follows": "fivehundred",
    "own feed, 20 rare follows": "rare",
}
CONNECTIONS = 8
HELLO = [driver.get("/")]


@dataclass(frozen=True)
class Asked:
    """One page: requests for its variants, and what a right answer is."""

    name: str
    requests: Sequence[bytes]
    expected: tuple[int, ...] = (200,)


def measure(settings: Settings, facts: dict[str, Any], effort: Effort) -> dict[str, Any]:
    """Figures of every page, by name; `hello` among them, and `memory` of all processes."""
    with processes.hello(settings) as hello, processes.product(settings) as product:
        pages = _pages(product.port, facts)
        measures: dict[str, Callable[[], dict[str, Any]]] = {}
        for page in [Asked("hello", HELLO), *pages]:
            server = hello if page.name == "hello" else product
            for connections in (1, CONNECTIONS):
                measures[f"{page.name}|{connections}"] = partial(
                    _measure, server, hello, page, connections, effort
                )
            # What the first requests load is no part of the others.
            _once(server, page, CONNECTIONS, replace(effort, requests=len(page.requests)))
        found = _by_page(figures.rounds(effort.rounds, measures))
        counted = processes.inside(
            settings, "queries", requests=[_told(page.requests[0]) for page in pages]
        )
        for page, count in zip(pages, counted, strict=True):
            found[page.name]["queries"] = count
        return {"pages": found, "memory": processes.memory(product.all)}


def _pages(port: int, facts: dict[str, Any]) -> list[Asked]:
    """Every page with its variants; the check for news only where the product has it."""
    readers = {
        name: [visitors.sign_in(port, f"{kind}{number}") for number in range(VARIANTS)]
        for name, kind in OWN.items()
    }
    sixty = readers["own feed, 60 follows"]
    pages = [Asked(name, [one.get("/") for one in who]) for name, who in readers.items()]
    pages.append(Asked("everyone", [one.get("/everyone") for one in sixty]))
    for name, paths in facts["paths"].items():
        asked = [one.get(path) for one, path in zip(cycle(sixty), paths * VARIANTS, strict=False)]
        pages.append(Asked(name, asked[: max(VARIANTS, len(paths))]))
    news = [one.get(NEWS.format(id=facts["posts"])) for one in sixty]
    status, _, _ = driver.asked(port, news[0])
    if status in (204, 304):
        pages.append(Asked("anything new?", news, (204, 304)))
    else:
        print(f"anything new? is left out: {NEWS} answers {status}", flush=True)
    return pages


def _told(request: bytes) -> tuple[str, str]:
    """Path and Cookie header of a request."""
    first, _, rest = request.decode().partition("\r\n")
    return first.split()[1], rest.partition("Cookie: ")[2].partition("\r\n")[0]


def _measure(
    server: Served, hello: Served, page: Asked, connections: int, effort: Effort
) -> dict[str, Any]:
    """One round of this page between some hellos: the noise of the moment hits both."""
    few = replace(effort, requests=effort.hellos)
    before = _once(hello, Asked("hello", HELLO), 1, few)
    found = _once(server, page, connections, effort)
    after = _once(hello, Asked("hello", HELLO), 1, few)
    return {**found, "times_hello": 2 * found["cpu"] / (before["cpu"] + after["cpu"])}


def _once(server: Served, page: Asked, connections: int, effort: Effort) -> dict[str, Any]:
    requests = cycle(page.requests)
    left = iter(range(effort.requests))
    deadline = time.monotonic() + effort.page_seconds

    def following(_: int) -> bytes | None:
        more = time.monotonic() < deadline and next(left, None) is not None
        return next(requests) if more else None

    web = server.web
    cpu = processes.cpu(web)
    run = driver.drive(server.port, following, connections)
    cpu = processes.cpu(web) - cpu
    if run.errors(*page.expected):
        raise processes.Ended(f"{page.name}: answers {run.statuses}")
    return {
        **figures.latency(run.latencies),
        "per_second": run.count / run.seconds,
        "cpu": cpu / run.count * 1000,
        "kilobytes": run.length / run.count / 1024,
        "driver_cpu": run.driver_cpu / run.count * 1000,
    }


def _by_page(measured: dict[str, Any]) -> dict[str, Any]:
    """One entry a page: figures at one connection, and those at eight under `busy`."""
    found: dict[str, Any] = {}
    for name, values in measured.items():
        page, _, connections = name.partition("|")
        if connections == "1":
            found[page] = values
        else:
            found[page]["busy"] = values
    return found
