from datetime import timedelta

from microshare import departments, inbox, people, posts, thanks
from microshare.db import db, saving
from microshare.models import User
from tests.acts import publish, thank
from tests.conftest import NOON, House, Queries


def crowd(count: int) -> list[User]:
    with saving():
        return [
            people.join(email=None, username=f"p{number}", name=f"P{number}", now=NOON,
                        department=departments.get("research"))
            for number in range(count)
        ]


def told(reader: User, **more):  # type: ignore[no-untyped-def]
    return [(e.kind, e.item.post.id, [a.username for a in e.actors])
            for e in inbox.of(reader, **more).entries]


def test_replies_mentions_and_thanks_stand_newest_first(house: House) -> None:
    mine = publish(house.ada, "mine")
    reply = publish(house.grace, "reply", reply_to=mine)
    mention = publish(house.linus, "ask @ada")
    thank(mine, house.grace)
    assert told(house.ada) == [
        ("thanks", mine.id, ["grace"]), ("mention", mention.id, ["linus"]),
        ("reply", reply.id, ["grace"])]
    assert told(house.grace) == told(house.linus) == []


def test_thanks_for_one_post_stand_together_with_the_newest_giver_first(house: House) -> None:
    first, second = publish(house.ada, "first"), publish(house.ada, "second")
    thank(first, house.grace)
    thank(second, house.grace)
    thank(first, house.linus, now=NOON + timedelta(hours=1))
    assert told(house.ada) == [
        ("thanks", first.id, ["linus", "grace"]), ("thanks", second.id, ["grace"])]
    assert inbox.of(house.ada).entries[0].at == NOON + timedelta(hours=1)


def test_two_replies_of_one_colleague_stand_apart(house: House) -> None:
    mine = publish(house.ada, "mine")
    replies = [publish(house.grace, f"reply {number}", reply_to=mine) for number in range(2)]
    assert told(house.ada) == [("reply", post.id, ["grace"]) for post in reversed(replies)]


def test_what_a_colleague_does_to_the_own_posts_is_no_news(house: House) -> None:
    mine = publish(house.ada, "mine @ada")
    publish(house.ada, "my own reply", reply_to=mine)
    assert told(house.ada) == []
    assert inbox.new_count(house.ada) == 0


def test_new_is_what_came_since_the_reader_looked(house: House) -> None:
    mine = publish(house.ada, "mine")
    thank(mine, house.grace)
    page = inbox.of(house.ada)
    assert [entry.is_new for entry in page.entries] == [True]
    assert inbox.new_count(house.ada) == 1
    publish(house.linus, "came meanwhile @ada")
    with saving():
        inbox.mark_seen(house.ada, page.newest)
    assert inbox.new_count(house.ada) == 1
    assert [(e.kind, e.is_new) for e in inbox.of(house.ada).entries] == [
        ("mention", True), ("thanks", False)]
    thank(mine, house.linus)
    assert [(e.kind, e.is_new) for e in inbox.of(house.ada).entries] == [
        ("thanks", True), ("mention", True)]
    assert inbox.new_count(house.grace) == 0


def test_what_was_seen_never_becomes_new_and_the_future_is_not_seen(house: House) -> None:
    publish(house.linus, "hello @ada")
    seen = inbox.of(house.ada).newest
    with saving():
        inbox.mark_seen(house.ada, 10**9)
    assert house.ada.inbox_read_up_to == seen
    with saving():
        inbox.mark_seen(house.ada, 0)
    assert house.ada.inbox_read_up_to == seen
    publish(house.linus, "hello again @ada")
    assert inbox.new_count(house.ada) == 1


def test_what_is_withdrawn_or_taken_back_leaves_the_inbox_and_its_count(house: House) -> None:
    mine = publish(house.ada, "mine")
    reply = publish(house.grace, "reply @ada", reply_to=mine)
    thank(mine, house.linus)
    assert inbox.new_count(house.ada) == 3
    with saving():
        posts.withdraw(reply, house.grace, NOON)
        thanks.take_back(house.linus, mine)
    assert told(house.ada) == []
    assert inbox.new_count(house.ada) == 0


def test_the_inbox_is_paged_and_every_item_is_on_one_page(house: House) -> None:
    written = [publish(house.grace, f"@ada {number}") for number in range(inbox.PAGE + 5)]
    first = inbox.of(house.ada)
    assert len(first.entries) == inbox.PAGE
    assert first.before is not None
    second = inbox.of(house.ada, before=first.before)
    assert second.before is None
    shown = [entry.item.post.id for entry in [*first.entries, *second.entries]]
    assert shown == [post.id for post in reversed(written)]
    with saving():
        for post in written[-5:]:
            posts.withdraw(post, house.grace, NOON)
    full = inbox.of(house.ada)
    assert (len(full.entries), full.before) == (inbox.PAGE, None)


def test_an_empty_inbox_is_a_page(house: House) -> None:
    page = inbox.of(house.ada)
    assert (page.entries, page.newest, page.before) == ([], 0, None)


def test_the_inbox_takes_the_same_queries_however_much_happened(house: House) -> None:
    def count() -> int:
        db.session.expunge_all()
        reader = people.get("ada")
        with Queries() as queries:
            for entry in inbox.of(reader).entries:
                assert entry.item.post.author.name
                assert entry.item.post.department.name
                assert [actor.name for actor in entry.actors]
        return len(queries)

    mine = publish(house.ada, "mine #pumps")
    mine_id = mine.id
    thank(mine, house.grace)
    few = count()
    for giver in crowd(12):
        thank(posts.get(mine_id), giver)
        publish(giver, "hello @ada #acme", reply_to=posts.get(mine_id))
    assert count() == few
