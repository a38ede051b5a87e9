from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from microshare import opened, people, posts
from microshare.db import db, saving
from microshare.models import Opened
from tests.acts import publish, raced
from tests.conftest import NOON, House


def rows() -> list[tuple[int, int]]:
    return [(row.reader_id, row.post_id) for row in db.session.scalars(select(Opened))]


def test_what_a_reader_opens_is_remembered_for_that_reader(house: House) -> None:
    post, other = publish(house.ada, "one"), publish(house.ada, "two")
    with saving():
        opened.open_note(house.grace, post, NOON)
        opened.open_note(house.linus, other, NOON)
    assert sorted(rows()) == sorted([(house.grace.id, post.id), (house.linus.id, other.id)])


def test_opening_again_keeps_the_first_time(house: House, domain: Flask) -> None:
    post_id = publish(house.ada, "one").id

    def look(hours: int) -> None:
        with saving():
            opened.open_note(people.get("grace"), posts.get(post_id), NOON + timedelta(hours=hours))

    look(0)
    assert raced(domain, *(lambda: look(1) for _ in range(3))) == [None] * 3
    assert [row.opened_at for row in db.session.scalars(select(Opened))] == [NOON]
