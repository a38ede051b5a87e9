"""Muting: what a reader leaves out of the own feed and digest, for a while or for good."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from microshare.db import db
from microshare.errors import Refused
from microshare.models import Mute, Post, SavedSearch, Tag, User

Target = Tag | User | Post | SavedSearch
SPANS = {"day": timedelta(days=1), "week": timedelta(weeks=1), "good": None}


def row(target: Target) -> tuple[str, int]:
    """The kind and id that stand for the target; a post stands for its whole thread."""
    if isinstance(target, Post):
        return "thread", target.root_id
    kinds = {Tag: "tag", User: "person", SavedSearch: "search"}
    return kinds[type(target)], target.id


def mute(reader: User, target: Target, span: str, now: datetime) -> None:
    """Leave the target out for a `day`, a `week` or for `good`; the newest choice counts."""
    if span not in SPANS:
        raise Refused("mute-span", spans=", ".join(SPANS))
    length = SPANS[span]
    mute_until(reader, target, now + length if length else None)


def mute_until(reader: User, target: Target, until: datetime | None) -> None:
    """The same until a moment; None: for good."""
    if isinstance(target, User) and target.id == reader.id:
        raise Refused("mute-yourself")
    kind, target_id = row(target)
    db.session.merge(
        Mute(
            reader_id=reader.id,
            kind=kind,
            target_id=target_id,
            until=until,
        )
    )
    db.session.flush()


def unmute(reader: User, target: Target) -> None:
    """Let it in again."""
    kind, target_id = row(target)
    db.session.execute(delete(Mute).filter_by(reader_id=reader.id, kind=kind, target_id=target_id))


def targets(reader: User, now: datetime) -> Sequence[tuple[Mute, Target]]:
    """All that is muted at this moment, with what it is."""
    rows = db.session.scalars(
        select(Mute)
        .where(Mute.reader_id == reader.id, or_(Mute.until.is_(None), Mute.until > now))
        .order_by(Mute.kind, Mute.target_id)
    ).all()
    ids: dict[str, list[int]] = {"tag": [], "person": [], "thread": [], "search": []}
    for row in rows:
        ids[row.kind].append(row.target_id)
    found: dict[tuple[str, int], Target] = {}
    for tag in db.session.scalars(select(Tag).where(Tag.id.in_(ids["tag"]))):
        found["tag", tag.id] = tag
    for person in db.session.scalars(select(User).where(User.id.in_(ids["person"]))):
        found["person", person.id] = person
    for post in db.session.scalars(select(Post).where(Post.id.in_(ids["thread"]))):
        found["thread", post.id] = post
    for one in db.session.scalars(select(SavedSearch).where(SavedSearch.id.in_(ids["search"]))):
        found["search", one.id] = one
    of = [(row, found.get((row.kind, row.target_id))) for row in rows]
    return [(row, target) for row, target in of if target is not None]  # a search may be forgotten
