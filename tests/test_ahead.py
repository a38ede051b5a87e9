"""Batches are made while the ones before them are used."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from microshare import ahead, config
from microshare.errors import Refused


def test_all_items_come_in_their_order(app: Flask) -> None:
    with app.app_context():
        assert list(ahead.made(iter([3, None, 1]))) == [3, None, 1]
        assert list(ahead.made(iter([]))) == []


def test_the_next_one_is_made_while_one_is_used_and_no_more(app: Flask) -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    with app.app_context():
        coming = ahead.made(items())
        assert next(coming) == 0
        assert second.wait(10)
        assert made == [0, 1]
        coming.close()  # type: ignore[attr-defined]
    assert made == [0, 1]


def test_what_making_raises_is_raised_behind_those_before(app: Flask) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise Refused("file-format", name="posts.csv", why="broken")

    with app.app_context():
        coming = ahead.made(items())
        assert next(coming) == 1
        with pytest.raises(Refused, match="file-format"):
            next(coming)


def test_the_settings_are_known_where_they_are_made(app: Flask) -> None:
    with app.app_context():
        wanted = config.current().company
        assert list(ahead.made(config.current().company for _ in range(2))) == [wanted] * 2
