"""Publishing over HTTP with three tags: what it costs, whether any is lost, when it is findable."""

import itertools
import re
import threading
import time
from collections.abc import Sequence
from typing import Any

from bench import driver, figures, processes, visitors
from bench.company import WRITERS
from bench.effort import Effort
from bench.processes import Served
from bench.visitors import Visitor
from microshare.config import Settings

BEGINNING = "Measured"  # how the line of each of these posts begins
PER_SECOND = 20  # posts, while we look how soon one is found
SAMPLED = 10  # every so many of those is looked for
GIVEN_UP = 20.0  # seconds
_LOCATION = re.compile(rb"(?i)\r\nlocation: [^\r]*/posts/(\d+)")
_SHOWN = re.compile(rb'data-post-id="(\d+)"')


class _Posts:
    """Lines to publish, each different, and the ids of those that were acknowledged."""

    def __init__(self, writers: Sequence[Visitor], tags: Sequence[str]) -> None:
        self._writers, self._tags = writers, " ".join(f"#{tag}" for tag in tags)
        self._numbers = itertools.count(1)
        self.acknowledged: list[int] = []

    def request(self, writer: int) -> bytes:
        number = next(self._numbers)
        line = f"{BEGINNING} {word_of(number)} at a customer's this morning {self._tags}"
        return self._writers[writer].publishes(line, f"measured-{number}")

    def answered(self, connection: int, status: int, head: bytes) -> None:
        found = _LOCATION.search(head)
        if status == 303 and found:
            self.acknowledged.append(int(found[1]))


def word_of(number: int) -> str:
    """A word that no other post has.

    >>> word_of(0), word_of(27)
    ('zqaaaax', 'zqaabbx')
    """
    letters = ""
    for _ in range(4):
        number, place = divmod(number, 26)
        letters = chr(ord("a") + place) + letters
    return f"zq{letters}x"


def measure(settings: Settings, facts: dict[str, Any], effort: Effort) -> dict[str, Any]:
    """Figures for one writer and for eight, with hello between; what was lost; when it is found."""
    tags = [path.rpartition("/")[2] for path in facts["paths"]["tag, common"][:3]]
    with processes.hello(settings) as hello, processes.product(settings) as product:
        writers = [visitors.sign_in(product.port, f"writer{one}") for one in range(WRITERS)]
        posts = _Posts(writers, tags)
        _publish(product, posts, 1, 10)
        found = figures.rounds(effort.rounds, {
            "hello": lambda: _hello(hello),
            "one": lambda: _publish(product, posts, 1, effort.one),
            "many": lambda: _publish(product, posts, WRITERS, effort.many),
        })  # fmt: skip
        found["findable"] = _findable(product, writers, tags, effort.findable_seconds)
        acknowledged = set(posts.acknowledged) | set(found["findable"].pop("ids"))
        shown = _shown(product, writers[0], acknowledged)
        found["memory"] = processes.memory(product.all)
    _, *kept = processes.inside(settings, "posts", beginning=f"{BEGINNING} ")
    found["acknowledged"] = len(acknowledged)
    found["lost"] = len(acknowledged - set(kept))
    found["not_shown"] = len(acknowledged - shown)
    found["not_acknowledged"] = len(set(kept) - acknowledged)
    return found


def _hello(hello: Served) -> dict[str, float]:
    left = iter(range(300))
    request = driver.get("/")
    cpu = processes.cpu(hello.web)
    run = driver.drive(hello.port, lambda _: request if next(left, None) is not None else None)
    return {"cpu": (processes.cpu(hello.web) - cpu) / run.count * 1000}


def _publish(product: Served, posts: _Posts, writers: int, count: int) -> dict[str, float]:
    """One round of so many posts by so many writers at once."""
    left = iter(range(count))

    def following(writer: int) -> bytes | None:
        return posts.request(writer) if next(left, None) is not None else None

    web = product.web
    cpu = processes.cpu(web)
    run = driver.drive(product.port, following, writers, posts.answered)
    return {
        **figures.latency(run.latencies),
        "per_second": run.count / run.seconds,
        "cpu": (processes.cpu(web) - cpu) / run.count * 1000,
        "errors": run.errors(303),
    }


def _findable(
    product: Served, writers: Sequence[Visitor], tags: Sequence[str], seconds: int
) -> dict[str, Any]:
    """Seconds until a post is found, while 20 are published a second."""
    told = " ".join(f"#{tag}" for tag in tags)
    sought: dict[int, tuple[str, float]] = {}  # by id: its word, and when it was acknowledged
    ids: list[int] = []
    ended = threading.Event()

    def write() -> None:
        began = time.monotonic()
        for number in range(PER_SECOND * seconds):
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            word = word_of(26**4 // 2 + number)
            request = writers[number % WRITERS].publishes(
                f"{BEGINNING} {word} {told}", f"findable-{number}"
            )
            _, head, _ = driver.asked(product.port, request)
            if found := _LOCATION.search(head):
                ids.append(int(found[1]))
                if number % SAMPLED == 0:
                    sought[ids[-1]] = word, time.monotonic()
        ended.set()

    writing = threading.Thread(target=write)
    writing.start()
    taken: list[float] = []
    while sought or not ended.is_set():
        for post_id, (word, since) in list(sought.items()):
            request = writers[0].get(f"/search?q={word}")
            is_found = (
                f'data-post-id="{post_id}"'.encode() in driver.asked(product.port, request)[2]
            )
            passed = time.monotonic() - since
            if is_found or passed > GIVEN_UP:
                taken.append(passed)
                del sought[post_id]
        time.sleep(0.02)
    writing.join()
    return {
        "count": len(taken),
        "published": len(ids),
        **{f"p{share}": figures.percentile(taken, share / 100) for share in (50, 95)},
        "longest": max(taken),
        "ids": ids,
    }


def _shown(product: Served, reader: Visitor, wanted: set[int]) -> set[int]:
    """The ids that the open feed shows, page by page down to the oldest that is wanted."""
    shown: set[int] = set()
    path = "/everyone"
    while True:
        _, _, page = driver.asked(product.port, reader.get(path))
        ids = [int(one) for one in _SHOWN.findall(page)]
        shown.update(ids)
        if not ids or min(ids) <= min(wanted):
            return shown
        path = f"/everyone?before={min(ids)}"
