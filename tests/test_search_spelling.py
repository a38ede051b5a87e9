"""“Did you mean”: words of the index that are spelled nearly so, and searches mended by them."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microshare import indexing, search
from microshare.search import spelling
from microshare.search.whoosh_engine import WhooshEngine
from tests.acts import publish
from tests.conftest import House
from tests.test_search_engine import post

SAID = {"pump": 9, "pomp": 12, "centrifugal": 3, "seal": 4, "seals": 1, "ventiel": 2}


class Known:
    """Words in a dictionary, and how many of them were asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def counts(self, words: Iterable[str]) -> dict[str, int]:
        asked = list(words)
        self.asked += len(asked)
        return {word: SAID[word] for word in asked if word in SAID}

    def beginning(self, start: str, limit: int) -> list[str]:
        return [word for word in SAID if word.startswith(start)][:limit]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pmup", ["pump"]),
        ("pimp", ["pomp", "pump"]),
        ("pum", ["pump"]),
        ("seall", ["seal", "seals"]),
        ("sael", ["seal"]),
        ("zeal", ["seal"]),
        ("centrifigual", ["centrifugal"]),
        ("entrifugal", ["centrifugal"]),
        ("cnetrifugal", ["centrifugal"]),
        ("cebtrifigal", []),  # two slips, one of them among the first three
        ("vntl", []),
        ("pu", []),
        ("", []),
        ("q" * 60, []),
    ],
)
def test_a_word_is_mended_by_the_commonest_that_is_near(typed: str, meant: list[str]) -> None:
    assert spelling.like(typed, Known(), 5) == meant


def test_what_is_looked_up_is_bounded() -> None:
    known = Known()
    spelling.like("q" * 32, known, 5)
    spelling.like("q" * 10, known, 5)
    assert known.asked <= 54 * 6 + 5 + 54 * 11 + 10


@given(st.text("abc", min_size=1, max_size=7), st.text("abc", min_size=1, max_size=7))
def test_one_slip_is_a_little_difference(one: str, other: str) -> None:
    assert spelling.differ_little(one, other) == spelling.differ_little(other, one)
    if other in spelling.one_slip(one):
        assert spelling.differ_little(one, other)
    assert spelling.differ_little(one, one)


def test_the_embedded_engine_knows_its_words(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    engine.clear()
    engine.update([post(1, "noisy pump"), post(2, "a pump"), post(3, "pomp, coördinatie")], [])
    assert engine.words_like("pmup", 2) == ["pump"]
    assert engine.words_like("pimp", 2) == ["pump", "pomp"]
    assert engine.words_like("coordinetei", 2) == ["coordinatie"]
    assert engine.words_like("lovelaec", 2) == ["lovelace"]
    engine.close()


def test_a_search_that_found_nothing_is_mended(house: House) -> None:
    publish(house.ada, "Noisy pump at #acme")
    publish(house.ada, "Replaced a seal")
    indexing.catch_up()
    assert search.suggestion("Nosiy (pmup), #acme") == "noisy (pump), #acme"
    assert search.suggestion("nosiy seal") is None  # no post says both
    assert search.suggestion("noisy seal") is None  # both are known
    assert search.suggestion("zzzzzz") is None
    assert search.suggestion("") is None
    assert search.suggestion('"pmup"') is None
