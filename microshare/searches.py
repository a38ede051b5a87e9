"""Searches that are followed: what they ask, and which posts they found.

A search is kept once, whoever follows it. What it finds stands in the database, reader by no
reader: a worker asks the searches about each new post, so that a feed need not search.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, select

from microshare import text
from microshare.among import among
from microshare.db import add_once, db
from microshare.errors import Missing, Refused
from microshare.models import Find, Follow, SavedSearch
from microshare.search.query import LENGTH_LIMIT, parse

LIMIT = 20  # searches that one reader follows


def tidied(raw: str) -> str:
    """A search as it is kept."""
    return text.tidy(raw)[:LENGTH_LIMIT].strip()


def named(raw: str, zone: str, now: datetime) -> SavedSearch:
    """The search of these words, made where nobody has followed it yet.

    `zone` is the name of the one in which its days begin, where it names days. A search that asks
    for nothing is `Refused`.
    """
    words = tidied(raw)
    if parse(words).is_empty or text.has_control(words):
        raise Refused("search-empty")
    zone = _zone(words, zone)
    add_once(SavedSearch, words=words, zone=zone, made_at=now, filled_at=None)
    return db.session.scalars(select(SavedSearch).filter_by(words=words, zone=zone)).one()


def _zone(words: str, zone: str) -> str:
    query = parse(words)
    return zone if query.after or query.before else ""


def get(search_id: int) -> SavedSearch:
    """The search, or `Missing`."""
    found = db.session.get(SavedSearch, search_id)
    if found is None:
        raise Missing("search", id=search_id)
    return found


def known(raw: str, zone: str) -> int | None:
    """The id of the search of these words, where somebody follows it."""
    words = tidied(raw)
    asked = {"words": words, "zone": _zone(words, zone)}
    return db.session.connection().scalar(_KNOWN, asked)


_KNOWN = select(SavedSearch.id).where(
    SavedSearch.words == bindparam("words"), SavedSearch.zone == bindparam("zone")
)


def followed_by(reader_id: int) -> int:
    """How many searches the reader follows."""
    count = select(func.count()).where(Follow.reader_id == reader_id, Follow.kind == "search")
    return db.session.scalar(count) or 0


def forget_unfollowed() -> None:
    """Searches that nobody follows any more go, with what they found."""
    followed = select(Follow.target_id).where(Follow.kind == "search")
    gone = select(SavedSearch.id).where(SavedSearch.id.not_in(followed))
    db.session.execute(delete(Find).where(Find.search_id.in_(gone)))
    db.session.execute(delete(SavedSearch).where(SavedSearch.id.not_in(followed)))


_FOUND_BY = (
    select(Find.post_id, SavedSearch.id, SavedSearch.words)
    .join(SavedSearch, SavedSearch.id == Find.search_id)
    .where(among(Find.search_id, "searches"), among(Find.post_id, "posts"))
    .order_by(SavedSearch.id)
)


def found_by(
    search_ids: Collection[int], post_ids: Collection[int]
) -> dict[int, list[tuple[int, str]]]:
    """Which of these searches, by id and words, found each of these posts."""
    found: dict[int, list[tuple[int, str]]] = {}
    if search_ids and post_ids:
        asked: dict[str, Any] = {"searches": search_ids, "posts": post_ids}
        for post_id, search_id, words in db.session.connection().execute(_FOUND_BY, asked):
            found.setdefault(post_id, []).append((search_id, words))
    return found


class Kept(NamedTuple):
    """A search that is kept, as it never changes."""

    id: int
    words: str
    zone: str


def every() -> list[Kept]:
    """All searches that are kept."""
    rows = db.session.execute(
        select(SavedSearch.id, SavedSearch.words, SavedSearch.zone).order_by(SavedSearch.id)
    )
    return [Kept(*row) for row in rows]


def unfilled() -> Sequence[int]:
    """The ids of those for which nobody has looked yet into what was written before."""
    return db.session.scalars(select(SavedSearch.id).where(SavedSearch.filled_at.is_(None))).all()
