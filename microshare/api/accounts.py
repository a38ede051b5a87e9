"""Colleagues as accounts: found, followed, muted; and the caller's own."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from flask import Response

from microshare import (
    aliases,
    config,
    departments,
    feeds,
    follows,
    interests,
    marks,
    mutes,
    people,
    profiles,
    sifted,
    text,
)
from microshare.api import entities, paging, timelines
from microshare.api.asked import params
from microshare.api.door import caller, now, route
from microshare.api.said import answer
from microshare.db import saving
from microshare.errors import Missing, Refused
from microshare.interests import Interests
from microshare.models import User
from microshare.profiles import Profile
from microshare.web.asked import user

USUAL, MOST = 40, 80  # accounts
AT_ONCE = 40  # relationships
OPEN = ("", "public", "unlisted")  # what every post here is
FIELDS = 4  # that clients may send; here all are made of what is known already


@route("/api/v1/accounts/verify_credentials", scope="profile read:accounts")
def own() -> Response:
    return answer(_own())


def _own() -> dict[str, Any]:
    """The caller's own Account, with what only they may see and change."""
    near = entities.around()
    who, profile = user(), profiles.one(caller().id, now())
    told = entities.account_facts(profile, near)
    told["followers_count"] = follows.follower_count(who)
    told["following_count"] = len(interests.of(caller(), now()).people)
    told["source"] = {
        "privacy": "public",
        "sensitive": False,
        "language": profile.language,
        "note": profile.about,
        "fields": told["fields"],
        "follow_requests_count": 0,
        "discoverable": True,
        "indexable": False,
        "hide_collections": True,
        "attribution_domains": [],
    }
    role = {"id": "-99", "name": "", "color": "", "permissions": "0", "highlighted": False}
    return told | {"role": role}


@route("/api/v1/accounts/update_credentials", method="PATCH", scope="write:accounts")
def change() -> Response:
    """Name, note and language. What is not here, such as pictures and fields, stays as it is."""
    asked = params()
    if asked.count_within("fields_attributes") > FIELDS:
        raise Refused("not-here", what="fields_attributes")
    if asked.text("source[privacy]") not in OPEN:
        raise Refused("not-private")
    wanted = asked.text("source[language]")
    with saving():
        who = user()
        people.change(
            who,
            username=who.username,
            name=asked.text("display_name", who.name).strip() or who.username,
            department=departments.get(caller().department.slug),
            language=wanted if wanted in config.LANGUAGES else who.language,
            time_zone=who.time_zone,
            about=asked.text("note", who.about),
        )
    return answer(_own())


@route("/api/v1/profile/avatar", method="DELETE", scope="write:accounts")
def drop_avatar() -> Response:
    return answer(_own())


@route("/api/v1/profile/header", method="DELETE", scope="write:accounts")
def drop_header() -> Response:
    return answer(_own())


@route("/api/v1/accounts/<id:user_id>", scope="read:accounts")
def account(user_id: int) -> Response:
    return answer(entities.account(profiles.one(user_id, now()), entities.around()))


@route("/api/v1/accounts", scope="read:accounts")
def several() -> Response:
    ids = params().ids("id")[:AT_ONCE]
    known = profiles.of(ids, now()).by_id
    return answer(entities.accounts(known[one] for one in ids if one in known))


@route("/api/v1/accounts/lookup", scope="read:accounts")
def lookup() -> Response:
    found = of_name(params().needed("acct"))
    return answer(entities.account(profiles.one(found.id, now()), entities.around()))


def of_name(written: str) -> User:
    """The colleague of this name; with the host behind it, if it is ours."""
    name, _, host = written.strip().lstrip("@").partition("@")
    if host and host.lower() != entities.host():
        raise Missing("person", name=written)
    return people.get(name)


@route("/api/v1/directory", scope="read:accounts")
def directory() -> Response:
    """Every colleague by name, or the newest first."""
    asked = params()
    found = profiles.listed(
        now(), asked.limit(USUAL, MOST), asked.offset(), newest=asked.text("order") == "new"
    )
    return answer(entities.accounts(found))


@route("/api/v1/accounts/search", scope="read:accounts")
def search() -> Response:
    """Colleagues whose names begin so, for who types a mention."""
    asked = params()
    limit = asked.limit(USUAL, MOST)
    offset = asked.offset()
    found = named(asked.text("q"), offset + limit, only_followed=asked.flag("following"))
    return answer(entities.accounts(found[offset:]))


def named(words: str, limit: int, *, only_followed: bool = False) -> Sequence[Profile]:
    """Colleagues who are called so, or in part, as far as it is written."""
    name = words.strip().lstrip("@").removesuffix(f"@{entities.host()}")
    names = [username for username, _, _ in people.suggest(name, limit)] if name else []
    known = profiles.of([], now(), [text.fold(one) for one in names]).by_name
    found = [known[folded] for folded in map(text.fold, names) if folded in known]
    if only_followed:
        mine = interests.of(caller(), now()).people
        found = [one for one in found if one.id in mine]
    return found


@route("/api/v1/accounts/relationships", scope="read:follows")
def relationships() -> Response:
    ids = params().ids("id")[:AT_ONCE]
    known = profiles.of(ids, now()).by_id
    return answer(_relations([one for one in ids if one in known]))


def _relations(ids: Sequence[int]) -> list[dict[str, Any]]:
    """How the caller stands to colleagues; who follows the caller is told to nobody."""
    wants = interests.of(caller(), now())
    named, notes = marks.which(caller().id, "person", ids), marks.notes(caller().id, ids)
    return [_relation(one, wants, one in named, notes.get(one, "")) for one in ids]


def _relation(user_id: int, wants: Interests, is_named: bool, note: str) -> dict[str, Any]:
    is_muted = user_id in wants.muted_people
    return {
        "id": str(user_id),
        "following": user_id in wants.people,
        "showing_reblogs": True,
        "notifying": False,
        "languages": None,
        "followed_by": False,
        "blocking": False,
        "blocked_by": False,
        "muting": is_muted,
        "muting_notifications": False,
        "requested": False,
        "requested_by": False,
        "domain_blocking": False,
        "endorsed": is_named,
        "note": note,
    }


@route("/api/v1/accounts/<id:user_id>/statuses", scope="read:statuses")
def statuses(user_id: int) -> Response:
    """A colleague's posts; `pinned`: those that a client pinned."""
    asked = params()
    author = of_id(user_id)
    limit, span = asked.limit(timelines.USUAL, timelines.MOST), timelines.span()
    if asked.flag("pinned"):
        return timelines.told(feeds.of(caller(), marks.of(author.id, "post")), limit)
    name = asked.text("tagged")
    try:
        tag = aliases.get(name) if name else None
    except Missing:
        return answer([])
    photos, whole = asked.flag("only_media"), not asked.flag("exclude_replies")
    if tag is None and whole and not photos:
        return timelines.told(feeds.written_by(caller(), author, span=span, limit=limit), limit)
    page = sifted.of(
        caller(), span, limit, author=author, tag=tag, with_photos=photos,
        without_replies=not whole,
    )  # fmt: skip
    return timelines.told(page, limit)


def of_id(user_id: int) -> User:
    found = people.by_id(user_id)
    if found is None:
        raise Missing("person", name=str(user_id))
    return found


@route("/api/v1/accounts/<id:user_id>/followers", scope="read:accounts")
def followers(user_id: int) -> Response:
    """The caller, if they are one: who else follows whom is each reader's own business."""
    of_id(user_id)
    if user_id not in interests.of(caller(), now()).people:
        return answer([])
    return answer(entities.accounts([profiles.one(caller().id, now())]))


@route("/api/v1/accounts/familiar_followers", scope="read:follows")
def familiar_followers() -> Response:
    ids = params().ids("id")[:AT_ONCE]
    known = profiles.of(ids, now()).by_id
    return answer([{"id": str(one), "accounts": []} for one in ids if one in known])


@route("/api/v1/accounts/<id:user_id>/following", scope="read:accounts")
def following(user_id: int) -> Response:
    """Whom the caller follows; of others nobody."""
    of_id(user_id)
    limit, span = params().limit(USUAL, MOST), params().span()
    mine = interests.of(caller(), now()).people if user_id == caller().id else set()
    ids = paging.part(mine, span, limit)
    known = profiles.of(ids, now()).by_id
    shown = [one for one in ids if one in known]
    return paging.page(
        entities.accounts(known[one] for one in shown), shown, limit, len(ids) == limit
    )


@route("/api/v1/mutes", scope="read:mutes")
def muted() -> Response:
    limit, span = params().limit(USUAL, MOST), params().span()
    ids = paging.part(interests.of(caller(), now()).muted_people, span, limit)
    known = profiles.of(ids, now()).by_id
    shown = [one for one in ids if one in known]
    return paging.page(
        entities.accounts(known[one] for one in shown), shown, limit, len(ids) == limit
    )


def act(path: str, scope: str, does: Callable[[User, User], None]) -> None:
    """A route that does something with a colleague and answers how one stands to them."""

    def view(user_id: int) -> Response:
        with saving():
            does(user(), of_id(user_id))
        return answer(_relations([user_id])[0])

    view.__name__ = f"account_{path}"
    route(f"/api/v1/accounts/<id:user_id>/{path}", method="POST", scope=scope)(view)


def _mute(who: User, whom: User) -> None:
    """For as long as the client says, in seconds; 0: for good."""
    seconds = params().whole("duration")
    mutes.mute_until(who, whom, now() + timedelta(seconds=seconds) if seconds else None)


act("follow", "write:follows", lambda who, whom: follows.follow(who, whom, now()))
act("unfollow", "write:follows", follows.unfollow)
act("mute", "write:mutes", _mute)
act("unmute", "write:mutes", mutes.unmute)
