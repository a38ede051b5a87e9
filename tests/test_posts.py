import threading

import pytest
from flask import Flask
from sqlalchemy import select

from microshare import feeds, inbox, people, posts, revisions, tags, text
from microshare.db import db, saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import InboxItem, Post, Tag
from tests.conftest import NOON, House


def publish(author, line, **more):  # type: ignore[no-untyped-def]
    with saving():
        return posts.publish(author, line, now=NOON, **more)


def names(post: Post) -> list[str]:
    return [tie.tag.name for tie in posts.get(post.id).tags]


def test_a_post_has_its_line_tags_and_the_department_it_was_written_in(house: House) -> None:
    post = posts.get(
        publish(house.ada, "  New  seal for #Pumps at #acme  ", note="It is **dry**.").id
    )
    assert post.line == "New seal for #Pumps at #acme"
    assert names(post) == ["pumps", "acme"]
    assert post.department.name == "Sales"
    assert '<a class="tag" href="/tags/pumps">#Pumps</a>' in post.line_html
    assert "<strong>dry</strong>" in post.note_html
    with saving():
        house.ada.department_id = house.grace.department_id
    assert posts.get(post.id).department.name == "Sales"


def test_a_reply_sent_twice_is_one_also_where_its_parent_was_withdrawn_meanwhile(
    house: House,
) -> None:
    parent = publish(house.ada, "Seal leaks")
    first = publish(house.grace, "Which seal?", key="k", reply_to=parent)
    with saving():
        posts.withdraw(posts.get(parent.id), house.ada, NOON)
    again = publish(house.grace, "Which seal?", key="k", reply_to=posts.get(parent.id))
    assert again.id == first.id
    with pytest.raises(Refused):
        publish(house.grace, "Which seal?", key="another", reply_to=posts.get(parent.id))


def test_the_first_spelling_of_a_tag_is_shown(house: House) -> None:
    publish(house.ada, "one #PumpS")
    publish(house.grace, "two #pumps")
    assert [tag.spelling for tag in db.session.scalars(select(Tag))] == ["PumpS"]


@pytest.mark.parametrize(
    ("line", "note", "code"),
    [
        ("", "", "post-empty"),
        (" \n\t ", "", "post-empty"),
        ("x" * 141, "", "post-too-long"),
        ("é" * 3000, "", "post-too-large"),
        ("a\x00b", "", "post-control"),
        ("bell\x07", "", "post-control"),
        ("ok", "n" * 2001, "note-too-long"),
        ("ok", "n\x1b", "note-control"),
        ("ok", "n" * 20000, "note-too-large"),
        ("ok", " ".join(f"#t{i}" for i in range(40)), "too-many-tags"),
        ("ok \ud800", "", "post-control"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_leaves_nothing(
    house: House, line: str, note: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        publish(house.ada, line, note=note)
    assert refused.value.code == code
    assert db.session.scalars(select(Post)).all() == []
    assert db.session.scalars(select(Tag)).all() == []


def test_a_line_of_exactly_the_limit_is_accepted_with_long_urls(house: House) -> None:
    line = "x" * 116 + " https://example.com/" + "y" * 200
    assert text.count(line) == 140
    assert publish(house.ada, line).id
    with pytest.raises(Refused) as refused:
        publish(house.ada, "x" + line)
    assert refused.value.facts == {"over": 1, "limit": 140}


def test_the_same_key_gives_the_same_post_back_for_its_writer_alone(house: House) -> None:
    first = publish(house.ada, "once", key="k1")
    assert publish(house.ada, "once", key="k1").id == first.id
    assert publish(house.grace, "once", key="k1").id != first.id


def test_the_same_key_at_the_same_moment_makes_one_post(house: House, domain: Flask) -> None:
    ids: list[int] = []
    ready = threading.Barrier(4)

    def send() -> None:
        with domain.app_context():
            author = people.get("ada")
            ready.wait()
            with saving():
                ids.append(posts.publish(author, "at once #x", key="race", now=NOON).id)
            db.session.remove()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1


def test_a_question_mark_makes_a_question_and_a_switch_overrules_it(house: House) -> None:
    assert publish(house.ada, "Who knows this pump? #pumps").kind == "question"
    assert publish(house.ada, "Really?", kind="update").kind == "update"
    assert publish(house.ada, "Tell me more", kind="question").kind == "question"
    asked = publish(house.ada, "Who?")
    assert publish(house.grace, "Which one?", reply_to=asked).kind == "update"


def test_a_reply_joins_the_thread_and_tells_the_author(house: House) -> None:
    first = publish(house.ada, "first")
    second = publish(house.grace, "second", reply_to=first)
    third = publish(house.linus, "third", reply_to=second)
    assert (second.root_id, third.root_id) == (first.id, first.id)
    assert posts.get(first.id).reply_count == 1
    assert [entry.kind for entry in inbox.of(house.ada).entries] == ["reply"]
    assert [entry.kind for entry in inbox.of(house.grace).entries] == ["reply"]


def test_a_mention_tells_only_people_who_exist_and_only_once(house: House) -> None:
    post = publish(house.ada, "ask @Grace and @nobody, not x@grace.com")
    assert 'href="/@grace"' in post.line_html
    assert "nobody</a>" not in post.line_html
    with saving():
        posts.edit(post, house.ada, "ask @grace again", now=NOON)
    items = db.session.scalars(select(InboxItem)).all()
    assert [(item.kind, item.reader_id) for item in items] == [("mention", house.grace.id)]


def test_an_edit_keeps_what_the_post_said_before(house: House) -> None:
    post = publish(house.ada, "old #one #two", note="old note")
    with saving():
        posts.edit(post, house.ada, "new #two #three", note="new note", now=NOON)
    assert names(post) == ["two", "three"]
    assert [(r.line, r.note) for r in revisions.of(post)] == [("old #one #two", "old note")]
    assert posts.get(post.id).edited_at == NOON


def test_an_edit_that_changes_nothing_leaves_no_history(house: House) -> None:
    post = publish(house.ada, "same")
    with saving():
        posts.edit(post, house.ada, " same ", now=NOON)
    assert revisions.of(post) == []


def test_an_edit_of_a_text_that_has_changed_meanwhile_is_refused(house: House) -> None:
    post = publish(house.ada, "one")
    with saving():
        posts.edit(post, house.ada, "two", version=1, now=NOON)
    with pytest.raises(Refused) as refused, saving():
        posts.edit(post, house.ada, "three", version=1, now=NOON)
    assert refused.value.code == "edited-meanwhile"


def test_linus_may_neither_edit_nor_withdraw_what_ada_wrote(house: House) -> None:
    post = publish(house.ada, "mine")
    for change in (
        lambda: posts.edit(post, house.linus, "his", now=NOON),
        lambda: posts.withdraw(post, house.linus, NOON),
    ):
        with pytest.raises(Forbidden) as forbidden, saving():
            change()
        assert forbidden.value.code == "not-the-author"


def test_a_withdrawn_post_is_in_no_list_and_leaves_a_line_in_its_thread(house: House) -> None:
    first = publish(house.ada, "first #pumps")
    reply = publish(house.grace, "reply @ada", reply_to=first)
    with saving():
        posts.withdraw(reply, house.grace, NOON)
    assert [i.post.id for i in feeds.everyone(house.ada).items] == [first.id]
    assert [i.post.id for i in feeds.thread(house.ada, first.id).items] == [first.id, reply.id]
    assert inbox.of(house.ada).entries == []
    assert posts.get(first.id).reply_count == 0
    with pytest.raises(Missing):
        posts.visible(reply.id)
    with pytest.raises(Refused), saving():
        posts.publish(house.ada, "too late", reply_to=posts.get(reply.id), now=NOON)


def test_a_tag_that_was_tagged_on_shows_who_did_and_survives_an_edit(house: House) -> None:
    post = publish(house.ada, "a line #one")
    with saving():
        posts.tag_on(posts.get(post.id), house.linus, tags.parse("Two one"), NOON)
    tie = posts.get(post.id).tags[-1]
    assert (tie.tag.spelling, tie.added_by_id) == ("Two", house.linus.id)
    with saving():
        posts.edit(posts.get(post.id), house.ada, "a line", now=NOON)
    assert names(post) == ["two"]
    with pytest.raises(Forbidden), saving():
        posts.tag_off(posts.get(post.id), house.grace, "two")
    with saving():
        posts.tag_off(posts.get(post.id), house.linus, "two")
    assert names(post) == []


def test_a_suspended_colleague_publishes_nothing(house: House) -> None:
    with saving():
        people.suspend(house.linus, NOON)
    with pytest.raises(Forbidden):
        publish(house.linus, "still here")


def test_another_text_under_a_used_key_is_refused_and_not_lost_in_silence(house: House) -> None:
    first = publish(house.ada, "sent once", key="k")
    with saving():
        posts.edit(first, house.ada, "sent once, edited", now=NOON)
    assert publish(house.ada, " sent  once ", key="k").id == first.id
    with pytest.raises(Refused) as refused:
        publish(house.ada, "something else", key="k")
    assert refused.value.code == "key-used"


@pytest.mark.parametrize("line", ["\u200d", "\u2800", " \u2800\u200d ", "\u0301"])
def test_a_line_in_which_nothing_can_be_seen_is_none(house: House, line: str) -> None:
    with pytest.raises(Refused) as refused:
        publish(house.ada, line)
    assert refused.value.code == "post-empty"
