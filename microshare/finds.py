"""What the searches that are followed find: asked about each post that is new or was changed.

The verbs leave a row for each post; a worker takes them, a hundred in a transaction. A crash takes
nothing away: what was not answered is still there. What was written before a search was followed
is taken from the index, the newest of it.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, literal, select

from microshare import aliases, indexed, search, searches
from microshare.db import add_missing, db, saving
from microshare.models import Find, Post, Unmatched
from microshare.search.matching import Searches
from microshare.search.query import parse
from microshare.searches import Kept
from microshare.turns import exclusive

BATCH = 100  # posts in one transaction, some hundredths of a second
FILLED = 300  # posts, the newest, that a new search brings
KEPT = 1000  # posts, the newest, that a search keeps
_NOBODY_ASKS = 1000  # posts that may wait while no search is followed


def catch_up(now: datetime) -> int:
    """Ask the followed searches about all posts that wait; returns how many were taken.

    Does nothing while another process is at it. Raises `Unavailable("index")` where a new search
    cannot be filled yet; posts are matched first, without any index.
    """
    taken = 0
    with exclusive("finds") as mine:
        if mine and _is_anything_waiting():
            every = tuple(searches.every())
            while every and (count := _match(every)):
                taken += count
            if not every:
                _drop_old()
        for search_id in searches.unfilled() if mine else ():
            _fill(search_id, now)
    return taken


_OLDEST = select(Unmatched.id, Unmatched.post_id).order_by(Unmatched.id)


def _is_anything_waiting() -> bool:
    db.session.rollback()  # a fresh look
    return db.session.execute(_OLDEST.limit(1)).first() is not None


Names = tuple[tuple[str, ...], ...]  # groups of names of tags that stand for each other


@lru_cache(maxsize=1)  # to read two thousand searches takes half a second, and each post is a round
def _asked(every: tuple[Kept, ...], names: Names) -> Searches:
    return Searches(
        (one.id, aliases.widened(parse(one.words), names), ZoneInfo(one.zone or "UTC"))
        for one in every
    )


def _match(every: tuple[Kept, ...]) -> int:
    """Ask about the posts that have waited longest; their old finds go."""
    if not _is_anything_waiting():
        return 0
    asked = _asked(every, tuple(aliases.all_names()))
    with saving():
        rows = db.session.execute(_OLDEST.limit(BATCH)).all()
        ids = sorted({row.post_id for row in rows})
        documents = indexed.read(Post.id.in_(ids)).documents
        db.session.execute(delete(Find).where(Find.post_id.in_(ids)))
        _add(
            (search_id, document.id)
            for document in documents
            for search_id in sorted(asked.answered_by(document))
        )
        # By their own ids: a change that is saved meanwhile has left another row.
        db.session.execute(delete(Unmatched).where(Unmatched.id.in_([row.id for row in rows])))
    return len(rows)


def _add(found: Iterable[tuple[int, int]]) -> None:
    """Keep these (search, post) pairs."""
    rows = [{"search_id": search_id, "post_id": post_id} for search_id, post_id in found]
    if rows:
        add_missing(Find, rows)


def _fill(search_id: int, now: datetime) -> None:
    """What a new search finds of what was written before.

    Posts that the index does not know yet are asked about as if they were new.
    """
    with saving():
        one = searches.get(search_id)
        zone = ZoneInfo(one.zone or "UTC")
        found = search.find(one.words, limit=FILLED, zone=zone).ids
        _add((one.id, post_id) for post_id in sorted(found))
        late = select(Post.id).where(Post.indexed_version != Post.version)
        db.session.execute(insert(Unmatched).from_select(["post_id"], late))
        one.filled_at = now


def _drop_old() -> None:
    """Where no search is followed, only the newest posts may wait for one."""
    waiting = select(Unmatched.id).order_by(Unmatched.id.desc()).offset(_NOBODY_ASKS).limit(1)
    last = db.session.scalar(waiting)
    if last is not None:
        with saving():
            db.session.execute(delete(Unmatched).where(Unmatched.id <= last))


def forget_old() -> None:
    """Each search keeps its newest finds, and what nobody follows any more goes."""
    searches.forget_unfollowed()
    many = select(Find.search_id).group_by(Find.search_id).having(func.count(literal(1)) > KEPT)
    for search_id in db.session.scalars(many).all():
        newest = select(Find.post_id).where(Find.search_id == search_id)
        last = newest.order_by(Find.post_id.desc()).offset(KEPT).limit(1).scalar_subquery()
        db.session.execute(delete(Find).where(Find.search_id == search_id, Find.post_id <= last))
