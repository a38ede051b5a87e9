"""The feeds as timelines: the same pages of posts that colleagues see in a browser."""

from collections.abc import Sequence

from flask import Response

from microshare import acted, aliases, feeds, interests, sifted
from microshare.api import entities, paging
from microshare.api.asked import params
from microshare.api.door import caller, now, route
from microshare.api.said import answer
from microshare.errors import Missing
from microshare.feeds import Page
from microshare.interests import Interests
from microshare.models import Tag
from microshare.pulled import Span

USUAL, MOST = 20, 40  # posts
TAGS = 4  # in each of any, all and none


def told(page: Page, limit: int, wants: Interests | None = None) -> Response:
    """The answer with this page of posts."""
    wants = wants or interests.of(caller(), now())
    shown = entities.statuses(page.items, wants, now())
    ids = [item.post.id for item in page.items]
    return paging.page(shown, ids, limit, page.before is not None)


def span() -> Span:
    """Which posts are asked for, by ids or by moments."""
    return params().span(feeds.first_since)


@route("/api/v1/timelines/home", scope="read:statuses")
def home() -> Response:
    limit = params().limit(USUAL, MOST)
    wants = interests.of(caller(), now())
    page = feeds.own(
        caller(), now=now(), span=span(), limit=limit, wants=wants, tells_why=False
    )
    return told(page, limit, wants)


@route("/api/v1/timelines/public", scope="read:statuses")
def public() -> Response:
    if params().flag("remote"):
        return answer([])
    limit = params().limit(USUAL, MOST)
    if params().flag("only_media"):
        return told(sifted.of(caller(), span(), limit, with_photos=True), limit)
    return told(feeds.everyone(caller(), span=span(), limit=limit), limit)


@route("/api/v1/timelines/tag/<name>", scope="read:statuses")
def tagged(name: str) -> Response:
    limit, part = params().limit(USUAL, MOST), span()
    any_of = [*_tags([name]), *_tags(params().many("any"))]
    all_of = [_tags([one]) for one in params().many("all")[:TAGS]]
    if not any_of or not all(all_of):
        return answer([])
    none_of = _tags(params().many("none"))
    page = sifted.under(
        caller(),
        part,
        limit,
        any_of=any_of,
        all_of=[one for [one] in all_of],
        none_of=none_of,
        with_photos=params().flag("only_media"),
    )
    return told(page, limit)


def _tags(names: Sequence[str]) -> list[Tag]:
    found = []
    for name in names[:TAGS]:
        try:
            found.append(aliases.get(name))
        except Missing:
            continue
    return found


@route("/api/v1/favourites", scope="read:favourites")
def favourites() -> Response:
    """The posts that the reader thanked for, the last one first."""
    limit = params().limit(USUAL, MOST)
    return _in_order_of_acts(acted.thanked(caller(), params().between(), limit), limit)


@route("/api/v1/bookmarks", scope="read:bookmarks")
def bookmarks() -> Response:
    """The posts that the reader keeps, the last one kept first."""
    limit = params().limit(USUAL, MOST)
    return _in_order_of_acts(acted.saved(caller(), params().between(), limit), limit)


def _in_order_of_acts(part: acted.Part, limit: int) -> Response:
    wants = interests.of(caller(), now())
    shown = entities.statuses(part.items, wants, now())
    return paging.page(shown, part.ids, limit, part.goes_on)
