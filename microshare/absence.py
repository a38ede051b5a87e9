"""Leave: a colleague's letters pause until a day, and those of the days before are never sent."""

from datetime import date, datetime, timedelta

from microshare import people, periods
from microshare.errors import Refused
from microshare.models import User
from microshare.periods import Period

LONGEST = timedelta(days=366)  # who is away for longer turns the digest off


def pause(reader: User, until: date | None, now: datetime) -> None:
    """No letter before this day, on the reader's own calendar; None: they come as always."""
    today = now.astimezone(people.zone_of(reader)).date()
    if until is not None and until <= today:
        raise Refused("leave-past")
    if until is not None and until > today + LONGEST:
        raise Refused("leave-long")
    reader.digest_from = until


def until(reader: User, now: datetime) -> date | None:
    """The day until which the reader's letters pause; None where they do not."""
    today = now.astimezone(people.zone_of(reader)).date()
    return reader.digest_from if reader.digest_from and reader.digest_from > today else None


def next_letter(reader: User, now: datetime) -> Period:
    """The period whose letter comes next, if there is something to say."""
    zone = people.zone_of(reader)
    last = periods.newest(now, reader.digest_weekday, reader.digest_hour, zone)
    day = last.day + periods.WEEK
    while is_before(day, reader.digest_from):
        day += periods.WEEK
    return periods.ending(day, reader.digest_hour, zone)


def is_before(day: date, first: date | None) -> bool:
    """Whether a letter due on this day falls into the leave that ends on the `first` day.

    >>> is_before(date(2026, 12, 6), date(2026, 12, 7)), is_before(date(2026, 12, 7), None)
    (True, False)
    """
    return first is not None and day < first
