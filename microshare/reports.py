"""Reports: a colleague tells who manages the community of another's posts, or of the other.

Nobody else learns of it. Who manages sees all reports but those about themselves or their bots: who
is reported is never told by whom.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import joinedload, selectinload

from microshare import text, waiting
from microshare.db import db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Post, Report, ReportPost, User
from microshare.models.people import MANAGERS
from microshare.readers import AnyReader

CATEGORIES = ("spam", "legal", "violation", "other")
COMMENT_LIMIT = 1000  # characters
POST_LIMIT = 10  # posts in a report
A_DAY = 20  # reports of one colleague
DAY = timedelta(days=1)
LISTED = 10  # reports on a page
_WHOLE = select(Report).options(
    joinedload(Report.reporter), joinedload(Report.about), selectinload(Report.posts)
)


def report(
    reporter: User,
    about: User,
    post_ids: Sequence[int],
    comment: str,
    category: str,
    now: datetime,
) -> Report:
    """A new report of a colleague, for these posts of theirs if any.

    What the reporter has reported already, and nobody settled yet, stays one report: other words
    take the place of those that it had.
    """
    comment = _checked(reporter, about, comment, category)
    _check_posts(about, post_ids)
    # One after the other, so that what is sent twice at once is one report on every database.
    db.session.execute(select(User.id).filter_by(id=reporter.id).with_for_update())
    known = _open_of(reporter, about)
    told = {post.id for one in known for post in one.posts}
    fresh = [post_id for post_id in post_ids if post_id not in told]
    same = [one for one in known if _is_same(one, post_ids)]
    if same and not fresh:
        return _said_anew(same[0], comment, category)
    _check_pace(reporter, now)
    made = Report(
        reporter_id=reporter.id,
        about_id=about.id,
        category=category,
        comment=comment,
        created_at=now,
    )
    db.session.add(made)
    db.session.flush()
    if fresh:
        rows = [{"report_id": made.id, "post_id": post_id} for post_id in fresh]
        db.session.execute(insert(ReportPost), rows)
    return get(made.id)


def _is_same(one: Report, post_ids: Sequence[int]) -> bool:
    """Whether an open report is about the first of these posts; or, as they, about none."""
    return post_ids[0] in [post.id for post in one.posts] if post_ids else not one.posts


def _said_anew(known: Report, comment: str, category: str) -> Report:
    if comment:
        known.comment, known.category = comment, category
        db.session.flush()
    return known


def _checked(reporter: User, about: User, comment: str, category: str) -> str:
    """The words of a report as they are kept, where it may be."""
    if reporter.suspended_at is not None:
        raise Forbidden("suspended")
    if reporter.id == about.id:
        raise Refused("report-yourself")
    if category not in CATEGORIES:
        raise Refused("report-category", categories=", ".join(CATEGORIES))
    # A megabyte of nonsense is not worth to be tidied.
    comment = text.tidy_note(comment) if len(comment) <= 10 * COMMENT_LIMIT else comment
    if len(comment) > COMMENT_LIMIT:
        over = len(comment) - COMMENT_LIMIT
        raise Refused("report-too-long", over=over, limit=COMMENT_LIMIT)
    if text.has_control(comment):
        raise Refused("report-control")
    managers = select(User.id).where(User.role.in_(MANAGERS), User.suspended_at.is_(None))
    kept_from = [about.id, about.maker_id or 0]
    if db.session.scalar(managers.where(User.id.not_in(kept_from)).limit(1)) is None:
        raise Refused("report-nobody", name=about.name)
    return comment


def _check_posts(about: User, post_ids: Sequence[int]) -> None:
    if len(post_ids) > POST_LIMIT:
        raise Refused("report-too-wide", limit=POST_LIMIT)
    there = select(Post.id, Post.author_id).where(
        Post.id.in_(post_ids), Post.withdrawn_at.is_(None)
    )
    authors: dict[int, int] = dict(db.session.execute(there).all())
    for post_id in post_ids:
        if post_id not in authors:
            raise Missing("post", id=post_id)
    if set(authors.values()) - {about.id}:
        raise Refused("report-elsewhere", name=about.name)


def _check_pace(reporter: User, now: datetime) -> None:
    lately = select(func.count()).where(
        Report.reporter_id == reporter.id, Report.created_at > now - DAY
    )
    if (db.session.scalar(lately) or 0) >= A_DAY:
        raise Refused("too-many-reports", limit=A_DAY)


def _open_of(reporter: AnyReader, about: User) -> Sequence[Report]:
    """What this colleague has reported of the other and nobody settled yet, the newest first."""
    found = _WHOLE.filter_by(reporter_id=reporter.id, about_id=about.id, settled_at=None)
    return db.session.scalars(found.order_by(Report.id.desc())).all()


def get(report_id: int) -> Report:
    """The report, or `Missing`."""
    found = db.session.scalars(_WHOLE.filter_by(id=report_id)).one_or_none()
    if found is None:
        raise Missing("report", id=report_id)
    return found


def open_by(reporter: AnyReader, about: User, post_ids: Sequence[int]) -> Report | None:
    """The open report that `report` would change."""
    return next((one for one in _open_of(reporter, about) if _is_same(one, post_ids)), None)


def open_reports(manager: AnyReader) -> Sequence[Report]:
    """The first of those that wait for who manages, the oldest first."""
    _may_settle(manager)
    listed = _WHOLE.where(waiting.for_manager(manager.id)).order_by(Report.id).limit(LISTED)
    return db.session.scalars(listed).all()


def open_count(manager: AnyReader) -> int:
    """How many wait for who manages."""
    counted = select(func.count()).select_from(Report).where(waiting.for_manager(manager.id))
    return db.session.scalar(counted) or 0


def settle(report_id: int, manager: User, now: datetime) -> None:
    """Somebody has seen to it; the second time it is settled already."""
    _may_settle(manager)
    found = get(report_id)
    if manager.id in (found.about_id, found.about.maker_id):
        raise Missing("report", id=report_id)
    if found.settled_at is None:
        found.settled_at, found.settled_by_id = now, manager.id
        db.session.flush()


def _may_settle(who: AnyReader) -> None:
    if not who.manages:
        raise Forbidden("not-a-manager")
