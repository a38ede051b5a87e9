"""What waits for a colleague, to be counted in a statement that has the `User` in it."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from microshare.models import InboxItem, Post, Report, User
from microshare.models.people import MANAGERS

_NEWS: ColumnElement[int] = (
    select(func.count())
    .select_from(InboxItem)
    .join(Post, Post.id == InboxItem.post_id)
    .where(
        InboxItem.reader_id == User.id,
        InboxItem.id > User.inbox_read_up_to,
        Post.withdrawn_at.is_(None),
    )
    .correlate(User)
    .scalar_subquery()
)  # what came into the inbox since the colleague last looked

_Bot = aliased(User)


def for_manager(who: Any) -> ColumnElement[bool]:
    """Whether a report waits for this manager, an id: for none of those that it is about."""
    their_bot = select(_Bot.id).where(_Bot.id == Report.about_id, _Bot.maker_id == who)
    is_theirs = their_bot.correlate(Report, User).exists()
    return and_(Report.settled_at.is_(None), Report.about_id != who, ~is_theirs)


_REPORTS = (
    select(func.count())
    .select_from(Report)
    .where(for_manager(User.id))
    .correlate(User)
    .scalar_subquery()
)
_MANAGES = or_(*(User.role == role for role in sorted(MANAGERS)))  # `in_` is written out each time
ALL: ColumnElement[int] = _NEWS + case((_MANAGES, _REPORTS), else_=literal(0))
