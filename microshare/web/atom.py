"""Every list as an Atom feed (RFC 4287), for a personal token or a signed-in browser."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from feedgenerator import Atom1Feed
from flask import Blueprint, request, url_for
from flask_babel import gettext
from markupsafe import escape

from microshare import clock, config, departments, feeds, markup, people, posts, tags
from microshare.feeds import Item
from microshare.photos import Photo
from microshare.web.asked import atom, reader
from microshare.web.language import locale, zone

pages = Blueprint("atom", __name__)


class _Spoken(Atom1Feed):  # type: ignore[misc]
    """A feed whose entries say in which language they are."""

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["language"]} if item["language"] else {}


def _feed(title: str, path: str, items: list[Item]) -> str:
    """The feed of these posts. Ids are addresses by post, so they stay the same everywhere."""
    settings = config.current()
    feed = _Spoken(
        title=f"{title} · {settings.company}",
        link=settings.url + path,
        feed_url=settings.url + request.path,
        description="",
        language=locale(),
        feed_guid=settings.url + request.path,
    )
    for item in items:
        post = item.post
        address = f"{settings.url}/posts/{post.id}"
        feed.add_item(
            title=markup.plain_line(post.line),
            link=address,
            unique_id=address,
            description=markup.absolute(
                f"<p>{post.line_html}</p>{post.note_html}{_photos(post.photos, post.id)}",
                settings.url,
            ),
            author_name=f"{post.author.name} ({post.department.name})",
            pubdate=post.created_at,
            updateddate=post.edited_at or post.created_at,
            language=post.language,
            categories=[tie.tag.name for tie in post.tags],
        )
    if not items:
        feed.latest_post_date = lambda: datetime(2000, 1, 1, tzinfo=zone())
    return str(feed.writeString("utf-8"))


def _photos(photos: Sequence[Photo], post_id: int) -> str:
    """Photos as words that lead to their post: whoever reads a feed has no session to load them."""
    told = [gettext("Photo: %(alt)s", alt=p.alt) if p.alt else gettext("Photo") for p in photos]
    return "".join(f'<p><a href="/posts/{post_id}">{escape(one)}</a></p>' for one in told)


@pages.get("/feed.atom")
@atom
def own() -> str:
    return _feed(gettext("Your feed"), "/", [*feeds.own(reader(), now=clock.now()).items])


@pages.get("/everyone.atom")
@atom
def everyone() -> str:
    return _feed(gettext("Everyone"), "/everyone", [*feeds.everyone(reader()).items])


@pages.get("/saved.atom")
@atom
def saved() -> str:
    return _feed(gettext("Saved"), "/saved", [*feeds.saved(reader()).items])


@pages.get("/questions.atom")
@atom
def questions() -> str:
    return _feed(gettext("Open questions"), "/questions", [*feeds.questions(reader()).items])


@pages.get("/tags/<name>.atom")
@atom
def tag(name: str) -> str:
    found = tags.get(name)
    return _feed(
        f"#{found.spelling}", f"/tags/{found.name}", [*feeds.tagged(reader(), found).items]
    )


@pages.get("/@<username>.atom")
@atom
def person(username: str) -> str:
    found = people.get(username)
    return _feed(found.name, f"/@{found.username}", [*feeds.written_by(reader(), found).items])


@pages.get("/departments/<slug>.atom")
@atom
def department(slug: str) -> str:
    found = departments.get(slug)
    return _feed(
        found.name, f"/departments/{found.slug}", [*feeds.from_department(reader(), found).items]
    )


@pages.get("/posts/<id:post_id>.atom")
@atom
def thread(post_id: int) -> str:
    post = posts.visible(post_id)
    items = [i for i in feeds.thread(reader(), post.id).items if i.post.withdrawn_at is None]
    return _feed(markup.plain_line(post.line), f"/posts/{post.id}", items[::-1])


@pages.get("/search.atom")
@atom
def search() -> str:
    raw = request.args.get("q", "")
    page, _ = feeds.found(reader(), raw, zone=zone())
    return _feed(raw, url_for("find.search", q=raw), [*page.items])
