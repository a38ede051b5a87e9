"""Bulk loading by the product's own commands: `import` of a file, and `demo`."""

import json
import threading
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bench import processes
from bench.company import Company
from bench.history import History
from bench.houses import Houses
from bench.writing import Writer
from microshare.config import Settings

LOOK = 0.5  # seconds between two looks at how far it is


def measure(
    houses: Houses, posts: int, seed: int, scratch: Path, patience: float
) -> dict[str, Any]:
    """Posts a second by `import` and by `demo`; None where our patience (seconds) ended first."""
    file = scratch / "posts.jsonl"
    with houses.empty() as settings:
        processes.inside(settings, "rows", posts=posts, seed=seed, file=str(file))
        imported = _timed(settings, posts, patience, "import", str(file))
    file.unlink()
    people = Company(posts, seed).size
    with houses.empty() as settings:
        played = _timed(
            settings, posts, patience, "demo",
            "--people", str(people.users), "--posts", str(posts), "--tags", str(people.tags),
        )  # fmt: skip
    return {"import": imported, "demo": played}


def _timed(settings: Settings, posts: int, patience: float, *command: str) -> dict[str, Any]:
    """Seconds until the posts are there, indexing apart, and how many there are then."""
    found: dict[str, float] = {}
    ended = threading.Event()
    began = time.monotonic()

    def look() -> None:
        while not ended.wait(LOOK) and "seconds" not in found:
            if _count(settings) >= posts:
                found["seconds"] = time.monotonic() - began

    looking = threading.Thread(target=look)
    looking.start()
    try:
        whole = processes.command(settings, *command, patience=patience)
    finally:
        ended.set()
        looking.join()
    count = _count(settings)
    # Where it took too long, what it has written so far tells its pace.
    seconds = found.get("seconds", whole if whole is not None else patience)
    return {
        "posts": count,
        "seconds": seconds,
        "ended": whole is not None,
        "per_second": count / seconds if count else None,
    }


def _count(settings: Settings) -> int:
    """How many posts are saved; as long as nobody may look, none."""
    engine = create_engine(settings.database.replace("postgresql:", "postgresql+psycopg:", 1))
    try:
        with engine.connect() as connection:
            return int(connection.scalar(text("SELECT count(*) FROM posts")) or 0)
    except SQLAlchemyError:
        return 0
    finally:
        engine.dispose()


def rows(posts: int, seed: int, file: str) -> int:
    """Write the posts of a company as the JSON Lines that `import` reads; returns how many."""
    company = Company(posts, seed)
    writer = Writer(company, History(company))
    with Path(file).open("w", encoding="utf-8") as out:
        for chunk in writer.chunks():
            for row in chunk.posts:
                out.write(json.dumps(_row(company, row)) + "\n")
    return posts


def _row(company: Company, row: tuple[Any, ...]) -> dict[str, Any]:
    post_id, author, department, kind, line, _, note, _, _, reply_to, _, _, at, *_ = row
    person = company.people[author - 1]
    return {
        "id": str(post_id),
        "author": person.username,
        "name": person.name,
        "department": company.departments[department - 1],
        "line": line,
        "note": note,
        "kind": kind,
        "time": at.isoformat(),
        "reply_to": str(reply_to) if reply_to else "",
    }
