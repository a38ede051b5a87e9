"""Which lines a reader's digest has, and in which order: `use.of`, and two lines an author."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microshare import departments, digest, follows, opened, people, posts, questions, tags, use
from microshare.db import saving
from microshare.digest_choice import PER_AUTHOR, Choice
from microshare.digest_week import FEW, Origin, Week
from microshare.models import User
from microshare.periods import Period
from tests.acts import publish, thank
from tests.conftest import NOON, House

WEEK = Period(NOON.date(), NOON - timedelta(days=7), NOON)
TUESDAY = NOON - timedelta(days=6)


@pytest.fixture
def engine() -> str:
    """The choice is made of sets, whatever the database."""
    return "sqlite"


@pytest.fixture
def writers(house: House) -> list[User]:
    """Four who write in Sales; two of Finance and Service, who thank; grace follows #pumps."""
    with saving():
        sales = departments.get("sales")
        made = [
            people.join(email=None, username=f"w{n}", name=f"W{n}", department=sales, now=NOON)
            for n in range(4)
        ]
        for name in ("Finance", "Service"):
            people.join(email=None, username=name, name=name, now=NOON,
                        department=departments.named(name, NOON))
        tags.named([("pumps", "pumps"), ("acme", "acme")], NOON)
        follows.follow(house.grace, tags.get("pumps"), NOON)
        for writer in made:
            follows.follow(house.grace, writer, NOON)
    return made


def lines(reader: User) -> list[str]:
    found = digest.compose(reader, WEEK, NOON)
    return [entry.post.line for entry in found.yours]


def write(author: User, line: str, **more):  # type: ignore[no-untyped-def]
    return publish(author, line, TUESDAY, **more)


def test_use_is_told_by_departments_answers_own_tags_and_talk(
    house: House, writers: list[User]
) -> None:
    one, two, three, four = writers
    talked = write(one, "talked about")
    for number in range(8):
        write(house.linus, f"quarrel {number}", reply_to=talked)
    wide = write(two, "thanked by two departments")
    thank(wide, people.get("finance"), people.get("service"))
    write(three, "#pumps")
    thank(write(three, "thanked by one #acme"), people.get("finance"))
    asked = publish(four, "Solved?", NOON - timedelta(days=30))
    answer = write(four, "the answer", reply_to=asked)
    with saving():
        questions.accept(asked, answer, four, NOON)
    write(one, "newest")
    assert lines(house.grace) == [
        "thanked by two departments", "talked about", "the answer", "thanked by one #acme",
        "#pumps", "newest",
    ]


def test_a_conversation_that_was_opened_steps_back_and_what_was_opened_is_left_out(
    house: House, writers: list[User]
) -> None:
    root = write(writers[0], "opened #pumps")
    with saving():
        opened.open_thread(house.grace, posts.get(root.id), NOON)
    write(writers[1], "plain")
    later = write(writers[2], "later in that thread #pumps", reply_to=root)
    thank(later, people.get("finance"))
    thank(write(writers[3], "new and as useful #pumps"), people.get("finance"))
    assert lines(house.grace) == [
        "new and as useful #pumps", "later in that thread #pumps", "plain"]


def test_an_author_has_two_lines_in_a_letter_and_two_open_questions(
    house: House, writers: list[User]
) -> None:
    loud, quiet = writers[:2]
    for number in range(4):
        thank(write(loud, f"loud {number} #pumps"), people.get("finance"))
        thank(write(loud, f"elsewhere {number} #acme"), people.get("finance"))
        write(loud, f"Asked {number}?")
    write(quiet, "quiet")
    write(quiet, "Quiet?")
    with saving():
        follows.unfollow(house.grace, loud)
    found = digest.compose(house.grace, WEEK, NOON)
    assert [entry.post.line for entry in found.yours] == ["loud 3 #pumps", "loud 2 #pumps", "quiet"]
    assert found.yours_total == 5
    assert found.elsewhere == []
    with saving():
        follows.follow(house.grace, loud, NOON)
    found = digest.compose(house.grace, WEEK, NOON)
    assert [entry.post.line for entry in found.questions] == ["Quiet?", "Asked 3?", "Asked 2?"]


def test_elsewhere_offers_the_tag_under_which_most_is_written(
    house: House, writers: list[User]
) -> None:
    with saving():
        follows.unfollow(house.grace, writers[0])
    thank(write(writers[0], "seen #rare #acme"), people.get("finance"))
    write(writers[1], "also #acme")
    (entry,) = digest.compose(house.grace, WEEK, NOON).elsewhere
    assert entry.tag is not None
    assert entry.tag.name == "acme"
    assert entry.follow.startswith("http://localhost/digest/follow/f")
    assert entry.thank.startswith("http://localhost/digest/thank/t")
    assert entry.reply == f"http://localhost/posts/{entry.post.id}"


told = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 9), st.booleans(),
              st.booleans()),
    min_size=1, max_size=40,
)


@given(told, st.integers(1, 9), st.sampled_from([1, FEW]))
def test_the_best_are_those_of_the_rule_whatever_the_way_to_them(
    made: list[tuple[int, int, int, bool, bool]], limit: int, copies: int
) -> None:
    week, own, familiar, rank = Week(WEEK), set(), set(), {}
    for number, (wide, replies, author, is_own, is_familiar) in enumerate(made * copies, 1):
        week.use[number] = use.of(wide, replies)
        week.origin[number] = Origin(author, number)
        own |= {number} if is_own else set()
        familiar |= {number} if is_familiar else set()
        rank[number] = use.of(wide, replies, by_own_tag=is_own, is_familiar=is_familiar), number
    expected: list[int] = []
    for number in sorted(rank, key=rank.__getitem__, reverse=True):
        author = week.origin[number].author_id
        had = sum(week.origin[i].author_id == author for i in expected)
        if had < PER_AUTHOR and len(expected) < limit:
            expected.append(number)
    assert Choice(week, own, familiar).best(set(rank), limit) == expected
