"""When things happen in the demonstration: as many as asked, in order, and in working hours."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from microshare import demo_plan as plan

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("number", [0, 1, 2, 10, 1500, 6000])
def test_threads_and_replies_are_as_many_as_asked(number: int) -> None:
    openings = plan.openings(number, random.Random(1), NOW)
    assert len(openings) + sum(opening.replies for opening in openings) == number


def test_threads_begin_in_order_within_three_months() -> None:
    moments = [opening.at for opening in plan.openings(1500, random.Random(1), NOW)]
    assert moments == sorted(moments)
    assert NOW - timedelta(days=91) < moments[0] < moments[-1] <= NOW


def test_one_post_in_twelve_asks_and_a_third_of_the_questions_is_open() -> None:
    openings = plan.openings(1500, random.Random(1), NOW)
    fates = Counter(opening.fate for opening in openings if opening.kind == "question")
    assert sum(fates.values()) == 120
    assert fates["open"] == 40
    assert fates["accepted"] > fates["solved"] > 0
    assert {opening.fate for opening in openings if opening.kind != "question"} == {""}


def test_an_accepted_question_has_a_reply_to_accept() -> None:
    for seed in range(20):
        for opening in plan.openings(60, random.Random(seed), NOW):
            assert opening.fate != "accepted" or opening.replies


def test_almost_everything_is_written_on_weekdays() -> None:
    days = Counter(opening.at.astimezone(plan.ZONE).weekday() > 4
                   for opening in plan.openings(1500, random.Random(1), NOW))
    assert 0 < days[True] < 0.05 * days[False]


def test_the_same_seed_plans_the_same() -> None:
    assert plan.openings(300, random.Random(5), NOW) == plan.openings(300, random.Random(5), NOW)
    assert plan.openings(300, random.Random(5), NOW) != plan.openings(300, random.Random(6), NOW)


def test_what_follows_is_put_off_to_working_hours_but_never_after_now() -> None:
    dice = random.Random(1)
    late = datetime(2026, 11, 19, 22, 0, tzinfo=UTC)
    assert plan.later(late, 1, dice).astimezone(plan.ZONE).hour >= 7
    for _ in range(100):
        assert late <= plan.soon(late, 1, late + timedelta(minutes=30), dice) <= (
            late + timedelta(minutes=30))


def test_the_calendar_plays_in_order_of_time_and_plays_what_follows() -> None:
    calendar, seen = plan.Calendar(), list[tuple[str, datetime]]()

    def first(at: datetime) -> None:
        seen.append(("first", at))
        calendar.note(at + timedelta(minutes=1), lambda then: seen.append(("follows", then)))

    calendar.note(NOW + timedelta(minutes=5), lambda at: seen.append(("last", at)))
    calendar.note(NOW, first)
    calendar.play_until(NOW + timedelta(minutes=4))
    assert [name for name, _ in seen] == ["first", "follows"]
    calendar.play_until(NOW + timedelta(minutes=5))
    assert seen[-1] == ("last", NOW + timedelta(minutes=5))
