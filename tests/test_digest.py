from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from microshare import (
    departments,
    digest,
    follows,
    goals,
    mutes,
    opened,
    people,
    posts,
    questions,
    tags,
)
from microshare.db import db, saving
from microshare.digest import Contents, Entry, Thanked
from microshare.models import Post, User
from microshare.periods import Period
from tests.acts import publish, tag, thank
from tests.conftest import NOON, House, Queries

WEEK = Period(NOON.date(), NOON - timedelta(days=7), NOON)
TUESDAY = NOON - timedelta(days=6)


def compose(reader: User, period: Period = WEEK) -> Contents:
    return digest.compose(reader, period, NOON)


def write(author: User, line: str, now=TUESDAY, **more) -> Post:  # type: ignore[no-untyped-def]
    return publish(author, line, now, **more)


def ids(items: Sequence[Entry]) -> list[int]:
    return [item.post.id for item in items]


def follow(reader: User, *targets: follows.Target) -> None:
    with saving():
        for target in targets:
            follows.follow(reader, target, NOON)


@pytest.fixture
def crowd(house: House) -> list[User]:
    """Six colleagues, two in each of three departments."""
    with saving():
        works = [departments.named(name, NOON) for name in ("Production", "Service", "Finance")]
        return [
            people.join(email=None, username=f"p{number}", name=f"P{number}", now=NOON,
                        department=works[number % 3])
            for number in range(6)
        ]


@pytest.fixture
def sales(house: House) -> list[User]:
    """Five who write in Sales, so that nobody's lines are too many."""
    with saving():
        return [
            people.join(email=None, username=f"s{number}", name=f"S{number}", now=NOON,
                        department=departments.get("sales"))
            for number in range(5)
        ]


def test_nothing_happened_is_an_empty_digest(house: House) -> None:
    write(house.ada, "not for grace")
    found = compose(house.grace)
    assert found == Contents(WEEK, [], 0, [], [], [], [], site="http://localhost")
    assert found.is_empty


def test_your_part_has_what_the_follows_brought_this_week_and_why(house: House) -> None:
    post = write(house.ada, "new #Pumps")
    write(house.ada, "too early #pumps", WEEK.since - timedelta(seconds=1))
    write(house.ada, "too late #pumps", WEEK.until)
    first = write(house.ada, "just in time #pumps", WEEK.since)
    follow(house.grace, tags.get("pumps"))
    found = compose(house.grace)
    assert ids(found.yours) == [first.id, post.id]
    assert found.yours_total == 2
    assert [reason.label for reason in found.yours[0].reasons] == ["Pumps"]
    assert not found.is_empty
    assert found.period == WEEK


def test_the_tags_of_the_department_and_people_and_departments_bring_posts_too(
    house: House,
) -> None:
    by_tag = write(house.ada, "for research #heat")
    by_person = write(house.linus, "by linus")
    with saving():
        departments.follow_tag(departments.get("research"), tags.get("heat"), house.grace, NOON)
    follow(house.grace, house.linus)
    assert ids(compose(house.grace).yours) == [by_person.id, by_tag.id]
    follow(house.linus, departments.get("sales"))
    assert ids(compose(house.linus).yours) == [by_tag.id]


@pytest.mark.parametrize("what", ["opened", "thanked", "answered", "muted tag", "muted person",
                                  "muted thread", "withdrawn"])
def test_what_the_reader_knows_or_does_not_want_is_left_out(house: House, what: str) -> None:
    seen = [write(house.ada, "seen #pumps #loud"),
            write(house.ada, "Asked and seen? #pumps #loud")]
    other = write(house.linus, "not seen #pumps")
    follow(house.grace, tags.get("pumps"))
    with saving():
        for post in seen:
            if what == "opened":
                opened.open_note(house.grace, post, NOON)
            if what == "muted thread":
                mutes.mute(house.grace, post, "good", NOON)
            if what == "withdrawn":
                posts.withdraw(post, house.ada, NOON)
    for post in seen:
        if what == "thanked":
            thank(post, house.grace)
        if what == "answered":
            write(house.grace, "answer", reply_to=post)
    if what in ("muted tag", "muted person"):
        with saving():
            target = tags.get("loud") if what == "muted tag" else house.ada
            mutes.mute(house.grace, target, "good", NOON)
    found = compose(house.grace)
    assert ids(found.yours) == [other.id]
    assert ids(found.questions) == []
    assert found.yours_total == 1


def test_what_another_reader_knows_is_not_left_out(house: House) -> None:
    post = write(house.ada, "new #pumps")
    follow(house.grace, tags.get("pumps"))
    thank(post, house.linus)
    write(house.linus, "reply", reply_to=post)
    with saving():
        opened.open_note(house.linus, post, NOON)
        mutes.mute(house.linus, tags.get("pumps"), "good", NOON)
    assert post.id in ids(compose(house.grace).yours)


def test_own_posts_are_in_no_part_but_thanks(house: House, crowd: list[User]) -> None:
    mine = write(house.grace, "mine #pumps")
    asked = write(house.grace, "Mine? #pumps")
    follow(house.grace, tags.get("pumps"), departments.get("research"))
    thank(mine, crowd[0], now=TUESDAY)
    found = compose(house.grace)
    assert (found.yours, found.elsewhere, found.questions) == ([], [], [])
    assert [thanked.post.id for thanked in found.thanked] == [mine.id]
    assert asked.id


def test_your_part_is_in_the_order_of_use_with_the_total(
    house: House, crowd: list[User], sales: list[User]
) -> None:
    written = [write(sales[number % 5], f"post {number} #pumps") for number in range(9)]
    two_departments, one_department, talked_about = written[2], written[0], written[1]
    thank(two_departments, crowd[0], crowd[1])
    thank(one_department, crowd[0], crowd[3])
    for _ in range(4):
        write(house.linus, "reply", reply_to=talked_about)
    follow(house.grace, tags.get("pumps"))
    found = compose(house.grace)
    newest_first = [post.id for post in reversed(written[3:])]
    assert ids(found.yours) == [
        two_departments.id, talked_about.id, one_department.id, *newest_first[:4]]
    assert len(found.yours) == digest.YOURS
    assert found.yours_total == 9


def test_applause_of_the_writers_own_department_is_no_reach(
    house: House, crowd: list[User]
) -> None:
    applauded = write(house.ada, "of Sales #pumps")
    thank(applauded, house.linus)
    useful = write(house.ada, "of use elsewhere #pumps")
    thank(useful, crowd[0])
    quiet = write(house.linus, "newest #pumps")
    follow(house.grace, tags.get("pumps"))
    assert ids(compose(house.grace).yours) == [useful.id, quiet.id, applauded.id]


def test_others_are_three_from_outside_that_another_department_thanked_for(
    house: House, crowd: list[User], sales: list[User]
) -> None:
    written = [write(sales[number], f"useful {number} #acme") for number in range(4)]
    for post in written:
        thank(post, crowd[0])
    thank(written[0], crowd[1])
    write(house.ada, "nobody thanked #acme")
    thank(write(house.ada, "no tag, and so nothing to follow"), crowd[0], crowd[1])
    own_applause = write(house.ada, "thanked by Sales alone #acme")
    thank(own_applause, house.linus)
    followed = write(house.linus, "followed #pumps")
    thank(followed, crowd[0])
    asked = write(house.ada, "Useful question? #acme")
    thank(asked, crowd[0])
    old = write(house.ada, "of last month #acme", NOON - timedelta(days=30))
    thank(old, crowd[0])
    follow(house.grace, tags.get("pumps"))
    found = compose(house.grace)
    assert ids(found.elsewhere) == [written[0].id, written[3].id, written[2].id]
    assert ids(found.yours) == [followed.id]


def test_questions_are_open_ones_that_the_readers_tags_could_help_with(house: House) -> None:
    older = write(house.ada, "Older? #pumps", NOON - timedelta(days=60))
    archaeology = write(house.ada, "Ancient? #pumps", NOON - timedelta(days=91))
    fresh = write(house.ada, "Fresh? #pumps")
    solved = write(house.ada, "Solved? #pumps")
    write(house.ada, "Elsewhere? #acme")
    write(house.ada, "Later? #pumps", NOON)
    follow(house.grace, tags.get("pumps"))
    with saving():
        questions.solve(solved, house.ada, NOON)
    found = compose(house.grace)
    assert ids(found.questions) == [fresh.id, older.id]
    assert archaeology.id not in ids(found.yours)
    assert ids(found.yours) == [solved.id]
    assert not found.is_empty


def test_questions_are_five_at_most_newest_first(house: House, sales: list[User]) -> None:
    asked = [write(sales[number % 5], f"Question {number}? #pumps") for number in range(7)]
    follow(house.grace, tags.get("pumps"))
    assert ids(compose(house.grace).questions) == [post.id for post in reversed(asked[2:])]


def test_thanks_to_you_tell_who_and_how_many_departments_widest_first(
    house: House, crowd: list[User]
) -> None:
    narrow = write(house.grace, "narrow", NOON - timedelta(days=100))
    wide = write(house.grace, "wide", NOON - timedelta(days=100))
    thank(narrow, crowd[0], crowd[3], now=TUESDAY)
    thank(wide, crowd[1], now=TUESDAY)
    thank(wide, crowd[2], now=TUESDAY + timedelta(hours=1))
    thank(wide, crowd[0], now=WEEK.since - timedelta(hours=1))
    thank(narrow, crowd[1], now=WEEK.until)
    found = compose(house.grace)
    told = [(t.post.id, [giver.username for giver in t.givers], t.department_count)
            for t in found.thanked]
    assert told[0] == (wide.id, ["p2", "p1"], 2)
    assert told[1][0] == narrow.id
    assert (sorted(told[1][1]), told[1][2]) == (["p0", "p3"], 1)
    assert not found.is_empty


def test_thanks_for_a_withdrawn_post_are_not_told(house: House, crowd: list[User]) -> None:
    mine = write(house.grace, "mine")
    thank(mine, crowd[0], now=TUESDAY)
    with saving():
        posts.withdraw(mine, house.grace, NOON)
    assert compose(house.grace).is_empty


def test_goals_alone_are_no_letter(house: House) -> None:
    with saving():
        for number in range(4):
            goals.set_goal(tags.named([("pumps", "pumps")], NOON)["pumps"], f"Goal {number}",
                           date(2027, 1, 4 - number), house.ada, NOON)
    found = compose(house.grace)
    assert [goal.sentence for goal in found.goals] == ["Goal 3", "Goal 2", "Goal 1"]
    assert found.is_empty


def test_every_other_part_alone_is_a_letter(house: House) -> None:
    post = write(house.ada, "one")
    for part in ("yours", "elsewhere", "questions"):
        assert not Contents(WEEK, **{part: [Entry(post)]}).is_empty  # type: ignore[arg-type]
    assert not Contents(WEEK, thanked=[Thanked(post, [house.grace], 1)]).is_empty


def test_another_period_has_its_own_posts(house: House) -> None:
    old = write(house.ada, "of last week #pumps", NOON - timedelta(days=8))
    write(house.ada, "of this week #pumps")
    follow(house.grace, tags.get("pumps"))
    before = Period(date(2026, 11, 16), WEEK.since - timedelta(days=7), WEEK.since)
    assert ids(compose(house.grace, before).yours) == [old.id]


def test_a_digest_takes_the_same_queries_however_much_there_is(
    house: House, crowd: list[User]
) -> None:
    def grow(count: int) -> None:
        for number in range(count):
            ada, grace = people.get("ada"), people.get("grace")
            post = write(ada, f"post {number} #pumps")
            other = write(ada, f"elsewhere {number} #acme{number}")
            mine = write(grace, f"mine {number}")
            write(ada, f"Question {number}? #pumps")
            thank(post, people.get("p1"), now=TUESDAY)
            thank(other, people.get("p1"), now=TUESDAY)
            thank(mine, people.get("p0"), people.get("p2"), now=TUESDAY)

    def count() -> int:
        db.session.expunge_all()
        reader = people.get("grace")
        with Queries() as queries:
            found = compose(reader)
            for item in [*found.yours, *found.elsewhere, *found.questions]:
                assert item.post.author.name
                assert item.post.department.name
            for thanked in found.thanked:
                assert thanked.post.department.name
                assert [giver.name for giver in thanked.givers]
            assert [goal.tag.name for goal in found.goals]
        return len(queries)

    tag("pumps")
    follow(house.grace, tags.get("pumps"))
    with saving():
        goals.set_goal(tags.get("pumps"), "Fewer leaks", date(2027, 1, 1), house.ada, NOON)
    grow(1)
    count()  # the key that signs is asked for once in the life of a process
    few = count()
    grow(6)
    follow(people.get("grace"), *(tag(f"t{number}") for number in range(20)))
    assert count() == few <= 6
