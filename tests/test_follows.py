import pytest
from flask import Flask
from sqlalchemy import func, select

from microshare import departments, follows, interests, people, searches, tags
from microshare.db import db, saving
from microshare.errors import Refused
from microshare.models import Follow
from tests.acts import raced, tag
from tests.conftest import NOON, House, Queries


def follow(reader, *targets) -> None:  # type: ignore[no-untyped-def]
    with saving():
        for target in targets:
            follows.follow(reader, target, NOON)


def is_following(reader, target) -> bool:  # type: ignore[no-untyped-def]
    return interests.standing(reader, follows.kind_of(target), target.id, NOON).is_following


def test_a_reader_follows_tags_people_and_departments_and_stops(house: House) -> None:
    targets = [tag("pumps"), house.ada, departments.get("sales")]
    for target in targets:
        assert not is_following(house.grace, target)
        follow(house.grace, target)
        assert is_following(house.grace, target)
        assert not is_following(house.linus, target)
    for target in targets:
        with saving():
            follows.unfollow(house.grace, target)
        assert not is_following(house.grace, target)


def test_ids_of_one_kind_are_not_taken_for_those_of_another(house: House) -> None:
    pumps = tag("pumps")
    assert pumps.id == house.ada.id == departments.get("sales").id == 1
    follow(house.grace, pumps)
    assert not is_following(house.grace, house.ada)
    assert not is_following(house.grace, departments.get("sales"))
    with saving():
        follows.unfollow(house.grace, house.ada)
    assert is_following(house.grace, pumps)


def test_following_twice_is_following_once_since_the_first_time(house: House) -> None:
    follow(house.grace, house.ada, house.ada)
    follow(house.grace, house.ada)
    assert db.session.scalar(select(func.count()).select_from(Follow)) == 1
    with saving():
        follows.unfollow(house.grace, house.ada)
        follows.unfollow(house.grace, house.ada)
    assert db.session.scalar(select(func.count()).select_from(Follow)) == 0


def test_following_twice_at_the_same_moment_is_following_once(house: House, domain: Flask) -> None:
    tag("pumps")
    results = raced(domain, *(
        lambda: follow(people.get("grace"), tags.get("pumps")) for _ in range(4)
    ))
    assert results == [None] * 4
    assert db.session.scalar(select(func.count()).select_from(Follow)) == 1


def test_nobody_follows_themselves(house: House) -> None:
    with pytest.raises(Refused) as refused:
        follow(house.ada, house.ada)
    assert refused.value.code == "follow-yourself"


def test_all_that_a_reader_follows_is_told_by_kind_and_name_in_a_query_for_each(house: House) -> None:
    follow(house.grace, tag("Pumps"), tag("acme"), house.linus, house.ada,
           departments.get("sales"), departments.get("research"))
    with saving():
        noisy, lek = (searches.named(words, "", NOON) for words in ("noisy pump", "lek*"))
    follow(house.grace, noisy, lek)
    follow(house.linus, tag("valves"), house.grace)
    db.session.expire_all()
    db.session.refresh(house.grace)
    with Queries() as queries:
        found = follows.targets(house.grace)
        words = [search.words for search in found.pop("search")]
        told = {kind: [target.name for target in targets] for kind, targets in found.items()}
    assert words == ["lek*", "noisy pump"]
    assert told == {"tag": ["acme", "pumps"], "person": ["Ada", "Linus"],
                    "department": ["Research", "Sales"]}
    assert len(queries) == 4
