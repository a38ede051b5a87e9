"""How a search in PostgreSQL goes about it where posts are many: the same posts, found in parts."""

import importlib
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select, text

from microshare.models import PostTerms
from microshare.search import postgres_counts, postgres_look, postgres_search, tsquery
from microshare.search.document import Document
from microshare.search.query import parse
from microshare.search.whoosh_engine import WhooshEngine
from tests.test_search_engine import NOON, InTheDatabase, find, post

WORDS = [
    "de",
    "de",
    "de",
    "de",
    "pomp",
    "pompen",
    "lekt",
    "lek",
    "stil",
    "klep",
    "kleppen",
    "meten",
    "gemeten",
    "zeldzaam",
]
SEARCHES = [
    "de", "pomp", "kleppen", "zeldzaam", "de pomp", "pomp lekt stil", '"de pomp"', '"de de pomp"',
    "po*", "p* l*", "zeld*", "-de", "pomp -de", "-de -p*", "#a", "#a -#b pomp", "is:open",
    "before:2026-11-23", "de before:2026-11-22", "after:2026-11-25", "pomp after:2026-11-21",
    "after:2026-11-20 before:2026-11-22 klep", "pomp zeldzaam nergens", "nergens",
]  # fmt: skip


def written(number: int) -> list[Document]:
    """Posts that are dated out of order here and there, as an import brings them."""
    dice = random.Random(7)
    return [
        post(
            i,
            " ".join(dice.choices(WORDS, k=dice.randint(1, 6))),
            tags=tuple(dice.sample("abc", dice.randint(0, 2))),
            open=dice.random() < 0.1,
            created_at=NOON + timedelta(minutes=30 * (i if dice.random() < 0.9 else -i)),
        )
        for i in range(1, number + 1)
    ]


@pytest.fixture(params=["as is best", "walk", "#", "%", "once"])
def many(
    request: pytest.FixtureRequest, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InTheDatabase]:
    """An engine for which 300 posts are many; whatever it costs, it looks in the way of this name.

    Where that way cannot be gone, it takes the cheapest of the others.
    """
    monkeypatch.setattr(postgres_counts, "COUNTED", 10)
    monkeypatch.setattr(postgres_search, "_DEPTH", 40)
    monkeypatch.setattr(postgres_search, "_RARE", 30)
    monkeypatch.setitem(tsquery.BLOCKS, "#", 4)
    monkeypatch.setitem(tsquery.BLOCKS, "%", 6)
    monkeypatch.setattr(
        postgres_look, "cheapest", lambda ways: min(ways, key=lambda way: (way.how != request.param, way))
    )
    engine = InTheDatabase(postgresql_url)
    engine.clear()
    engine.update(written(300), [])
    engine.sessions.execute(text("ANALYZE post_terms"))
    engine.sessions.commit()
    yield engine
    engine.clear()
    engine.close()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[WhooshEngine]:
    engine = WhooshEngine(tmp_path / "index")
    engine.clear()
    engine.update(written(300), [])
    yield engine
    engine.close()


def test_found_in_parts_the_newest_are_the_same(many: InTheDatabase, plain: WhooshEngine) -> None:
    for raw in SEARCHES:
        for before in (None, 250, 40):
            for limit in (1, 3, 30):
                how = {"limit": limit, "before": before}
                assert find(many, raw, **how) == find(plain, raw, **how), (raw, how)


def test_where_few_say_all_words_those_that_say_most_come_next(
    many: InTheDatabase, plain: WhooshEngine
) -> None:
    for raw in SEARCHES:
        words = len([term for term in parse(raw).terms if not term.negated])
        all_words = find(plain, raw, limit=40)
        best = find(many, raw, sort="best", limit=40)
        assert set(best[: len(all_words)]) == set(all_words), raw
        assert len(set(best)) == len(best)
        assert set(best) <= set(find(plain, raw, sort="best", limit=300)), raw
        assert (len(best) > len(all_words)) == (words > 1 and len(all_words) < 40), raw


def test_best_first_is_paged_through_all_its_parts(many: InTheDatabase) -> None:
    whole = find(many, "pomp lekt stil", sort="best", limit=200)
    paged: list[int] = []
    while page := find(
        many, "pomp lekt stil", sort="best", limit=7, before=paged[-1] if paged else None
    ):
        paged += page
    assert paged == whole
    assert len(whole) > 40  # more than are ranked together


def test_what_is_known_of_the_words_is_not_read_for_each_search(many: InTheDatabase) -> None:
    asked: list[str] = []
    event.listen(many.database, "before_cursor_execute", lambda *args: asked.append(args[2]))
    for _ in range(3):
        find(many, "pomp", sort="best")
    assert len([statement for statement in asked if "pg_stats" in statement]) == 1
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 3 * 3 + 3


@pytest.mark.parametrize(
    "document",
    [
        post(1, "marker", tags=("ﷺ" * 500, "'\\")),
        post(1, "marker", author_name="ﷺ" * 80, department="x" * 500),
        post(1, "marker " + "ﷺ" * 140, note="word " * 20_000),
        post(1, "marker it's 'quoted' \\ \0 & | ! <-> :* ( )"),
    ],
)
def test_no_post_is_too_much_for_the_database(postgresql_url: str, document: Document) -> None:
    engine = InTheDatabase(postgresql_url)
    engine.clear()
    engine.update([document], [])
    assert find(engine, "marker") == [1]
    engine.clear()
    engine.close()


def test_a_long_name_is_found_by_the_whole_of_it(postgresql_url: str) -> None:
    engine = InTheDatabase(postgresql_url)
    engine.clear()
    engine.update([post(1, "x", tags=("é" * 900,)), post(2, "x", tags=("é" * 901,))], [])
    query = parse("x")
    for length, ids in ((900, [1]), (901, [2]), (899, [])):
        tagged = type(query)(tags=(("é" * length, False),))
        assert engine.find(tagged, sort="newest", limit=9) == ids
    engine.clear()
    engine.close()


def test_posts_of_an_earlier_version_get_their_blocks_and_months(postgresql_url: str) -> None:
    migration = importlib.import_module(
        "microshare.migrations.versions.0005_blocks_and_months_of_posts"
    )
    engine = InTheDatabase(postgresql_url)
    engine.clear()
    engine.update([post(id, "it's a pump") for id in (1, 4096, 70_000)], [])
    session = engine.sessions
    rows = select(PostTerms.post_id, PostTerms.terms).order_by(PostTerms.post_id)
    before = session.execute(rows).all()
    session.execute(
        text(
            "UPDATE post_terms SET terms = ts_delete(terms,"
            " ARRAY(SELECT lexeme FROM unnest(terms) WHERE lexeme ~ '^[#%^]'))"
        )
    )
    assert session.execute(rows).all() != before
    session.execute(text(migration.TERMS))
    assert session.execute(rows).all() == before
    session.commit()
    engine.clear()
    engine.close()
