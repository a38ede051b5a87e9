import pytest
from flask import Flask
from sqlalchemy import func, select

from microshare import feeds, inbox, people, posts, saves
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
