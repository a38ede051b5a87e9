"""Searches that are followed: what they find comes to the feed, with its reason."""

from datetime import timedelta

import pytest
from flask import Flask

from microshare import (
    aliases,
    digest,
    feeds,
    finds,
    follows,
    indexing,
    mutes,
    periods,
    posts,
    questions,
    searches,
)
from microshare.db import db, saving
from microshare.errors import Missing, Refused
from microshare.interests import Reason
from microshare.models import Find, Unmatched, User
from tests import acts
from tests.acts import publish
from tests.conftest import NOON, House, Queries

LATER = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def index(house: House) -> None:
    indexing.catch_up()


def keep(reader: User, raw: str) -> int:
    with saving():
        search = searches.named(raw, "Europe/Amsterdam", NOON)
        follows.follow(reader, search, NOON)
        return search.id


def own(reader: User) -> list[int]:
    return [item.post.id for item in feeds.own(reader, now=NOON).items]


def test_a_followed_search_brings_what_is_written_from_then_on(house: House) -> None:
    search = keep(house.grace, "noisy pump")
    finds.catch_up(NOON)
    found = publish(house.ada, "Pumps are noisy again")
    publish(house.ada, "A quiet pump")
    assert own(house.grace) == []
    assert finds.catch_up(NOON) == 2
    assert own(house.grace) == [found.id]
    assert own(house.linus) == []
    [item] = feeds.own(house.grace, now=NOON).items
    assert item.reasons == (Reason("search", "noisy pump", str(search)),)
    assert feeds.news(house.grace, 0, now=NOON) == 1
    assert finds.catch_up(NOON) == 0


def test_it_brings_what_was_written_before_too(house: House) -> None:
    before = publish(house.ada, "A noisy pump")
    indexing.catch_up()
    unknown = publish(house.ada, "Another noisy pump")  # to the index, where it is a folder
    keep(house.grace, "pump noisy")
    while finds.catch_up(NOON):
        pass
    finds.catch_up(NOON)
    assert own(house.grace) == [unknown.id, before.id]


def test_what_is_changed_is_asked_about_anew(house: House) -> None:
    keep(house.grace, "is:open #atex")
    finds.catch_up(NOON)
    question = publish(house.ada, "Who knows #atex?")
    other = publish(house.ada, "Who knows rules?")
    finds.catch_up(NOON)
    assert own(house.grace) == [question.id]
    with saving():
        posts.tag_on(posts.get(other.id), house.linus, [("atex", "atex")], NOON)
        questions.solve(posts.get(question.id), house.ada, NOON)
    finds.catch_up(NOON)
    assert own(house.grace) == [other.id]
    with saving():
        posts.withdraw(posts.get(other.id), house.ada, NOON)
    assert own(house.grace) == []
    finds.catch_up(NOON)
    assert db.session.query(Find).count() == 0


def test_a_change_while_it_is_asked_about_is_seen_in_the_next_round(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(house.grace, "pump")
    finds.catch_up(NOON)
    post = publish(house.ada, "A seal")
    monkeypatch.setattr(finds, "BATCH", 1)
    with saving():
        posts.edit(posts.get(post.id), house.ada, "A pump", now=NOON)
    assert db.session.query(Unmatched).count() == 2
    assert finds.catch_up(NOON) == 2
    assert own(house.grace) == [post.id]


def test_two_who_follow_the_same_words_follow_one_search(house: House) -> None:
    assert keep(house.grace, " noisy   pump ") == keep(house.linus, "noisy pump")
    assert searches.get(keep(house.grace, "after:2026-01 pump")).zone == "Europe/Amsterdam"
    keep(house.grace, "noisy pump")  # twice is once
    assert len(follows.targets(house.grace)["search"]) == 2


def test_a_search_is_muted_for_a_while_and_unfollowed(house: House) -> None:
    search = keep(house.grace, "pump")
    publish(house.ada, "pump")
    finds.catch_up(NOON)
    with saving():
        mutes.mute(house.grace, searches.get(search), "day", NOON)
    assert own(house.grace) == []
    assert [item.post.line for item in feeds.own(house.grace, now=LATER).items] == ["pump"]
    assert [target for _, target in mutes.targets(house.grace, NOON)] == [
        searches.get(search)
    ]
    with saving():
        mutes.unmute(house.grace, searches.get(search))
        follows.unfollow(house.grace, searches.get(search))
    assert own(house.grace) == []
    with saving():
        finds.forget_old()
    assert searches.every() == []
    assert db.session.query(Find).count() == 0
    with pytest.raises(Missing):
        searches.get(search)


def test_a_search_that_asks_for_nothing_or_one_too_many_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for raw in ("", "  ", "...", "#", "x\x07"):
        with pytest.raises(Refused) as refused:
            keep(house.grace, raw)
        assert refused.value.code == "search-empty"
    monkeypatch.setattr(searches, "LIMIT", 2)
    keep(house.grace, "one")
    keep(house.grace, "two" * 5000)
    keep(house.grace, "one")  # is followed already
    with pytest.raises(Refused) as refused:
        keep(house.grace, "three")
    assert refused.value.code == "too-many-searches"


def test_a_search_keeps_its_newest_finds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(house.grace, "pump")
    made = [publish(house.ada, f"pump {n}").id for n in range(5)]
    finds.catch_up(NOON)
    monkeypatch.setattr(finds, "KEPT", 2)
    with saving():
        finds.forget_old()
    assert own(house.grace) == made[:2:-1]


def test_where_nobody_follows_a_search_few_posts_wait(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finds, "_NOBODY_ASKS", 2)
    for n in range(5):
        publish(house.ada, f"pump {n}")
    finds.catch_up(NOON)
    assert db.session.query(Unmatched).count() == 2


def test_the_digest_has_what_a_search_found(house: House) -> None:
    keep(house.grace, "pump")
    publish(house.ada, "A noisy pump")
    finds.catch_up(NOON)
    week = periods.up_to(LATER, NOON.tzinfo)  # type: ignore[arg-type]
    [item] = digest.compose(house.grace, week, LATER).yours
    assert item.reasons[0].kind == "search"


def test_the_own_feed_takes_one_query_more_for_twenty_searches(house: House) -> None:
    def asked() -> int:
        with Queries() as queries:
            feeds.own(house.grace, now=NOON)
        return len(queries)

    publish(house.grace, "my own")
    without = asked()
    for n in range(searches.LIMIT):
        keep(house.grace, f"pump -x{n}")
    for n in range(40):
        publish(house.ada, f"pump {n}")
    finds.catch_up(NOON)
    assert asked() <= without + 1
    assert len(feeds.own(house.grace, now=NOON).items[0].reasons) == searches.LIMIT


def test_a_tag_is_found_by_its_other_names(house: House) -> None:
    tag = acts.tag("pumps")
    with saving():
        aliases.add(tag, "pomp", house.ada, NOON)
    keep(house.grace, "#pomp")
    post = publish(house.ada, "Noisy #pumps")
    finds.catch_up(NOON)
    assert own(house.grace) == [post.id]


def test_nobody_else_works_on_the_same_posts(domain: Flask, house: House) -> None:
    keep(house.grace, "pump")
    publish(house.ada, "pump")
    with finds.exclusive("finds") as mine:
        assert mine
        assert finds.catch_up(NOON) == 0
    assert finds.catch_up(NOON) == 1
