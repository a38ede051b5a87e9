"""Colleagues as clients show them: beside every post, and so loaded for a whole page in one query.

How much somebody wrote is counted anew after some minutes: for a page of posts it would take longer
than the posts.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple, cast

from sqlalchemy import Select, func, or_, select

from microshare.cards import Place
from microshare.db import db
from microshare.errors import Missing
from microshare.models import Department, Post, User

COUNTED = timedelta(minutes=5)  # so long a count is good
_KEPT = 5000  # counts


class Count(NamedTuple):
    """How much a colleague wrote, and when last."""

    posts: int
    last_at: datetime | None


class Profile(NamedTuple):
    """A colleague, as everybody sees them."""

    id: int
    username: str
    folded: str
    name: str
    about: str
    role: str
    language: str
    created_at: datetime
    is_suspended: bool
    department: Place
    written: Count
    is_bot: bool  # a program that posts for a colleague


class Profiles(NamedTuple):
    """The colleagues of a page, by id and by folded username."""

    by_id: dict[int, Profile]
    by_name: dict[str, Profile]


_OWN = (
    User.id, User.username, User.username_folded, User.name, User.about, User.role, User.language,
    User.created_at, User.suspended_at.is_not(None), Department.id, Department.name,
    Department.slug, User.maker_id.is_not(None),
)  # fmt: skip
_WRITTEN = (Post.author_id == User.id) & Post.withdrawn_at.is_(None)
_LAST = select(Post.created_at).where(_WRITTEN).order_by(Post.id.desc()).limit(1)
_COUNTS = (
    select(func.count()).select_from(Post).where(_WRITTEN).correlate(User).scalar_subquery(),
    _LAST.correlate(User).scalar_subquery(),
)
_FROM = cast(Select[Any], select(*_OWN).join(Department, Department.id == User.department_id))
_counts: dict[int, tuple[datetime, Count]] = {}
_turn = Lock()


def of(ids: Collection[int], now: datetime, names: Iterable[str] = ()) -> Profiles:
    """The profiles of these ids and folded usernames, in one query."""
    names = set(names)
    if not ids and not names:
        return Profiles({}, {})
    which = User.id.in_(set(ids))
    wanted = _FROM.where(or_(which, User.username_folded.in_(names)) if names else which)
    return _made(wanted, now, counts_all=any(not _is_counted(one, now) for one in ids))


def one(user_id: int, now: datetime) -> Profile:
    """The profile of this colleague, counted at this moment; or `Missing`."""
    found = _made(_FROM.where(User.id == user_id), now, counts_all=True).by_id
    if user_id not in found:
        raise Missing("person", name=str(user_id))
    return found[user_id]


def listed(now: datetime, limit: int, offset: int, *, newest: bool) -> Sequence[Profile]:
    """Colleagues, no bots, by name, or the newest first."""
    order = (User.id.desc(),) if newest else (User.name, User.id)
    found = _FROM.where(User.maker_id.is_(None), User.suspended_at.is_(None)).order_by(*order)
    made = _made(found.limit(limit).offset(offset), now, counts_all=True)
    return list(made.by_id.values())


def _is_counted(user_id: int, now: datetime) -> bool:
    kept = _counts.get(user_id)
    return kept is not None and abs(now - kept[0]) < COUNTED


def _made(wanted: Select[Any], now: datetime, *, counts_all: bool) -> Profiles:
    statement = wanted.add_columns(*_COUNTS) if counts_all else wanted
    found = [_profile(row, now) for row in db.session.connection().execute(statement)]
    return Profiles({one.id: one for one in found}, {one.folded: one for one in found})


def _profile(row: Sequence[Any], now: datetime) -> Profile:
    if len(row) > len(_OWN):
        count = Count(row[-2], row[-1])
        with _turn:
            if len(_counts) >= _KEPT:
                _counts.clear()
            _counts[row[0]] = now, count
    else:
        count = _counts.get(row[0], (now, Count(0, None)))[1]
    return Profile._make((*row[:8], bool(row[8]), Place._make(row[9:12]), count, bool(row[12])))
