"""SQLite finds each page of a feed through an index that has the ids in order.

What is looked at then grows with the page and not with the posts; a scan, or a sort of more than
the follows bring, would be seen only at size.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, text

from microshare import (
    arrivals,
    departments,
    feeds,
    follows,
    mutes,
    posts,
    saves,
    searches,
    tags,
    threads,
)
from microshare.db import db, saving
from tests.acts import publish
from tests.conftest import NOON, House, furnish


@pytest.fixture
def house(app: Flask):  # type: ignore[no-untyped-def]
    with app.app_context():
        house = furnish()
        first = publish(house.ada, "Who knows #pumps?")
        for number in range(20):
            publish(house.grace, f"number {number} #pumps #valves", reply_to=first)
        with saving():
            saves.save(house.linus, posts.get(first.id), NOON)
            for target in (tags.get("pumps"), house.grace, departments.get("research")):
                follows.follow(house.linus, target, NOON)
            mutes.mute(house.linus, tags.get("valves"), "day", NOON)
        yield house


def plan_of(act: Callable[[], object]) -> list[str]:
    """The lines of the plans of all that an act asks, but for what it loads by ids."""
    asked: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, statement: str, given: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, given))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    driver = db.session.connection().connection.driver_connection
    assert driver is not None
    return [row[3] for statement, given in asked
            for row in driver.execute("EXPLAIN QUERY PLAN " + statement, given)]


FEEDS: dict[str, Callable[[House], object]] = {
    "own": lambda h: feeds.own(h.linus, now=NOON),
    "own, further down": lambda h: feeds.own(h.linus, now=NOON, before=15),
    "tag": lambda h: feeds.tagged(h.linus, tags.get("pumps"), before=15),
    "person": lambda h: feeds.written_by(h.linus, h.grace, before=15),
    "department": lambda h: feeds.from_department(h.linus, departments.get("sales"), before=15),
    "questions": lambda h: feeds.questions(h.linus, before=15),
    "old questions": lambda h: feeds.questions(h.linus, until=NOON - timedelta(days=7)),
    "saved": lambda h: feeds.saved(h.linus, before=15),
    "thread": lambda h: feeds.thread(h.linus, 1),
}


@pytest.mark.parametrize("name", FEEDS)
def test_no_feed_looks_at_every_post(house: House, name: str) -> None:
    plan = plan_of(lambda: FEEDS[name](house))
    scans = [line for line in plan if line.startswith("SCAN")
             and line.split()[1] in ("posts", "post_tags", "thanks", "saved")
             and "ix_posts_open_questions" not in line]
    assert scans == [], plan


@pytest.mark.parametrize("before", [None, 15])
def test_who_follows_a_search_looks_at_no_more_posts(house: House, before: int | None) -> None:
    with saving():
        follows.follow(house.linus, searches.named("number", "", NOON), NOON)
    plan = plan_of(lambda: feeds.own(house.linus, now=NOON, before=before))
    assert any("finds" in line for line in plan)
    scans = [line for line in plan if line.startswith("SCAN")
             and line.split()[1] in ("posts", "post_tags", "finds")]
    assert scans == [], plan


def test_the_page_of_a_thread_finds_it_by_its_first_post(house: House) -> None:
    plan = plan_of(lambda: threads.of(house.linus, 1, NOON))
    assert not [line for line in plan if line.startswith("SCAN") and line.split()[1] == "posts"]


def test_an_import_looks_up_its_keys_and_not_at_every_post(house: House) -> None:
    key = posts.get(1).key
    found: dict[tuple[int, str], object] = {}
    plan = plan_of(lambda: found.update(arrivals._earlier([(house.ada.id, key), (1, "new")])))
    assert list(found) == [(house.ada.id, key)]
    assert not [line for line in plan if line.startswith("SCAN") and line.split()[1] == "posts"]


def test_the_open_feed_walks_down_the_ids_without_sorting(house: House) -> None:
    plan = plan_of(lambda: feeds.everyone(house.linus, before=15))
    assert not any("TEMP B-TREE FOR ORDER BY" in line and "posts" in line for line in plan)


def test_a_test_of_plans_sees_a_scan(house: House) -> None:
    plan = plan_of(lambda: db.session.execute(text("SELECT id FROM posts WHERE note = 'x'")))
    assert [line.split()[0] for line in plan] == ["SCAN"]
