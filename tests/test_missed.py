"""Searches that found nothing: what is kept of them, and how much."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from microshare import missed
from microshare.db import db, saving
from microshare.errors import Forbidden
from microshare.models import MissedSearch
from tests.acts import raced
from tests.conftest import House

TODAY = date(2026, 11, 23)


def miss(raw: str, day: date = TODAY, times: int = 1) -> None:
    for _ in range(times):
        with saving():
            missed.count(missed.words_of(raw), day)


def listed() -> list[tuple[str, int]]:
    return [(search.words, search.count) for search in missed.listed()]


def test_the_words_are_counted_folded_and_without_people(house: House) -> None:
    miss("Noisy  PUMP from:ada @grace dept:sales -valve")
    miss("noisy pump")
    miss("#ATEX")
    assert listed() == [("noisy pump", 2), ("#atex", 1)]


def test_a_search_without_words_is_not_counted(house: House) -> None:
    for raw in ("", "from:ada", "-pump", "???"):
        miss(raw)
    assert listed() == []


def test_the_words_that_are_kept_are_bounded(house: House) -> None:
    miss("x" * 499)
    assert [len(words) for words, _ in listed()] == [missed.LENGTH_LIMIT]


def test_most_often_comes_first_and_then_the_last(house: House) -> None:
    miss("old", TODAY - timedelta(days=1))
    miss("new")
    miss("often", TODAY - timedelta(days=9), times=3)
    assert [words for words, _ in listed()] == ["often", "new", "old"]
    assert missed.listed()[2].last_on == TODAY - timedelta(days=1)


def test_a_flood_of_nonsense_fills_no_more_than_the_bound(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "ROW_LIMIT", 3)
    monkeypatch.setattr(missed, "_FULL", 6)
    miss("wanted", times=2)
    for number in range(9):
        miss(f"nonsense{number}")
    assert db.session.scalar(select(func.count()).select_from(MissedSearch)) == 6
    miss("wanted")
    with saving():
        missed.forget_old(TODAY)
    assert listed()[0] == ("wanted", 3)
    assert len(listed()) == 3


def test_what_nobody_searched_for_in_a_year_is_forgotten(house: House) -> None:
    miss("old", TODAY - timedelta(days=366), times=5)
    miss("kept", TODAY - timedelta(days=365))
    with saving():
        missed.forget_old(TODAY)
    assert listed() == [("kept", 1)]


def test_what_is_seen_to_leaves_the_list_and_only_a_manager_says_so(house: House) -> None:
    miss("pump")
    with pytest.raises(Forbidden):
        missed.settle("pump", house.grace)
    with saving():
        missed.settle("pump", house.ada)
    assert listed() == []


def test_two_at_once_are_both_counted(house: House, domain: Flask) -> None:
    results = raced(domain, *[lambda: miss("pump")] * 4)
    assert results == [None] * 4
    assert listed() == [("pump", 4)]
