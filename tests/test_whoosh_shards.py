"""Shards in time: which are asked, what stays the same across them, and the sums in slices."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from microshare.errors import Unavailable
from microshare.search import bits
from microshare.search.document import Document
from microshare.search.whoosh_engine import WhooshEngine
from microshare.search.whoosh_writer import length_class
from tests.test_search_engine import NOON, find, post

WORDS = ["pump", "seal", "valve", "motor", "noise", "bar", "oil", "leak"]


def made(folder: Path, size: int) -> WhooshEngine:
    engine = WhooshEngine(folder, size)
    engine.clear()
    return engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[WhooshEngine]:
    """An engine with shards of four posts."""
    engine = made(tmp_path / "index", 4)
    yield engine
    engine.close()


@pytest.fixture
def asked(engine: WhooshEngine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The shards that were opened."""
    opened: list[int] = []
    leaves = engine.shards.leaves
    monkeypatch.setattr(
        engine.shards, "leaves", lambda shard, make: opened.append(shard) or leaves(shard, make)
    )
    return opened


def shards(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_posts_stand_in_the_shard_of_their_id_and_an_edit_goes_there(
    engine: WhooshEngine, tmp_path: Path
) -> None:
    engine.update([post(i, "a pump") for i in (1, 4, 5, 13)], [])
    assert shards(tmp_path / "index") == ["00000.1", "00001.1", "00002.1", "00003.1"]
    before = engine.shards.folder(3, 1).stamp()
    engine.update([post(4, "a seal")], [5])
    assert engine.shards.folder(3, 1).stamp() == before
    assert (find(engine, "pump"), find(engine, "seal")) == ([13, 1], [4])


def test_newest_first_asks_no_older_shard_than_it_must(
    engine: WhooshEngine, asked: list[int]
) -> None:
    engine.update([post(i, "a pump") for i in range(1, 21)], [])
    asked.clear()
    assert find(engine, "pump", limit=6) == [20, 19, 18, 17, 16, 15]
    assert asked == [4, 3]
    asked.clear()
    assert find(engine, "pump", limit=3, before=9) == [8, 7, 6]
    assert asked == [2, 1]


def test_a_text_of_filters_alone_stops_as_early(engine: WhooshEngine, asked: list[int]) -> None:
    engine.update([post(i, "a pump", department="sales") for i in range(1, 21)], [])
    asked.clear()
    assert find(engine, "dept:sales -is:open after:2026-01", limit=2) == [20, 19]
    assert asked == [4]


@pytest.mark.parametrize("sort", ["newest", "best"])
def test_a_page_is_the_same_whatever_the_size_of_shards(tmp_path: Path, sort: str) -> None:
    dice = random.Random(3)
    documents = [
        post(
            i,
            " ".join(dice.choices(WORDS, [8, 7, 6, 5, 4, 3, 2, 1], k=dice.randint(1, 9))),
            tags=tuple(dice.sample(["atex", "pumps"], dice.randint(0, 2))),
            created_at=NOON - timedelta(days=3 * (200 - i)),
        )
        for i in range(1, 201)
    ]
    small, large = made(tmp_path / "small", 16), made(tmp_path / "large", 1000)
    for engine in (small, large):
        engine.update(documents, [])
        # Edited and withdrawn in another order, so that segments are in no order any more.
        for i in (150, 20, 199):
            engine.update([post(i, "pump leak", created_at=NOON)], [i - 7])
    for raw in ("pump", "leak*", "pump seal", '"pump seal"', '"seal pump" oil', "p* -seal",
                "pump -\"pump pump\" motor", "#atex oil", "-oil -#pumps", "pump seal valve leak",
                "before:2026-01 noise"):
        found = [find(engine, raw, sort=sort, limit=500) for engine in (small, large)]
        assert found[0] == found[1], raw
        pages: list[list[int]] = []
        while page := find(
            small, raw, sort=sort, limit=7, before=pages[-1][-1] if pages else None
        ):
            pages.append(page)
        assert list(chain(*pages)) == found[0], raw
    for engine in (small, large):
        engine.close()


@hypothesis_settings(max_examples=25, deadline=None)
@given(lines=st.lists(st.lists(st.sampled_from(WORDS[:4]), max_size=5), max_size=14))
def test_phrases_and_words_are_those_that_a_look_at_the_lines_finds(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]
) -> None:
    engine = made(tmp_path_factory.mktemp("lines") / "index", 5)
    engine.update([post(i, " ".join(line)) for i, line in enumerate(lines, start=1)], [])
    for first in WORDS[:2]:
        for second in WORDS[:3]:
            phrase = [i for i, line in enumerate(lines, start=1)
                      if (first, second) in pairwise(line)]
            assert find(engine, f'"{first} {second}"') == phrase[::-1]
            assert set(find(engine, f'"{first} {second}"', sort="best")) == set(phrase)
            both = [i for i, line in enumerate(lines, start=1) if {first, second} <= set(line)]
            assert find(engine, f"{first} {second}") == both[::-1]
    engine.close()


def test_best_puts_a_new_post_above_an_old_one_that_says_the_same(engine: WhooshEngine) -> None:
    old = [post(i, "a pump", created_at=NOON - timedelta(days=1500)) for i in (9, 10)]
    engine.update([*old, post(1, "a pump"), post(2, "a seal here")], [])
    assert find(engine, "pump", sort="best") == [1, 10, 9]


def test_best_goes_on_with_posts_that_say_most_the_rare_words_first(engine: WhooshEngine) -> None:
    engine.update([post(i, "the pump of the oil") for i in range(1, 9)], [])
    engine.update([post(9, "a pump with a valve"), post(10, "motor valve seal oil pump")], [])
    found = find(engine, "pump valve motor seal", sort="best")
    assert found[:2] == [10, 9]
    assert set(found) == set(range(1, 11))


def test_a_phrase_in_another_order_says_most_of_it_but_not_all(engine: WhooshEngine) -> None:
    engine.update([post(1, "new seal pump"), post(2, "seal new pump"), post(3, "oil")], [])
    assert find(engine, '"new seal" pump', sort="best") == [1, 2]
    assert find(engine, '"new seal"', sort="best") == [1]


def test_a_shard_of_many_segments_rests_when_it_gets_no_new_posts(engine: WhooshEngine) -> None:
    for i in (1, 2, 3, 4):
        engine.update([post(i, f"a pump n{i}")], [])
    assert engine.shards.restless() == []
    engine.update([post(5, "a pump n5")], [])
    assert engine.shards.restless() == [0]


@pytest.mark.parametrize("sort", ["newest", "best"])
def test_the_other_shards_answer_where_one_is_broken(
    engine: WhooshEngine, tmp_path: Path, sort: str
) -> None:
    engine.update([post(i, "a pump") for i in range(1, 13)], [])
    engine.close()
    for path in (tmp_path / "index" / "00001.1").glob("*.pst"):
        path.write_bytes(b"")
    assert find(engine, "pump", sort=sort) == [12, 11, 10, 9, 4, 3, 2, 1]
    assert not engine.is_whole
    assert "00001.1.damaged" in shards(tmp_path / "index")
    assert engine.check().why == "damaged"
    other = WhooshEngine(tmp_path / "index", 4)
    assert other.broken() == [1]
    with pytest.raises(Unavailable):
        other.update([post(6, "a seal")], [])
    other.close()


def test_a_disk_that_fails_is_no_damage(
    engine: WhooshEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.update([post(1, "a pump")], [])
    engine.close()

    def fail(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("microshare.search.whoosh_index.index.TOC.read", fail)
        with pytest.raises(Unavailable) as refusal:
            find(engine, "pump")
    assert refusal.value.facts == {"why": "Too many open files"}
    assert (find(engine, "pump"), engine.is_whole) == ([1], True)


def test_a_search_that_fails_in_a_sound_shard_does_not_make_it_anew(
    engine: WhooshEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.update([post(1, "a pump")], [])

    def fail(*_: object) -> None:
        raise ValueError

    with monkeypatch.context() as patched:
        patched.setattr("microshare.search.whoosh_leaf.Leaf.allowed", fail)
        for sort in ("newest", "best"):
            with pytest.raises(Unavailable):
                find(engine, "pump", sort=sort)
    assert engine.is_whole


@hypothesis_settings(deadline=None)
@given(
    sums=st.lists(st.tuples(st.sets(st.integers(0, 40)), st.integers(0, 90)), max_size=6),
    least=st.integers(0, 60),
)
def test_sums_in_slices_are_sums(sums: list[tuple[set[int], int]], least: int) -> None:
    slices: bits.Slices = []
    plain = dict.fromkeys(range(41), 0)
    for numbers, value in sums:
        bits.add(slices, bits.of(numbers, 41), value)
        plain |= {number: plain[number] + value for number in numbers}
    everything = bits.below(41)
    levels = [(value, bits.numbers(found)) for value, found in bits.levels(slices, everything)]
    assert [value for value, _ in levels] == sorted(set(plain.values()), reverse=True)
    assert {n: value for value, found in levels for n in found} == plain
    assert bits.numbers(bits.at_least(slices, everything, least)) == [
        n for n, value in plain.items() if value >= least
    ]
    cut = [value for value, _ in bits.levels(slices, everything, least, 70)]
    assert cut == [value for value, _ in levels if least <= value <= 70]
    assert all(bits.value_of(slices, number) == value for number, value in plain.items())


@pytest.mark.parametrize("limit", [1, 5, 200])
def test_the_highest_numbers_are_taken_from_the_top(limit: int) -> None:
    numbers = list(range(0, 900, 7))
    assert bits.highest(bits.of(numbers, 900), limit) == numbers[::-1][:limit]


def test_a_class_of_length_is_near_the_length() -> None:
    assert all(abs(length_class(n) - n) <= n / 8 for n in range(1000))


BAD = ["x" * 5000, "pump " * 500, "* ** ***", "-pump -seal", "a* b* c*", '"pump "seal', "pu\0mp"]


@pytest.mark.parametrize("raw", BAD)
@pytest.mark.parametrize("sort", ["newest", "best"])
def test_nonsense_is_answered(engine: WhooshEngine, raw: str, sort: str) -> None:
    engine.update([post(i, "a pump") for i in range(1, 9)], [])
    assert set(find(engine, raw, sort=sort)) <= set(range(1, 9))


def test_a_long_note_keeps_the_places_of_its_words(engine: WhooshEngine) -> None:
    note = " ".join(f"w{i}" for i in range(900))
    long: Document = post(1, "a pump", note=note)
    engine.update([long, post(2, "w898 w1")], [])
    assert find(engine, '"w898 w899"') == [1]
    assert find(engine, '"w899 w898"') == []
