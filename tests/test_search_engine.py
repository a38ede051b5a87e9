"""What every engine does, whatever it is made of: one suite for all of them.

Posts are found by their words, in both languages; an edit or a withdrawal counts from its update.
"""

import json
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from microshare.errors import Unavailable
from microshare.search import Engine, whoosh_shards
from microshare.search.document import Document
from microshare.search.postgres_engine import PostgresEngine
from microshare.search.query import parse
from microshare.search.whoosh_engine import WhooshEngine

SMALL = 3  # posts of a shard
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def post(id: int, line: str = "", **facts: Any) -> Document:
    usual: dict[str, Any] = {
        "note": "",
        "tags": (),
        "author": "ada",
        "author_name": "Ada Lovelace",
        "department": "sales",
        "created_at": NOON + timedelta(minutes=id),
        "question": False,
        "open": False,
        "photo": False,
    }
    return Document(id=id, line=line, **{**usual, **facts})


class InTheDatabase(PostgresEngine):
    """The engine in PostgreSQL, with a transaction of its own for each call."""

    def __init__(self, url: str) -> None:
        self.database = create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
        self.sessions = scoped_session(sessionmaker(self.database))
        super().__init__(self.sessions)

    def update(self, *given: Any) -> None:
        super().update(*given)
        self.sessions.commit()

    def clear(self) -> None:
        super().clear()
        self.sessions.commit()

    def find(self, *given: Any, **how: Any) -> list[int]:
        try:
            return super().find(*given, **how)
        finally:
            self.sessions.remove()

    def close(self) -> None:
        self.sessions.remove()
        self.database.dispose()


def made(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    """An empty engine."""
    engine: Engine
    if kind == "postgresql":
        engine = InTheDatabase(request.getfixturevalue("postgresql_url"))
    else:
        engine = WhooshEngine(folder, SMALL if "shards" in kind else whoosh_shards.SIZE)
    engine.clear()
    yield engine
    engine.clear()
    engine.close()


@pytest.fixture(params=["whoosh", "whoosh in shards", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    yield from made(request.param, request, tmp_path / "index")


@pytest.fixture(params=["whoosh", "postgresql"])
def large(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine for real texts in their thousands."""
    yield from made(request.param, request, tmp_path / "index")


def find(engine: Engine, raw: str, **how: Any) -> list[int]:
    return engine.find(parse(raw), **{"sort": "newest", "limit": 20, **how})


def fill(engine: Engine, *lines: str) -> None:
    engine.update([post(i, line) for i, line in enumerate(lines, start=1)], [])


# Words


def test_a_word_finds_the_posts_that_say_it_newest_first(engine: Engine) -> None:
    fill(engine, "A noisy pump", "A quiet seal", "The PUMP is quiet")
    assert find(engine, "pump") == [3, 1]
    assert find(engine, "turbine") == []


def test_newest_first_a_post_says_every_word(engine: Engine) -> None:
    fill(engine, "noisy pump", "noisy fan", "quiet pump")
    assert find(engine, "pump noisy") == [1]


@pytest.mark.parametrize("sort", ["newest", "best"])
@pytest.mark.parametrize(
    ("line", "raw"),
    [
        ("Drie fietsen in de hal", "fiets"),
        ("Drie fietsen in de hal", "fietsen"),
        ("Veel gevaren op zee", "gevaar"),
        ("Er is gevaar", "gevaren"),
        ("De klant heeft gekozen", "kiezen"),
        ("Pumps were leaking", "pump leak"),
        ("A pump leaks", "pumps leaking"),
        ("Companies bought it", "company buy"),
        ("Een coördinatie van café's", "coordinatie cafe"),
        ("Een coordinatie", "coördinaties"),
        ("Nieuw salesrapport", "sales-rapport"),
        ("Nieuw sales-rapport", "salesrapport"),
        ("Nieuw sales-rapport", "rapporten"),
        ("ATEX-42 ventiel M8", "atex42 m8"),
        ("Druk is 3,5 bar", "3.5"),
        ("Naar R&D gestuurd", "R&D"),
        ("See www.example.nl/pumps", "example.nl"),
        ("Ĳzer en STRASSE", "ijzer straße"),
    ],
)
def test_a_word_is_found_by_its_forms_in_either_language(
    engine: Engine, line: str, raw: str, sort: str
) -> None:
    fill(engine, "Something else", line)
    assert find(engine, raw, sort=sort) == [2]


def test_the_note_the_tags_and_the_author_are_words_too(engine: Engine) -> None:
    engine.update([post(1, "Visit", note="The **seal** leaks", tags=("pumps",))], [])
    assert [find(engine, raw) for raw in ("seal", "pump", "lovelace", "pump visit ada")] == [
        [1]
    ] * 4


def test_of_a_name_only_the_exact_words_count(engine: Engine) -> None:
    engine.update([post(1, "Visit", author_name="Anna de Vries")], [])
    assert (find(engine, "vries"), find(engine, "vriezen")) == ([1], [])


def test_a_minus_excludes_what_the_word_finds(engine: Engine) -> None:
    fill(engine, "noisy pump", "noisy pumps", "noisy fan")
    assert find(engine, "noisy -pump") == [3]
    assert find(engine, "-pump") == [3]
    assert find(engine, "-noisy") == []


# Phrases and prefixes


def test_a_phrase_is_found_in_its_order_without_gaps(engine: Engine) -> None:
    fill(engine, "the new seal leaks", "seal new", "new blue seal", "New Seals", "new, seal")
    assert find(engine, '"new seal"') == [5, 1]
    assert find(engine, 'leaks -"new seal"') == []
    assert find(engine, '-"new seal"') == [4, 3, 2]


def test_a_quoted_word_is_found_literally(engine: Engine) -> None:
    fill(engine, "one pump", "two pumps")
    assert find(engine, '"pumps"') == [2]


def test_no_phrase_runs_across_line_note_tags_or_name(engine: Engine) -> None:
    engine.update([post(1, "a new", note="seal blue", tags=("green", "red"))], [])
    for raw in ('"new seal"', '"blue green"', '"green red"', '"red ada"'):
        assert find(engine, raw) == []
    assert find(engine, '"seal blue" "a new" "ada lovelace"') == [1]


def test_the_words_of_a_phrase_may_come_back(engine: Engine) -> None:
    fill(engine, "x a b a b c", "a b a c b c")
    assert find(engine, '"a b a b c"') == [1]
    assert find(engine, '"a b" "b c"') == [2, 1]


def test_a_prefix_finds_what_begins_with_it(engine: Engine) -> None:
    fill(engine, "lekkage", "lek", "gelekt", "Lekbak", "sales-rapport")
    assert find(engine, "lek*") == [4, 2, 1]
    assert find(engine, "-lek*") == [5, 3]
    assert find(engine, "sales-rap*") == [5]


# Filters


def furnish(engine: Engine) -> None:
    engine.update(
        [
            post(1, "one", tags=("pumps", "atex"), note="more"),
            post(2, "two", author="grace", author_name="Grace Hopper", department="field-service"),
            post(3, "three", question=True, open=True, tags=("pumps",)),
            post(4, "four", question=True, photo=True),
        ],
        [],
    )


@pytest.mark.parametrize("sort", ["newest", "best"])
@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        ("#pumps", [3, 1]),
        ("#PUMPS #atex", [1]),
        ("#pumps -#atex", [3]),
        ("-#pumps", [4, 2]),
        ("#pump", []),
        ("@grace", [2]),
        ("from:Grace", [2]),
        ('from:"Grace Hopper"', [2]),
        ("-from:ada", [2]),
        ("from:hopper", []),
        ("dept:sales", [4, 3, 1]),
        ('dept:"Field Service"', [2]),
        ("-dept:field-service", [4, 3, 1]),
        ("is:question", [4, 3]),
        ("is:open", [3]),
        ("-is:open", [4, 2, 1]),
        ("is:question -is:open", [4]),
        ("has:photo", [4]),
        ("has:note", [1]),
        ("-has:note -has:photo", [3, 2]),
        ("three #pumps is:open from:ada dept:sales", [3]),
        ("three is:open -#pumps", []),
    ],
)
def test_filters_narrow_what_is_found(engine: Engine, raw: str, ids: list[int], sort: str) -> None:
    furnish(engine)
    assert find(engine, raw, sort=sort) == ids


def test_the_empty_search_finds_nothing(engine: Engine) -> None:
    fill(engine, "pump")
    assert [find(engine, raw) for raw in ("", " ", "-", '"')] == [[], [], [], []]


def test_days_begin_in_the_zone_of_the_reader(engine: Engine) -> None:
    moments = ["2026-01-30T22:59", "2026-01-30T23:00", "2026-01-31T22:59", "2026-01-31T23:00"]
    engine.update(
        [
            post(i, "x", created_at=datetime.fromisoformat(moment + "+00:00"))
            for i, moment in enumerate(moments, start=1)
        ],
        [],
    )
    zone = ZoneInfo("Europe/Amsterdam")
    assert find(engine, "after:2026-01-31", zone=zone) == [4, 3, 2]
    assert find(engine, "before:2026-01-31", zone=zone) == [1]
    assert find(engine, "after:2026-01-31 before:2026-02-01", zone=zone) == [3, 2]
    assert find(engine, "after:2026-02", zone=zone) == [4]
    assert find(engine, "after:2026-01-31") == [4, 3]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_first_and_the_last_year_are_dates_as_well(engine: Engine, zone: str) -> None:
    fill(engine, "x")
    assert find(engine, "after:0001 before:9999-12-31", zone=ZoneInfo(zone)) == [1]
    assert find(engine, "after:9999-12-31", zone=ZoneInfo(zone)) == []


# Changes


def test_an_edit_counts_from_its_update(engine: Engine) -> None:
    fill(engine, "old words", "other")
    engine.update([post(1, "new words")], [])
    assert (find(engine, "old"), find(engine, "new"), find(engine, "words")) == ([], [1], [1])
    assert engine.ids() == {1, 2}


def test_an_edited_post_keeps_its_place(engine: Engine) -> None:
    fill(engine, "word one", "word two", "word three")
    engine.update([post(1, "word one again")], [])
    assert find(engine, "word") == [3, 2, 1]
    assert find(engine, "word", before=2) == [1]


def test_a_withdrawn_post_is_gone(engine: Engine) -> None:
    fill(engine, "word one", "word two")
    engine.update([], [1, 99])
    assert (find(engine, "word"), find(engine, "-x"), engine.ids()) == ([2], [2], {2})
    engine.update([], [2])
    assert (find(engine, "word"), engine.check().documents) == ([], 0)


def test_the_last_of_two_versions_counts_and_gone_is_gone(engine: Engine) -> None:
    engine.update([post(1, "first"), post(1, "second"), post(2, "second")], [2])
    assert (find(engine, "first"), find(engine, "second")) == ([], [1])


def test_nothing_to_update_is_no_failure(engine: Engine) -> None:
    fill(engine, "word")
    engine.update([], [])
    assert find(engine, "word") == [1]


def test_cleared_it_is_empty_and_goes_on(engine: Engine) -> None:
    fill(engine, "old")
    assert find(engine, "old") == [1]
    engine.clear()
    assert (find(engine, "old"), engine.ids(), engine.needs_rebuild) == ([], set(), False)
    fill(engine, "new")
    assert (find(engine, "new"), find(engine, "old")) == ([1], [])


def test_a_post_without_a_word_is_found_by_its_facts(engine: Engine) -> None:
    engine.update([post(1, "👍", author_name="", open=True)], [])
    assert (find(engine, "is:open"), find(engine, "👍")) == ([1], [])
    assert find(engine, "is:open -pump", sort="best") == [1]


def test_many_small_updates_lose_nothing(engine: Engine) -> None:
    for i in range(1, 61):
        engine.update([post(i, f"word n{i}")], [i - 7] if i % 5 == 0 else [])
    gone = {i - 7 for i in range(10, 61, 5)}
    assert engine.ids() == set(range(1, 61)) - gone
    assert find(engine, "word", limit=100) == sorted(engine.ids(), reverse=True)
    assert engine.check().ok


def test_it_is_well_and_knows_its_posts(engine: Engine) -> None:
    fill(engine, "one", "two")
    health = engine.check()
    assert (health.documents, health.ok, health.why) == (2, True, "")


# Pages and ranking


def pages(engine: Engine, raw: str, sort: Literal["newest", "best"]) -> list[list[int]]:
    found: list[list[int]] = []
    while page := find(engine, raw, sort=sort, limit=3, before=found[-1][-1] if found else None):
        found.append(page)
    return found


@pytest.mark.parametrize("sort", ["newest", "best"])
def test_pages_follow_each_other_without_holes_or_repeats(
    engine: Engine, sort: Literal["newest", "best"]
) -> None:
    fill(engine, *(f"pump {'noisy ' * (i % 3)} {'x ' * (i % 4)}" for i in range(11)))
    whole = find(engine, "pump noisy", sort=sort, limit=100)
    assert len(whole) == {"newest": 7, "best": 11}[sort]
    assert list(chain(*pages(engine, "pump noisy", sort))) == whole


def test_best_puts_posts_that_say_all_words_first(engine: Engine) -> None:
    fill(engine, "pump " * 5, "a long line that does say noisy and also pump", "noisy", "pump")
    assert find(engine, "noisy pump", sort="best")[0] == 2
    assert set(find(engine, "noisy pump", sort="best")) == {1, 2, 3, 4}


def test_best_puts_them_first_even_where_a_short_post_says_the_rare_word(engine: Engine) -> None:
    fill(engine, "noisy", *["a pump"] * 30, "noisy " + "and so on " * 20 + "pump")
    assert find(engine, "noisy pump", sort="best")[:2] == [32, 1]


def test_best_puts_the_word_itself_before_its_other_forms(engine: Engine) -> None:
    fill(engine, "een fiets", "twee fietsen", "een fiets")
    assert find(engine, "fietsen", sort="best") == [2, 3, 1]


def test_best_answers_a_question_in_a_sentence(engine: Engine) -> None:
    fill(engine, "The seal of the pump leaks", "How do I get there", "Lunch is at noon")
    assert find(engine, "How can I stop that seal from leaking?", sort="best") == [1]
    assert find(engine, "How can I stop that seal from leaking?") == []


def test_best_on_equal_terms_is_newest_first(engine: Engine) -> None:
    fill(engine, "a pump", "a pump", "a pump")
    assert find(engine, "pump", sort="best") == [3, 2, 1]
    assert find(engine, "-fan", sort="best") == [3, 2, 1]


def test_best_ends_where_the_last_post_is_found_no_more(engine: Engine) -> None:
    fill(engine, "a pump", "a pump", "a pump")
    engine.update([], [2])
    assert find(engine, "pump", sort="best", before=2) == []


def test_no_more_is_given_than_asked(engine: Engine) -> None:
    fill(engine, *["pump"] * 5)
    for sort in ("newest", "best"):
        assert find(engine, "pump", sort=sort, limit=2) == [5, 4]
        assert find(engine, "pump", sort=sort, limit=0) == []


@pytest.fixture(scope="module", params=["whoosh", "postgresql"])
def small(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    for engine in made(request.param, request, tmp_path_factory.mktemp("small") / "index"):
        furnish(engine)
        yield engine


@given(raw=st.text(max_size=40), sort=st.sampled_from(["newest", "best"]))
@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_breaks_a_search(small: Engine, raw: str, sort: str) -> None:
    assert set(find(small, raw, sort=sort)) <= {1, 2, 3, 4}


@given(line=st.text(max_size=60), note=st.text(max_size=60))
@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_text_can_be_indexed_and_its_words_found(
    small: Engine, line: str, note: str
) -> None:
    said = (line + " marker").encode("utf-8", "ignore").decode()
    small.update([post(5, said, note=note.encode("utf-8", "ignore").decode())], [])
    assert find(small, "marker") == [5]
    small.update([], [5])


BAD = [
    "x" * 5000,
    "word " * 1000,
    " ".join(f"word{i}" for i in range(500)),
    "* ** *",
    "-one -two -three",
    "a* b* c*",
    " ".join(f"-{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"),
    '"unbalanced "quotes" "',
    "null\0bytes \0 '\0",
    "it's \\ ' '' & | ! <-> :* (",
    '"' + "a b " * 120,
]


@pytest.mark.parametrize("sort", ["newest", "best"])
@pytest.mark.parametrize("raw", BAD)
def test_nonsense_is_answered(engine: Engine, raw: str, sort: str) -> None:
    fill(engine, "a word", "another one", "it's quoted")
    assert set(find(engine, raw, sort=sort)) <= {1, 2, 3}


# Many at once


def test_eight_readers_see_whole_updates_while_one_writes(engine: Engine) -> None:
    pair = [post(1, "round r0"), post(2, "round r0")]
    engine.update(pair, [])
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                if find(engine, "round") != [2, 1] or find(engine, "round", sort="best") != [2, 1]:
                    wrong.append("half an update")
            except Unavailable as refusal:
                wrong.append(refusal)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for thread in readers:
        thread.start()
    for i in range(12):
        engine.update([post(1, f"round r{i}"), post(2, f"round r{i}")], [])
    done.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    assert find(engine, "r11") == [2, 1]


# Relevance, on real texts


def relevance(name: str) -> tuple[list[Any], list[Any], dict[str, set[str]]]:
    root = Path(__file__).parent.parent
    folder = Path(os.environ.get("MICROSHARE_DATA", root.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.fail(f"the real data is missing: no folder {folder} (MICROSHARE_DATA names it)")
    read = [
        [
            json.loads(line)
            for line in (folder / "relevance" / name / file).read_text("utf-8").splitlines()
        ]
        for file in ("docs.jsonl", "queries.jsonl")
    ]
    judged: dict[str, set[str]] = defaultdict(set)
    rows = (folder / "relevance" / name / "qrels.tsv").read_text("utf-8").split("\n")
    for row in filter(None, rows):
        query, document, _ = row.split("\t")
        judged[query].add(document)
    return read[0], read[1], judged


def measured(
    engine: Engine, name: str, every: int, worth: Callable[[list[bool], int], float]
) -> float:
    """The mean over every n-th query of what the first ten that best finds are worth."""
    texts, queries, judged = relevance(name)
    engine.update([post(i, text["text"], author_name="") for i, text in enumerate(texts)], [])
    values = []
    for query in queries[::every]:
        relevant = judged[query["id"]]
        found = [texts[i]["id"] for i in find(engine, query["text"], sort="best")]
        first = [id for id in found if id != query.get("exclude_doc")][:10]
        values.append(worth([id in relevant for id in first], len(relevant)))
    return sum(values) / len(values)


def test_dutch_forms_find_each_other(large: Engine) -> None:
    recall = measured(large, "nl_inflection_ud", 4, lambda hits, all: sum(hits) / all)
    assert recall > 0.82  # 0.85 over all queries; 0.70 with one stemmer


def test_english_questions_find_their_like(large: Engine) -> None:
    precision = measured(large, "banking77_intent", 6, lambda hits, all: sum(hits) / 10)
    assert precision > 0.66  # 0.70 over all queries; 0.03 when every word is required
