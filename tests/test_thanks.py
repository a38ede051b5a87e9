from datetime import timedelta

import pytest
from flask import Flask

from microshare import departments, inbox, people, posts, thanks
from microshare.db import db, saving
from microshare.errors import Missing, Refused
from tests.acts import publish, raced, thank
from tests.conftest import NOON, House, Queries


def test_thanks_are_counted_and_told_to_the_writer(house: House) -> None:
    post = publish(house.ada, "useful")
    thank(post, house.grace)
    assert posts.get(post.id).thanks_count == 1
    entry = inbox.of(house.ada).entries[0]
    assert (entry.kind, entry.item.post.id, entry.actors) == ("thanks", post.id, [house.grace])
    assert inbox.of(house.grace).entries == []


def test_a_second_tap_changes_nothing(house: House) -> None:
    post = publish(house.ada, "useful")
    thank(post, house.grace, house.grace)
    thank(post, house.grace, now=NOON + timedelta(days=1))
    assert posts.get(post.id).thanks_count == 1
    assert inbox.new_count(house.ada) == 1


def test_many_taps_at_the_same_moment_count_once_for_each_giver(
    house: House, domain: Flask
) -> None:
    post_id = publish(house.ada, "useful").id
    results = raced(domain, *(
        lambda name=name: thank(posts.get(post_id), people.get(name))
        for name in ("grace", "linus") * 3
    ))
    assert results == [None] * 6
    post = posts.get(post_id)
    assert (post.thanks_count, len(thanks.reach(post.id).givers)) == (2, 2)
    assert inbox.new_count(people.get("ada")) == 2


def test_thanks_are_taken_back_with_all_that_they_did(house: House) -> None:
    post = publish(house.ada, "useful")
    thank(post, house.grace, house.linus)
    for _ in range(2):
        with saving():
            thanks.take_back(house.grace, post)
    assert posts.get(post.id).thanks_count == 1
    assert [giver.username for giver in thanks.reach(post.id).givers] == ["linus"]
    assert [entry.actors for entry in inbox.of(house.ada).entries] == [[house.linus]]
    thank(post, house.grace)
    assert posts.get(post.id).thanks_count == 2


def test_taking_back_what_was_never_given_changes_nothing(house: House) -> None:
    post = publish(house.ada, "useful")
    with saving():
        thanks.take_back(house.grace, post)
    assert posts.get(post.id).thanks_count == 0


def test_nobody_thanks_themselves(house: House) -> None:
    post = publish(house.ada, "mine")
    with pytest.raises(Refused) as refused:
        thank(post, house.ada)
    assert refused.value.code == "own-thanks"
    assert posts.get(post.id).thanks_count == 0


def test_nobody_thanks_for_what_is_withdrawn(house: House) -> None:
    post = publish(house.ada, "gone")
    with saving():
        posts.withdraw(post, house.ada, NOON)
    with pytest.raises(Missing) as missing:
        thank(post, house.grace)
    assert missing.value.code == "post"


def test_reach_tells_the_givers_newest_first_and_their_departments_then(house: House) -> None:
    post = publish(house.ada, "useful")
    assert (thanks.reach(post.id).givers, thanks.reach(post.id).department_count) == ([], 0)
    with saving():
        mary = people.join(email=None, username="mary", name="Mary", now=NOON,
                           department=departments.get("research"))
    for hours, giver in enumerate((mary, house.linus, house.grace)):
        thank(post, giver, now=NOON + timedelta(hours=hours))
    with saving():
        house.linus.department_id = house.grace.department_id
    db.session.expire_all()
    db.session.refresh(post)
    with Queries() as queries:
        reach = thanks.reach(post.id)
        names = [giver.name for giver in reach.givers]
    assert names == ["Grace", "Linus", "Mary"]
    assert reach.department_count == 2  # linus was in Sales when he thanked
    assert len(queries) == 1
