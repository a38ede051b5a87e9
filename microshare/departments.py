"""Departments: where colleagues work, and the tags that a department follows for its people."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import and_, bindparam, delete, func, select

from microshare import text
from microshare.cards import Author, Label
from microshare.db import add_once, db
from microshare.errors import Forbidden, Missing, Refused
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
    User.department_id == bindparam("department"),
    User.suspended_at.is_(None),
    User.maker_id.is_(None),
)
_HEADCOUNT = select(func.count()).select_from(User).where(_WORKS_THERE).scalar_subquery()
_PEOPLE = (
    select(User.id, User.name, User.username, _HEADCOUNT)
    .where(_WORKS_THERE)
    .order_by(User.name, User.id)
    .limit(bindparam("limit"))
)


def people_in(department: Department, limit: int = 60) -> tuple[tuple[Author, ...], int]:
    """Who works there now, the first of them by name, and how many they are."""
    asked = {"department": department.id, "limit": limit}
    rows = db.session.connection().execute(_PEOPLE, asked).all()
    return tuple(Author(*row[:3]) for row in rows), rows[0][3] if rows else 0


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
