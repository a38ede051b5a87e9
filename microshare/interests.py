"""What brings a post to a reader, and what keeps it away: follows, the department's tags, mutes.

Loaded whole, in one query: a feed decides with it which posts to take, and says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from microshare.among import among, apart, together
from microshare.cards import Card
from microshare.db import db
from microshare.models import DepartmentTag, Find, Follow, Mute, Post, PostTag
from microshare.readers import AnyReader

Finders = Sequence[tuple[int, str]]


class Reason(NamedTuple):
    """Why a post stands in a feed: `kind` is own, tag, person, department, search or
    department-tag."""

    kind: str
    label: str = ""  # as shown: a spelling or a name
    name: str = ""  # as in addresses: a tag's name, a username, a slug, an id


@dataclass(frozen=True)
class Interests:
    """Ids of all that one reader pulls in or leaves out at one moment."""

    reader_id: int
    tags: set[int] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    departments: set[int] = field(default_factory=set)
    searches: set[int] = field(default_factory=set)
    department_tags: set[int] = field(default_factory=set)  # what the own department follows
    muted_tags: set[int] = field(default_factory=set)
    muted_people: set[int] = field(default_factory=set)
    muted_threads: set[int] = field(default_factory=set)
    muted_searches: set[int] = field(default_factory=set)

    @property
    def all_tags(self) -> set[int]:
        """The tags that bring posts: the own, and the department's."""
        return (self.tags | self.department_tags) - self.muted_tags

    @property
    def all_searches(self) -> set[int]:
        """The searches that bring posts. A muted one keeps nothing away that else comes."""
        return self.searches - self.muted_searches

    def bound(self) -> dict[str, set[int]]:
        """What fills the conditions below."""
        return {
            "own_people": self.people | {self.reader_id},
            "departments": self.departments,
            "tags": self.all_tags,
            "muted_tags": self.muted_tags,
            "muted_people": self.muted_people,
            "muted_threads": self.muted_threads,
            "searches": self.all_searches,
        }

    def reasons(self, post: Card, found_by: Finders = ()) -> tuple[Reason, ...]:
        """Why this post stands in the reader's feed, the own choices first.

        `found_by`: the ids and words of those of the reader's searches that found it.
        """
        found = [Reason("own")] if post.author_id == self.reader_id else []
        found += [
            Reason("tag", tie.tag.spelling, tie.tag.name)
            for tie in post.tags
            if tie.tag_id in self.tags
        ]
        if post.author_id in self.people:
            found.append(Reason("person", post.author.name, post.author.username))
        if post.department_id in self.departments:
            found.append(Reason("department", post.department.name, post.department.slug))
        found += [Reason("search", words, str(search_id)) for search_id, words in found_by]
        found += [
            Reason("department-tag", tie.tag.spelling, tie.tag.name)
            for tie in post.tags
            if tie.tag_id in self.department_tags and tie.tag_id not in self.tags
        ]
        return tuple(found)


_SETS = {
    ("follow", "tag"): "tags",
    ("follow", "person"): "people",
    ("follow", "department"): "departments",
    ("follow", "search"): "searches",
    ("department", "tag"): "department_tags",
    ("mute", "tag"): "muted_tags",
    ("mute", "person"): "muted_people",
    ("mute", "thread"): "muted_threads",
    ("mute", "search"): "muted_searches",
}


_INTERESTS = union_all(
    select(literal("follow").label("how"), Follow.kind, together(Follow.target_id))
    .where(Follow.reader_id == bindparam("reader"))
    .group_by(Follow.kind),
    select(literal("department"), literal("tag"), together(DepartmentTag.tag_id)).where(
        DepartmentTag.department_id == bindparam("department")
    ),
    select(literal("mute"), Mute.kind, together(Mute.target_id))
    .where(
        Mute.reader_id == bindparam("reader"),
        or_(Mute.until.is_(None), Mute.until > bindparam("now")),
    )
    .group_by(Mute.kind),
)


def of(reader: AnyReader, now: datetime) -> Interests:
    """The reader's interests at this moment, in one query."""
    asked = {"reader": reader.id, "department": reader.department_id, "now": now}
    rows = db.session.connection().execute(_INTERESTS, asked).all()
    found = {_SETS[how, kind]: set(target_ids) for how, kind, target_ids in rows}
    return Interests(reader.id, **found)


@dataclass(frozen=True)
class Standing:
    """How a reader stands to one tag, person or department."""

    is_following: bool
    is_muted: bool


FOLLOWS = select(func.count()).where(
    Follow.reader_id == bindparam("reader"),
    Follow.kind == bindparam("kind"),
    Follow.target_id == bindparam("target"),
)


def mutes(target: ColumnElement[int]) -> Select[int]:
    """The statement that counts whether the `reader` leaves a target of this `kind` out `now`."""
    return select(func.count()).where(
        Mute.reader_id == bindparam("reader"),
        Mute.kind == bindparam("kind"),
        Mute.target_id == target,
        or_(Mute.until.is_(None), Mute.until > bindparam("now")),
    )


MUTES = mutes(bindparam("target"))
_STANDING = select(FOLLOWS.scalar_subquery(), MUTES.scalar_subquery())


def standing(reader: AnyReader, kind: str, target_id: int, now: datetime) -> Standing:
    """Whether the reader follows it by an own choice, and leaves it out at this moment."""
    asked = {"reader": reader.id, "kind": kind, "target": target_id, "now": now}
    follows, mutes = db.session.connection().execute(_STANDING, asked).one()
    return Standing(bool(follows), bool(mutes))


def tagged(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a post carries a tag of which this holds."""
    return select(PostTag.post_id).where(PostTag.post_id == Post.id, which).exists()


Source = tuple[InstrumentedAttribute[int], ColumnElement[bool]]

# Where a reader's feed comes from, as `Interests.bound` tells it: each a column of post ids, and
# which of them. Each has an index that begins with what is followed and goes on with the ids in
# order.
SOURCES: tuple[Source, ...] = (
    (Post.id, among(Post.author_id, "own_people")),
    (Post.id, among(Post.department_id, "departments")),
    (PostTag.post_id, among(PostTag.tag_id, "tags")),
)
# And what the reader's searches found, for who follows any.
FINDS: Source = Find.post_id, among(Find.search_id, "searches")


# The same, asked of one post after the other. The sums keep SQLite from looking into the indexes
# of what is followed, once for each follow, where it has the post already.
BROUGHT = or_(
    among(Post.author_id + 0, "own_people"),
    among(Post.department_id + 0, "departments"),
    tagged(among(PostTag.tag_id + 0, "tags")),
)
FOUND = (
    select(Find.post_id)
    .where(Find.post_id == Post.id, among(Find.search_id + 0, "searches"))
    .exists()
)


# Whether nothing that the reader mutes keeps a post away.
UNMUTED = and_(
    apart(Post.author_id, "muted_people"),
    apart(func.coalesce(Post.thread_id, Post.id), "muted_threads"),
    ~tagged(among(PostTag.tag_id, "muted_tags")),
)
