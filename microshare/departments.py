"""Departments: where colleagues work, and the tags that a department follows for its people."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, func, select

from microshare import interests, text
from microshare.among import as_lists, in_order
from microshare.cards import Author, Label
from microshare.db import add_once, db
from microshare.errors import Forbidden, Missing, Refused
from microshare.interests import Standing
from microshare.models import Department, DepartmentTag, Tag, User
from microshare.readers import AnyReader
from microshare.slugs import slug_of

NAME_LIMIT, SLUG_LIMIT = 80, 500  # some letters of some scripts fold to a dozen


def named(name: str, now: datetime) -> Department:
    """The department of this name, made if it is new."""
    name, slug = checked(name)
    add_once(Department, name=name, slug=slug, created_at=now)
    return db.session.scalars(select(Department).filter_by(slug=slug)).one()


@lru_cache(maxsize=500)  # a file of posts names few of them, a million times
def checked(name: str) -> tuple[str, str]:
    """The name as it is kept and its slug, or `Refused` where it does not do."""
    name = text.tidy(name)
    slug = slug_of(name)
    fits = len(name) <= NAME_LIMIT and 0 < len(slug) <= SLUG_LIMIT
    if not fits or text.has_control(name):
        raise Refused("department-name", limit=NAME_LIMIT)
    return name, slug


def ids() -> dict[str, int]:
    """All departments: slug to id."""
    return dict(db.session.execute(select(Department.slug, Department.id)).all())


_OF_SLUG = select(Department).where(Department.slug == bindparam("slug"))


def get(slug: str) -> Department:
    """The department with this slug, or `Missing`."""
    found = db.session.scalars(_OF_SLUG, {"slug": text.fold(slug)}).one_or_none()
    if found is None:
        raise Missing("department", name=slug)
    return found


def chosen(name: str) -> Department:
    """The department that somebody picked, by slug or name; `Refused` when there is none such."""
    found = db.session.scalars(select(Department).filter_by(slug=slug_of(name))).one_or_none()
    if found is None:
        raise Refused("department-unknown", name=name[:NAME_LIMIT])
    return found


def of(user: User) -> Department:
    """Where the colleague works now."""
    return db.session.get_one(Department, user.department_id)


def every() -> Sequence[Department]:
    """All departments, by name."""
    return db.session.scalars(select(Department).order_by(Department.name)).all()


_WORKS_THERE = and_(
    User.department_id == bindparam("target"),
    User.suspended_at.is_(None),
    User.maker_id.is_(None),
)
def headcounts() -> dict[int, int]:
    """How many colleagues each department has, by department id."""
    rows = db.session.execute(
        select(User.department_id, func.count())
        .where(User.suspended_at.is_(None), User.maker_id.is_(None))
        .group_by(User.department_id)
    )
    return dict(rows.all())


_TAGS = (
    select(Tag.id, Tag.name, Tag.spelling)
    .join(DepartmentTag, DepartmentTag.tag_id == Tag.id)
    .where(DepartmentTag.department_id == bindparam("department"))
    .order_by(Tag.name)
)


def tags_of(department: Department) -> tuple[Label, ...]:
    """The tags that it follows for its people, by name."""
    rows = db.session.connection().execute(_TAGS, {"department": department.id})
    return tuple(Label(*row) for row in rows)


class About(NamedTuple):
    """What the page of a department tells one reader beside its posts."""

    people: tuple[Author, ...]  # who works there now, the first of them by name
    headcount: int  # how many they are
    tags: tuple[Label, ...]  # that it follows for its people, by name
    standing: Standing


_FIRST = (
    select(
        func.row_number().over(order_by=(User.name, User.id)).label("place"),
        User.id, User.name, User.username,
    )
    .where(_WORKS_THERE)
    .order_by(User.name, User.id)
    .limit(bindparam("limit"))
    .subquery()
)  # fmt: skip
_ABOUT = select(
    select(as_lists(_FIRST.c.place, _FIRST.c.id, _FIRST.c.name, _FIRST.c.username))
    .scalar_subquery(),
    select(func.count()).select_from(User).where(_WORKS_THERE).scalar_subquery(),
    select(as_lists(Tag.name, Tag.id, Tag.name, Tag.spelling))
    .join(DepartmentTag, DepartmentTag.tag_id == Tag.id)
    .where(DepartmentTag.department_id == bindparam("target"))
    .scalar_subquery(),
    interests.FOLLOWS.scalar_subquery(),
    interests.MUTES.scalar_subquery(),
)  # fmt: skip


def about(department: Department, reader: AnyReader, now: datetime, limit: int = 60) -> About:
    """All of it in one query; at most `limit` people."""
    asked = {"target": department.id, "kind": "department", "reader": reader.id, "now": now,
             "limit": limit}  # fmt: skip
    people, headcount, tags, follows, mutes = (
        db.session.connection().execute(_ABOUT, asked).one()
    )
    return About(
        tuple(Author._make(one[1:]) for one in in_order(people)),
        headcount,
        tuple(Label._make(one[1:]) for one in in_order(tags)),
        Standing(bool(follows), bool(mutes)),
    )


def follow_tag(department: Department, tag: Tag, follower: User, now: datetime) -> None:
    """The department follows the tag for its people from now on."""
    _may_choose(department, follower)
    add_once(
        DepartmentTag,
        department_id=department.id,
        tag_id=tag.id,
        added_by_id=follower.id,
        since=now,
    )


def unfollow_tag(department: Department, tag: Tag, follower: User) -> None:
    """The department no longer follows the tag."""
    _may_choose(department, follower)
    db.session.execute(delete(DepartmentTag).filter_by(department_id=department.id, tag_id=tag.id))


def may_choose(department: Department, user: AnyReader) -> bool:
    """Whether the user may say what the department follows: its people, and who manages."""
    return user.manages or user.department_id == department.id


def _may_choose(department: Department, user: User) -> None:
    if not may_choose(department, user):
        raise Forbidden("not-your-department", department=department.name)
