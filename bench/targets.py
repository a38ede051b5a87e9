"""What must be reached, as rules that compute from the figures whether it was; nothing is typed in.

The figures of one size are a dictionary by part (`feeds`, `publish`, …), as the measures gave them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.figures import ratio, spread

Figures = dict[str, Any]
PAGES = (
    "own feed, 60 follows",
    "everyone",
    "tag, common",
    "tag, middling",
    "department",
    "person",
    "thread",
    "next page",
)
FOLLOWS = ("own feed, 20 follows", "own feed, 60 follows", "own feed, 500 follows")


@dataclass(frozen=True)
class Target:
    """A value of one size, and whether it may be at most, or must be at least, the limit."""

    what: str
    unit: str
    limit: float
    value: Callable[[Figures], float | None]
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    @property
    def told(self) -> str:
        """The limit in words.

        >>> Target("pages", "ms", 20, lambda figures: None).told
        'at most 20 ms'
        """
        return f"at {'least' if self.at_least else 'most'} {self.limit:g} {self.unit}".strip()


def pick(figures: Figures, *path: str) -> Any:
    """What stands under these names; None where it was not measured.

    >>> pick({"a": {"b": 1}}, "a", "b"), pick({"a": {}}, "a", "b", "c")
    (1, None)
    """
    found: Any = figures
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def times_hello(figures: Figures, page: str) -> float | None:
    """CPU of a request of this page as a multiple of hello's, measured a moment before."""
    value: float | None = pick(figures, "feeds", "pages", page, "times_hello")
    return value


def _worst(*path: str) -> Callable[[Figures], float | None]:
    """The largest figure of this name among the pages."""

    def value(figures: Figures) -> float | None:
        found = [pick(figures, "feeds", "pages", page, *path) for page in PAGES]
        return max((one for one in found if one is not None), default=None)

    return value


def _worst_times_hello(figures: Figures) -> float | None:
    found = [times_hello(figures, page) for page in PAGES]
    return max((one for one in found if one is not None), default=None)


def _sum(*paths: tuple[str, ...]) -> Callable[[Figures], float | None]:
    def value(figures: Figures) -> float | None:
        found = [pick(figures, *path) for path in paths]
        return None if None in found else sum(found)

    return value


def _quotient(over: tuple[str, ...], under: tuple[str, ...]) -> Callable[[Figures], float | None]:
    return lambda figures: ratio(pick(figures, *over), pick(figures, *under))


def _published_times_hello(figures: Figures) -> float | None:
    return ratio(pick(figures, "publish", "one", "cpu"), pick(figures, "publish", "hello", "cpu"))


def _same_ids(figures: Figures) -> float | None:
    differing = pick(figures, "search", "compared", "differing")
    return None if differing is None else len(differing)


def of(database: str) -> Sequence[Target]:
    """The targets on this database."""
    newest, best = (60, 250) if database == "sqlite" else (20, 100)
    per_second = 1_000_000 / 300
    return (
        Target("pages: CPU", "× hello", 12, _worst_times_hello),
        Target("pages: p95 at one connection", "ms", 20, _worst("p95")),
        Target("pages: queries", "", 8, _worst("queries")),
        Target("pages: HTML", "KB", 60, _worst("kilobytes")),
        Target("own feed: 20, 60 and 500 follows within", "×", 1.5, lambda figures: spread(
            [pick(figures, "feeds", "pages", page, "cpu") for page in FOLLOWS])),
        Target("anything new?: CPU", "× hello", 3,
               lambda figures: times_hello(figures, "anything new?")),
        Target("publish, three tags: CPU", "× hello", 18, _published_times_hello),
        Target("publish, eight writers", "posts/s", 120,
               _sum(("publish", "many", "per_second")), at_least=True),
        Target("publish: errors", "", 0,
               _sum(("publish", "one", "errors"), ("publish", "many", "errors"))),
        Target("publish: acknowledged and lost", "", 0,
               _sum(("publish", "lost"), ("publish", "not_shown"))),
        Target("findable after (p95, at 20 posts/s)", "s", 2, _sum(("publish", "findable", "p95"))),
        Target("10,000 digests", "s", 60, _sum(("digest", "seconds"))),
        Target("digests: memory after, of that before", "×", 1.1,
               _quotient(("digest", "rss_after"), ("digest", "rss_before"))),
        Target("bulk loading by import", "posts/s", round(per_second),
               _sum(("load", "import", "per_second")), at_least=True),
        Target("bulk loading by demo", "posts/s", round(per_second),
               _sum(("load", "demo", "per_second")), at_least=True),
        Target("RSS of all processes after the run", "MB", 600, _sum(("feeds", "memory", "rss"))),
        *(Target(f"search engine, {order} first: p95", "ms", limit,
                 _sum(("search", "engine", order, "all", "p95")))
          for order, limit in (("newest", newest), ("best", best))),
        *(Target(f"search page, {order} first: p95", "ms", limit, _sum(("search", order, "p95")))
          for order, limit in (("newest", newest), ("best", best))),
        Target("newest first: faster than plain Whoosh", "×", 20,
               _sum(("search", "compared", "times_slow")), at_least=True),
        Target("newest first: searches with other ids than plain Whoosh", "", 0, _same_ids),
        Target("index rebuild", "posts/s", round(1_000_000 / 600),
               _sum(("index", "per_second")), at_least=True),
    )  # fmt: skip


FLAT = 1.25  # what a page at the largest size may cost, as a multiple of the smallest
