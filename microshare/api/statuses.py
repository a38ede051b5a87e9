"""Posts as statuses: read, publish, edit, withdraw, and what a reader does with one."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from flask import Response, request

from microshare import (
    feeds,
    interests,
    mutes,
    photo_words,
    photos,
    posts,
    profiles,
    revisions,
    saves,
    thanks,
    uploads,
)
from microshare.api import entities, paging
from microshare.api.accounts import OPEN
from microshare.api.asked import Params, media_id, params
from microshare.api.door import bearer, caller, now, route
from microshare.api.said import Json, answer, encoded
from microshare.db import saving
from microshare.drafts import Via
from microshare.errors import Forbidden, Missing, Refused
from microshare.feeds import Item
from microshare.models import Post, Revision, User
from microshare.web.asked import user

AT_ONCE = 40  # statuses by their ids
NOT_HERE = {
    "poll": "poll", "scheduled_at": "scheduled_at", "quoted_status_id": "quote",
    "quote_id": "quote",
}  # fmt: skip


def told(post_id: int) -> Json:
    """The post as the caller sees it, or `Missing`."""
    items = feeds.of(caller(), [post_id]).items
    if not items:
        raise Missing("post", id=post_id)
    return shown([*items])[0]


def shown(items: list[Item]) -> list[Json]:
    """Posts as the caller sees them."""
    return entities.statuses(items, interests.of(caller(), now()), now()) if items else []


@route("/api/v1/statuses", method="POST", scope="write:statuses")
def publish() -> Response:
    asked = params()
    _check_kind(asked)
    line, note = _texts(asked)
    photo_ids = asked.media_ids("media_ids")
    key = _key()
    with saving():
        who = user()
        is_again = posts.with_key(who.id, key) is not None  # and its photos are on it
        post = posts.publish(
            who,
            line,
            note=note,
            reply_to=_replied(asked),
            key=key,
            photos=[] if is_again else uploads.chosen(who, photo_ids, _unsaid(line)),
            via=_via(asked),
            now=now(),
        )
        uploads.drop(who, photo_ids)
        post_id = post.id
    profiles.one(caller().id, now())  # counts anew
    return answer(told(post_id))


def _unsaid(line: str) -> Callable[[int], str]:
    """Clients ask for no description: a photo without one comes along, as one of a letter does."""
    language = user().language
    return lambda number: photo_words.undescribed(number, line, language)


def _check_kind(asked: Params) -> None:
    """What no post here can be is refused, for the writer would believe that it is."""
    if asked.text("visibility") not in OPEN:
        raise Refused("not-private")
    for name, what in NOT_HERE.items():
        if asked.text(name) or asked.has_within(name):
            raise Refused("not-here", what=what)


def _texts(asked: Params) -> tuple[str, str]:
    """The line and the note: what is shown folded has a line above it."""
    status, above = asked.text("status"), asked.text("spoiler_text")
    return (above, status) if above.strip() else (status, "")


def _key() -> str | None:
    """The client's key for this post; hashed, so that none is too long and none is a page's."""
    given = request.headers.get("Idempotency-Key", "")
    return f"api-{sha256(given.encode('utf-8', 'replace')).hexdigest()}" if given else None


def _replied(asked: Params) -> Post | None:
    written = asked.text("in_reply_to_id")
    if not written:
        return None
    return posts.get(asked.needed_id("in_reply_to_id"))


def _via(asked: Params) -> Via:
    """The client, and the language that it says, by the two letters that stand for it."""
    said = asked.text("language").strip().lower().partition("-")[0]
    language = said if len(said) == 2 and said.isascii() and said.isalpha() else ""
    client = bearer().client
    return Via(client.name, client.website, language) if client else Via(language=language)


@route("/api/v1/statuses/<id:post_id>", scope="read:statuses")
def status(post_id: int) -> Response:
    return answer(told(post_id))


@route("/api/v1/statuses", scope="read:statuses")
def several() -> Response:
    return answer(shown([*feeds.of(caller(), params().ids("id")[:AT_ONCE]).items]))


@route("/api/v1/statuses/<id:post_id>", method="PUT", scope="write:statuses")
def edit(post_id: int) -> Response:
    """The text, the photos, or what is said of these: of what nothing is sent stays."""
    asked = params()
    _check_kind(asked)
    with saving():
        post = posts.visible(post_id)
        posts.may_change(post, user())
        line, note = _texts(asked) if asked.has("status") else (post.line, post.note)
        ids = asked.media_ids("media_ids") if asked.is_told("media_ids") else None
        shown = uploads.changed(user(), post, ids, _alts(asked), _unsaid(line))
        posts.edit(post, user(), line, note=note, kind=post.kind, photos=shown, now=now())
        uploads.drop(user(), ids or [])
    return answer(told(post_id))


def _alts(asked: Params) -> dict[int, str]:
    """What is said anew of photos, by their ids."""
    said = asked.pairs("media_attributes", "id", "description")
    return {media_id(one, place): alt for place, (one, alt) in enumerate(said, 1)}


@route("/api/v1/statuses/<id:post_id>", method="DELETE", scope="write:statuses")
def withdraw(post_id: int) -> Response:
    """The answer has the text as it was typed, to be written anew; its photos may come again, but
    where the client says that they are deleted."""
    gone = told(post_id)
    with saving():
        post = posts.visible(post_id)
        posts.withdraw(post, user(), now())
        if params().flag("delete_media"):
            uploads.forget(post)
        text = post.note or post.line
    return answer(_with(gone, text=text))


def _with(of: Json, **more: Any) -> Json:
    """The entity with more fields."""
    return Json(f"{of[:-1]},{encoded(more)[1:]}")


@route("/api/v1/statuses/<id:post_id>/context", scope="read:statuses")
def context(post_id: int) -> Response:
    """What the post stands below, and all that stands below it; withdrawn posts are left out."""
    items = feeds.thread(caller(), post_id).items
    by_id = {item.post.id: item for item in items if item.post.withdrawn_at is None}
    if post_id not in by_id:
        raise Missing("post", id=post_id)
    parents = {item.post.id: item.post.reply_to_id for item in items}
    above = _above(post_id, parents)
    below = [one for one in by_id if post_id in _above(one, parents)]
    ancestors = [by_id[one] for one in above[::-1] if one in by_id]
    parts = shown(ancestors + [by_id[one] for one in below])
    return answer({"ancestors": parts[: len(ancestors)], "descendants": parts[len(ancestors) :]})


def _above(post_id: int, parents: dict[int, int | None]) -> list[int]:
    found: list[int] = []
    at = parents.get(post_id)
    while at is not None and at in parents:
        found.append(at)
        at = parents[at]
    return found


@route("/api/v1/statuses/<id:post_id>/source", scope="read:statuses")
def source(post_id: int) -> Response:
    """The text as it was typed."""
    post = posts.visible(post_id)
    line, note = (post.line, post.note) if post.note else ("", post.line)
    return answer({"id": str(post.id), "text": note, "spoiler_text": line})


@route("/api/v1/statuses/<id:post_id>/history", scope="read:statuses")
def history(post_id: int) -> Response:
    """What the post said and showed, oldest first; the last is what it says.

    The files of photos that an edit removed are gone: their addresses open nothing.
    """
    post = posts.visible(post_id)
    near = entities.around()
    author = profiles.of([post.author_id], now()).by_id[post.author_id]
    same = {
        "sensitive": False,
        "account": entities.account(author, near),
        "emojis": [],
        "poll": None,
    }
    past = revisions.of(post)
    said: list[tuple[Post | Revision, datetime]] = [(one, one.written_at) for one in past]
    said.append((post, revisions.written_at(post, past)))
    return answer(
        [
            {
                **entities.texts(one.line, one.line_html, one.note_html, near),
                "created_at": entities.moment(at),
                "media_attachments": [
                    entities.attachment(photo, near) for photo in photos.read(one.photos_json)
                ],
                **same,
            }
            for one, at in said
        ]
    )


def act(path: str, scope: str, does: Callable[[User, Post], None]) -> None:
    """A route that does something with a post and answers with the post."""

    def view(post_id: int) -> Response:
        with saving():
            does(user(), posts.get(post_id))
        return answer(told(post_id))

    view.__name__ = path
    route(f"/api/v1/statuses/<id:post_id>/{path}", method="POST", scope=scope)(view)


def _refuse(who: User, post: Post) -> None:
    raise Forbidden("no-boosts")


act("favourite", "write:favourites", lambda who, post: thanks.give(who, post, now()))
act("unfavourite", "write:favourites", thanks.take_back)
act("bookmark", "write:bookmarks", lambda who, post: saves.save(who, post, now()))
act("unbookmark", "write:bookmarks", saves.drop)
act("mute", "write:mutes", lambda who, post: mutes.mute(who, post, "good", now()))
act("unmute", "write:mutes", mutes.unmute)
act("reblog", "write:statuses", _refuse)
act("unreblog", "write:statuses", lambda who, post: None)


@route("/api/v1/statuses/<id:post_id>/favourited_by", scope="read:statuses")
def favourited_by(post_id: int) -> Response:
    """Who thanked, newest first."""
    posts.visible(post_id)
    limit, span = params().limit(40, 80), params().span()
    ids, has_more = paging.beside([one.id for one in thanks.reach(post_id).givers], span, limit)
    known = profiles.of(ids, now()).by_id
    return paging.page(entities.accounts(known[one] for one in ids), ids, limit, has_more)


@route("/api/v1/statuses/<id:post_id>/reblogged_by", scope="read:statuses")
def reblogged_by(post_id: int) -> Response:
    posts.visible(post_id)
    return answer([])
