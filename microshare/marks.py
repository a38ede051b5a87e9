"""What clients keep for a colleague: own posts pinned, tags and people named on the own profile,
and a note on a colleague, which nobody else reads.

It changes no feed, and pages show none of it; clients offer it, and lose it where it is not kept.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select

from microshare import text
from microshare.db import add_once, db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Mark, Post, PostTag, Tag, User

Target = Post | Tag | User
MOST = {"post": 5, "tag": 10, "person": 50}
NOTE_LIMIT = 2000  # characters
KINDS = {Post: "post", Tag: "tag", User: "person"}


class Used(NamedTuple):
    """How often a colleague wrote under a tag, and when last."""

    posts: int
    last_at: datetime


def put(owner: User, target: Target, now: datetime) -> None:
    """Pin the own post, or name the tag or the colleague; a second time changes nothing."""
    kind = KINDS[type(target)]
    if isinstance(target, Post) and target.author_id != owner.id:
        raise Forbidden("not-yours")
    if isinstance(target, Post) and target.withdrawn_at is not None:
        raise Missing("post", id=target.id)
    if not add_once(
        Mark, owner_id=owner.id, kind=kind, target_id=target.id, text="", since=now
    ):
        return
    count = db.session.scalar(
        select(func.count()).select_from(Mark).filter_by(owner_id=owner.id, kind=kind)
    )
    if (count or 0) > MOST[kind]:
        raise Refused("too-many-marks", limit=MOST[kind])


def drop(owner: User, target: Target) -> None:
    """Take it back; without effect where it was not."""
    _delete(owner, KINDS[type(target)], target.id)


def _delete(owner: User, kind: str, target_id: int) -> None:
    db.session.execute(delete(Mark).filter_by(owner_id=owner.id, kind=kind, target_id=target_id))


def of(owner_id: int, kind: str) -> list[int]:
    """The ids of what somebody marked, the newest mark first."""
    rows = select(Mark.target_id).filter_by(owner_id=owner_id, kind=kind)
    newest = rows.order_by(Mark.since.desc(), Mark.target_id.desc())
    return list(db.session.scalars(newest))


def which(owner_id: int, kind: str, ids: Collection[int]) -> set[int]:
    """Which of these somebody marked."""
    if not ids:
        return set()
    rows = select(Mark.target_id).where(
        Mark.owner_id == owner_id, Mark.kind == kind, Mark.target_id.in_(ids)
    )
    return set(db.session.scalars(rows))


def note(owner: User, on: User, written: str, now: datetime) -> None:
    """Keep a note on a colleague, for the owner alone; an empty one is none."""
    tidied = text.tidy_note(written).strip()
    if len(tidied) > NOTE_LIMIT or text.has_control(tidied):
        raise Refused("remark-too-long", limit=NOTE_LIMIT)
    _delete(owner, "note", on.id)
    if tidied:
        db.session.add(
            Mark(owner_id=owner.id, kind="note", target_id=on.id, text=tidied, since=now)
        )
    db.session.flush()


def notes(owner_id: int, ids: Collection[int]) -> dict[int, str]:
    """The owner's notes on these colleagues."""
    rows = select(Mark.target_id, Mark.text).where(
        Mark.owner_id == owner_id, Mark.kind == "note", Mark.target_id.in_(ids)
    )
    return dict(db.session.execute(rows).all())


_OWN = (
    select(PostTag.tag_id, func.count(), func.max(Post.created_at))
    .join(Post, Post.id == PostTag.post_id)
    .where(Post.withdrawn_at.is_(None))
    .group_by(PostTag.tag_id)
)


def uses(author_id: int, tag_ids: Collection[int]) -> dict[int, Used]:
    """How much somebody wrote under each of these tags."""
    rows = db.session.execute(_OWN.where(Post.author_id == author_id, PostTag.tag_id.in_(tag_ids)))
    return {tag_id: Used(count, last_at) for tag_id, count, last_at in rows}


def proposed(author_id: int, limit: int) -> Sequence[Tag]:
    """The tags under which somebody wrote most, and which they did not name yet."""
    named = select(Mark.target_id).filter_by(owner_id=author_id, kind="tag")
    most = (
        _OWN.where(Post.author_id == author_id, PostTag.tag_id.not_in(named))
        .order_by(func.count().desc(), PostTag.tag_id)
        .limit(limit)
    )
    ids = [tag_id for tag_id, *_ in db.session.execute(most)]
    known = {tag.id: tag for tag in db.session.scalars(select(Tag).where(Tag.id.in_(ids)))}
    return [known[one] for one in ids]
