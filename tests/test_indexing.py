import pytest
from flask import Flask
from sqlalchemy import update

from microshare import departments, indexing, people, posts, questions, remaking, search, tags
from microshare.db import db, saving
from microshare.errors import Unavailable
from microshare.indexing import Difference
from microshare.models import Post
from microshare.turns import exclusive
from tests.acts import publish, raced
from tests.conftest import NOON, House


def find(raw: str) -> list[int]:
    return list(search.find(raw, limit=100).ids)


def edit(post_id: int, line: str) -> None:
    with saving():
        post = posts.get(post_id)
        posts.edit(post, people.by_id(post.author_id), line, now=NOON)


def withdraw(post_id: int) -> None:
    with saving():
        post = posts.get(post_id)
        posts.withdraw(post, people.by_id(post.author_id), NOON)


@pytest.fixture
def engine() -> str:
    """An index that lags behind: PostgreSQL's does not, see `test_indexed`."""
    return "sqlite"


class Killed(BaseException):
    """Stands for a process that ends here and now."""


@pytest.fixture
def at_update(house: House, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Does something once, right after the engine was updated and before that is marked."""

    def arrange(act) -> None:  # type: ignore[no-untyped-def]
        engine = search.engine()
        update, waiting = engine.update, [act]

        def updated(*args, **more) -> None:  # type: ignore[no-untyped-def]
            update(*args, **more)
            if waiting:
                waiting.pop()()

        monkeypatch.setattr(engine, "update", updated)

    return arrange


def test_new_edited_and_withdrawn_posts_are_taken_and_nothing_twice(house: House) -> None:
    kept, gone = publish(house.ada, "a noisy pump"), publish(house.ada, "a noisy valve")
    assert indexing.waiting() == indexing.catch_up() == 2
    assert find("noisy") == [gone.id, kept.id]
    edit(kept.id, "a silent pump")
    withdraw(gone.id)
    assert indexing.catch_up() == 2
    assert find("noisy") == []
    assert find("silent") == [kept.id]
    assert indexing.catch_up() == indexing.waiting() == 0
    assert indexing.total() == 2


def test_every_part_of_a_post_can_be_searched_by(house: House) -> None:
    post = publish(house.ada, "Which seal? #Pumps", note="the green one")
    publish(house.grace, "other #heat")
    indexing.catch_up()
    for raw in ("seal", "green", "#pumps", "@ada", "from:ada", "dept:sales", "is:question",
                "is:open", "has:note", "before:2026-11-24 after:2026-11-23 seal"):
        assert find(raw) == [post.id], raw


def test_what_happens_to_a_post_beside_its_text_reaches_the_index_too(house: House) -> None:
    post_id = publish(house.ada, "Which seal?").id
    indexing.catch_up()
    with saving():
        posts.tag_on(posts.get(post_id), house.grace, tags.parse("pumps"), NOON)
    indexing.catch_up()
    assert find("#pumps") == find("is:open") == [post_id]
    with saving():
        posts.tag_off(posts.get(post_id), house.grace, "pumps")
        questions.solve(posts.get(post_id), house.ada, NOON)
    indexing.catch_up()
    assert find("#pumps") == find("is:open") == []


def test_a_department_of_two_words_is_found_by_its_name(house: House) -> None:
    with saving():
        house.linus.department_id = departments.named("Field Service", NOON).id
    post = publish(house.linus, "a noisy pump")
    indexing.catch_up()
    assert find('dept:"field service"') == find("dept:field-service") == [post.id]


def test_each_batch_is_told_while_many_posts_are_taken(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 3)
    for number in range(7):
        publish(house.ada, f"pump {number}")
    told: list[int] = []
    assert indexing.catch_up(told.append) == 7
    assert told == [3, 3, 1]
    assert len(find("pump")) == 7


def test_an_edit_while_the_index_works_is_taken_next(house: House, at_update) -> None:  # type: ignore[no-untyped-def]
    post_id = publish(house.ada, "a noisy pump").id
    at_update(lambda: edit(post_id, "a silent pump"))
    left: list[int] = []
    assert indexing.catch_up(lambda count: left.append(indexing.waiting())) == 2
    assert left == [1, 0]
    assert find("noisy") == []
    assert find("silent") == [post_id]


def test_a_withdrawal_while_the_index_works_is_taken_next(house: House, at_update) -> None:  # type: ignore[no-untyped-def]
    post_id = publish(house.ada, "a noisy pump").id
    at_update(lambda: withdraw(post_id))
    indexing.catch_up()
    assert find("noisy") == []
    assert indexing.check() == Difference([], [], 0)


def test_a_new_username_while_the_index_works_is_taken_next(house: House, at_update) -> None:  # type: ignore[no-untyped-def]
    post_id = publish(house.linus, "a noisy pump").id

    def rename() -> None:
        linus = people.get("linus")
        with saving():
            people.change(linus, username="torvalds", name="Torvalds", language="en",
                          department=linus.department, time_zone="UTC", about="")

    at_update(rename)
    indexing.catch_up()
    assert find("from:torvalds") == [post_id]
    assert find("from:linus") == []


def test_killed_between_index_and_mark_the_posts_are_taken_again_without_doubles(
    house: House, at_update
) -> None:  # type: ignore[no-untyped-def]
    ids = [publish(house.ada, f"a noisy pump {number}").id for number in range(3)]

    def die() -> None:
        raise Killed

    at_update(die)
    with pytest.raises(Killed):
        indexing.catch_up()
    assert indexing.waiting() == 3
    assert indexing.catch_up() == 3
    assert find("noisy") == ids[::-1]
    assert search.engine().check().documents == 3


def test_an_index_that_is_not_to_be_had_leaves_the_posts_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(house.ada, "a noisy pump")
    indexing.catch_up()
    edit_id = publish(house.ada, "another noisy pump").id

    def locked(*_: object) -> None:
        raise Unavailable("index", why="locked")

    with monkeypatch.context() as patched:
        patched.setattr(search.engine(), "update", locked)
        with pytest.raises(Unavailable):
            indexing.catch_up()
    assert indexing.waiting() == 1
    indexing.catch_up()
    assert edit_id in find("noisy")


def test_two_rounds_at_once_are_one(house: House, domain: Flask) -> None:
    for number in range(5):
        publish(house.ada, f"a noisy pump {number}")
    results = raced(domain, *(indexing.catch_up for _ in range(3)))
    assert sum(results) >= 5
    assert indexing.waiting() == 0
    assert len(find("noisy")) == 5
    assert indexing.check() == Difference([], [], 0)


def test_while_another_process_is_at_it_nothing_is_done(house: House) -> None:
    publish(house.ada, "a noisy pump")
    with exclusive("index") as mine:
        assert mine
        assert indexing.catch_up() == 0
    with exclusive("mending") as mine:
        assert mine
        assert remaking.mend() == 0
        with pytest.raises(Unavailable) as unavailable:
            remaking.rebuild()
    assert (unavailable.value.code, unavailable.value.facts) == ("index", {"why": "locked"})
    assert indexing.catch_up() == 1


def test_a_rebuilt_index_is_the_same_again(house: House) -> None:
    kept, gone = publish(house.ada, "a noisy pump"), publish(house.ada, "gone noisy")
    indexing.catch_up()
    withdraw(gone.id)
    assert remaking.rebuild() == 2
    assert find("noisy") == [kept.id]
    assert indexing.check() == Difference([], [], 0)


def test_check_names_what_is_missing_and_what_is_surplus_but_not_what_waits(
    house: House,
) -> None:
    ids = [publish(house.ada, f"a noisy pump {number}").id for number in range(4)]
    indexing.catch_up()
    assert indexing.check() == Difference([], [], 0)
    search.engine().update([], [ids[0]])
    lost = indexing.check()
    assert (lost.missing, lost.surplus) == ([ids[0]], [])
    with saving():
        db.session.execute(update(Post).where(Post.id == ids[1]).values(withdrawn_at=NOON))
    edit(ids[2], "waits for the next round")
    withdraw(ids[3])
    publish(house.ada, "waits too")
    assert indexing.check() == Difference([ids[0]], [ids[1]], 3)
    remaking.rebuild()
    assert indexing.check() == Difference([], [], 0)
