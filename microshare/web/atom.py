"""Every list as an Atom feed (RFC 4287), for a personal token or a signed-in browser.

An id is an address: of a post the same in every feed, and of a feed without the token that opened
it. The `ETag` tells of every change; `Last-Modified` of posts that are new or edited.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from feedgenerator import Atom1Feed, Enclosure
from flask import Blueprint, Response, request, url_for
from flask_babel import gettext, ngettext
from markupsafe import escape

from microshare import (
    aliases,
    clock,
    config,
    departments,
    feeds,
    inbox,
    markup,
    people,
    photos,
    posts,
    shown_photos,
    text,
)
from microshare.cards import Card
from microshare.feeds import Item
from microshare.inbox import Entry
from microshare.photos import Photo
from microshare.web.asked import atom, number, reader, user
from microshare.web.language import locale, zone

pages = Blueprint("atom", __name__)
ASKED = ("q", "tag", "department", "days")  # what a feed's address may ask, besides the token
NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # when a feed without posts changed last


class _Spoken(Atom1Feed):  # type: ignore[misc]
    """A feed whose entries say in which language they are."""

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["language"]} if item["language"] else {}


def _begun(title: str, page: str, path: str = "") -> _Spoken:
    """The feed of the list at this address, without its entries yet.

    `path` is its own, where one may ask for it in several ways.
    """
    settings = config.current()
    asked = [(k, v) for k, v in request.args.items(multi=True) if k in ASKED and v]
    own = settings.url + (path or request.path) + (f"?{urlencode(asked)}" if asked else "")
    shown = "".join(c for c in title if c.isprintable() or c == " ")  # XML has no place for others
    return _Spoken(
        title=f"{shown} · {settings.company}",
        link=settings.url + page,
        feed_url=own,
        description="",
        language=locale(),
        feed_guid=own,
    )


def _done(feed: _Spoken) -> Response:
    changed = feed.latest_post_date() if feed.items else NEVER
    feed.latest_post_date = lambda: changed
    answer = Response(str(feed.writeString("utf-8")), mimetype="application/atom+xml")
    answer.last_modified = changed
    return answer


def _feed(title: str, page: str, items: Sequence[Item], path: str = "") -> Response:
    """The feed of these posts."""
    feed, sizes = _begun(title, page, path), _sizes(items)
    for item in items:
        post = item.post
        _add(feed, item, f"{config.current().url}/posts/{post.id}", markup.plain_line(post.line),
             post.created_at, post.edited_at or post.created_at, sizes)  # fmt: skip
    return _done(feed)


def _sizes(items: Iterable[Item]) -> Mapping[str, int]:
    """How many bytes each photo of these posts has."""
    names = [photo.name for item in items for photo in item.post.photos]
    return photos.sizes(names) if names else {}


def _add(
    feed: _Spoken,
    item: Item,
    entry_id: str,
    title: str,
    at: datetime,
    updated: datetime,
    sizes: Mapping[str, int],
) -> None:
    post, url = item.post, config.current().url
    said = f"<p>{post.line_html}</p>{post.note_html}{_photos(post.photos, post.id)}"
    feed.add_item(
        title=title,
        link=f"{url}/posts/{post.id}",
        unique_id=entry_id,
        description=None,
        content=markup.absolute(said, url),
        author_name=_author(post),
        author_link=f"{url}/@{post.author.username}",
        pubdate=at,
        updateddate=updated,
        language=post.language,
        categories=[tie.tag.name for tie in post.tags],
        enclosures=[
            Enclosure(url + shown_photos.path_of(one.name), str(sizes[one.name]), "image/jpeg")
            for one in post.photos
            if one.name in sizes
        ],
    )


def _author(post: Card) -> str:
    """Who wrote it, where; of a program, whose it is."""
    if post.maker is None:
        return f"{post.author.name} ({post.department.name})"
    told = gettext("bot of %(name)s", name=post.maker.name)
    return f"{post.author.name} ({told}, {post.department.name})"


def _photos(photos: Sequence[Photo], post_id: int) -> str:
    """Photos as words that lead to their post, beside what a reader may load: not all show it."""
    told = [gettext("Photo: %(alt)s", alt=p.alt) if p.alt else gettext("Photo") for p in photos]
    return "".join(f'<p><a href="/posts/{post_id}">{escape(one)}</a></p>' for one in told)


@pages.get("/feed.atom")
@atom
def own() -> Response:
    return _feed(gettext("Your feed"), "/", feeds.own(reader(), now=clock.now()).items)


@pages.get("/everyone.atom")
@atom
def everyone() -> Response:
    return _feed(gettext("Everyone"), "/everyone", feeds.everyone(reader()).items)


@pages.get("/saved.atom")
@atom
def saved() -> Response:
    return _feed(gettext("Saved"), "/saved", feeds.saved(reader()).items)


@pages.get("/questions.atom")
@atom
def questions() -> Response:
    """Open questions; as on the page of a tag, of a department, or those that wait for days."""
    asked = {name: request.args.get(name, "") for name in ("tag", "department", "days")}
    days = number(asked["days"])
    page = feeds.questions(
        reader(),
        tag=aliases.get(asked["tag"]) if asked["tag"] else None,
        department=departments.get(asked["department"]) if asked["department"] else None,
        until=clock.now() - timedelta(days=days) if days and days <= 36500 else None,
    )
    chosen = urlencode({name: value for name, value in asked.items() if value})
    return _feed(gettext("Open questions"), f"/questions?{chosen}".rstrip("?"), page.items)


@pages.get("/tags/<name>.atom")
@atom
def tag(name: str) -> Response:
    found = aliases.get(name)
    page, path = (url_for(f"{door}.tag", name=found.name) for door in ("lists", "atom"))
    return _feed(f"#{found.spelling}", page, feeds.tagged(reader(), found).items, path)


@pages.get("/@<username>.atom")
@atom
def person(username: str) -> Response:
    found = people.get(username)
    page = f"/@{found.username}"
    return _feed(found.name, page, feeds.written_by(reader(), found).items, f"{page}.atom")


@pages.get("/departments/<slug>.atom")
@atom
def department(slug: str) -> Response:
    found = departments.get(slug)
    page, path = (url_for(f"{door}.department", slug=found.slug) for door in ("lists", "atom"))
    return _feed(found.name, page, feeds.from_department(reader(), found).items, path)


@pages.get("/posts/<id:post_id>.atom")
@atom
def thread(post_id: int) -> Response:
    post = posts.visible(post_id)
    items = [i for i in feeds.thread(reader(), post.id).items if i.post.withdrawn_at is None]
    return _feed(markup.plain_line(post.line), f"/posts/{post.id}", items[::-1])


@pages.get("/search.atom")
@atom
def search() -> Response:
    raw = request.args.get("q", "")
    page, _ = feeds.found(reader(), raw, zone=zone())
    return _feed(text.tidy(raw), url_for("find.search", q=raw), page.items)


@pages.get("/inbox.atom")
@atom
def received() -> Response:
    """What happened for the reader; thanks for one post are one entry, which is updated."""
    feed, told = _begun(gettext("Inbox"), "/inbox"), set()
    entries = inbox.of(user()).entries
    sizes = _sizes(entry.item for entry in entries)
    for entry in entries:
        entry_id = f"{config.current().url}/posts/{entry.item.post.id}#{entry.kind}"
        if entry_id not in told:  # an answer that was taken twice is one
            told.add(entry_id)
            _add(feed, entry.item, entry_id, _happened(entry), entry.at, entry.at, sizes)
    return _done(feed)


def _happened(entry: Entry) -> str:
    name, others = entry.actors[0].name, len(entry.actors) - 1
    if entry.kind == "reply":
        told = gettext("%(name)s replied to you", name=name)
    elif entry.kind == "mention":
        told = gettext("%(name)s mentioned you", name=name)
    elif entry.kind == "answer":
        told = gettext("%(name)s took your reply as the answer", name=name)
    elif not others:
        told = gettext("%(name)s thanked you for this", name=name)
    else:
        told = ngettext(
            "%(name)s and %(num)s other thanked you for this",
            "%(name)s and %(num)s others thanked you for this",
            others,
            name=name,
        )
    return str(told)
