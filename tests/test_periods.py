from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microshare import periods

AMSTERDAM, NEW_YORK = ZoneInfo("Europe/Amsterdam"), ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
# Zones whose clocks change at odd hours, by half an hour, at midnight, not at all.
ZONES = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
         "America/Havana", "Africa/Cairo", "America/Nuuk", "Pacific/Apia", "Pacific/Kiritimati",
         "Africa/Casablanca", "America/Scoresbysund", "Asia/Beirut", "UTC"]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(("day", "hour", "zone", "since", "until", "hours"), [
    # summer time begins: on 29 March 2026 in Amsterdam, on 8 March in New York
    (date(2026, 3, 30), 8, AMSTERDAM, utc(2026, 3, 23, 7), utc(2026, 3, 30, 6), 167),
    (date(2026, 3, 9), 8, NEW_YORK, utc(2026, 3, 2, 13), utc(2026, 3, 9, 12), 167),
    # and ends: on 25 October in Amsterdam, on 1 November in New York
    (date(2026, 10, 26), 8, AMSTERDAM, utc(2026, 10, 19, 6), utc(2026, 10, 26, 7), 169),
    (date(2026, 11, 2), 8, NEW_YORK, utc(2026, 10, 26, 12), utc(2026, 11, 2, 13), 169),
    (date(2026, 11, 23), 8, AMSTERDAM, utc(2026, 11, 16, 7), utc(2026, 11, 23, 7), 168),
])
def test_a_week_is_counted_on_the_local_clock(
    day: date, hour: int, zone: ZoneInfo, since: datetime, until: datetime, hours: int
) -> None:
    period = periods.ending(day, hour, zone)
    assert (period.day, period.since, period.until) == (day, since, until)
    assert period.until - period.since == hours * HOUR


@pytest.mark.parametrize(("day", "hour", "zone", "until"), [
    (date(2026, 3, 29), 2, AMSTERDAM, utc(2026, 3, 29, 1)),  # 02:00 is skipped: 03:00 it is
    (date(2026, 3, 8), 2, NEW_YORK, utc(2026, 3, 8, 7)),
    (date(2026, 10, 25), 2, AMSTERDAM, utc(2026, 10, 25, 0)),  # 02:00 comes twice: the first
    (date(2026, 11, 1), 1, NEW_YORK, utc(2026, 11, 1, 5)),
])
def test_a_skipped_hour_falls_later_and_a_doubled_one_counts_the_first_time(
    day: date, hour: int, zone: ZoneInfo, until: datetime
) -> None:
    assert periods.ending(day, hour, zone).until == until


@pytest.mark.parametrize(("day", "hour", "zone"), [
    (date(2026, 3, 29), 2, AMSTERDAM), (date(2026, 10, 25), 2, AMSTERDAM),
    (date(2026, 3, 8), 2, NEW_YORK), (date(2026, 11, 1), 1, NEW_YORK),
])
def test_a_letter_at_the_hour_of_the_change_is_due_once(
    day: date, hour: int, zone: ZoneInfo
) -> None:
    at, days = periods.ending(day, hour, zone).until - 3 * HOUR, []
    for step in range(12 * 6):
        found = periods.newest(at + step * HOUR / 12, day.weekday(), hour, zone).day
        if not days or days[-1] != found:
            days.append(found)
    assert days == [day - periods.WEEK, day]


def test_a_letter_is_due_at_its_minute_and_not_before() -> None:
    due = utc(2026, 11, 23, 7)
    for at, day in ((due - timedelta(microseconds=1), date(2026, 11, 16)),
                    (due, date(2026, 11, 23)), (due + timedelta(days=6), date(2026, 11, 23))):
        assert periods.newest(at, 0, 8, AMSTERDAM).day == day


def test_the_weekday_is_the_readers_own() -> None:
    at = utc(2026, 11, 23, 3)  # Monday in Amsterdam, still Sunday in New York
    assert periods.newest(at, 0, 0, AMSTERDAM).day == date(2026, 11, 23)
    assert periods.newest(at, 0, 0, NEW_YORK).day == date(2026, 11, 16)
    assert periods.newest(at, 6, 22, NEW_YORK).day == date(2026, 11, 22)


moments = st.datetimes(datetime(2021, 1, 1), datetime(2036, 12, 31),
                       timezones=st.just(UTC))
zones = st.sampled_from(ZONES).map(ZoneInfo)


@given(moments, st.integers(0, 6), st.integers(0, 23), zones)
def test_the_newest_period_was_due_by_now_and_the_next_is_not(
    now: datetime, weekday: int, hour: int, zone: ZoneInfo
) -> None:
    period = periods.newest(now, weekday, hour, zone)
    following = periods.ending(period.day + periods.WEEK, hour, zone)
    assert period.until <= now < following.until
    assert period.day.weekday() == weekday


@given(moments, st.integers(0, 23), zones)
def test_periods_leave_no_gap_and_do_not_overlap(
    now: datetime, hour: int, zone: ZoneInfo
) -> None:
    period = periods.newest(now, now.weekday(), hour, zone)
    before = periods.ending(period.day - periods.WEEK, hour, zone)
    assert before.until == period.since
    assert period.since < period.until


@given(moments, zones)
def test_a_letter_by_hand_tells_of_the_seven_local_days_up_to_now(
    now: datetime, zone: ZoneInfo
) -> None:
    period = periods.up_to(now, zone)
    assert period.until == now
    assert period.day == now.astimezone(zone).date()
    assert abs(period.until - period.since - periods.WEEK) <= HOUR
