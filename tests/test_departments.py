import pytest
from flask import Flask

from microshare import departments, follows, people
from microshare.db import saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.interests import Standing
from microshare.models import Department
from tests.acts import raced, tag
from tests.conftest import NOON, House


def named(name: str) -> Department:
    with saving():
        return departments.named(name, NOON)


def test_a_department_is_made_once_however_it_is_spelt(house: House) -> None:
    first = named("  R&D   Pumps ")
    assert (first.name, first.slug) == ("R&D Pumps", "r-d-pumps")
    assert named("r&d PUMPS").id == first.id
    assert named("R D pumps").name == "R&D Pumps"
    assert [d.name for d in departments.every()] == ["R&D Pumps", "Research", "Sales"]


def test_a_name_of_nothing_or_of_far_too_much_is_none(
    house: House, subtests: pytest.Subtests
) -> None:
    # the last is fifteen letters once it is folded, and so no address
    for name in ("", " ", "&", "x" * 81, "a\x00b", "a\ud800", "#!?", "\ufdfa" * 80):
        with subtests.test(name=name):
            with pytest.raises(Refused) as refused:
                named(name)
            assert refused.value.code == "department-name"
    assert len(departments.every()) == 2


def test_every_script_and_length_within_the_limit_can_be_a_name(
    house: House, subtests: pytest.Subtests
) -> None:
    for name in ("x" * 80, "Отдел продаж", "研究開発部", "Größe", "\ufdfa" * 30):
        with subtests.test(name=name):
            made = named(name)
            assert departments.get(made.slug).id == made.id
            assert departments.chosen(name).id == made.id


def test_two_who_make_one_department_make_one(house: House, domain: Flask) -> None:
    results = raced(domain, *(lambda: named("Production").id for _ in range(3)))
    assert len(set(results)) == 1
    assert isinstance(results[0], int)


def test_a_department_is_got_by_its_slug_or_missing(house: House) -> None:
    assert departments.get("research").name == "Research"
    for slug in ("nowhere", "", "a\x00"):
        with pytest.raises(Missing) as missing:
            departments.get(slug)
        assert missing.value.code == "department"


def test_a_department_is_chosen_by_slug_or_name_and_never_made(house: House) -> None:
    assert departments.chosen("RESEARCH").slug == "research"
    for name in ("Nowhere", "", "\x00"):
        with pytest.raises(Refused) as refused:
            departments.chosen(name)
        assert refused.value.code == "department-unknown"
    assert len(departments.every()) == 2


def test_a_page_tells_who_works_there_now_without_who_left_and_what_it_follows(
    house: House,
) -> None:
    sales, pumps, acme = departments.get("sales"), tag("Pumps"), tag("acme")

    def told(limit: int = 60) -> tuple[list[str], int]:
        about = departments.about(departments.get("sales"), house.grace, NOON, limit)
        return [one.username for one in about.people], about.headcount

    assert (told(), told(1)) == ((["ada", "linus"], 2), (["ada"], 2))
    with saving():
        people.suspend(house.linus, NOON)
        departments.follow_tag(sales, acme, house.ada, NOON)
        departments.follow_tag(sales, pumps, house.ada, NOON)
    assert told() == (["ada"], 1)
    sales, research = departments.get("sales"), departments.get("research")
    assert departments.headcounts() == {sales.id: 1, research.id: 1}
    about = departments.about(sales, house.grace, NOON)
    assert about.tags == departments.tags_of(sales)
    assert [one.spelling for one in about.tags] == ["acme", "Pumps"]
    assert about.standing == Standing(False, False)
    with saving():
        follows.follow(house.grace, sales, NOON)
    assert departments.about(sales, house.grace, NOON).standing.is_following
    with saving():
        empty = departments.named("Empty", NOON)
    about = departments.about(empty, house.grace, NOON)
    assert (about.people, about.headcount, about.tags) == ((), 0, ())


def test_its_people_choose_the_tags_that_a_department_follows(house: House) -> None:
    pumps, acme = tag("Pumps"), tag("acme")
    sales = departments.get("sales")
    with saving():
        departments.follow_tag(sales, pumps, house.linus, NOON)
        departments.follow_tag(sales, acme, house.ada, NOON)
        departments.follow_tag(sales, acme, house.linus, NOON)
    assert [t.name for t in departments.tags_of(sales)] == ["acme", "pumps"]
    with saving():
        departments.unfollow_tag(sales, pumps, house.ada)
        departments.unfollow_tag(sales, pumps, house.ada)
    assert [t.name for t in departments.tags_of(sales)] == ["acme"]


def test_who_works_elsewhere_does_not_choose_unless_managing(house: House) -> None:
    pumps, sales = tag("pumps"), departments.get("sales")
    for act in (lambda: departments.follow_tag(sales, pumps, house.grace, NOON),
                lambda: departments.unfollow_tag(sales, pumps, house.grace)):
        with pytest.raises(Forbidden) as forbidden, saving():
            act()
        assert forbidden.value.code == "not-your-department"
        assert forbidden.value.facts == {"department": "Sales"}
    with saving():
        people.set_role(house.grace, "community_manager")
        departments.follow_tag(sales, pumps, house.grace, NOON)
    assert [t.name for t in departments.tags_of(sales)] == ["pumps"]
