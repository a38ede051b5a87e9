"""The word of the community manager: one line a week in everybody's digest, with a name under it.

It stands in the letters that are due in its week, Monday to Sunday by each reader's own calendar.
Alone it makes no letter: nobody may make a line land in a colleague's mail.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select

from microshare import text
from microshare.db import add_once, db
from microshare.errors import Forbidden, Refused
from microshare.models import DigestWord, User

LIMIT = 140  # characters, counted as those of a post
AHEAD = 8  # weeks: this one and those that follow


class Word(NamedTuple):
    """One line, and who says it."""

    week: date  # its Monday
    line: str
    name: str


def write(week: date, line: str, writer: User, now: datetime) -> None:
    """What the letters of this week say; written again, the newer line stands."""
    _may_write(writer)
    line = text.tidy(line)
    if not line:
        raise Refused("word-empty")
    if text.has_control(line):
        raise Refused("post-control")
    if (over := text.count(line) - LIMIT) > 0:
        raise Refused("word-too-long", over=over, limit=LIMIT)
    if week not in coming(now):
        raise Refused("word-week")
    remove(week, writer)
    if not add_once(DigestWord, week=week, line=line, written_by_id=writer.id, written_at=now):
        raise Refused("word-meanwhile")


def remove(week: date, writer: User) -> None:
    """The letters of this week say nothing of the kind; without effect where they did not."""
    _may_write(writer)
    db.session.execute(delete(DigestWord).filter_by(week=week))


def written(now: datetime) -> Sequence[Word]:
    """The words of this week and those that come, the soonest first."""
    known = DigestWord.week >= coming(now)[0]
    return [Word(*row) for row in db.session.execute(_WORDS.where(known))]


_WORDS = (
    select(DigestWord.week, DigestWord.line, User.name)
    .join(User, User.id == DigestWord.written_by_id)
    .order_by(DigestWord.week)
)


def coming(now: datetime) -> list[date]:
    """The weeks for which a word can be written, by their Mondays.

    >>> from datetime import UTC
    >>> [day.isoformat() for day in coming(datetime(2026, 11, 26, tzinfo=UTC))[:2]]
    ['2026-11-23', '2026-11-30']
    """
    first = monday(now.date())
    return [first + timedelta(weeks=number) for number in range(AHEAD)]


def monday(day: date) -> date:
    """The Monday of the week in which this day lies.

    >>> monday(date(2026, 11, 29)), monday(date(2026, 11, 30))
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 30))
    """
    return day - timedelta(days=day.weekday())


def _may_write(user: User) -> None:
    if not user.manages:
        raise Forbidden("not-a-manager")
