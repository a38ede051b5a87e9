"""How much tags were used in the last days: posts and writers, by day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func, literal_column, select

from microshare.db import db
from microshare.models import Post, PostTag, Tag


def by_day(ids: Sequence[int], since: datetime) -> dict[tuple[int, date], tuple[int, int]]:
    """Posts and their writers since then, by tag and day (UTC)."""
    if not ids:
        return {}
    day: ColumnElement[Any] = func.date(Post.created_at)
    if db.engine.dialect.name != "sqlite":
        # As a literal: two values of a statement are not seen to be the same.
        day = cast(func.timezone(literal_column("'UTC'"), Post.created_at), Date)
    first = select(func.min(Post.id)).where(Post.created_at >= since).scalar_subquery()
    rows = db.session.execute(
        select(PostTag.tag_id, day, func.count(), func.count(Post.author_id.distinct()))
        .join(Post, Post.id == PostTag.post_id)
        .where(
            PostTag.tag_id.in_(ids), PostTag.post_id >= first, Post.withdrawn_at.is_(None)
        )
        .group_by(PostTag.tag_id, day)
    )
    return {
        (tag_id, date.fromisoformat(on) if isinstance(on, str) else on): (uses, people)
        for tag_id, on, uses, people in rows
    }


def tags_of(ids: Sequence[int]) -> list[Tag]:
    """These tags, in this order."""
    known = {tag.id: tag for tag in db.session.scalars(select(Tag).where(Tag.id.in_(ids)))}
    return [known[one] for one in ids if one in known]
