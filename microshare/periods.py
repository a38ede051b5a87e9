"""When a weekly letter is due: the reader's weekday and hour, in the reader's own zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Period:
    """A week of posts, from `since` up to `until`, named by the local day on which it is due."""

    day: date
    since: datetime
    until: datetime


def ending(day: date, hour: int, zone: ZoneInfo) -> Period:
    """The period whose letter is due on this day at this local hour.

    Counted on the local clock: a week with a clock change has 167 or 169 hours. An hour that the
    clock skips falls an hour later, one that comes twice counts the first time.

    >>> summer = ending(date(2026, 3, 30), 8, ZoneInfo("Europe/Amsterdam"))
    >>> summer.since.isoformat(), summer.until.isoformat()
    ('2026-03-23T07:00:00+00:00', '2026-03-30T06:00:00+00:00')
    """

    def moment(on: date) -> datetime:
        return datetime.combine(on, time(hour), zone).astimezone(UTC)

    return Period(day, moment(day - WEEK), moment(day))


def newest(now: datetime, weekday: int, hour: int, zone: ZoneInfo) -> Period:
    """The last period that was due by now; weekday 0 is Monday.

    >>> at = datetime(2026, 11, 23, 6, 59, tzinfo=UTC)
    >>> newest(at, 0, 8, ZoneInfo("Europe/Amsterdam")).day
    datetime.date(2026, 11, 16)
    >>> newest(at + timedelta(minutes=1), 0, 8, ZoneInfo("Europe/Amsterdam")).day
    datetime.date(2026, 11, 23)
    """
    today = now.astimezone(zone).date()
    day = today - timedelta(days=(today.weekday() - weekday) % 7)
    period = ending(day, hour, zone)
    return period if period.until <= now else ending(day - WEEK, hour, zone)


def up_to(now: datetime, zone: ZoneInfo) -> Period:
    """The seven local days up to this moment, for a letter that is asked for by hand."""
    local = now.astimezone(zone)
    return Period(local.date(), (local - WEEK).astimezone(UTC), now)
