from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from microshare import acted, feeds, inbox, people, posts, saves, thanks
from microshare.acted import Between, at_of
from microshare.db import db, saving
from microshare.errors import Missing
from microshare.models import Post, Saved, User
from tests.acts import ids, publish, raced
from tests.conftest import NOON, House


def save(reader: User, *kept: Post) -> None:
    with saving():
        for post in kept:
            saves.save(reader, post, NOON)


def test_saved_posts_are_the_readers_alone_newest_post_first(house: House) -> None:
    first, second, third = (publish(house.ada, f"post {number}") for number in range(3))
    save(house.grace, third, first)
    save(house.linus, second)
    assert ids(feeds.saved(house.grace)) == [third.id, first.id]
    assert ids(feeds.saved(house.ada)) == []
    assert [item.saved for item in feeds.everyone(house.grace).items] == [True, False, True]
    assert inbox.of(house.ada).entries == []


def test_saving_twice_keeps_once_and_dropping_drops(house: House, domain: Flask) -> None:
    post = publish(house.ada, "keep")
    save(house.grace, post, post)
    post_id = post.id
    results = raced(domain, *(
        lambda: save(people.get("grace"), posts.get(post_id)) for _ in range(3)
    ))
    assert results == [None] * 3
    assert db.session.scalar(select(func.count()).select_from(Saved)) == 1
    with saving():
        saves.drop(house.linus, post)
    assert ids(feeds.saved(house.grace)) == [post.id]
    for _ in range(2):
        with saving():
            saves.drop(house.grace, post)
    assert ids(feeds.saved(house.grace)) == []


def test_what_is_withdrawn_is_neither_saved_nor_shown_among_the_saved(house: House) -> None:
    post = publish(house.ada, "keep")
    save(house.grace, post)
    with saving():
        posts.withdraw(post, house.ada, NOON)
    assert ids(feeds.saved(house.grace)) == []
    with pytest.raises(Missing):
        save(house.linus, post)


def test_clients_page_by_what_was_done_last_both_ways(house: House) -> None:
    kept = [publish(house.ada, f"post {number}").id for number in range(5)]
    order = [kept[place] for place in (2, 0, 4, 1, 3)]  # the first that was kept first
    with saving():
        for minute, post_id in enumerate(order):
            at = NOON + timedelta(minutes=minute, microseconds=minute)
            saves.save(house.grace, posts.get(post_id), at)
            thanks.give(house.grace, posts.get(post_id), at)
        posts.withdraw(posts.get(order[0]), house.ada, NOON)
    for listed in acted.saved, acted.thanked:
        first = listed(house.grace, Between(), 2)
        assert [item.post.id for item in first.items] == [order[4], order[3]]
        assert first.goes_on
        rest = listed(house.grace, Between(before=at_of(first.ids[-1])), 2)
        assert [item.post.id for item in rest.items] == [order[2], order[1]]
        assert not rest.goes_on
        back = listed(house.grace, Between(after=at_of(rest.ids[-1]), upward=True), 2)
        assert [item.post.id for item in back.items] == [order[3], order[2]]
        assert listed(house.linus, Between(), 2).items == []
