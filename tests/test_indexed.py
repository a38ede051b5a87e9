"""On PostgreSQL search is a part of the database: what is saved is found at once."""

import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, func, select, text, update

from microshare import (
    departments,
    in_database,
    indexed,
    indexing,
    people,
    posts,
    questions,
    remaking,
    rows,
    search,
    tags,
    transfer,
)
from microshare.db import db, saving
from microshare.errors import Refused, Unavailable
from microshare.indexing import Difference
from microshare.models import Post, PostTerms, User
from microshare.search.postgres_counts import Counting, Counts
from microshare.turns import exclusive
from tests.acts import publish, raced
from tests.conftest import NOON, House, Queries, furnish

OLD = "'=old' '#0' '%0'"  # the terms of a post, as they are not any more


@pytest.fixture
def engine() -> str:
    return "postgresql"


def find(raw: str, sort: str = "newest") -> list[int]:
    return list(search.find(raw, sort=sort, limit=100).ids)


def rename(user: User, name: str) -> None:
    with saving():
        people.change(user, username=name.casefold(), name=name, language="en", about="",
                      department=departments.of(user), time_zone="UTC")


def test_a_post_is_found_in_its_transaction_and_after_it(house: House) -> None:
    with saving():
        post_id = posts.publish(house.ada, "a noisy pump", now=NOON).id
        assert find("noisy") == find("pump", "best") == [post_id]
    db.session.remove()
    assert find("noisy") == find("pumps", "best") == [post_id]
    assert indexing.waiting() == indexing.catch_up() == 0


def test_nobody_else_finds_it_before_it_is_saved(house: House, domain: Flask) -> None:
    with saving():
        posts.publish(house.ada, "a noisy pump", now=NOON)
        with domain.app_context():  # another session
            assert find("noisy") == []


def test_a_post_that_is_not_saved_is_not_found(house: House) -> None:
    with pytest.raises(Refused), saving():
        posts.publish(house.ada, "a noisy pump", now=NOON)
        raise Refused("post-empty")
    assert find("noisy") == []
    assert db.session.scalar(select(func.count()).select_from(PostTerms)) == 0


def test_every_change_is_found_when_it_is_saved(house: House) -> None:
    question = publish(house.ada, "Which seal? #Pumps", note="the green one")
    reply = publish(house.grace, "the blue one", reply_to=question)
    changes = [
        (lambda: posts.tag_on(posts.get(question.id), house.grace, tags.parse("heat"), NOON),
         "#heat", [question.id]),
        (lambda: posts.tag_off(posts.get(question.id), house.grace, "heat"), "#heat", []),
        (lambda: None, "is:open", [question.id]),
        (lambda: questions.accept(question, reply, house.ada, NOON), "is:open", []),
        (lambda: questions.reopen(question, house.ada), "is:open", [question.id]),
        (lambda: questions.solve(question, house.ada, NOON), "is:open", []),
        (lambda: posts.edit(question, house.ada, "Which valve? #pumps", now=NOON),
         "valve #pumps", [question.id]),
        (lambda: None, "seal", []),
        (lambda: posts.withdraw(reply, house.grace, NOON), "blue", []),
    ]
    for act, raw, found in changes:
        with saving():
            act()
        assert find(raw) == found, raw
        assert indexing.waiting() == 0
    assert indexing.check() == Difference([], [], 0)


def test_what_is_stored_by_the_thousand_is_taken_by_the_next_round(
    house: House, tmp_path: Path
) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text('{"author": "ada", "line": "a noisy pump #heat"}\n')
    assert [one.state for one in transfer.bring_in(rows.read(file), NOON)] == ["added"]
    assert (find("noisy"), indexing.waiting()) == ([], 1)
    assert indexing.catch_up() == 1
    assert len(find("noisy #heat")) == 1
    assert indexing.check() == Difference([], [], 0)


def test_a_new_name_is_taken_by_the_next_round(house: House) -> None:
    post = publish(house.linus, "a noisy pump")
    rename(house.linus, "Torvalds")
    assert indexing.waiting() == indexing.catch_up() == 1
    assert (find("from:torvalds"), find("from:linus")) == ([post.id], [])


def test_of_changes_at_once_none_is_lost_to_search(house: House, domain: Flask) -> None:
    post_id = publish(house.ada, "a noisy pump").id

    def tag(name: str) -> None:
        with saving():
            posts.tag_on(posts.get(post_id), people.get("grace"), tags.parse(name), NOON)

    def edit() -> None:
        with saving():
            posts.edit(posts.get(post_id), people.get("ada"), "a silent pump", now=NOON)

    names = ["one", "two", "three"]
    raced(domain, edit, *(lambda name=name: tag(name) for name in names))
    kept = [f"#{tie.tag.name}" for tie in posts.get(post_id).tags]
    said = posts.get(post_id).line.split()[1]
    assert kept
    assert find(" ".join([*kept, said])) == [post_id]
    assert len(find("noisy") + find("silent")) == 1
    assert indexing.waiting() == 0


def test_a_round_leaves_alone_what_somebody_changes_now(house: House, domain: Flask) -> None:
    post = publish(house.linus, "a noisy pump")
    other = publish(house.linus, "a noisy valve")
    rename(house.linus, "Torvalds")
    with saving():
        posts.edit(post, people.by_id(post.author_id), "a silent pump", now=NOON)
        with domain.app_context():  # another session
            assert indexing.catch_up() == 1
            assert find("from:torvalds") == [other.id]
            db.session.remove()
    assert find("from:torvalds") == [other.id, post.id]
    assert find("silent") == [post.id]
    assert indexing.waiting() == 0


def test_what_another_version_of_the_analysis_made_serves_until_it_is_replaced(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_database, "BATCH", 3)
    ids = [publish(house.ada, f"a noisy pump {number}").id for number in range(7)]
    with saving():
        db.session.execute(update(PostTerms).where(PostTerms.post_id < ids[2]).values(analysis=0))
        db.session.execute(update(PostTerms).where(PostTerms.post_id > ids[4]).values(
            analysis=99, terms=OLD))
    assert find("noisy") == ids[4::-1]
    assert find('"old"') == ids[:4:-1]
    assert not search.engine().needs_rebuild
    told: list[int] = []
    assert indexing.catch_up(told.append) == 4
    assert told == [2, 2]
    assert (find("noisy"), find('"old"')) == (ids[::-1], [])
    assert indexing.catch_up() == 0


def spoil(*post_ids: int) -> None:
    with saving():
        db.session.execute(
            update(PostTerms).where(PostTerms.post_id.in_(post_ids)).values(terms=OLD))


def test_made_anew_in_place_every_post_is_found_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_database, "BATCH", 3)
    ids = [publish(house.ada, f"a noisy pump {number}").id for number in range(7)]
    spoil(*ids[:5])
    with saving():
        search.engine().update([], [ids[6]])
        db.session.execute(update(Post).where(Post.id == ids[5]).values(withdrawn_at=NOON))
        db.session.add(PostTerms(post_id=99, length=1, analysis=0, created_at=0, terms=OLD))
    assert indexing.check() == Difference([ids[6]], [ids[5], 99], 0)
    told: list[tuple[int, int]] = []
    assert remaking.rebuild(lambda count: told.append((count, len(find("noisy"))))) == 7
    assert told == [(3, 4), (3, 5), (1, 6)]
    assert (find("noisy"), find('"old"')) == ([ids[6], *ids[4::-1]], [])
    assert indexing.check() == Difference([], [], 0)


def test_many_posts_are_made_anew_in_processes_of_their_own(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remaking, "FEW", 3)
    ids = [publish(house.ada, f"a noisy pump {number}").id for number in range(4)]
    spoil(*ids)
    with monkeypatch.context() as patched:
        patched.setattr(in_database, "make", None)  # not in this one
        told: list[int] = []
        assert remaking.rebuild(told.append) == sum(told) == 4
    assert (find("noisy"), find('"old"')) == (ids[::-1], [])
    assert indexing.check() == Difference([], [], 0)


def test_a_post_that_is_held_is_made_anew_when_it_is_free(house: House, domain: Flask) -> None:
    ids = [publish(house.ada, f"a noisy pump {number}").id for number in range(3)]
    spoil(*ids)
    freed: list[list[int]] = []

    def hold() -> None:
        with saving():
            db.session.scalar(select(Post.id).filter_by(id=ids[1]).with_for_update())
            holding.set()
            seen.wait(10)

    def rebuild() -> int:
        holding.wait(10)

        def tell(_: int) -> None:
            freed.append(find("noisy"))
            seen.set()

        return remaking.rebuild(tell)

    holding, seen = threading.Event(), threading.Event()
    assert raced(domain, hold, rebuild)[1] == 3
    assert freed == [[ids[2], ids[0]]]
    assert find("noisy") == ids[::-1]


def test_one_at_a_time_makes_it_anew(house: House) -> None:
    publish(house.ada, "a noisy pump")
    with exclusive("index") as mine:
        assert mine
        with pytest.raises(Unavailable) as unavailable:
            remaking.rebuild()
    assert unavailable.value.facts == {"why": "locked"}


def test_posts_that_came_without_their_terms_are_taken_by_the_next_round(house: House) -> None:
    ids = [publish(house.ada, f"a noisy pump {number}").id for number in range(3)]
    with saving():
        search.engine().clear()
    assert search.engine().needs_rebuild
    assert indexing.catch_up() == 3
    assert not search.engine().needs_rebuild
    assert find("noisy") == ids[::-1]


def test_what_takes_too_long_is_told_and_the_transaction_goes_on(house: House) -> None:
    publish(house.ada, "a noisy pump")
    def slow(_: Counting, connection: Connection, *asked: object) -> Counts:
        connection.execute(text("SELECT pg_sleep(5)"))
        raise AssertionError

    with saving():
        post = posts.publish(house.ada, "another noisy pump", now=NOON)
        db.session.execute(text("SET LOCAL statement_timeout = 200"))
        with pytest.raises(Unavailable) as unavailable, pytest.MonkeyPatch.context() as patched:
            patched.setattr(Counting, "of", slow)
            find("noisy", "best")
        db.session.execute(text("SET LOCAL statement_timeout = 0"))
    assert (unavailable.value.code, unavailable.value.facts) == ("index", {"why": "slow"})
    assert len(find("noisy")) == 2
    assert post.id


def test_to_let_search_follow_a_post_takes_few_queries(house: House) -> None:
    with Queries() as queries, saving():
        posts.publish(house.ada, "a noisy pump #one #two #three", now=NOON)
    theirs = [query for query in queries if "post_terms" in query or "users" in query]
    assert len([query for query in queries if query.startswith("INSERT INTO post_terms")]) == 1
    assert len(theirs) <= 4
    assert not [query for query in queries if query.startswith("UPDATE posts")]


def test_where_the_index_is_a_folder_only_followed_searches_are_to_be_asked(app: Flask) -> None:
    with app.app_context():
        house = furnish()
        publish(house.ada, "a noisy pump")
        with Queries() as queries:
            indexed.follow(1)
        assert queries == ["INSERT INTO unmatched (post_id) VALUES (?)"]
        assert indexing.waiting() == 1
