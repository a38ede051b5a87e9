"""Near-doubles of tags, and the hints made of them, on both databases."""

import pytest

from microshare import aliases, doubles, hints, indexing
from microshare.db import saving
from tests.acts import publish, tag
from tests.conftest import NOON, House


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pump", "pumps"), ("pomp", "pompen"), ("coordinatie", "coördinatie"), ("pmup", "pump"),
        ("noisypump", "noisy_pump"), ("acme", "acmee"), ("alfa", "alpa"), ("насос", "насосы"),
        ("reclamatie", "reclamaties"), ("seal", "seals"),
    ],
)  # fmt: skip
def test_names_that_are_nearly_the_same(one: str, other: str) -> None:
    assert doubles.is_near(one, other)
    assert doubles.is_near(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("m8", "m10"), ("q1_2026", "q2_2026"), ("it", "id"), ("atx", "ats"), ("pump", "valve"),
        ("pump", "pumpseal"), ("acme", "acne_bv"), ("x" * 400, "y" * 400), ("日本", "日立"),
    ],
)  # fmt: skip
def test_names_that_are_two(one: str, other: str) -> None:
    assert not doubles.is_near(one, other)
    assert not doubles.is_near(other, one)


@pytest.fixture
def house_with_tags(house: House) -> House:
    for line in ("noisy bearing #Pumps", "noisy bearing #Pumps #acme", "coördinatie #coördinatie"):
        publish(house.grace, line)
    with saving():
        aliases.add(aliases.get("pumps"), "pomp", house.ada, NOON)
    indexing.catch_up()
    return house


def near(*names: str) -> dict[str, list[str]]:
    found = doubles.near(names, aliases.all_names())
    return {new: [spelling for _, spelling in tags] for new, tags in found.items()}


def test_a_new_tag_is_told_what_it_is_near(house_with_tags: House) -> None:
    assert near("pumpz", "pomp", "pompen", "coordinatie", "valves") == {
        "pumpz": ["Pumps"],
        "pomp": ["Pumps"],
        "pompen": ["Pumps"],
        "coordinatie": ["coördinatie"],
        "valves": [],
    }
    assert near() == {}
    assert near("pumps", "acme") == {}  # these are there


def test_what_is_known_by_its_whole_name_comes_before_many_that_begin_so(
    house_with_tags: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubles, "_READ", 3)
    for name in ("puaa", "puab", "puac", "puad"):
        tag(name)
    assert near("pomp") == {"pomp": ["Pumps"]}
    assert near("upmps") == {"upmps": ["Pumps"]}
    assert near("pumps") == {}


def test_hints_are_the_same_on_both_databases(house_with_tags: House) -> None:
    assert [one.spelling for one in hints.tags_for("")] == ["Pumps", "acme", "coördinatie"]
    assert hints.tags_for("pomp") == [hints.Offer("Pumps", 2, True)]
    assert hints.tags_for("#PU") == [hints.Offer("Pumps", 2, False)]
    assert hints.people_for("gra") == [("grace", "Grace", "Research")]
    assert hints.for_line("the bearing is noisy #valves") == hints.LineHints([], ["Pumps"])
    assert hints.for_line("the bearing is noisy #pumpz").doubles == [
        hints.Double("pumpz", ["Pumps"])
    ]
