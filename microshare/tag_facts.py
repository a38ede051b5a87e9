"""What a tag's page tells beside its posts: who follows it, what is asked, who knows.

Of its posts the newest hundred are looked at, so that a page of a tag with a hundred thousand
posts costs no more than one of a new tag; and who knew something years ago may not know it now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    bindparam,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)

from microshare import interests
from microshare.cards import Author, Place
from microshare.db import db
from microshare.interests import Standing
from microshare.models import (
    Department,
    DepartmentTag,
    Follow,
    Goal,
    Post,
    PostTag,
    Tag,
    TagAlias,
    Thanks,
    User,
)
from microshare.readers import AnyReader
from microshare.tags import AnyTag

LOOKED_AT = 100  # posts under the tag, the newest
WHO_KNOWS = 5  # people


class OpenGoal(NamedTuple):
    """A goal of the tag that is neither reached nor dropped."""

    id: int
    sentence: str
    ends_on: date


@dataclass(frozen=True)
class Facts:
    """What a tag's page tells one reader beside the posts."""

    follower_count: int
    open_question_count: int  # of the posts that are looked at
    standing: Standing
    departments: tuple[Place, ...]  # that follow it for their people, by name
    goals: Sequence[OpenGoal]  # soonest end first
    who_knows: tuple[Author, ...]  # thanked most widely under it first
    has_other_names: bool  # which `aliases.of` tells


_TAG: ColumnElement[int] = bindparam("target")
_RECENT = (
    select(PostTag.post_id)
    .where(PostTag.tag_id == _TAG)
    .order_by(PostTag.post_id.desc())
    .limit(LOOKED_AT)
    .subquery()
)
_FOLLOWERS = (
    select(func.count())
    .select_from(Follow)
    .where(Follow.kind == "tag", Follow.target_id == _TAG)
    .scalar_subquery()
)
_QUESTIONS = (
    select(func.count())
    .select_from(Post)
    .where(
        Post.id.in_(select(_RECENT.c.post_id)),
        Post.kind == literal_column("'question'"),
        Post.solved_at.is_(None),
        Post.withdrawn_at.is_(None),
    )
    .scalar_subquery()
)

# Distinct, so that it is made first: of posts that nobody thanked for, none is looked up.
_THANKED = (
    select(Thanks.post_id, Thanks.department_id)
    .join(_RECENT, _RECENT.c.post_id == Thanks.post_id)
    .distinct()
    .subquery()
)
_WIDTH: ColumnElement[int] = func.count(_THANKED.c.department_id.distinct())
_KNOWN = (
    select(
        User.id, User.name, User.username, _WIDTH.label("width"), func.max(Post.id).label("last")
    )
    .select_from(_THANKED)
    .join(Post, Post.id == _THANKED.c.post_id)
    .join(User, User.id == Post.author_id)
    .where(Post.withdrawn_at.is_(None), User.suspended_at.is_(None))
    .group_by(User.id, User.name, User.username)
    .order_by(_WIDTH.desc(), func.max(Post.id).desc())
    .limit(WHO_KNOWS)
    .subquery()
)


_NONE, _NO_TEXT = literal(0, Integer), literal("", String)


def _rows(kind: str, id: Any, name: Any, key: Any, ends_on: Any, *order: Any) -> Select[Any]:
    """One kind of what stands beside a tag, in the columns of all kinds."""
    return select(
        literal(kind, String),
        id,
        name,
        key,
        type_coerce(ends_on, Date),
        *(order or (_NONE, _NONE)),
    )
# One that stands for it, or that it stands for.
_NAMED = func.coalesce(
    select(func.max(TagAlias.name))
    .where(or_(
        TagAlias.tag_id == _TAG,
        TagAlias.name == select(Tag.name).where(Tag.id == _TAG).scalar_subquery(),
    ))
    .scalar_subquery(),
    _NO_TEXT,
)  # fmt: skip


# Goals come first: PostgreSQL takes the type of a column from where it is no NULL.
_BESIDE = union_all(
    _rows("goal", Goal.id, Goal.sentence, _NO_TEXT, Goal.ends_on).where(
        Goal.tag_id == _TAG, Goal.state == "open"
    ),
    _rows("department", Department.id, Department.name, Department.slug, null())
    .join(DepartmentTag, DepartmentTag.department_id == Department.id)
    .where(DepartmentTag.tag_id == _TAG),
    _rows(
        "person",
        _KNOWN.c.id,
        _KNOWN.c.name,
        _KNOWN.c.username,
        null(),
        _KNOWN.c.width,
        _KNOWN.c.last,
    ),
    _rows("counts", _NONE, _NO_TEXT, _NAMED, null(), _FOLLOWERS, _QUESTIONS),
    _rows(
        "standing",
        _NONE,
        _NO_TEXT,
        _NO_TEXT,
        null(),
        interests.FOLLOWS.scalar_subquery(),
        interests.MUTES.scalar_subquery(),
    ),
)


def of(tag: AnyTag, reader: AnyReader, now: datetime) -> Facts:
    """Everything that the tag's page tells this reader beside its posts, in one query.

    Of who knows only the order is told, never the counts: there are no rankings of people.
    """
    asked = {"target": tag.id, "kind": "tag", "reader": reader.id, "now": now}
    found: dict[str, list[Any]] = {"department": [], "goal": [], "person": []}
    for kind, *row in db.session.connection().execute(_BESIDE, asked).all():
        found.setdefault(kind, []).append(row)
    _, _, named, _, followers, questions = found["counts"][0]
    follows, mutes = found["standing"][0][4:]
    people = sorted(found["person"], key=lambda row: (row[4], row[5]), reverse=True)
    return Facts(
        followers,
        questions,
        Standing(bool(follows), bool(mutes)),
        tuple(sorted((Place(*row[:3]) for row in found["department"]), key=lambda one: one.name)),
        sorted(
            (OpenGoal(row[0], row[1], row[3]) for row in found["goal"]),
            key=lambda goal: (goal.ends_on, goal.id),
        ),
        tuple(Author(*row[:3]) for row in people),
        named != "",
    )
