"""One run: the companies of every size, the parts that are asked for, and the report after each."""

import fcntl
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench import loads, pages, postgresql, processes, publishing, report, searches
from bench.effort import Effort
from bench.houses import House, Houses, swept
from microshare import clock

PARTS = ("index", "feeds", "search", "digest", "publish", "load")
SMALL = 100_000  # posts up to which the plain index is built unasked


@dataclass(frozen=True)
class Asked:
    """What is to be measured, and where the report goes."""

    sizes: Sequence[int]
    database: str  # sqlite, postgresql
    results: Path
    parts: Sequence[str] = PARTS
    keep: Path | None = None
    plain: bool = False  # plain Whoosh for large companies too
    seed: int = 1
    effort: Effort = Effort()


def run(asked: Asked) -> None:
    """Measure; the report is written anew after each part, so that a run cut short has one too."""
    with ExitStack() as stack:
        scratch = stack.enter_context(_scratch())
        kept = asked.keep or scratch / "companies"
        stack.enter_context(_alone(kept))
        server = ""
        if asked.database == "postgresql":
            server = stack.enter_context(
                postgresql.served(kept / "postgresql", options=postgresql.DURABLE)
            )
        houses = Houses(kept, scratch, server)
        measured: dict[int, dict[str, Any]] = {}
        for posts in sorted(asked.sizes):
            house = houses.built(posts, asked.seed)
            kept_figures = house.folder / "figures.json"
            figures = measured[posts] = _read(kept_figures)
            for part, found in _measured(asked, houses, house, scratch):
                figures[part] = {**found, "at": f"{clock.now():%Y-%m-%d %H:%M}"}
                kept_figures.write_text(json.dumps(figures))
                path = report.write(asked.results, asked.database, _version(server), measured)
                print(f"{posts:,} posts: {part} is in {path}", flush=True)


def _measured(
    asked: Asked, houses: Houses, house: House, scratch: Path
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each part that is asked for, with its figures; those that write come last."""
    facts, posts, effort = house.facts, house.facts["posts"], asked.effort
    yield "company", {name: facts[name] for name in ("users", "tags", "departments", "seconds")}
    if "index" in asked.parts:
        seconds = facts["index"]["seconds"]
        yield "index", {"seconds": seconds, "per_second": posts / seconds}
    with houses.lent(house) as lent:
        settings = lent.settings
        if "feeds" in asked.parts:
            floor = processes.inside(settings, "floor", paths=facts["paths"])
            yield "feeds", {**pages.measure(settings, facts, effort), "floor": floor}
        if "search" in asked.parts:
            plain = house.folder / "plain" if posts <= SMALL or asked.plain else None
            yield "search", searches.measure(settings, facts, effort, plain)
        if "digest" in asked.parts:
            wanted = {"count": effort.digests, "longest": effort.digest_seconds}
            yield "digest", processes.inside(settings, "digests", users=facts["users"], **wanted)
        if "publish" in asked.parts:
            yield "publish", publishing.measure(settings, facts, effort)
    if "load" in asked.parts:
        yield "load", loads.measure(houses, posts, asked.seed, scratch, effort.patience)


def _read(path: Path) -> dict[str, Any]:
    """What an earlier run measured of this very company, for the parts that are not asked for."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = swept(Path(tempfile.gettempdir()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """Two runs on the same companies would end each other's database."""
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise processes.Ended(f"another run has {kept}") from None
        yield


def _version(server: str) -> str:
    """The version of PostgreSQL, or nothing for SQLite."""
    if not server:
        return ""
    with psycopg.connect(server) as connection:
        number = connection.info.server_version
    return f"{number // 10000}.{number % 10000}"
