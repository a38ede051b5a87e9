"""Search: an engine that finds ids, and what was understood of the search beside them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import islice
from typing import Literal, Protocol, cast

import regex
from flask import current_app
from sqlalchemy import select

from microshare import aliases, config, text
from microshare.db import db
from microshare.models import Post
from microshare.search import analysis
from microshare.search.document import Document, Health
from microshare.search.postgres_engine import PostgresEngine
from microshare.search.query import Query, parse, pieces, respelt
from microshare.search.whoosh_engine import WhooshEngine

MANY = 300  # posts that wait to be indexed, of which a searcher is told

_KEY = "microshare.search"
_GUESSES = 8  # words of a search that are looked up
_SIGNS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_OFFERED = 3  # shorter searches
_making = threading.Lock()


class Engine(Protocol):
    """Finds posts by their words. It gets finished objects and decides nothing about readers.

    One `in_transaction` is a part of the database: what is updated counts with the commit of the
    session, and together with the post.
    """

    @property
    def in_transaction(self) -> bool: ...

    @property
    def is_whole(self) -> bool: ...  # whether no part of the index is left out of what it answers

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

    def words_like(self, word: str, limit: int) -> Sequence[str]:
        """The index's own words, in their exact form, spelled nearly so: see `spelling`."""

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
    is_whole: bool = True  # whether all posts are known, but for the newest few


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


def embedded() -> WhooshEngine | None:
    """The engine of the current app where it keeps its index in shards beside the database."""
    made = engine()
    return made if isinstance(made, WhooshEngine) else None


def find(
    raw: str,
    *,
    sort: str = "newest",
    limit: int,
    before: int | None = None,
    zone: tzinfo = UTC,
    typing: bool = False,
) -> Found:
    """What a search finds; `sort` is `newest` or `best`. Raises `Unavailable("index")`.

    With `typing` the last word may be the beginning of another.
    """
    query = aliases.widened(parse(raw, typing=typing))
    order: Literal["newest", "best"] = "best" if sort == "best" else "newest"
    ids = engine().find(query, sort=order, limit=limit, before=before, zone=zone)
    return Found(query, ids, analysis.matcher(query.terms), _is_whole())


def _is_whole() -> bool:
    waiting = select(Post.id).where(Post.indexed_version != Post.version).offset(MANY).limit(1)
    return engine().is_whole and db.session.scalar(waiting) is None


def similar(written: str, *, limit: int, known: Sequence[aliases.Group]) -> Sequence[int]:
    """The posts that say most of what this text says, whatever signs stand in it; the best first.

    `known` are the groups of other names. Raises `Unavailable("index")`.
    """
    for span in reversed(text.spans(written)):
        if span.kind in ("url", "mention"):  # a name would find what that colleague wrote
            written = f"{written[: span.start]} {written[span.end :]}"
    query = aliases.widened(parse(_SIGNS.sub(" ", written)), known)
    return engine().find(query, sort="best", limit=limit)


def suggestion(raw: str, *, zone: tzinfo = UTC) -> str | None:
    """The search in the index's own words, for one that found nothing.

    None where every word is known, or where the words so mended would find nothing either.
    """
    better: dict[str, str] = {}
    unknown = (term for term in parse(raw).terms if term.kind == "word" and not term.negated)
    for term in islice(unknown, _GUESSES):
        if engine().find(Query(terms=(term,)), sort="newest", limit=1):
            continue
        for word in engine().words_like(analysis.joined(term.words[0]), 1):
            better[term.words[0]] = word
    mended = respelt(raw, better)
    return mended if better and find(mended, limit=1, zone=zone).ids else None


def fewer(raw: str, *, zone: tzinfo = UTC) -> list[str]:
    """The search with one thing less, for one that found nothing: those that find something.

    The most telling are not known, so each is left out in turn.
    """
    typed = pieces(raw)
    if not 1 < len(typed) <= _GUESSES:
        return []
    shorter = (" ".join(typed[:i] + typed[i + 1 :]) for i in reversed(range(len(typed))))
    finds = (
        one for one in shorter if engine().find(parse(one), sort="newest", limit=1, zone=zone)
    )
    return list(islice(finds, _OFFERED))
