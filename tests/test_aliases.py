"""Other names of tags: who may set them, and what a search finds by them."""

import pytest
from flask import Flask

from microshare import aliases, indexing, search
from microshare.db import saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import User
from microshare.search.query import parse
from tests.acts import publish
from tests.conftest import NOON, House, Queries


def give(name: str, other: str, setter: User) -> None:
    with saving():
        aliases.add(aliases.get(name), other, setter, NOON)


def found(raw: str) -> set[str]:
    ids = search.find(raw, limit=100).ids
    return {LINES[i] for i in ids}


LINES: dict[int, str] = {}


@pytest.fixture
def pumps(house: House) -> House:
    """A post under each of two tags, and one under a third."""
    LINES.clear()
    for line in ("noisy #pumps", "lawaai #pomp", "leak #valves"):
        LINES[publish(house.grace, line).id] = line
    indexing.catch_up()
    return house


def test_a_search_for_one_name_finds_the_posts_of_all(pumps: House) -> None:
    assert found("#pomp") == {"lawaai #pomp"}
    give("pumps", "#Pomp", pumps.ada)
    for raw in ("#pomp", "#pumps", "tag:PUMPS", "pomp", "pumps", "pump", "pompen"):
        assert found(raw) == {"noisy #pumps", "lawaai #pomp"}, raw
    assert found("-#pomp after:2026") == {"leak #valves"}
    assert found('"pomp"') == {"lawaai #pomp"}


def test_a_name_that_goes_finds_no_longer(pumps: House) -> None:
    give("pumps", "pomp", pumps.ada)
    with saving():
        aliases.drop("pomp", pumps.ada)
        aliases.drop("pomp", pumps.ada)
    assert found("#pomp") == {"lawaai #pomp"}


def test_names_of_names_stand_for_each_other(pumps: House) -> None:
    give("pumps", "pomp", pumps.ada)
    give("pomp", "pompe", pumps.ada)
    assert found("#pompe") == {"noisy #pumps", "lawaai #pomp"}
    assert aliases.of(aliases.get("pumps")) == ("pomp", "pompe")
    assert aliases.own(aliases.get("pumps")) == ["pomp"]
    for look in (aliases.get, aliases.seen):
        assert look("pompe").name == "pomp"
        assert look("pomp").name == "pomp"  # a tag itself, whatever else it is a name of
        with pytest.raises(Missing):
            look("pompes")


def test_a_search_reads_the_names_in_one_query_and_only_where_it_asks_for_something(
    pumps: House,
) -> None:
    give("pumps", "pomp", pumps.ada)
    with Queries() as queries:
        aliases.widened(parse("noisy pomp #pumps"))
        aliases.widened(parse("from:ada"))
    assert len(queries) == 1


def test_only_who_manages_gives_names(pumps: House) -> None:
    for act in (
        lambda: give("pumps", "pomp", pumps.grace),
        lambda: aliases.drop("pomp", pumps.grace),
    ):
        with pytest.raises(Forbidden):
            act()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("two words", "tag-malformed"),
        ("", "tag-malformed"),
        ("42", "tag-malformed"),
        ("PUMPS", "alias-itself"),
        ("x" * 501, "tag-too-long"),
        ("valve", "alias-taken"),
    ],
)
def test_what_is_no_other_name_is_refused(pumps: House, written: str, code: str) -> None:
    give("valves", "valve", pumps.ada)
    with pytest.raises(Refused) as refused:
        give("pumps", written, pumps.ada)
    assert refused.value.code == code


def test_twice_is_once_and_there_is_a_most(
    pumps: House, domain: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliases, "LIMIT", 2)
    give("pumps", "pomp", pumps.ada)
    give("pumps", "pomp", pumps.ada)
    give("pumps", "pump", pumps.ada)
    with pytest.raises(Refused) as refused:
        give("pumps", "pompa", pumps.ada)
    assert refused.value.code == "too-many-aliases"
