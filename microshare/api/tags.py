"""Tags: what they are, how much they are used, and following them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response

from microshare import aliases, follows, interests, marks, tag_uses, tags
from microshare.api import entities, paging
from microshare.api.asked import params
from microshare.api.door import caller, now, route
from microshare.api.said import answer, encoded
from microshare.db import saving
from microshare.errors import Missing, Refused
from microshare.models import Tag
from microshare.web.asked import user

DAYS = 7


def told(found: Sequence[Tag], followed: Iterable[int] | None = None) -> list[dict[str, Any]]:
    """Tags with what was written under them in the last days, and how the caller stands to them."""
    near = entities.around()
    mine = set(interests.of(caller(), now()).tags if followed is None else followed)
    midnight = now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=number) for number in range(DAYS)]
    ids = [tag.id for tag in found]
    uses, named = tag_uses.by_day(ids, days[-1]), marks.which(caller().id, "tag", ids)
    return [
        {
            "id": str(tag.id),
            "name": tag.name,
            "url": entities.tag_page(tag.name, near),
            "history": [_day(day, uses.get((tag.id, day.date()))) for day in days],
            "following": tag.id in mine,
            "featuring": tag.id in named,
            "featured": tag.id in named,
        }
        for tag in found
    ]


def _day(day: datetime, counted: tuple[int, int] | None) -> dict[str, str]:
    uses, people = counted or (0, 0)
    return {"day": str(int(day.timestamp())), "uses": str(uses), "accounts": str(people)}


@route("/api/v1/tags/<name>", scope="read:statuses read:follows")
def tag(name: str) -> Response:
    """A tag; also one that nobody has written yet, as clients ask before they follow it."""
    try:
        return answer(told([aliases.get(name)])[0])
    except Missing:
        return answer(_unwritten(name))


def _unwritten(name: str) -> dict[str, Any]:
    return told([Tag(id=0, name=_new(name)[0])], followed=())[0]


@route("/api/v1/tags/<name>/follow", method="POST", scope="write:follows")
def follow(name: str) -> Response:
    """Follow a tag; one that nobody has written yet is made, as a composer would.

    A name that no tag can have is not found: it stands in the address.
    """
    with saving():
        found = found_or_made(name)
        follows.follow(user(), found, now())
        name = found.name
    return answer(told([tags.get(name)])[0])


def found_or_made(name: str) -> Tag:
    try:
        return aliases.get(name)
    except Missing:
        return tags.named([_new(name)], now())[_new(name)[0]]


def _new(name: str) -> tuple[str, str]:
    """The folded and the written name of a tag; `Missing` where it is none, or several."""
    try:
        pairs = tags.parse(name)
    except Refused:
        pairs = []
    if len(pairs) != 1 or set(name) & set(",; "):
        raise Missing("tag", name=name)
    return pairs[0]


@route("/api/v1/tags/<name>/unfollow", method="POST", scope="write:follows")
def unfollow(name: str) -> Response:
    """Follow it no longer; without effect where nobody has written it either."""
    try:
        with saving():
            found = aliases.get(name)
            follows.unfollow(user(), found)
            name = found.name
    except Missing:
        return answer(_unwritten(name))
    return answer(told([tags.get(name)])[0])


@route("/api/v1/followed_tags", scope="read:follows")
def followed() -> Response:
    """The tags that the caller follows, by when they came to be; the way on by `Link` alone."""
    limit, span = params().limit(100, 200), params().span()
    mine = interests.of(caller(), now()).tags
    ids = paging.part(mine, span, limit)
    shown = tag_uses.tags_of(ids)
    parts = [encoded(one) for one in told(shown, mine)]
    return paging.page(parts, [one.id for one in shown], limit, len(ids) == limit)


def _trends() -> Response:
    """The tags that most of the newest posts have."""
    asked = params()
    limit, offset = asked.limit(10, 20), asked.offset()
    most = [one for one, _ in tags.most_used(offset + limit)][offset:]
    return answer(told(most))


@route("/api/v1/trends/tags", scope="read:statuses")
def trends() -> Response:
    return _trends()


@route("/api/v1/trends", scope="read:statuses")
def trends_v0() -> Response:
    return _trends()
