"""The words of the demonstration: enough of them, all different, and never too long to publish."""

import random
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from microshare import demo_content as content
from microshare import text

LIMIT = 140
BODIES = [template.body for template in content.TEMPLATES]
IDS = [body[:40] for body in BODIES]


@cache
def longest_facts(language: str) -> dict[str, str]:
    """The longest value that each slot can get, though some never meet."""
    usernames = [person.username for person in content.colleagues(5000)]
    customers = [f"#{customer.tag}" for customer in content.CUSTOMERS]
    customers += [customer.name for customer in content.CUSTOMERS]
    customer = max(customers, key=len)
    return {
        **{slot: max(values, key=len) for slot, values in content.values_of(language).items()},
        "customer": customer, "other": customer,
        "city": max((each.city for each in content.CUSTOMERS), key=len),
        "medium": max((each.nl if language == "nl" else each.en for each in content.CUSTOMERS),
                      key=len),
        "pump": max((f"#{name}" for name in content.tag_names(500)[60:]), key=len),
        "seal": max((f"#{name}" for name in content.SEALS), key=len),
        "colleague": "@" + max(usernames, key=len), "trade": "chemicals",
    }


def with_longest_choices(template: str) -> str:
    """The template with the longest of each choice, as a template without choices."""
    while "[" in template:
        before, _, rest = template.partition("[")
        choices, _, after = rest.partition("]")
        template = before + max(choices.split("|"), key=len) + after
    return template


@pytest.mark.parametrize("template", content.TEMPLATES, ids=IDS)
def test_a_line_fits_with_the_longest_values(template: content.Template) -> None:
    facts = longest_facts(template.language)
    dice = random.Random(1)
    for words in (template.body, *template.replies):
        filled = content.filled(with_longest_choices(words), facts, dice)
        assert text.count(filled) <= LIMIT, filled
    longest = replace(template, body=with_longest_choices(template.body))
    tagged = content.line_of(longest, facts, content.TOPICS, dice)
    assert text.count(tagged) <= LIMIT, tagged


@pytest.mark.parametrize("key", content.REPLIES, ids=str)
def test_a_general_reply_fits_with_the_longest_values(key: tuple[str, str]) -> None:
    for words in content.REPLIES[key]:
        filled = content.filled(words, longest_facts(key[0]), random.Random(1))
        assert text.count(filled) <= LIMIT, filled


@pytest.mark.parametrize("key", content.NOTES, ids=str)
def test_a_note_is_filled_and_short_enough(key: tuple[str, str]) -> None:
    filled = content.filled(content.NOTES[key], longest_facts(key[0]), random.Random(1))
    assert len(filled) <= 2000
    assert "{" not in filled
    assert not text.tags(filled)  # a note that begins with # would be found under a tag


def test_a_line_with_its_tags_fits_whatever_is_drawn() -> None:
    dice = random.Random(7)
    names = content.tag_names(200)
    for template in content.TEMPLATES * 5:
        known = content.facts(template.language, names, dice)
        known["colleague"] = "@fatima"
        line = content.line_of(template, known, names, dice)
        assert text.count(line) <= LIMIT
        assert not text.has_control(line)
        assert not set(line) & set("{}[]|")
        assert text.tidy(line) == line
        assert set(text.tags(line)) <= set(names)


def test_no_tag_is_written_that_the_company_does_not_have() -> None:
    dice = random.Random(3)
    names = content.tag_names(2)
    found = set()
    for template in content.TEMPLATES:
        known = content.facts(template.language, names, dice)
        known["colleague"] = "@ada"
        found.update(text.tags(content.line_of(template, known, names, dice)))
    assert found == set(names)


def test_there_are_enough_templates_and_each_is_there_once() -> None:
    count = Counter(template.language for template in content.TEMPLATES)
    assert count["nl"] >= 110
    assert count["en"] >= 80
    assert len(set(BODIES)) == len(BODIES)


def test_there_are_enough_replies_in_each_language() -> None:
    count = Counter({"nl": 0, "en": 0})
    for (language, _), replies in content.REPLIES.items():
        count[language] += len(replies)
        assert len(set(replies)) == len(replies)
    assert min(count.values()) >= 40
    assert len(content.NOTES) >= 15


def test_every_kind_has_templates_and_replies_in_both_languages() -> None:
    kinds = {*content.KINDS, "question"}
    for language in ("nl", "en"):
        assert {template.kind for template in content.TEMPLATES
                if template.language == language} == kinds
        wanted = {*content.KINDS, *content.MOMENTS}
        assert {kind for said_in, kind in content.REPLIES if said_in == language} == wanted
    assert set(content.TAG_ONS) == kinds


@pytest.mark.parametrize("template", content.TEMPLATES, ids=IDS)
def test_what_a_template_names_exists(template: content.Template) -> None:
    assert set(template.tags) <= set(content.TOPICS)
    assert "#" not in template.body
    assert {*template.writers, *template.responders} <= set(content.DEPARTMENTS)
    assert not template.note or (template.language, template.note) in content.NOTES


@pytest.mark.parametrize("template", content.TEMPLATES, ids=IDS)
def test_only_questions_end_in_a_question_mark_and_each_has_an_answer(
    template: content.Template
) -> None:
    assert text.is_question(template.body) == (template.kind == "question")
    assert template.kind != "question" or template.replies


def test_everything_around_the_templates_names_tags_that_exist() -> None:
    names = {*content.DESCRIPTIONS, *(name for name, _ in content.GOALS)}
    names.update(name for names in content.TAG_ONS.values() for name in names)
    names.update(name for names in content.DEPARTMENT_TAGS.values() for name in names)
    names.update(customer.tag for customer in content.CUSTOMERS)
    names.update(customer.trade for customer in content.CUSTOMERS)
    names.update(content.PUMPS, content.SEALS)
    assert names <= set(content.TOPICS)
    assert len(set(content.TOPICS)) == len(content.TOPICS) == 60
    assert set(content.DEPARTMENT_TAGS) == set(content.DEPARTMENTS)
    assert set(content.DEPARTMENT_TURNS) == set(content.DEPARTMENTS)


def test_there_is_a_goal_even_with_two_tags() -> None:
    assert {name for name, _ in content.GOALS} >= set(content.tag_names(2))


def test_tag_names_are_tags_and_all_different_however_many() -> None:
    names = content.tag_names(1000)
    assert len(set(names)) == 1000
    assert all(text.tags(f"#{name}") == [name] for name in names)


@pytest.mark.parametrize("number", [3, 5, 40, 500])
def test_so_many_people_have_names_of_their_own(number: int) -> None:
    people = content.colleagues(number)
    assert len({person.username for person in people}) == len(people) == number
    assert all(text.mentions(f"@{person.username}") == [person.username] for person in people)
    assert [person.username for person in people[:3]] == ["ada", "grace", "linus"]


def test_three_in_five_people_prefer_dutch() -> None:
    languages = Counter(person.language for person in content.colleagues(500))
    assert 290 <= languages["nl"] <= 310


def test_a_slip_changes_two_letters_of_a_word_and_no_tag() -> None:
    dice = random.Random(2)
    line = "De opdracht voor gietwerk ligt klaar #maintenance @timmermans"
    for _ in range(50):
        slipped = content.slip(line, dice)
        assert slipped != line
        assert sorted(slipped) == sorted(line)
        assert slipped.endswith("#maintenance @timmermans")
    assert content.slip("Kort maar", dice) == "Kort maar"


def test_a_tag_for_which_there_is_no_room_is_left_out() -> None:
    template = content.Template("en", "tip", (), (), "1" * 130, ("maintenance", "pumps"), "", ())
    line = content.line_of(template, {}, content.TOPICS, random.Random(1))
    assert line == "1" * 130 + " #pumps"
