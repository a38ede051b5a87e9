"""The inbox as notifications, and where a reader left off in it and in the feed."""

from typing import Any

from flask import Response

from microshare import feeds, inbox, people, profiles
from microshare.api import entities, paging, statuses
from microshare.api.asked import params
from microshare.api.door import caller, now, route
from microshare.api.said import Json, answer, encoded
from microshare.db import saving
from microshare.inbox import Note
from microshare.web.asked import user

USUAL, MOST = 40, 80
# What clients call it: a reply is a mention to them, and an accepted answer a post to look at.
TYPES = {"mention": ("mention", "reply"), "favourite": ("thanks",), "status": ("answer",)}
KINDS = frozenset(kind for kinds in TYPES.values() for kind in kinds)
_TYPE = {kind: name for name, kinds in TYPES.items() for kind in kinds}


def _told(notes: list[Note]) -> list[Json]:
    near = entities.around()
    known = profiles.of({one.actor_id for one in notes}, now()).by_id
    posts = statuses.shown([one.item for one in notes])
    return [
        Json(
            encoded(
                {
                    "id": str(one.id),
                    "type": _TYPE[one.kind],
                    "created_at": entities.moment(one.at),
                    "group_key": f"ungrouped-{one.id}",
                    "account": entities.account(known[one.actor_id], near),
                    "status": post,
                }
            )
        )
        for one, post in zip(notes, posts, strict=True)
    ]


def _kinds() -> frozenset[str]:
    """The kinds that are asked for, by the clients' names; names of none are none."""
    asked = params()
    wanted, left_out = asked.many("types"), asked.many("exclude_types")
    return frozenset(
        kind
        for name, kinds in TYPES.items()
        if (not wanted or name in wanted) and name not in left_out
        for kind in kinds
    )


@route("/api/v1/notifications", scope="read:notifications")
def notifications() -> Response:
    asked = params()
    limit = asked.limit(USUAL, MOST)
    actor = asked.needed_id("account_id") if asked.has("account_id") else None
    found = inbox.notes(caller(), asked.span(), limit, _kinds(), actor)
    ids = [one.id for one in found]
    return paging.page(_told(found), ids, limit, len(found) == limit)


@route("/api/v1/notifications/unread_count", scope="read:notifications")
def unread_count() -> Response:
    return answer({"count": inbox.new_notes(caller())})


@route("/api/v1/notifications/<id:note_id>", scope="read:notifications")
def notification(note_id: int) -> Response:
    return answer(_told([inbox.note(caller(), note_id, KINDS)])[0])


@route("/api/v1/notifications/clear", method="POST", scope="write:notifications")
def clear() -> Response:
    with saving():
        inbox.clear(caller())
    return answer({})


@route("/api/v1/notifications/<id:note_id>/dismiss", method="POST", scope="write:notifications")
def dismiss(note_id: int) -> Response:
    with saving():
        inbox.dismiss(caller(), note_id)
    return answer({})


@route("/api/v1/markers", scope="read:statuses")
def markers() -> Response:
    """How far the caller has read, on whichever device or page."""
    wanted = params().many("timeline")
    return answer({name: one for name, one in _markers().items() if name in wanted})


def _markers() -> dict[str, Any]:
    who = people.by_id(caller().id)
    if who is None:
        return {}
    read = {"home": who.read_up_to, "notifications": who.inbox_read_up_to}
    at = entities.moment(now())
    return {
        name: {"last_read_id": str(up_to), "version": up_to, "updated_at": at}
        for name, up_to in read.items()
        if up_to
    }


@route("/api/v1/markers", method="POST", scope="write:statuses")
def mark() -> Response:
    """The caller has read down from here; a mark never moves back."""
    asked = params()
    marked = [one for one in ("home", "notifications") if asked.has(f"{one}[last_read_id]")]
    ids = {one: asked.needed_id(f"{one}[last_read_id]") for one in marked}
    with saving():
        if "home" in ids:
            feeds.mark_read(user(), ids["home"])
        if "notifications" in ids:
            inbox.mark_seen(user(), ids["notifications"])
    return answer({name: one for name, one in _markers().items() if name in ids})
