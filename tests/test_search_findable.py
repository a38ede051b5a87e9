"""What helps to find a short post: other names of a tag, a word half typed, parts of a compound."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from microshare.search import Engine
from microshare.search.query import Query, Term, parse
from microshare.search.whoosh_engine import WhooshEngine
from tests.test_search_engine import post


@pytest.fixture(params=["whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made: Engine = WhooshEngine(tmp_path / "index")
    made.clear()
    yield made
    made.close()


def found(engine: Engine, query: Query, sort: str = "newest") -> list[int]:
    return engine.find(query, sort=sort, limit=100)  # type: ignore[arg-type]


def test_a_tag_is_found_by_its_other_names(engine: Engine) -> None:
    engine.update(
        [post(1, tags=("pumps",)), post(2, tags=("pomp",)), post(3, tags=("acme",))], []
    )
    alike = (("pumps", "pomp"), ("acme", "acmebv"))
    for asked in ("#pomp", "tag:pumps", "#PUMPS"):
        assert found(engine, replace(parse(asked), alike=alike)) == [2, 1]
    assert found(engine, replace(parse("#acmebv"), alike=alike)) == [3]
    assert found(engine, replace(parse("-#pomp after:2026"), alike=alike)) == [3]
    assert found(engine, parse("#pomp")) == [2]


@pytest.mark.parametrize("sort", ["newest", "best"])
def test_a_word_finds_the_tags_that_it_is_another_name_of(engine: Engine, sort: str) -> None:
    engine.update([post(1, tags=("pumps",)), post(2, "noisy"), post(3, "een pomp")], [])
    term = Term("word", ("pomp",), tags=("pumps", "pomp"))
    assert set(found(engine, Query(terms=(term,)), sort)) == {1, 3}
    assert found(engine, Query(terms=(replace(term, negated=True),)), sort) == [2]


@pytest.mark.parametrize("sort", ["newest", "best"])
def test_the_word_being_typed_may_be_the_beginning_of_another(engine: Engine, sort: str) -> None:
    engine.update([post(1, "a leaking valve"), post(2, "a valve"), post(3, "leaking")], [])
    assert found(engine, parse("valve lea"), sort) == ([] if sort == "newest" else [2, 1])
    assert found(engine, parse("valve lea", typing=True), sort)[0] == 1
    assert found(engine, parse("valve lea ", typing=True)) == []
    assert found(engine, parse("leaks val", typing=True)) == [1]


def test_a_word_that_is_whole_is_found_in_its_other_forms_while_typing(engine: Engine) -> None:
    engine.update([post(1, "een lek"), post(2, "lekkende pomp")], [])
    assert found(engine, parse("lekken", typing=True)) == [2, 1]
