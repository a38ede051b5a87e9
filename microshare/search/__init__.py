"""Search: an engine that finds ids, and what was understood of the search beside them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal, Protocol, cast

from flask import current_app

from microshare import config
from microshare.db import db
from microshare.search import analysis
from microshare.search.document import Document, Health
from microshare.search.postgres_engine import PostgresEngine
from microshare.search.query import Query, parse
from microshare.search.whoosh_engine import WhooshEngine

_KEY = "microshare.search"
_making = threading.Lock()


class Engine(Protocol):
    """Finds posts by their words. It gets finished objects and decides nothing about readers.

    One `in_transaction` is a part of the database: what is updated counts with the commit of the
    session, and together with the post.
    """

    @property
    def in_transaction(self) -> bool: ...

    @property
    def needs_rebuild(self) -> bool: ...

    def update(self, documents: Sequence[Document], gone: Sequence[int]) -> None: ...

    def find(
        self,
        query: Query,
        *,
        sort: Literal["newest", "best"],
        limit: int,
        before: int | None = None,
        zone: tzinfo = UTC,
    ) -> list[int]: ...

    def check(self) -> Health: ...

    def ids(self) -> set[int]: ...

    def clear(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Found:
    """The ids in their order, and what a page needs to show why they were found."""

    query: Query
    ids: Sequence[int]
    matcher: Callable[[str], bool]  # whether a word of a text was searched for


def engine() -> Engine:
    """The engine of the current app, made on first use."""
    with _making:
        if _KEY not in current_app.extensions:
            current_app.extensions[_KEY] = (
                PostgresEngine(db.session)
                if db.engine.dialect.name == "postgresql"
                else WhooshEngine(config.current().instance / "index")
            )
        return cast(Engine, current_app.extensions[_KEY])


def find(
    raw: str, *, sort: str = "newest", limit: int, before: int | None = None, zone: tzinfo = UTC
) -> Found:
    """What a search finds; `sort` is `newest` or `best`. Raises `Unavailable("index")`."""
    query = parse(raw)
    order: Literal["newest", "best"] = "best" if sort == "best" else "newest"
    ids = engine().find(query, sort=order, limit=limit, before=before, zone=zone)
    return Found(query, ids, analysis.matcher(query.terms))
