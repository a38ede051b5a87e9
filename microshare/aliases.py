"""Other names of a tag: who searches for one finds posts with any of them.

What a colleague wrote stays as it was written, and reaches who follows that very tag; an alias
changes what is found. So it can be set and taken away at any time, and no post is touched.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import String, bindparam, delete, func, or_, select

from microshare import tags
from microshare.db import add_once, db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Tag, TagAlias, User
from microshare.search import analysis
from microshare.search.query import Query, Term
from microshare.tags import AnyTag, Seen

LIMIT = 1000  # aliases: each search reads them all
Group = tuple[str, ...]  # names that stand for each other, in order


def add(tag: Tag, written: str, setter: User, now: datetime) -> None:
    """Give the tag another name; twice is once."""
    _may_set(setter)
    parsed = tags.parse(written)
    if len(parsed) != 1:
        raise Refused("tag-malformed", tag=written[:80])
    name = parsed[0][0]
    if len(name) > tags.NAME_LIMIT:
        raise Refused("tag-too-long", limit=tags.NAME_LIMIT)
    if name == tag.name:
        raise Refused("alias-itself")
    if (db.session.scalar(select(func.count()).select_from(TagAlias)) or 0) >= LIMIT:
        raise Refused("too-many-aliases", limit=LIMIT)
    if add_once(TagAlias, name=name, tag_id=tag.id, set_by_id=setter.id, set_at=now):
        return
    its = db.session.scalars(select(Tag).join(TagAlias).where(TagAlias.name == name)).one()
    if its.id != tag.id:
        raise Refused("alias-taken", alias=name, tag=its.spelling)


def get(name: str) -> Tag:
    """The tag of this name, else the one that it is another name of, or `Missing`."""
    try:
        return tags.get(name)
    except Missing:
        found = db.session.scalars(
            select(Tag).join(TagAlias).where(TagAlias.name == tags.folded(name))
        ).first()
        if found is None:
            raise
        return found


_GIVEN = bindparam("name", type_=String)
_SEEN = (
    select(Tag.id, Tag.name, Tag.spelling, Tag.description, Tag.created_at)
    .where(or_(
        Tag.name == _GIVEN,
        Tag.id == select(TagAlias.tag_id).where(TagAlias.name == _GIVEN).scalar_subquery(),
    ))
    .order_by((Tag.name == _GIVEN).desc())
    .limit(1)
)  # fmt: skip


def seen(name: str) -> Seen:
    """The same as a page needs it, in one light query."""
    asked = {"name": tags.folded(name)}
    row = db.session.connection().execute(_SEEN, asked).one_or_none()
    if row is None:
        raise Missing("tag", name=name)
    return Seen._make(row)


def drop(name: str, setter: User) -> None:
    """The name is no other name of any tag any more."""
    _may_set(setter)
    db.session.execute(delete(TagAlias).where(TagAlias.name == name))


def of(tag: AnyTag) -> tuple[str, ...]:
    """All other names that find the posts of this tag, in order."""
    return tuple(name for name in standing_for(tag.name, all_names()) if name != tag.name)


def standing_for(name: str, groups: Sequence[Group]) -> Group:
    """All names that stand for this one, itself too; none where it has no other."""
    return next((group for group in groups if name in group), ())


def own(tag: AnyTag) -> Sequence[str]:
    """The other names that were given to this very tag, in order."""
    return db.session.scalars(
        select(TagAlias.name).where(TagAlias.tag_id == tag.id).order_by(TagAlias.name)
    ).all()


def widened(query: Query, groups: Sequence[Group] | None = None) -> Query:
    """The search with all names of its tags, and of the tags that its words are a name of.

    `groups`: what stands for each other, where it is known already.
    """
    if not query.tags and not query.terms:
        return query
    groups = groups if groups is not None else all_names()
    asked = {name for name, _ in query.tags}
    alike = tuple(group for group in groups if not asked.isdisjoint(group))
    return replace(query, alike=alike, terms=tuple(_named(term, groups) for term in query.terms))


def _named(term: Term, groups: Sequence[Group]) -> Term:
    """The term with the tags that it is a name of, in any form of the word."""
    if term.kind != "word":
        return term
    roots = analysis.roots(analysis.joined(term.words[0]))
    names = [
        name
        for group in groups
        if any(not roots.isdisjoint(analysis.roots(analysis.joined(name))) for name in group)
        for name in group
    ]
    return replace(term, tags=tuple(names))


_PAIRS = (
    select(TagAlias.name, Tag.name)
    .join(Tag, Tag.id == TagAlias.tag_id)
    .order_by(Tag.name, TagAlias.name)
)


def all_names() -> list[Group]:
    """The names that stand for each other, in order: a tag with its aliases, and theirs."""
    rows = db.session.connection().execute(_PAIRS)
    groups: dict[str, set[str]] = {}
    for alias, name in rows:
        together = {alias, name} | groups.get(alias, set()) | groups.get(name, set())
        groups.update(dict.fromkeys(together, together))
    return sorted({tuple(sorted(group)) for group in groups.values()})


def _may_set(user: User) -> None:
    if not user.manages:
        raise Forbidden("not-a-manager")
