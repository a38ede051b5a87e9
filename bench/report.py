"""The report: one Markdown file a database, all sizes side by side, every verdict computed."""

import os
import platform
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import targets
from bench.figures import ratio
from bench.targets import FLAT, Figures, pick, times_hello

Sizes = Mapping[int, Figures]  # by number of posts, ascending
LACKING = "–"
PACKAGES = ("Flask", "SQLAlchemy", "gunicorn", "Whoosh-Reloaded")


def write(folder: Path, database: str, server: str, sizes: Sizes) -> Path:
    """Write `<database>.md` into the folder; `server` is PostgreSQL's version, if that it is."""
    parts = [_head(server, sizes), _targets(database, sizes)]
    for section in (_growth, _pages, _publish, _searches, _rest, _times):
        parts.append(section(sizes))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{database}.md"
    path.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")
    return path


def machine() -> str:
    """What it was measured on."""
    system = f"{platform.system()} {platform.release()}"
    return f"{os.cpu_count()} cores, {platform.machine()}, {system}"


def _head(server: str, sizes: Sizes) -> str:
    software = [f"Python {platform.python_version()}"]
    software += [f"{name} {version(name)}" for name in PACKAGES]
    software.append(f"PostgreSQL {server}" if server else f"SQLite {sqlite3.sqlite_version}")
    built = [
        f"{posts:,} posts by {pick(each, 'company', 'users'):,} people with "
        f"{pick(each, 'company', 'tags'):,} tags, loaded in "
        f"{_number(pick(each, 'company', 'seconds'))} s"
        for posts, each in sizes.items()
    ]
    last = max(part["at"] for each in sizes.values() for part in each.values())
    return "\n".join([
        f"# Benchmark on {'PostgreSQL' if server else 'SQLite'}",
        "",
        f"{machine()}; the last part was measured at {last} UTC.",
        "",
        ", ".join(software) + ".",
        "",
        *(f"- {one}" for one in built),
        "",
        "CPU is that of all web processes; × hello is that of a bare Flask application on the same "
        "server, right before and after. Figures are medians of the rounds, in milliseconds where "
        f"nothing else is said. `{LACKING}` was not measured.",
    ])  # fmt: skip


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; the first column is text, the others are figures.

    >>> print(table(["what", "ms"], [["a page", 3.14159], ["another", None]]))
    | what | ms |
    |---|--:|
    | a page | 3.14 |
    | another | – |
    """
    lines = [head, ["---", *["--:"] * (len(head) - 1)]]
    lines += [[one if isinstance(one, str) else _number(one) for one in row] for row in rows]
    told = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([told[0], told[1].replace(" ", ""), *told[2:]])


def _number(value: float | None) -> str:
    """Three digits that tell something, or all of a whole number.

    >>> [_number(value) for value in (None, 3.14159, 0.012345, 1234.5, 12, 99.96)]
    ['–', '3.14', '0.0123', '1,234', '12', '100']
    """
    if value is None:
        return LACKING
    if isinstance(value, int) or abs(value) >= 99.95:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def _columns(sizes: Sizes) -> list[str]:
    return [f"{posts:,}" for posts in sizes]


def _targets(database: str, sizes: Sizes) -> str:
    """Each target beside what was measured, and whether the largest size meets it."""
    rows: list[list[Any]] = []
    for target in targets.of(database):
        values = [target.value(each) for each in sizes.values()]
        rows.append([target.what, target.told, *values, _verdict(values[-1], target.is_met)])
    if len(sizes) > 1:
        grown = [growth for growth in (_grown(sizes, page) for page in targets.PAGES) if growth]
        worst = max(grown) if grown else None
        blank = [""] * (len(sizes) - 1)
        rows.append([
            "pages: CPU at the largest size, of that at the smallest", f"at most {FLAT:g} ×",
            *blank, worst, _verdict(worst, lambda value: value <= FLAT),
        ])  # fmt: skip
    head = ["what", "must be", *_columns(sizes), "met"]
    return "## Targets\n\n" + table(head, rows)


def _verdict(value: float | None, is_met: Callable[[float], bool]) -> str:
    if value is None:
        return "not measured"
    return "yes" if is_met(value) else "**no**"


def _grown(sizes: Sizes, page: str) -> float | None:
    """CPU × hello at the largest size, of that at the smallest."""
    each = list(sizes.values())
    return ratio(times_hello(each[-1], page), times_hello(each[0], page))


def _growth(sizes: Sizes) -> str:
    if len(sizes) < 2:
        return ""
    rows = [
        [page, *(times_hello(each, page) for each in sizes.values()), _grown(sizes, page)]
        for page in _page_names(sizes)
    ]
    head = ["CPU × hello", *_columns(sizes), "last ÷ first"]
    return "## Growth\n\n" + table(head, rows)


def _page_names(sizes: Sizes) -> list[str]:
    names: dict[str, None] = {}
    for each in sizes.values():
        names.update(dict.fromkeys(pick(each, "feeds", "pages") or {}))
    return list(names)


def _pages(sizes: Sizes) -> str:
    head = ["page", "p50", "p95", "p99", "CPU", "× hello", "req/s", "8: p95", "8: CPU", "8: req/s",
            "queries", "KB", "floor", "driver's CPU"]  # fmt: skip
    parts = []
    for posts, each in sizes.items():
        measured = pick(each, "feeds", "pages")
        if not measured:
            continue
        rows = [
            [
                name, *(page[one] for one in ("p50", "p95", "p99", "cpu")),
                times_hello(each, name), page["per_second"],
                *(page["busy"][one] for one in ("p95", "cpu", "per_second")),
                page.get("queries"), page["kilobytes"], pick(each, "feeds", "floor", name),
                page["driver_cpu"],
            ]
            for name, page in measured.items()
        ]  # fmt: skip
        parts.append(f"### {posts:,} posts\n\n{table(head, rows)}\n\n{_memory(each)}")
    told = (
        "One connection, and (8) eight. The floor is hand-written SQL for the same rows on the "
        "bare driver.\n\n"
    )
    return "## Pages\n\n" + told + "\n\n".join(parts) if parts else ""


def _memory(each: Figures) -> str:
    rss, pss = (pick(each, "feeds", "memory", one) for one in ("rss", "pss"))
    return (
        f"Memory of the server, its web processes and its worker after the run: RSS {_number(rss)} "
        f"MB in all, of which pages are shared: {_number(pss)} MB counted once (PSS)."
    )


def _rows(sizes: Sizes, wanted: Sequence[tuple[str, tuple[str, ...]]]) -> list[list[Any]]:
    """Rows of these names and places, with a column a size; those that nobody measured left out."""
    found = [[name, *(pick(each, *path) for each in sizes.values())] for name, path in wanted]
    return [row for row in found if any(value is not None for value in row[1:])]


def _section(title: str, sizes: Sizes, wanted: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    rows = _rows(sizes, wanted)
    return f"## {title}\n\n{table(['', *_columns(sizes)], rows)}" if rows else ""


def _publish(sizes: Sizes) -> str:
    wanted: list[tuple[str, tuple[str, ...]]] = [("hello: CPU", ("publish", "hello", "cpu"))]
    for writers, name in (("one writer", "one"), ("eight writers", "many")):
        wanted += [
            (f"{writers}: {label}", ("publish", name, figure))
            for label, figure in (
                ("p50", "p50"), ("p95", "p95"), ("p99", "p99"), ("CPU", "cpu"),
                ("posts/s", "per_second"), ("errors", "errors"),
            )
        ]  # fmt: skip
    wanted += [
        (label, ("publish", name))
        for label, name in (
            ("acknowledged", "acknowledged"),
            ("acknowledged, and not in the database", "lost"),
            ("acknowledged, and not in the feed", "not_shown"),
            ("in the database, and not acknowledged", "not_acknowledged"),
        )
    ]
    wanted += [
        (f"findable after, {name} (s)", ("publish", "findable", name))
        for name in ("p50", "p95", "longest")
    ]
    return _section("Publishing", sizes, wanted)


def _searches(sizes: Sizes) -> str:
    head = ["search", "newest: p50", "p95", "best: p50", "p95", "plain, newest: p50", "p95",
            "plain, best: p50", "p95", "newest: plain ÷ ours"]  # fmt: skip
    parts = []
    for posts, each in sizes.items():
        found = pick(each, "search")
        if not found:
            continue
        rows = [[f"page, all {_number(pick(found, 'newest', 'count'))}", *(
            pick(found, order, share) for order in ("newest", "best") for share in ("p50", "p95")
        ), *[None] * 5]]  # fmt: skip
        rows += [list(_search_row(found, kind)) for kind in pick(found, "engine", "newest")
                 if kind != "count"]  # fmt: skip
        parts.append(f"### {posts:,} posts\n\n{table(head, rows)}\n\n{_compared(found)}")
    told = "The pages over HTTP at one connection, and by kind the engine alone.\n\n"
    return "## Search\n\n" + told + "\n\n".join(parts) if parts else ""


def _search_row(found: Figures, kind: str) -> Iterator[Any]:
    yield f"engine, {kind}"
    for engine in ("engine", "plain"):
        for order in ("newest", "best"):
            for share in ("p50", "p95"):
                yield pick(found, engine, order, kind, share)
    yield pick(found, "compared", "times", kind)


def _compared(found: Figures) -> str:
    compared = pick(found, "compared")
    if not compared:
        return "Plain Whoosh was not built (`--plain`)."
    same = compared["count"] - len(compared["differing"])
    told = (
        f"Newest first, {same} of {compared['count']} searches found the same ids as plain Whoosh "
        f"({_number(found['plain_built'])} posts a second of a core to build)."
    )
    if compared["differing"]:
        told += " Others: " + ", ".join(f"`{query}`" for query in compared["differing"][:10]) + "."
    return told


def _rest(sizes: Sizes) -> str:
    return _section("Digests, loading, indexing", sizes, [
        ("digests measured", ("digest", "count")),
        ("of which had something to say", ("digest", "letters")),
        ("seconds for 10,000 digests", ("digest", "seconds")),
        ("digests: CPU seconds for 10,000", ("digest", "cpu")),
        ("digests: RSS before (MB)", ("digest", "rss_before")),
        ("digests: RSS after (MB)", ("digest", "rss_after")),
        ("import: posts written", ("load", "import", "posts")),
        ("import: seconds", ("load", "import", "seconds")),
        ("import: posts/s", ("load", "import", "per_second")),
        ("demo: posts written", ("load", "demo", "posts")),
        ("demo: seconds", ("load", "demo", "seconds")),
        ("demo: posts/s", ("load", "demo", "per_second")),
        ("index rebuild: seconds", ("index", "seconds")),
        ("index rebuild: posts/s", ("index", "per_second")),
    ])  # fmt: skip


def _times(sizes: Sizes) -> str:
    """When each part was measured: what is kept of an earlier run stands in the report too."""
    parts = dict.fromkeys(part for each in sizes.values() for part in each)
    return _section("Measured (UTC)", sizes, [(part, (part, "at")) for part in parts])
