from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from microshare import (
    cards,
    departments,
    feeds,
    follows,
    indexing,
    mutes,
    people,
    posts,
    pulled,
    questions,
    readers,
    saves,
    tags,
)
from microshare.config import current
from microshare.db import db, saving
from microshare.feeds import Page
from microshare.interests import Reason
from microshare.models import Post, User
from tests.acts import ids, publish, tag, thank
from tests.conftest import NOON, House, Queries


def own(reader: User, **more) -> Page:  # type: ignore[no-untyped-def]
    return feeds.own(reader, **{"now": NOON, **more})


def follow(reader: User, *targets: follows.Target) -> None:
    with saving():
        for target in targets:
            follows.follow(reader, target, NOON)


def mute(reader: User, *targets: mutes.Target, span: str = "good") -> None:
    with saving():
        for target in targets:
            mutes.mute(reader, target, span, NOON)


def department_follows(slug: str, name: str, by: User) -> None:
    tag(name)
    with saving():
        departments.follow_tag(departments.get(slug), tags.get(name), by, NOON)


def whole(reader: User) -> list[Page]:
    """The one feed of each kind that could show a post of ada's under #pumps."""
    return [
        feeds.own(reader, now=NOON), feeds.everyone(reader),
        feeds.tagged(reader, tags.get("pumps")), feeds.written_by(reader, people.get("ada")),
        feeds.from_department(reader, departments.get("sales")), feeds.questions(reader),
        feeds.saved(reader),
    ]


def test_who_follows_nothing_has_the_own_posts_alone(house: House) -> None:
    mine = publish(house.grace, "mine")
    publish(house.ada, "ada's #pumps")
    page = own(house.grace)
    assert ids(page) == [mine.id]
    assert page.items[0].reasons == (Reason("own"),)
    assert own(house.linus).items == []


def test_a_followed_tag_brings_its_posts_and_says_so(house: House) -> None:
    post = publish(house.ada, "new #Pumps and #heat")
    publish(house.ada, "other #acme")
    follow(house.grace, tags.get("pumps"))
    page = own(house.grace)
    assert ids(page) == [post.id]
    assert page.items[0].reasons == (Reason("tag", "Pumps", "pumps"),)


def test_a_followed_colleague_brings_posts_and_replies(house: House) -> None:
    post = publish(house.ada, "hers")
    other = publish(house.linus, "his")
    reply = publish(house.ada, "her reply", reply_to=other)
    follow(house.grace, house.ada)
    page = own(house.grace)
    assert ids(page) == [reply.id, post.id]
    assert page.items[0].reasons == (Reason("person", "Ada", "ada"),)


def test_a_followed_department_brings_what_was_written_in_it(house: House) -> None:
    before = publish(house.grace, "written in Research")
    follow(house.linus, departments.get("research"))
    with saving():
        house.grace.department_id = house.ada.department_id
    publish(house.grace, "written in Sales")
    page = own(house.linus)
    assert ids(page) == [before.id]
    assert page.items[0].reasons == (Reason("department", "Research", "research"),)


def test_the_tags_of_the_department_come_to_its_people_without_asking(house: House) -> None:
    department_follows("research", "Pumps", house.grace)
    post = publish(house.ada, "for research #pumps")
    page = own(house.grace)
    assert ids(page) == [post.id]
    assert page.items[0].reasons == (Reason("department-tag", "Pumps", "pumps"),)
    assert own(house.linus).items == []


def test_a_newcomer_who_picks_a_department_has_a_feed_at_once(house: House) -> None:
    department_follows("research", "pumps", house.grace)
    post = publish(house.ada, "for research #pumps")
    with saving():
        mary = people.join(email=None, username="mary", name="Mary", now=NOON,
                           department=departments.get("research"))
    assert ids(own(mary)) == [post.id]


def test_a_post_that_many_follows_bring_comes_once_with_every_reason(house: House) -> None:
    post = publish(house.ada, "both #pumps #heat")
    department_follows("research", "pumps", house.grace)
    department_follows("research", "acme", house.grace)
    follow(house.grace, tags.get("pumps"), tags.get("heat"), house.ada, departments.get("sales"))
    page = own(house.grace)
    assert ids(page) == [post.id]
    assert [reason.kind for reason in page.items[0].reasons] == [
        "tag", "tag", "person", "department"]


def test_a_post_that_was_tagged_on_comes_to_the_followers_of_that_tag(house: House) -> None:
    post = publish(house.ada, "no tag at all")
    tag("pumps")
    follow(house.grace, tags.get("pumps"))
    assert own(house.grace).items == []
    with saving():
        posts.tag_on(posts.get(post.id), house.linus, tags.parse("pumps"), NOON)
    page = own(house.grace)
    assert ids(page) == ids(feeds.tagged(house.ada, tags.get("pumps"))) == [post.id]
    assert page.items[0].reasons == (Reason("tag", "pumps", "pumps"),)
    assert page.items[0].post.tags[0].added_by.name == "Linus"


def test_what_is_muted_stays_away_whatever_brings_it(house: House) -> None:
    post = publish(house.ada, "loud #pumps #loud")
    reply = publish(house.ada, "loud too #pumps #loud", reply_to=post)
    quiet = publish(house.linus, "quiet #pumps")
    follow(house.grace, tags.get("pumps"), house.ada, departments.get("sales"))
    for target in (tags.get("loud"), house.ada, reply):
        assert ids(own(house.grace)) == [quiet.id, reply.id, post.id]
        mute(house.grace, target)
        assert ids(own(house.grace)) == [quiet.id]
        assert ids(feeds.everyone(house.grace)) == [quiet.id, reply.id, post.id]
        with saving():
            mutes.unmute(house.grace, target)


def test_a_muted_tag_of_the_department_stays_away(house: House) -> None:
    department_follows("research", "pumps", house.grace)
    publish(house.ada, "for research #pumps")
    mute(house.grace, tags.get("pumps"))
    assert own(house.grace).items == []


def test_a_muted_tag_keeps_its_posts_away_from_who_follows_their_writer(house: House) -> None:
    publish(house.ada, "hers #pumps")
    follow(house.grace, house.ada, tags.get("pumps"))
    mute(house.grace, tags.get("pumps"))
    assert own(house.grace).items == []


def test_own_posts_stay_whatever_is_muted(house: House) -> None:
    first = publish(house.ada, "a thread #loud")
    mine = publish(house.grace, "my reply #loud", reply_to=first)
    mute(house.grace, tags.get("loud"), first)
    assert ids(own(house.grace)) == [mine.id]


def test_a_mute_that_has_run_out_lets_the_posts_in_again(house: House) -> None:
    post = publish(house.ada, "hers")
    follow(house.grace, house.ada)
    mute(house.grace, house.ada, span="day")
    assert own(house.grace, now=NOON + timedelta(hours=23)).items == []
    assert ids(own(house.grace, now=NOON + timedelta(days=1))) == [post.id]


def test_a_withdrawn_post_is_in_no_feed(house: House) -> None:
    kept = publish(house.ada, "Kept? #pumps")
    gone = publish(house.ada, "Gone? #pumps")
    follow(house.grace, house.ada)
    with saving():
        for post in (kept, gone):
            saves.save(house.grace, post, NOON)
    assert [ids(page) for page in whole(house.grace)] == [[gone.id, kept.id]] * 7
    with saving():
        posts.withdraw(gone, house.ada, NOON)
    assert [ids(page) for page in whole(house.grace)] == [[kept.id]] * 7
    assert ids(feeds.of(house.grace, [gone.id, kept.id])) == [kept.id]


def test_pages_give_every_post_exactly_once_even_while_new_ones_come(house: House) -> None:
    follow(house.grace, house.ada)
    written = [publish(house.ada, f"post {number}").id for number in range(7)]
    shown: list[int] = []
    before: int | None = None
    for _ in range(3):
        page = own(house.grace, before=before, limit=3)
        shown += ids(page)
        before = page.before
        publish(house.ada, "came meanwhile")
    assert before is None
    assert shown == list(reversed(written))


def test_a_page_that_is_just_full_is_the_last(house: House) -> None:
    written = [publish(house.ada, f"post {number}").id for number in range(3)]
    assert feeds.everyone(house.grace, limit=3).before is None
    assert feeds.everyone(house.grace, limit=2).before == written[1]
    assert feeds.everyone(house.grace, before=written[0]).items == []


def test_a_page_has_at_least_one_and_at_most_a_hundred(house: House) -> None:
    with saving():
        for number in range(101):
            posts.publish(house.ada, f"post {number}", now=NOON)
    for limit, count in ((0, 1), (-5, 1), (1000, feeds.LARGEST_PAGE)):
        assert len(feeds.everyone(house.grace, limit=limit).items) == count


def test_each_list_has_its_own_posts_newest_first(house: House) -> None:
    first = publish(house.ada, "one #pumps")
    second = publish(house.grace, "two #pumps")
    third = publish(house.ada, "three")
    reader = house.linus
    assert ids(feeds.everyone(reader)) == [third.id, second.id, first.id]
    assert ids(feeds.tagged(reader, tags.get("pumps"))) == [second.id, first.id]
    assert ids(feeds.written_by(reader, house.ada)) == [third.id, first.id]
    assert ids(feeds.from_department(reader, departments.get("research"))) == [second.id]
    assert ids(feeds.of(reader, [first.id, third.id, 999])) == [first.id, third.id]
    assert feeds.of(reader, []).items == []


def test_an_item_knows_what_its_reader_did(house: House) -> None:
    first, second = publish(house.ada, "one"), publish(house.ada, "two")
    thank(first, house.grace)
    with saving():
        saves.save(house.grace, second, NOON)
    assert [(i.thanked, i.saved) for i in feeds.everyone(house.grace).items] == [
        (False, True), (True, False)]
    assert [(i.thanked, i.saved) for i in feeds.everyone(house.linus).items] == [
        (False, False)] * 2


def test_a_thread_is_whole_from_wherever_it_is_looked_at_oldest_first(house: House) -> None:
    root = publish(house.ada, "root")
    publish(house.ada, "elsewhere")
    reply = publish(house.grace, "reply", reply_to=root)
    deeper = publish(house.linus, "deeper", reply_to=reply)
    for post in (root, reply, deeper):
        assert ids(feeds.thread(house.ada, post.id)) == [root.id, reply.id, deeper.id]


def test_a_search_shows_what_the_index_finds_and_nothing_withdrawn(house: House) -> None:
    kept = publish(house.ada, "a noisy pump")
    gone = publish(house.ada, "another noisy pump")
    indexing.catch_up()
    with saving():
        gone.withdrawn_at = NOON  # and the index does not hear of it
    page, hits = feeds.found(house.grace, "noisy", zone=current().zone)
    assert ids(page) == [kept.id]
    assert sorted(hits.ids) == [kept.id, gone.id]
    assert hits.matcher("noisy")


@pytest.mark.parametrize("sort", ["newest", "best"])
def test_a_search_is_paged_and_finds_every_post_once(house: House, sort: str) -> None:
    written = {publish(house.ada, f"noisy pump {'x' * number}").id for number in range(7)}
    indexing.catch_up()
    shown: list[int] = []
    before: int | None = None
    for _ in range(3):
        page, _ = feeds.found(house.grace, "pump", sort=sort, before=before, limit=3,
                              zone=current().zone)
        shown += ids(page)
        before = page.before
    assert before is None
    assert len(shown) == 7
    assert set(shown) == written


def test_a_search_from_the_command_line_has_no_reader(house: House) -> None:
    post = publish(house.ada, "a noisy pump")
    indexing.catch_up()
    page, _ = feeds.found(None, "noisy", zone=current().zone)
    assert ids(page) == [post.id]
    assert not page.items[0].thanked


def show(page: Page) -> None:
    """Touch everything that a list shows of each post."""
    for item in page.items:
        post = item.post
        assert post.author.name
        assert post.department.name
        for tie in post.tags:
            assert tie.tag.spelling
            assert tie.added_by is None or tie.added_by.name
        if post.reply_to:
            assert post.reply_to.author.name


LISTS = {
    "own": lambda reader: feeds.own(reader, now=NOON, limit=100),
    "everyone": lambda reader: feeds.everyone(reader, limit=100),
    "tagged": lambda reader: feeds.tagged(reader, tags.get("pumps"), limit=100),
    "questions": lambda reader: feeds.questions(reader, limit=100),
    "thread": lambda reader: feeds.thread(reader, 1),
    "of": lambda reader: feeds.of(reader, list(range(1, 100))),
}


def test_a_list_takes_the_same_queries_for_three_posts_and_for_sixty(house: House) -> None:
    def grow(count: int) -> None:
        with saving():
            root = db.session.get(Post, 1)
            for number in range(count):
                author = people.get(("ada", "linus")[number % 2])
                post = posts.publish(author, f"What of {number}? #pumps #t{number}", now=NOON,
                                     reply_to=root, kind="question")
                posts.tag_on(posts.get(post.id), people.get("mary"), tags.parse(f"on{number}"),
                             NOON)
                root = root or post

    def queries(name: str) -> tuple[int, int]:
        db.session.expunge_all()
        reader = people.get("grace")
        with Queries() as counted:
            page = LISTS[name](reader)
            show(page)
        return len(page.items), len(counted)

    with saving():
        people.join(email=None, username="mary", name="Mary", now=NOON,
                    department=departments.get("sales"))
    grow(3)
    follow(house.grace, house.ada, tags.get("pumps"))
    few = {name: queries(name) for name in LISTS}
    grow(57)
    many = {name: queries(name) for name in LISTS}
    assert {name: items for name, (items, _) in few.items()} == dict.fromkeys(LISTS, 3)
    assert {name: items for name, (items, _) in many.items()} == dict.fromkeys(LISTS, 60)
    counts = {name: count for name, (_, count) in few.items()}
    assert {name: count for name, (_, count) in many.items()} == counts
    assert max(counts.values()) <= 6


def test_the_own_feed_takes_the_same_queries_for_two_follows_and_for_fifty(
    house: House,
) -> None:
    publish(house.ada, "one #pumps")

    def queries() -> int:
        reader = people.get("grace")
        with Queries() as counted:
            show(own(reader))
        return len(counted)

    follow(house.grace, tags.get("pumps"), house.ada)
    few = queries()
    follow(house.grace, *(tag(f"t{number}") for number in range(48)))
    mute(house.grace, *(tag(f"m{number}") for number in range(10)))
    assert queries() == few


def test_the_own_feed_is_the_same_however_far_each_look_goes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(24):
        publish((house.ada, house.linus)[number % 2], f"{number} #t{number % 5}")
    follow(house.grace, tags.get("t0"), tags.get("t1"), house.linus)

    def paged() -> list[int]:
        found, before = [], None
        for _ in range(24):
            page = own(house.grace, before=before, limit=3)
            found += ids(page)
            if (before := page.before) is None:
                break
        return found

    whole = ids(own(house.grace, limit=100))
    assert len(whole) == 17
    for walk, window in ((1, 2), (3, 5), (5, 1000), (1000, 2)):
        monkeypatch.setattr(pulled, "WALK", walk)
        monkeypatch.setattr(pulled, "WINDOW", window)
        assert paged() == whole


def test_a_full_look_is_enough_and_what_lies_below_it_is_not_asked_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        publish(house.ada, f"{number}")
    monkeypatch.setattr(pulled, "WALK", 4)
    monkeypatch.setattr(pulled, "WINDOW", 8)
    follow(house.grace, house.ada)
    reader = people.get("grace")
    counts = []
    for limit in (3, 6, 10):
        with Queries() as counted:
            own(reader, limit=limit)
        counts.append(len(counted))
    assert counts == [2, 4, 5]  # interests; the cards of each look, and where one is not enough …


def test_news_counts_what_came_into_the_feed_since(house: House) -> None:
    old = publish(house.ada, "old #pumps")
    follow(house.grace, tags.get("pumps"))

    def news(after: int, **more: bool) -> int:
        return feeds.news(house.grace, after, now=NOON, **more)

    newest, reader = old.id, people.get("grace")
    with Queries() as counted:
        assert feeds.news(reader, newest, now=NOON) == 0
    assert len(counted) == 1
    light = readers.find(house.grace.id, house.grace.session_epoch)
    assert light is not None
    with Queries() as counted:
        assert feeds.news(light, newest, now=NOON) == 0
        assert feeds.news(light, newest, now=NOON, everyone=True) == 0
    assert len(counted) == 0
    first, _other = publish(house.ada, "new #pumps"), publish(house.ada, "of others")
    assert (news(old.id), news(first.id), news(0)) == (1, 0, 2)
    assert (news(old.id, everyone=True), news(first.id, everyone=True)) == (2, 1)
    mute(house.grace, house.ada)
    assert (news(old.id), news(old.id, everyone=True)) == (0, 2)
    with saving():
        posts.withdraw(posts.get(first.id), house.ada, NOON)
    assert news(old.id, everyone=True) == 1


def test_where_the_reader_left_off_never_moves_back_nor_beyond_the_newest(house: House) -> None:
    first, second = publish(house.ada, "one"), publish(house.ada, "two")
    for post_id, read in ((first.id, first.id), (10**9, second.id), (first.id, second.id),
                          (-1, second.id)):
        with saving():
            feeds.mark_read(house.grace, post_id)
        assert house.grace.read_up_to == read


def test_nothing_is_read_where_nothing_is_written(house: House) -> None:
    with saving():
        feeds.mark_read(house.grace, 5)
    assert house.grace.read_up_to == 0


def test_solved_questions_leave_the_board(house: House, domain: Flask) -> None:
    question = publish(house.ada, "Who knows?")
    with saving():
        questions.solve(question, house.ada, NOON)
    assert feeds.questions(house.grace).items == []
    assert db.session.scalar(select(func.count()).select_from(Post)) == 1


def test_what_the_reader_wrote_is_no_news(house: House) -> None:
    publish(house.grace, "mine #pumps")
    follow(house.grace, tags.get("pumps"))
    assert feeds.news(house.grace, 0, now=NOON) == 0
    assert feeds.news(house.grace, 0, now=NOON, everyone=True) == 0
    assert feeds.news(house.ada, 0, now=NOON, everyone=True) == 1


def test_replies_and_thanks_of_posts_are_counted_in_one_query(house: House) -> None:
    first, second, gone = (publish(house.ada, line) for line in ("one", "two", "three"))
    publish(house.grace, "indeed", reply_to=first)
    thank(first, house.grace, house.linus)
    with saving():
        posts.withdraw(gone, house.ada, NOON)
    ids = [first.id, second.id, gone.id]
    with Queries() as counted:
        assert cards.counts([*ids, 10**9]) == {first.id: (1, 2), second.id: (0, 0)}
    assert len(counted) == 1
    assert cards.counts([]) == {}
