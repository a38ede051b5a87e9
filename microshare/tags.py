"""Tags: the addresses of posts. Found by their folded name, shown as first spelt."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import regex
from sqlalchemy import Select, bindparam, func, or_, select

from microshare import text
from microshare.among import among
from microshare.db import add_missing, db
from microshare.errors import Missing, Refused
from microshare.models import (
    Post,
    PostTag,
    Tag,
)

NAME_LIMIT = 500  # code points: 140 letters, each with the marks that some scripts put on them
DESCRIPTION_LIMIT = 280
IN_USE = 20_000  # posts, the newest, over which the uses of tags are counted


def named(written: Iterable[tuple[str, str]], now: datetime) -> dict[str, Tag]:
    """The tags of these (folded name, spelling) pairs by folded name, made where new."""
    wanted = dict(written)
    check(wanted.items())
    found = _by_name(wanted)
    if len(found) == len(wanted):
        return found
    make({name: (spelling, now) for name, spelling in wanted.items() if name not in found})
    return _by_name(wanted)


def make(written: Mapping[str, tuple[str, datetime]]) -> None:
    """New tags: folded name to spelling and moment; those that are there stay as they are."""
    rows = [
        {"name": name, "spelling": spelling, "description": "", "created_at": at}
        for name, (spelling, at) in sorted(written.items())
    ]
    if rows:
        add_missing(Tag, rows)


def ids(names: Collection[str]) -> dict[str, int]:
    """Which of these folded names are tags: name to id. Up to 30,000 names."""
    if not names:
        return {}
    return dict(db.session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(names))).all())


def spelt(names: Collection[str]) -> dict[str, str]:
    """Which of these folded names are tags: name to spelling, in the order of the names."""
    found = _by_name(names)
    return {name: found[name].spelling for name in names if name in found}


def check(written: Iterable[tuple[str, str]]) -> None:
    """Whether these (folded name, spelling) pairs can be kept."""
    for name, spelling in written:
        if max(len(name), len(spelling)) > NAME_LIMIT:
            raise Refused("tag-too-long", limit=NAME_LIMIT)


def _by_name(names: Iterable[str]) -> dict[str, Tag]:
    names = list(names)
    if not names:
        return {}
    return {tag.name: tag for tag in db.session.scalars(select(Tag).where(Tag.name.in_(names)))}


class Seen(NamedTuple):
    """A tag as its page needs it: a row with the names of `models.Tag`, light to load."""

    id: int
    name: str
    spelling: str
    description: str
    created_at: datetime


AnyTag = Tag | Seen


_NAMED = select(Tag).where(Tag.name == bindparam("name"))


def by_id(tag_id: int) -> Tag:
    """The tag with this id, or `Missing`."""
    found = db.session.get(Tag, tag_id)
    if found is None:
        raise Missing("tag", name=str(tag_id))
    return found


def get(name: str) -> Tag:
    """The tag of this name, however it is spelt, or `Missing`."""
    found = db.session.scalars(_NAMED, {"name": folded(name)}).one_or_none()
    if found is None:
        raise Missing("tag", name=name)
    return found


def folded(name: str) -> str:
    """The name that a tag is kept under, of one as somebody gives it.

    >>> folded("#Pumps ")
    'pumps'
    """
    return text.fold(name.strip().lstrip("#＃"))


def parse(written: str) -> list[tuple[str, str]]:
    """The tags in what somebody typed into a field for tags, with or without their signs.

    >>> parse("Pumps, #R_D acme")
    [('pumps', 'Pumps'), ('r_d', 'R_D'), ('acme', 'acme')]
    """
    found: dict[str, str] = {}
    for word in written.replace(",", " ").replace(";", " ").split():
        found.setdefault(*_parsed(word))
    return list(found.items())


def mended(words: Iterable[str]) -> list[tuple[str, str]]:
    """Tags from another system's list: what no tag can have becomes `_`, or goes at the ends.

    >>> mended(["Noisy pump!", "#R&D"])
    [('noisy_pump', 'Noisy_pump'), ('r_d', 'R_D')]
    """
    found: dict[str, str] = {}
    for word in words:
        if pair := _mended(word) if len(word) <= NAME_LIMIT else _mended.__wrapped__(word):
            found.setdefault(*pair)
    return list(found.items())


_NO_TAG = regex.compile(r"[^\p{L}\p{N}\p{M}_]+")


@lru_cache(maxsize=5000)  # other systems' lists name the same ones again and again
def _mended(word: str) -> tuple[str, str] | None:
    bare = _NO_TAG.sub("_", word).strip("_")
    return _parsed(bare) if bare else None


def _parsed(word: str) -> tuple[str, str]:
    """The folded name and the spelling of one tag."""
    signed = word if word[0] in "#＃" else "#" + word
    pairs = text.written_tags(signed)
    if len(pairs) != 1 or len(pairs[0][1]) != len(signed) - 1:
        raise Refused("tag-malformed", tag=word[:80])
    return pairs[0]


def suggest(
    start: str, limit: int = 10, beside: Collection[str] = ()
) -> Sequence[tuple[Tag, int]]:
    """Tags that begin so, with how many posts they have of the newest, most used first.

    `beside` are folded names of more tags, which come behind those.
    """
    folded = text.fold(start.lstrip("#＃"))
    wanted = Tag.name.startswith(folded, autoescape=True)
    if beside:
        wanted = or_(wanted, Tag.name.in_(beside))
    found = _used(_WITH_USES.where(wanted).limit(limit))
    return sorted(found, key=lambda pair: not pair[0].name.startswith(folded))


def most_used(limit: int = 200) -> Sequence[tuple[Tag, int]]:
    """Tags with how many posts they have of the newest, most used first."""
    return _used(_WITH_USES.limit(limit))


def _used(statement: Select[Tag, int]) -> list[tuple[Tag, int]]:
    return [(tag, uses) for tag, uses in db.session.execute(statement) if uses]


# Counted tag by tag, in the index of each: a beginning that few tags have costs little.
_NEWEST = select(func.max(PostTag.post_id)).scalar_subquery()
_USES = (
    select(func.count())
    .select_from(PostTag)
    .join(Post, (Post.id == PostTag.post_id) & Post.withdrawn_at.is_(None))
    .where(PostTag.tag_id == Tag.id, PostTag.post_id > _NEWEST - IN_USE)
    .correlate(Tag)
    .scalar_subquery()
    .label("uses")
)
_WITH_USES = select(Tag, _USES).order_by(_USES.desc(), Tag.name)
_SHARED = (
    select(PostTag.post_id, Tag.name, Tag.spelling)
    .join(Tag, Tag.id == PostTag.tag_id)
    .join(Post, (Post.id == PostTag.post_id) & Post.withdrawn_at.is_(None))
    .where(among(PostTag.post_id, "ids"))
)


def shared(ids: Sequence[int], limit: int) -> list[tuple[str, str]]:
    """The tags that several of these posts have, as (name, spelling): what most have, and then what
    the first of them have."""
    if not ids:
        return []
    place = {post_id: number for number, post_id in enumerate(ids)}
    found: dict[tuple[str, str], list[int]] = {}
    for post_id, name, spelling in db.session.connection().execute(_SHARED, {"ids": list(ids)}):
        found.setdefault((name, spelling), []).append(place[post_id])
    ranks = {tag: (-len(at), min(at), tag) for tag, at in found.items() if len(at) > 1}
    return sorted(ranks, key=ranks.__getitem__)[:limit]


def describe(tag: Tag, description: str) -> None:
    """What the tag is for, in a sentence; any colleague may mend it."""
    tidied = text.tidy(description)
    if len(tidied) > DESCRIPTION_LIMIT or text.has_control(tidied):
        raise Refused("description-too-long", limit=DESCRIPTION_LIMIT)
    tag.description = tidied
