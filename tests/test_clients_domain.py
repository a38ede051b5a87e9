"""What the API stands on, below its door: profiles, uses of tags, notes, uploads, tokens."""

from datetime import timedelta

import pytest

from microshare import (
    grants,
    inbox,
    people,
    posts,
    profiles,
    sifted,
    tag_uses,
    tags,
    uploads,
)
from microshare.db import db, saving
from microshare.drafts import Via
from microshare.errors import Forbidden, Missing, Refused
from microshare.media import Picture
from microshare.pulled import Span
from tests.acts import ids, publish, thank
from tests.conftest import NOON, House, Queries

ALL = ("reply", "mention", "thanks", "answer")
PICTURE = Picture("ab" * 10, 30, 20, "", {"": b"whole", "-480": b"small"})


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_profiles_of_a_page_come_in_one_query_with_counts_of_some_minutes(
    house: House,
) -> None:
    first = publish(house.ada, "One")
    publish(house.ada, "Two")
    people_ids = [house.ada.id, house.grace.id]
    with Queries() as queries:
        known = profiles.of(people_ids, NOON, ["linus"])
    assert len(queries) == 1
    assert known.by_id[house.ada.id].written.posts == 2
    assert known.by_id[house.grace.id].written == profiles.Count(0, None)
    assert known.by_name["linus"].department.name == "Sales"
    with saving():
        posts.withdraw(posts.get(first.id), people.get("ada"), NOON)
    soon, later = NOON + timedelta(minutes=4), NOON + timedelta(minutes=6)
    assert profiles.of(people_ids, soon).by_id[house.ada.id].written.posts == 2
    assert profiles.of(people_ids, later).by_id[house.ada.id].written.posts == 1
    with pytest.raises(Missing):
        profiles.one(99, NOON)


def test_the_uses_of_tags_are_counted_by_day_and_by_writer(house: House) -> None:
    for writer, days in ((house.ada, 2), (house.ada, 0), (house.ada, 0), (house.grace, 0)):
        publish(writer, "More #pumps", now=NOON - timedelta(days=days))
    tag = tags.get("pumps")
    since = NOON - timedelta(days=1)
    assert tag_uses.by_day([tag.id], since) == {(tag.id, NOON.date()): (3, 2)}
    assert tag_uses.by_day([], since) == {}
    assert tag_uses.tags_of([99, tag.id]) == [tag]


def test_a_reply_that_names_the_reader_is_one_note(house: House) -> None:
    post = publish(house.ada, "Hello")
    reply = publish(house.grace, "Hello @ada", reply_to=post)
    thank(post, house.linus)
    notes = inbox.notes(house.ada, Span(), 10, ALL)
    assert [(one.kind, one.item.post.id) for one in notes] == [
        ("thanks", post.id), ("mention", reply.id)]
    assert inbox.new_notes(people_reader(house)) == 2
    assert [one.kind for one in inbox.notes(house.ada, Span(), 10, ("thanks",))] == ["thanks"]
    lowest = inbox.notes(house.ada, Span(after=0, upward=True), 1, ALL)
    assert [one.kind for one in lowest] == ["mention"]
    by_linus = inbox.notes(house.ada, Span(), 10, ALL, actor_id=house.linus.id)
    assert [one.kind for one in by_linus] == ["thanks"]
    with saving():
        inbox.dismiss(house.grace, notes[0].id)  # not hers
    assert inbox.note(house.ada, notes[0].id, ALL).kind == "thanks"
    with saving():
        inbox.dismiss(house.ada, notes[0].id)
    with pytest.raises(Missing):
        inbox.note(house.ada, notes[0].id, ALL)
    with saving():
        inbox.clear(house.ada)
    assert inbox.notes(house.ada, Span(), 10, ALL) == []


def people_reader(house: House):  # type: ignore[no-untyped-def]
    found = people.by_id(house.ada.id)
    assert found is not None
    return found


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_upload_is_taken_once_and_by_its_owner(house: House) -> None:
    with saving():
        upload_id = uploads.keep(house.ada, PICTURE, None, NOON).id
    [unsaid] = uploads.chosen(house.ada, [upload_id], "photo {}".format)
    assert unsaid.alt == "photo 1"
    with saving():
        uploads.describe(uploads.get(house.ada, upload_id), "A seal")
    with pytest.raises(Missing):
        uploads.get(house.grace, upload_id)
    with pytest.raises(Refused, match="photo-gone"):
        uploads.chosen(house.grace, [upload_id], str)
    with pytest.raises(Refused, match="too-many-photos"):
        uploads.chosen(house.ada, [1, 2, 3, 4, 5], str)
    assert uploads.content(PICTURE.name + "-480") == b"small"
    [chosen] = uploads.chosen(house.ada, [upload_id], str)
    post = publish(house.ada, "Seen", photos=[chosen], via=Via("Bench"))
    with saving():
        uploads.drop(house.grace, [upload_id])  # not hers
        uploads.get(house.ada, upload_id)
        uploads.drop(house.ada, [upload_id])
    with pytest.raises(Missing):
        uploads.content(PICTURE.name)
    assert ids(sifted.of(house.grace, Span(), 10, with_photos=True)) == [post.id]
    [again] = uploads.chosen(house.ada, [int(PICTURE.name, 16)], str)
    assert (again.alt, again.picture.files) == ("A seal", PICTURE.files)
    with pytest.raises(Refused, match="photo-gone"):
        uploads.chosen(house.grace, [int(PICTURE.name, 16)], str)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_uploads_that_no_post_came_for_are_dropped(house: House) -> None:
    with saving():
        old = uploads.keep(house.ada, PICTURE, "", NOON).id
    with saving():
        uploads.keep(house.ada, PICTURE, "", NOON + timedelta(days=2))
    with pytest.raises(Missing):
        uploads.get(house.ada, old)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_who_calls_is_known_by_one_query(house: House) -> None:
    with saving():
        client, secret = grants.register("Bench", [grants.OUT_OF_BAND], "read", "", NOON)
        grants.give("t1", client, "read", NOON, for_id=house.grace.id)
        grants.give("t2", client, "read", NOON)
        own = grants.create(house.ada, "api", "script", NOON)
        feed = grants.create(house.ada, "feed", "reader", NOON)
    db.session.expunge_all()
    with Queries() as queries:
        bearer = grants.bearer("t1")
    assert len(queries) == 1
    assert bearer is not None
    assert bearer.reader is not None
    assert bearer.client is not None
    assert (bearer.reader.username, bearer.client.name) == ("grace", "Bench")
    assert "read:search" in bearer.scopes
    assert "write" not in bearer.scopes
    assert grants.bearer("t2").reader is None  # type: ignore[union-attr]
    assert "write:media" in grants.bearer(own).scopes  # type: ignore[union-attr]
    assert grants.bearer(feed) is None  # it reads lists, and calls nothing
    assert grants.reader_of("t1") is None  # and a client's opens no feed
    assert client.has_secret(secret)
    assert not client.has_secret(secret[:-1])
    with pytest.raises(Forbidden):
        grants.token_of(client, own)
