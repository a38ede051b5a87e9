from datetime import date

import pytest
from flask import Flask

from microshare import departments, follows, goals, people, posts, questions, tag_facts, tags
from microshare.db import saving
from microshare.errors import Missing, Refused
from tests.acts import publish, raced, tag, thank
from tests.conftest import NOON, House, Queries


def test_a_tag_is_found_however_it_is_spelt(house: House) -> None:
    made = tag("Pumps")
    for written in ("pumps", "#PUMPS", " Pumps ", "ＰＵＭＰＳ"):
        assert tags.get(written) is made


def test_a_tag_that_nobody_wrote_is_missing(house: House) -> None:
    tag("apple")
    for name in ("nobody", "", "#", "a\x00", "%"):
        with pytest.raises(Missing) as missing:
            tags.get(name)
        assert (missing.value.code, missing.value.facts) == ("tag", {"name": name})


def test_tags_are_made_where_new_and_keep_their_first_spelling(house: House) -> None:
    tag("Pumps")
    with saving():
        found = tags.named([("acme", "ACME"), ("pumps", "PUMPS")], NOON)
    assert {name: t.spelling for name, t in found.items()} == {"pumps": "Pumps", "acme": "ACME"}
    assert tags.named([], NOON) == {}


def test_many_tags_are_looked_up_in_one_query(house: House) -> None:
    pairs = [(f"t{number}", f"T{number}") for number in range(30)]
    with saving():
        tags.named(pairs, NOON)
    with Queries() as queries:
        assert len(tags.ids_of(pairs, NOON)) == 30
    assert len(queries) == 1


def test_a_tag_of_more_letters_than_any_word_has_is_refused(house: House) -> None:
    for pair in (("x" * 501, "x"), ("x", "x" * 501)):
        with pytest.raises(Refused) as refused:
            tags.named([pair], NOON)
        assert refused.value.code == "tag-too-long"


def test_one_new_tag_in_many_hands_is_one_tag(house: House, domain: Flask) -> None:
    results = raced(domain, *(
        lambda spelling=spelling: publish(people.get("ada"), f"new #{spelling}").id
        for spelling in ("Fresh", "FRESH", "fresh")
    ))
    assert all(isinstance(result, int) for result in results)
    assert [uses for found, uses in tags.most_used() if found.name == "fresh"] == [3]


def test_two_who_write_the_same_new_tags_in_another_order_do_not_lock_each_other_out(
    house: House, domain: Flask
) -> None:
    names = [f"#n{number}" for number in range(25)]

    def write(line: str) -> int:
        return publish(people.get("ada"), line).id

    results = raced(domain, lambda: write(" ".join(names)), lambda: write(" ".join(names[::-1])))
    assert [type(result) for result in results] == [int, int]
    assert {uses for _, uses in tags.most_used()} == {2}


@pytest.mark.parametrize(("written", "names"), [
    ("Pumps, #R_D acme", ["pumps", "r_d", "acme"]), ("", []), (" ,; ", []),
    ("#Pumps;PUMPS pumps", ["pumps"]), ("＃größe", ["grösse"]), ("r2d2", ["r2d2"]),
])
def test_a_field_for_tags_takes_them_with_or_without_signs(written: str, names: list[str]) -> None:
    assert [name for name, _ in tags.parse(written)] == names


@pytest.mark.parametrize("written", [
    "#", "42", "R&D", "a-b", "a #b!", "#a#b", "http://x.nl", "@ada", "a\x00", "##a", "x" + "!" * 200,
])
def test_a_word_that_is_no_tag_is_named_in_the_refusal(written: str) -> None:
    with pytest.raises(Refused) as refused:
        tags.parse(written)
    assert refused.value.code == "tag-malformed"
    assert 0 < len(refused.value.facts["tag"]) <= 80


def test_five_thousand_tags_are_taken_apart_at_once() -> None:
    assert len(tags.parse(" ".join(f"tag{number}" for number in range(5000)))) == 5000


def test_suggestions_begin_so_and_the_most_used_come_first(house: House) -> None:
    publish(house.ada, "#pump #pumps #paint #p_1")
    publish(house.ada, "#pumps #pxy")
    gone = publish(house.ada, "#pump #pump_old")
    with saving():
        posts.withdraw(gone, house.ada, NOON)
    assert [(t.name, n) for t, n in tags.suggest("PU")] == [("pumps", 2), ("pump", 1)]
    assert [t.name for t, _ in tags.suggest("#pum", limit=1)] == ["pumps"]
    assert [t.name for t, _ in tags.suggest("p_")] == ["p_1"]
    assert tags.suggest("%") == []
    assert tags.suggest("a\x00") == []
    assert tags.most_used()[0][0].name == "pumps"
    assert "pump_old" not in [t.name for t, _ in tags.most_used()]


def test_any_sentence_within_the_limit_describes_a_tag(house: House) -> None:
    pumps = tag("pumps")
    with saving():
        tags.describe(pumps, "  All about   pumps ")
    assert tags.get("pumps").description == "All about pumps"
    for description in ("x" * 281, "bell\x07"):
        with pytest.raises(Refused) as refused, saving():
            tags.describe(pumps, description)
        assert refused.value.code == "description-too-long"
    with saving():
        tags.describe(pumps, "")
    assert tags.get("pumps").description == ""


def test_a_tags_page_tells_who_follows_what_is_asked_and_what_is_aimed_at(house: House) -> None:
    asked = [publish(house.ada, f"Question {number}? #pumps") for number in range(3)]
    publish(house.ada, "Another? #acme")
    pumps = tags.get("pumps")
    with saving():
        questions.solve(asked[0], house.ada, NOON)
        posts.withdraw(asked[1], house.ada, NOON)
        follows.follow(house.grace, pumps, NOON)
        follows.follow(house.linus, pumps, NOON)
        follows.follow(house.linus, house.ada, NOON)
        for department in departments.every():
            departments.follow_tag(department, pumps, house.ada, NOON)
        late = goals.set_goal(pumps, "Late", date(2027, 2, 1), house.ada, NOON)
        soon = goals.set_goal(pumps, "Soon", date(2027, 1, 1), house.ada, NOON)
        done = goals.set_goal(pumps, "Done", date(2026, 12, 1), house.ada, NOON)
        goals.settle(done.id, "reached", house.ada)
    about = tag_facts.of(pumps, house.grace, NOON)
    assert (about.standing.is_following, about.standing.is_muted) == (True, False)
    assert (about.follower_count, about.open_question_count) == (2, 1)
    assert [d.name for d in about.departments] == ["Research", "Sales"]
    assert [goal.id for goal in about.goals] == [soon.id, late.id]
    assert about.who_knows == ()


def test_who_knows_is_told_by_how_many_departments_thanked(house: House) -> None:
    with saving():
        works = [departments.named(name, NOON) for name in ("Production", "Service", "Finance")]
        crowd = [
            people.join(email=None, username=f"p{number}", name=f"P{number}", now=NOON,
                        department=works[number % 3])
            for number in range(6)
        ]
    wide = publish(house.ada, "useful to two departments #pumps")
    narrow = publish(house.linus, "applause of one department #pumps")
    other = publish(house.grace, "elsewhere #acme")
    thank(narrow, crowd[0], crowd[3])
    thank(other, *crowd)
    publish(house.grace, "never thanked #pumps")
    def known() -> list[str]:
        facts = tag_facts.of(tags.get("pumps"), people.get("grace"), NOON)
        return [one.username for one in facts.who_knows]

    assert known() == ["linus"]
    thank(wide, crowd[0], crowd[1])
    assert known() == ["ada", "linus"]
    with saving():
        people.suspend(people.get("linus"), NOON)
    assert known() == ["ada"]


def test_who_knows_names_five_at_most_and_nobody_for_a_withdrawn_post(house: House) -> None:
    with saving():
        crowd = [
            people.join(email=None, username=f"p{number}", name=f"P{number}", now=NOON,
                        department=departments.get("sales"))
            for number in range(7)
        ]
    written = [publish(author, "known #pumps") for author in crowd]
    for post in written:
        thank(post, house.ada)
    with saving():
        posts.withdraw(written[-1], crowd[-1], NOON)
    facts = tag_facts.of(tags.get("pumps"), house.grace, NOON)
    assert [one.username for one in facts.who_knows] == ["p5", "p4", "p3", "p2", "p1"]


def test_of_a_tags_many_posts_the_newest_are_looked_at(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = publish(house.linus, "Who knew? #pumps")
    thank(old, house.ada)
    for number in range(20):
        thank(publish(house.ada, f"More {number}? #pumps"), house.grace)
    pumps, reader = tags.get("pumps"), people.get("grace")
    with Queries() as queries:
        facts = tag_facts.of(pumps, reader, NOON)
    assert len(queries) == 1
    assert (facts.open_question_count, len(facts.who_knows)) == (21, 2)
    newer = [publish(house.ada, f"number {number} #pumps") for number in range(100)]
    facts = tag_facts.of(pumps, reader, NOON)
    assert (facts.open_question_count, facts.who_knows) == (0, ())
    thank(newer[0], house.grace)
    assert [one.username for one in tag_facts.of(pumps, reader, NOON).who_knows] == ["ada"]
