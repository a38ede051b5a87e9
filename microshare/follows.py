"""Following: how a reader pulls in a tag, a person, a department or what a search finds."""

from datetime import datetime

from sqlalchemy import delete, func, select

from microshare import searches
from microshare.db import add_once, db
from microshare.errors import Refused
from microshare.models import Department, Follow, SavedSearch, Tag, User

Target = Tag | User | Department | SavedSearch


def kind_of(target: Target) -> str:
    """The word under which a target is stored: tag, person, department, search."""
    kinds = {Tag: "tag", User: "person", Department: "department", SavedSearch: "search"}
    return kinds[type(target)]


def follow(reader: User, target: Target, now: datetime) -> None:
    """From now on the target's posts stand in the reader's feed."""
    if isinstance(target, User) and target.id == reader.id:
        raise Refused("follow-yourself")
    add_once(Follow, reader_id=reader.id, kind=kind_of(target), target_id=target.id, since=now)
    if isinstance(target, SavedSearch) and searches.followed_by(reader.id) > searches.LIMIT:
        raise Refused("too-many-searches", limit=searches.LIMIT)


def unfollow(reader: User, target: Target) -> None:
    """No longer; without effect where it was not followed."""
    db.session.execute(
        delete(Follow).filter_by(reader_id=reader.id, kind=kind_of(target), target_id=target.id)
    )


def targets(reader: User) -> dict[str, list[Target]]:
    """All that the reader follows, by kind, each by name."""
    tables: dict[str, tuple[type[Target], object]] = {
        "tag": (Tag, Tag.name),
        "person": (User, User.name),
        "department": (Department, Department.name),
        "search": (SavedSearch, SavedSearch.words),
    }
    return {
        kind: list(
            db.session.scalars(
                select(table)
                .join(Follow, (Follow.target_id == table.id) & (Follow.kind == kind))
                .where(Follow.reader_id == reader.id)
                .order_by(name)  # type: ignore[arg-type]
            )
        )
        for kind, (table, name) in tables.items()
    }


def follower_count(user: User) -> int:
    """How many readers follow this colleague: for their own eyes."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Follow)
            .where(Follow.kind == "person", Follow.target_id == user.id)
        )
        or 0
    )
