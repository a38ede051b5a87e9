import io
from datetime import timedelta

import pytest
from flask import Flask

from microshare import (
    departments,
    drafts,
    feeds,
    inbox,
    indexing,
    people,
    photos,
    posts,
    revisions,
    search,
)
from microshare.db import db, saving
from microshare.errors import Missing, Refused
from microshare.models import PhotoFile, Post
from microshare.photos import Chosen, Said, Upload
from tests.acts import publish, raced
from tests.conftest import NOON, House
from tests.test_media import photo, written


def upload(width: int = 64, alt: str = "A worn seal", *, is_decoration: bool = False) -> Upload:
    return Upload(io.BytesIO(written(photo(width))), alt, is_decoration)


def chosen(*widths: int) -> list[Chosen]:
    return photos.chosen([upload(width) for width in widths])


def names(post: Post) -> list[str]:
    return [one.name for one in photos.read(post.photos_json)]


def files() -> int:
    db.session.rollback()
    return db.session.query(PhotoFile).count()


def test_a_post_has_its_photos_in_order_and_a_card_tells_of_them(house: House) -> None:
    wanted = chosen(600, 64)
    post = publish(house.ada, "two photos", photos=wanted)
    card = feeds.everyone(house.grace).items[0].post
    assert [p.name for p in card.photos] == [c.picture.name for c in wanted] == names(post)
    assert [(p.width, p.height, p.alt) for p in card.photos] == [
        (600, 32, "A worn seal"), (64, 32, "A worn seal")]  # fmt: skip
    assert photos.content(names(post)[0] + "-480") == wanted[0].picture.files["-480"]
    assert publish(house.ada, "none").photos_json == ""


def test_of_two_edits_at_once_that_remove_a_photo_each_one_is_told_of_the_other(
    domain: Flask, house: House
) -> None:
    post = publish(house.ada, "two photos", photos=chosen(600, 64))
    post_id, both, author_id = post.id, names(post), house.ada.id
    db.session.rollback()

    def remove(name: str) -> None:
        with saving():
            mine = posts.get(post_id)
            said = [Said(name, "", is_decoration=False, is_removed=True)]
            posts.edit(
                mine, people.by_id(author_id), mine.line, version=1, now=NOON,
                photos=photos.changed(photos.read(mine.photos_json), said, []),
            )  # fmt: skip

    results = raced(domain, *(lambda name=name: remove(name) for name in both))
    (late,) = [one for one in results if one is not None]
    assert isinstance(late, Refused)
    assert late.code == "edited-meanwhile"
    db.session.rollback()
    (left,) = names(posts.get(post_id))
    assert photos.content(left)
    (gone,) = set(both) - {left}
    with pytest.raises(Missing):
        photos.content(gone)


def test_photos_that_are_only_described_anew_are_no_edit_but_in_the_history(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the text says is not judged anew, by rules or colleagues that came later."""
    post_id = publish(house.ada, "Seen by @joined", photos=chosen(64, 66)).id
    with saving():
        people.join(
            email="j@example.com", username="joined", name="J", password="a long password",
            department=departments.get("sales"), role="member", now=NOON, language="en", time_zone="UTC",
        )  # fmt: skip

    def say(line: str, *alts: str, at: int) -> Post:
        with saving():
            post = posts.get(post_id)
            said = [Said(n, alt, not alt, False) for n, alt in zip(names(post), alts, strict=True)]
            told = photos.changed(photos.read(post.photos_json), said, [])
            return posts.edit(post, house.ada, line, kind=post.kind, photos=told,
                              now=NOON + timedelta(hours=at))

    with monkeypatch.context() as stricter:
        stricter.setattr(drafts, "LINE_BYTES", 3)
        post = say("Seen by @joined", "A torn seal", "", at=1)
    assert (post.edited_at, post.version) == (None, 2)
    assert inbox.new_count(people.get("joined")) == 0
    assert say("Seen", "A torn seal", "", at=2).edited_at == NOON + timedelta(hours=2)
    assert say("Seen", "A seal", "", at=3).edited_at == NOON + timedelta(hours=2)
    past = revisions.of(post)
    assert [photos.read(one.photos_json)[0].alt for one in past] == [
        "A worn seal", "A torn seal", "A torn seal"]  # fmt: skip
    began = [one.written_at for one in past] + [revisions.written_at(posts.get(post_id), past)]
    assert began == [NOON + timedelta(hours=hours) for hours in range(4)]


def test_a_photo_is_described_or_decoration() -> None:
    told = photos.chosen([upload(alt=" a \n b\x07 "), upload(alt="dropped", is_decoration=True)])
    assert [one.alt for one in told] == ["a b", ""]
    for alt in ("", " \n", "\x07"):
        with pytest.raises(Refused, match=r"photo-undescribed.*number=2"):
            photos.chosen([upload(), upload(alt=alt)])
    with pytest.raises(Refused, match=r"alt-too-long.*over=1"):
        photos.chosen([upload(alt="x" * 501)])


def test_a_post_has_four_photos_at_most() -> None:
    assert len(photos.chosen([upload()] * 4)) == 4
    with pytest.raises(Refused, match=r"too-many-photos.*count=5"):
        photos.chosen([upload()] * 5)


def test_the_same_key_twice_is_one_post_with_its_first_photos(house: House) -> None:
    first = publish(house.ada, "once", key="k", photos=chosen(64))
    again = publish(house.ada, "once", key="k", photos=chosen(66))
    assert (again.id, names(again)) == (first.id, names(first))
    assert files() == 1


def test_of_two_that_come_at_once_one_brings_its_photos(domain: Flask, house: House) -> None:
    ada = house.ada.id
    db.session.rollback()

    def send(width: int) -> list[str]:
        with saving():
            author = db.session.get_one(type(house.ada), ada)
            return names(posts.publish(author, "o", key="k", now=NOON, photos=chosen(width)))

    one, other = raced(domain, lambda: send(64), lambda: send(66))
    assert one == other
    assert files() == 1


def test_a_post_that_is_refused_leaves_no_photo(house: House) -> None:
    with pytest.raises(Refused), saving():
        posts.publish(house.ada, "x" * 200, now=NOON, photos=chosen(64))
    with pytest.raises(ZeroDivisionError), saving():
        posts.publish(house.ada, "fine", now=NOON, photos=chosen(64))
        raise ZeroDivisionError
    assert files() == 0


def test_a_withdrawn_post_shows_no_photo_unless_another_has_it(house: House) -> None:
    post = publish(house.ada, "one", photos=chosen(64))
    (name,) = names(post)
    with saving():
        posts.withdraw(posts.get(post.id), house.ada, NOON)
    with pytest.raises(Missing, match="photo"):
        photos.content(name)
    publish(house.grace, "the same", photos=chosen(64))
    assert photos.content(name)


def test_a_photo_that_a_post_has_twice_is_kept_once(house: House) -> None:
    assert len(names(publish(house.ada, "twice", photos=chosen(64, 64)))) == 2
    assert files() == 1


def test_search_knows_which_posts_have_photos(house: House) -> None:
    bare, shown = publish(house.ada, "bare"), publish(house.ada, "shown", photos=chosen(64))
    indexing.catch_up()
    assert list(search.find("has:photo", limit=9).ids) == [shown.id]
    assert list(search.find("-has:photo", limit=9).ids) == [bare.id]


def test_an_edit_leaves_the_photos_as_they_are(house: House) -> None:
    post = publish(house.ada, "before", photos=chosen(64))
    with saving():
        posts.edit(posts.get(post.id), house.ada, "after", now=NOON)
    card = feeds.everyone(house.grace).items[0].post
    assert (card.line, [p.name for p in card.photos]) == ("after", names(post))


def test_what_is_told_of_photos_comes_back_as_it_was() -> None:
    odd = 'a "quote" <b> é 👩‍🔧 \\'
    told = photos.chosen([upload(alt=odd)])
    assert photos.read(photos.told(told))[0].alt == odd
    assert photos.read("") == ()
