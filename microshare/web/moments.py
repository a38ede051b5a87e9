"""How pages and letters tell a time: in the reader's language and zone.

A page has thirty posts with two times each, and Babel takes a tenth of a millisecond for one; the
same posts are shown to everybody, so what was told is kept.
"""

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from babel import dates
from flask_babel import get_locale, get_timezone

from microshare import clock

RELATIVE = timedelta(days=7)  # older posts show their date
KEPT = 8192  # times, each in one language and zone


def ago(then: datetime) -> str:
    """How long ago, for what is recent; else the day."""
    return told(then, clock.now(), str(get_locale()), get_timezone())


def told(then: datetime, now: datetime, locale: str, zone: tzinfo) -> str:
    """The same, for who knows already when it is and who reads."""
    passed = now - then
    if passed >= RELATIVE:
        return _told(then, "d MMM yyyy", locale, zone)
    # To the minute: nobody counts the seconds, and every post would have its own.
    seconds = max(1, int(passed.total_seconds()))  # not "in 0 seconds"
    return _ago(seconds if seconds < 60 else seconds // 60 * 60, locale)


def moment(then: datetime) -> str:
    """Day and time in the reader's zone and language."""
    return _told(then, "d MMMM yyyy HH:mm", str(get_locale()), get_timezone())


def day(then: date) -> str:
    """A day with its weekday."""
    return _day(then, str(get_locale()))


@lru_cache(KEPT)
def _day(then: date, locale: str) -> str:
    return str(dates.format_date(then, "EEEE d MMMM yyyy", locale=locale))


@lru_cache(KEPT)
def _told(then: datetime, form: str, locale: str, zone: tzinfo) -> str:
    return str(dates.format_datetime(then, form, tzinfo=zone, locale=locale))


@lru_cache(KEPT)
def _ago(seconds: int, locale: str) -> str:
    passed = timedelta(seconds=-seconds)
    return str(dates.format_timedelta(passed, threshold=1, add_direction=True, locale=locale))
