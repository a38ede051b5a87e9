from datetime import timedelta

import pytest
from sqlalchemy import func, select

from microshare import interests, mutes, searches
from microshare.db import db, saving
from microshare.errors import Refused
from microshare.models import Mute
from tests.acts import publish, tag
from tests.conftest import NOON, House, Queries

DAY, WEEK, YEARS = timedelta(days=1), timedelta(weeks=1), timedelta(days=9999)


def mute(reader, target, span="good", now=NOON) -> None:  # type: ignore[no-untyped-def]
    with saving():
        mutes.mute(reader, target, span, now)


def is_muted(reader, target, after=timedelta()) -> bool:  # type: ignore[no-untyped-def]
    return interests.standing(reader, *mutes.row(target), NOON + after).is_muted


def test_tags_people_and_threads_are_muted_and_let_in_again(house: House) -> None:
    for target in (tag("pumps"), house.ada, publish(house.ada, "loud")):
        assert not is_muted(house.grace, target)
        mute(house.grace, target)
        assert is_muted(house.grace, target, YEARS)
        assert not is_muted(house.linus, target)
        with saving():
            mutes.unmute(house.grace, target)
        assert not is_muted(house.grace, target)


@pytest.mark.parametrize(("span", "length"), [("day", DAY), ("week", WEEK)])
def test_a_mute_for_a_while_runs_out_by_itself(
    house: House, span: str, length: timedelta
) -> None:
    mute(house.grace, house.ada, span)
    assert is_muted(house.grace, house.ada, length - timedelta(seconds=1))
    assert not is_muted(house.grace, house.ada, length)


def test_the_newest_choice_counts(house: House) -> None:
    mute(house.grace, house.ada, "good")
    mute(house.grace, house.ada, "day")
    assert not is_muted(house.grace, house.ada, DAY)
    mute(house.grace, house.ada, "good")
    assert is_muted(house.grace, house.ada, YEARS)
    assert db.session.scalar(select(func.count()).select_from(Mute)) == 1


def test_any_post_stands_for_its_whole_thread(house: House) -> None:
    root = publish(house.ada, "root")
    reply = publish(house.linus, "reply", reply_to=root)
    deeper = publish(house.ada, "deeper", reply_to=reply)
    mute(house.grace, deeper)
    assert all(is_muted(house.grace, post) for post in (root, reply, deeper))
    with saving():
        mutes.unmute(house.grace, root)
    assert not any(is_muted(house.grace, post) for post in (root, reply, deeper))


@pytest.mark.parametrize("span", ["", "year", "Day"])
def test_a_mute_has_one_of_three_spans(house: House, span: str) -> None:
    with pytest.raises(Refused) as refused:
        mute(house.grace, house.ada, span)
    assert refused.value.code == "mute-span"
    assert not is_muted(house.grace, house.ada)


def test_nobody_mutes_themselves(house: House) -> None:
    with pytest.raises(Refused) as refused:
        mute(house.ada, house.ada)
    assert refused.value.code == "mute-yourself"


def test_all_that_is_muted_now_is_told_in_a_query_for_each_kind(house: House) -> None:
    pumps, post = tag("pumps"), publish(house.ada, "loud")
    for target in (pumps, post, house.ada):
        mute(house.grace, target)
    mute(house.grace, house.linus, "day")
    mute(house.grace, tag("old"), "day")
    mute(house.linus, house.grace)
    with saving():
        search = searches.named("pump", "", NOON)
    mute(house.grace, search, "day")
    found = mutes.targets(house.grace, NOON)
    assert [target for _, target in found[:2]] == [house.ada, house.linus]
    assert [row.kind for row, _ in found] == [
        "person", "person", "search", "tag", "tag", "thread"
    ]
    db.session.expire_all()
    db.session.refresh(house.grace)
    with Queries() as queries:
        later = mutes.targets(house.grace, NOON + DAY)
    assert [target.id for _, target in later] == [house.ada.id, pumps.id, post.id]
    assert len(queries) == 5
