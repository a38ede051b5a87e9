"""A search that is followed finds the same, asked of one post, as the index finds among all."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from microshare.search.document import Document
from microshare.search.matching import Searches
from microshare.search.query import Query, parse
from microshare.search.whoosh_engine import WhooshEngine
from tests.test_search_engine import NOON, post

COUNT = 400
ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture(scope="module")
def documents(data: Path) -> list[Document]:
    dice = random.Random(6)
    lines = (data / "posts/messages.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in dice.sample(lines, 2 * COUNT)]
    return [
        post(
            number,
            row["line"],
            note=note["line"] if number % 3 == 0 else "",
            tags=tuple(row["tags"]),
            author=row["author"],
            author_name=row["author"].title(),
            department=row["department"].lower(),
            created_at=NOON + timedelta(hours=number),
            question=row["line"].endswith("?"),
            open=row["line"].endswith("?") and number % 2 == 0,
        )
        for number, (row, note) in enumerate(zip(rows[:COUNT], rows[COUNT:], strict=True), 1)
    ]


@pytest.fixture(scope="module")
def engine(documents: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhooshEngine]:
    made = WhooshEngine(tmp_path_factory.mktemp("matching") / "index")
    made.clear()
    made.update(documents, [])
    yield made
    made.close()


def answered(documents: list[Document], *queries: Query) -> list[list[int]]:
    """For each search the posts that it finds, asked of one after the other, newest first."""
    searches = Searches((i, query, ZONE) for i, query in enumerate(queries))
    found: list[list[int]] = [[] for _ in queries]
    for one in reversed(documents):
        for i in searches.answered_by(one):
            found[i].append(one.id)
    return found


def some_search(dice: random.Random, documents: list[Document]) -> str:
    """A search of one to four things, most of them taken from one post."""
    one = dice.choice(documents)
    words = one.line.split() or ["x"]
    start = dice.randrange(len(words))
    day = one.created_at.date()
    things = (
        dice.choice(words),
        dice.choice(words),
        '"' + " ".join(words[start : start + 2]) + '"',
        dice.choice(words)[: dice.randint(1, 5)] + "*",
        "-" + dice.choice(dice.choice(documents).line.split() or ["y"]),
        "-" + dice.choice(words)[:2] + "*",
        f"#{dice.choice(one.tags or ('none',))}",
        f"-#{dice.choice(dice.choice(documents).tags or ('none',))}",
        f"from:{one.author}",
        f"dept:{one.department}",
        f"-dept:{one.department}",
        f"after:{day}",
        f"before:{day}",
        dice.choice(("is:question", "-is:question", "is:open", "-is:open", "has:note", "-has:note", "has:photo")),
        "the de van to",
    )
    return " ".join(dice.choice(things) for _ in range(dice.randint(1, 4)))


def test_it_finds_what_the_index_finds(documents: list[Document], engine: WhooshEngine) -> None:
    dice = random.Random(8)
    asked = [some_search(dice, documents) for _ in range(1000)]
    queries = [parse(raw) for raw in asked]
    due = [engine.find(query, sort="newest", limit=COUNT, zone=ZONE) for query in queries]
    for raw, found, wanted in zip(asked, answered(documents, *queries), due, strict=True):
        assert found == wanted, raw
    assert sum(map(bool, due)) > 300


@given(asked=st.lists(st.text(max_size=40), min_size=10, max_size=20))
@hypothesis_settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_text_finds_the_same(
    documents: list[Document], engine: WhooshEngine, asked: list[str]
) -> None:
    queries = [parse(raw) for raw in asked]
    due = [engine.find(query, sort="newest", limit=COUNT, zone=ZONE) for query in queries]
    assert answered(documents, *queries) == due


def test_other_names_count_and_the_last_word_may_be_begun() -> None:
    one = post(1, "Lekkage bij klant", tags=("pomp",))
    named = Query(tags=(("pumps", False),), alike=(("pomp", "pumps"),))
    plain, begun = Query(tags=(("pumps", False),)), parse("klant lek", typing=True)
    assert answered([one], named, plain, begun) == [[1], [], [1]]


def test_many_searches_are_told_apart() -> None:
    asked = {1: "pump", 2: "pump -noisy", 3: "is:question", 4: "", 5: "seal*", 6: "-quiet", 7: "#x"}
    searches = Searches([(i, parse(raw), UTC) for i, raw in asked.items()])
    assert searches.answered_by(post(1, "A noisy pump")) == {1, 6}
    assert searches.answered_by(post(2, "Pumps?", question=True)) == {1, 2, 3, 6}
    assert searches.answered_by(post(3, "Sealing is quiet", tags=("x",))) == {5, 7}
    assert searches.answered_by(post(4, created_at=datetime(2026, 1, 1, tzinfo=UTC))) == {6}
