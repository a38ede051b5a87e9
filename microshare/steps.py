"""The first steps of a new colleague: a department, a few tags, a first post.

Each can be left out, and taken later. Who has written a post, or says so, knows the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from microshare import departments, follows, tags
from microshare.db import db
from microshare.errors import Refused
from microshare.models import Department, DepartmentTag, Follow, Tag, User
from microshare.readers import AnyReader

OFFERED = 15  # tags to choose from
ENOUGH = 3  # tags
AT_ONCE = 30  # tags that one form follows


@dataclass(frozen=True)
class Choice:
    """A department, and the tags that it follows for its people."""

    department: Department
    tags: Sequence[Tag]


def choices() -> list[Choice]:
    """All departments by name, each with what it follows."""
    followed: dict[int, list[Tag]] = {}
    rows = db.session.execute(
        select(DepartmentTag.department_id, Tag)
        .join(Tag, Tag.id == DepartmentTag.tag_id)
        .order_by(Tag.name)
    )
    for department_id, tag in rows:
        followed.setdefault(department_id, []).append(tag)
    return [Choice(one, followed.get(one.id, ())) for one in departments.every()]


def followed(reader: AnyReader) -> Sequence[Tag]:
    """The tags that the reader follows by an own choice, by name."""
    return db.session.scalars(
        select(Tag)
        .join(Follow, (Follow.target_id == Tag.id) & (Follow.kind == "tag"))
        .where(Follow.reader_id == reader.id)
        .order_by(Tag.name)
    ).all()


def offered(reader: AnyReader) -> list[tuple[Tag, int]]:
    """Tags that are much used and do not come to the reader yet, with how often."""
    own = select(Follow.target_id).where(Follow.reader_id == reader.id, Follow.kind == "tag")
    theirs = select(DepartmentTag.tag_id).where(
        DepartmentTag.department_id == reader.department_id
    )
    known = set(db.session.scalars(own.union(theirs)))
    return [pair for pair in tags.most_used() if pair[0].id not in known][:OFFERED]


def move(user: User, department: Department) -> None:
    """The user works there from now on; posts keep the department they were written in."""
    user.department_id = department.id


def follow_tags(user: User, written: Sequence[tuple[str, str]], now: datetime) -> None:
    """Follow these (folded, spelling) tags at once; those that nobody has used yet too."""
    if len(written) > AT_ONCE:
        raise Refused("too-many-tags", count=len(written), limit=AT_ONCE)
    for tag in tags.named(written, now).values():
        follows.follow(user, tag, now)


def finish(user: User, now: datetime) -> None:
    """The user knows the way, and is shown it no more."""
    user.welcomed_at = user.welcomed_at or now
