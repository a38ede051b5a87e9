"""What a searcher may type, and how it is understood."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microshare.search.query import LENGTH_LIMIT, TERM_LIMIT, Query, Term, parse


def word(text: str, *, negated: bool = False) -> Term:
    return Term("word", (text,), negated)


def test_words_phrases_and_prefixes_are_terms() -> None:
    assert parse('Noisy "New Seal" lek*').terms == (
        word("noisy"),
        Term("phrase", ("new", "seal")),
        Term("prefix", ("lek",)),
    )


def test_a_minus_excludes_each_of_them() -> None:
    assert parse('-noisy -"new seal" -lek*').terms == (
        word("noisy", negated=True),
        Term("phrase", ("new", "seal"), negated=True),
        Term("prefix", ("lek",), negated=True),
    )


def test_punctuation_around_a_word_does_not_count() -> None:
    assert parse("(pump), seal? C++").terms == (word("pump"), word("seal"), word("c"))


def test_numbers_and_names_of_parts_stay_whole() -> None:
    assert parse("ATEX-42 3.5 M8").terms == (word("atex-42"), word("3.5"), word("m8"))


def test_an_inch_mark_opens_no_phrase() -> None:
    assert parse('5" pipe').terms == (word("5"), word("pipe"))


def test_an_unbalanced_quote_closes_at_the_end() -> None:
    assert parse('leak "new seal').terms == (word("leak"), Term("phrase", ("new", "seal")))


def test_tags_people_and_departments_are_folded_names() -> None:
    query = parse('#Pumps -#ATEX @Ada from:GRACE -from:Linus dept:Sales dept:"Field Service"')
    assert query.tags == (("pumps", False), ("atex", True))
    assert query.people == (("ada", False), ("grace", False), ("linus", True))
    assert query.departments == (("sales", False), ("field-service", False))
    assert query.terms == ()


def test_punctuation_after_a_name_does_not_belong_to_it() -> None:
    query = parse("#pumps, @ada. @a.de-vries:")
    assert (query.tags, query.people) == (
        (("pumps", False),),
        (("ada", False), ("a.de-vries", False)),
    )


def test_what_is_no_tag_is_a_word() -> None:
    assert parse("#42").terms == (word("42"),)
    assert parse("#pum*").terms == (Term("prefix", ("pum",)),)


@pytest.mark.parametrize(
    ("typed", "day"),
    [("2026-01-31", (2026, 1, 31)), ("2026-02", (2026, 2, 1)), ("2026", (2026, 1, 1))],
)
def test_dates_are_days_months_or_years(typed: str, day: tuple[int, int, int]) -> None:
    assert parse(f"after:{typed}").after == date(*day)
    assert parse(f"BEFORE:{typed}").before == date(*day)


def test_not_after_is_before_and_the_narrowest_dates_count() -> None:
    assert parse("-after:2026") == parse("before:2026")
    assert parse("after:2025 after:2026 after:2024").after == date(2026, 1, 1)
    assert parse("before:2025 before:2026").before == date(2025, 1, 1)


@pytest.mark.parametrize("typed", ["2026-13", "2026-02-30", "0000", "soon", "20260131"])
def test_a_malformed_date_is_words(typed: str) -> None:
    query = parse(f"after:{typed}")
    assert query.after is None
    assert query.terms == (word("after"), word(typed))


def test_flags_are_wanted_unwanted_or_of_no_matter() -> None:
    query = parse("is:Question -is:open HAS:photo -has:note")
    assert (query.question, query.open, query.photo, query.note) == (True, False, True, False)
    assert parse("pump").question is None


def test_an_unknown_filter_is_words_and_excluded_it_is_a_phrase() -> None:
    assert parse("foo:bar is:odd").terms == tuple(map(word, ("foo", "bar", "is", "odd")))
    assert parse("-foo:bar").terms == (Term("phrase", ("foo", "bar"), negated=True),)
    assert parse('foo:"a b"').terms == (Term("phrase", ("foo", "a", "b")),)


@pytest.mark.parametrize("raw", ["", " ", "-", "*", '"', '""', '-"', "#", "@", "::", "- * -", "\0"])
def test_nothing_said_is_an_empty_search(raw: str) -> None:
    assert parse(raw).is_empty


def test_any_filter_is_no_empty_search() -> None:
    assert not any(parse(raw).is_empty for raw in ("-x", "#x", "-is:open", "after:2026", "x*"))


def test_the_same_word_twice_counts_once() -> None:
    assert parse("pump Pump #a #A") == Query(terms=(word("pump"),), tags=(("a", False),))


def test_what_is_beyond_the_limits_is_not_read() -> None:
    assert parse("x" * LENGTH_LIMIT + "y").terms == (word("x" * LENGTH_LIMIT),)
    query = parse(" ".join(f"a{i} #b{i}" for i in range(60)))
    assert len(query.terms) + len(query.tags) == TERM_LIMIT


@pytest.mark.parametrize("piece", ["a", '"', "-", "#1", "@.", 'a:"', "é:", "*", "x-"])
def test_a_megabyte_of_nonsense_takes_no_time(piece: str) -> None:
    start = time.perf_counter()
    parse(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - start < 0.1


@given(st.text())
def test_every_text_is_a_search(raw: str) -> None:
    query = parse(raw)
    assert query.is_empty or query != Query()
    assert all(term.words for term in query.terms)


PIECES = st.sampled_from(
    [
        "-",
        '"',
        "*",
        "#",
        "@",
        ":",
        " ",
        "is:",
        "has:",
        "dept:",
        "from:",
        "after:",
        "2026-01",
        "open",
    ]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=60).map("".join))
def test_every_heap_of_operators_is_a_search(raw: str) -> None:
    query = parse(raw)
    assert parse(raw) == query
    hash(query)


def test_a_tag_may_be_asked_for_as_a_filter() -> None:
    assert parse('tag:Pumps -tag:#atex tag:"R_D"').tags == (
        ("pumps", False),
        ("atex", True),
        ("r_d", False),
    )
    assert parse("tag:42").terms == (word("tag"), word("42"))


@pytest.mark.parametrize(
    ("typed", "unfinished"),
    [
        ("noisy pum", True),
        ("noisy PUM", True),
        ("noisy pum ", False),
        ("p", False),
        ("-pum", False),
        ('"noisy pum', False),
        ("pum*", False),
        ("pum #ate", False),
        ("#ate", False),
        ("", False),
    ],
)
def test_the_last_word_is_unfinished_while_typing(typed: str, unfinished: bool) -> None:
    assert any(term.unfinished for term in parse(typed, typing=True).terms) == unfinished
    assert not any(term.unfinished for term in parse(typed).terms)
