"""What clients are told of posts and colleagues: Status and Account, and what stands in them.

A page of posts is put together from parts that are kept as JSON under the facts that they show:
other facts are another part, so nothing kept is ever stale. What one reader did with a post is
added for each.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from flask_babel import gettext

from microshare import client_markup, config, marks, profiles, shown_photos
from microshare.api.said import Json, encoded
from microshare.cards import Card
from microshare.feeds import Item
from microshare.interests import Interests
from microshare.photos import Photo
from microshare.profiles import Profile

KEPT = 5000  # parts, of two kilobytes each
_PICTURE = "/static/icon-512.png"  # nobody has a picture here, and clients want one


class Named(NamedTuple):
    """A colleague whom a post mentions."""

    id: int
    username: str


class Around(NamedTuple):
    """What is the same for all answers to one reader."""

    url: str  # of this instance
    department: str  # the word, in the reader's language


def around() -> Around:
    """The words and addresses of this answer."""
    return Around(config.current().url, gettext("Department"))


def host() -> str:
    """The name of this instance behind a username."""
    return urlsplit(config.current().url).netloc.lower()


def moment(at: datetime) -> str:
    """A moment in UTC with exactly three decimals, as clients read it.

    >>> moment(datetime(2026, 1, 31, 9, 30, tzinfo=UTC))
    '2026-01-31T09:30:00.000Z'
    """
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


@lru_cache(maxsize=KEPT)
def account(of: Profile, near: Around) -> Json:
    """A colleague as an Account."""
    return Json(encoded(account_facts(of, near)))


def account_facts(of: Profile, near: Around) -> dict[str, Any]:
    """The fields of an Account. Who follows whom is nobody else's business, so none are counted."""
    page = f"{near.url}/@{of.username}"
    place = f'<a href="{near.url}/departments/{quote(of.department.slug)}">'
    picture, name = near.url + _PICTURE, _text(of.department.name)
    return {
        "id": str(of.id),
        "username": of.username,
        "acct": of.username,
        # Empty where there is none beside the username, which clients show already.
        "display_name": of.name if of.name != of.username else "",
        "note": _paragraphs(of.about),
        "url": page,
        "uri": page,
        "avatar": picture,
        "avatar_static": picture,
        "avatar_description": "",
        "header": picture,
        "header_static": picture,
        "header_description": "",
        "created_at": moment(of.created_at),
        "last_status_at": f"{of.written.last_at:%Y-%m-%d}" if of.written.last_at else None,
        "statuses_count": of.written.posts,
        "followers_count": 0,
        "following_count": 0,
        "locked": False,
        "bot": of.is_bot,
        "group": False,
        "discoverable": True,
        "indexable": False,
        "noindex": True,
        "hide_collections": True,
        "suspended": of.is_suspended,
        "emojis": [],
        "roles": [],
        "fields": [
            {"name": near.department, "value": f"{place}{name}</a>", "verified_at": None}
        ],
    }


def _text(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _paragraphs(words: str) -> str:
    if not words:
        return ""
    blocks = re.split(r"\n{2,}", _text(words))
    return "".join(f"<p>{block}</p>".replace("\n", "<br>") for block in blocks)


def statuses(items: Sequence[Item], wants: Interests, now: datetime) -> list[Json]:
    """Posts as one reader sees them, in their order; their authors are loaded in one query."""
    near = around()
    names = {name for item in items for name in _names(item.post)}
    known = profiles.of({item.post.author_id for item in items}, now, names)
    own = [item.post.id for item in items if item.post.author_id == wants.reader_id]
    pinned = marks.which(wants.reader_id, "post", own)
    return [
        _status(
            item, known.by_id[item.post.author_id], _mentions(item.post, known), wants, pinned, near
        )
        for item in items
    ]


@lru_cache(maxsize=KEPT)
def _mentioned(line_html: str, note_html: str) -> tuple[str, ...]:
    return tuple(client_markup.mentioned(line_html + note_html))


def _names(card: Card) -> tuple[str, ...]:
    if "mention" not in card.line_html and "mention" not in card.note_html:
        return ()
    return _mentioned(card.line_html, card.note_html)


def _mentions(card: Card, known: profiles.Profiles) -> tuple[Named, ...]:
    found = (known.by_name.get(name) for name in _names(card))
    return tuple(Named(one.id, one.username) for one in found if one)


def _status(
    item: Item,
    author: Profile,
    mentions: tuple[Named, ...],
    wants: Interests,
    pinned: Collection[int],
    near: Around,
) -> Json:
    card = item.post
    is_muted = card.root_id in wants.muted_threads or card.author_id in wants.muted_people
    return Json(
        f'{_common(card, author, mentions, near)},"favourited":{_flag(item.thanked)},'
        f'"bookmarked":{_flag(item.saved)},"muted":{_flag(is_muted)},'
        f'"pinned":{_flag(card.id in pinned)}}}'
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"


@lru_cache(maxsize=KEPT)
def _common(card: Card, author: Profile, mentions: tuple[Named, ...], near: Around) -> str:
    """What a post is to everybody, as JSON that is not closed yet."""
    page = f"{near.url}/posts/{card.id}"
    facts = {
        "id": str(card.id),
        "uri": page,
        "url": page,
        "created_at": moment(card.created_at),
        "edited_at": moment(card.edited_at) if card.edited_at else None,
        "account": account(author, near),
        **texts(card.line, card.line_html, card.note_html, near),
        "visibility": "public",
        "sensitive": False,
        "language": card.language or None,
        "media_attachments": [attachment(photo, near) for photo in card.photos],
        "mentions": [_mention(one, near) for one in mentions],
        "tags": [{"name": tie.name, "url": tag_page(tie.name, near)} for tie in card.tags],
        "emojis": [],
        "reblogs_count": 0,
        "favourites_count": card.thanks_count,
        "replies_count": card.reply_count,
        "quotes_count": 0,
        "in_reply_to_id": _id(card.reply_to_id),
        "in_reply_to_account_id": _id(card.parent_author_id),
        "reblog": None,
        "poll": None,
        "card": None,
        "application": _application(card),
        "reblogged": False,
        "filtered": [],
        "microshare": _beside(card),
    }
    return encoded(facts)[:-1]


def _application(card: Card) -> dict[str, str | None] | None:
    return {"name": card.via, "website": card.via_page or None} if card.via else None


def _beside(card: Card) -> dict[str, Any]:
    """What a post is here and nowhere else; clients that do not know it leave it."""
    return {
        "kind": card.kind,
        "solved": card.solved_at is not None,
        "answer_id": _id(card.answer_id),
        "department": {"slug": card.department_slug, "name": card.department_name},
        "tagged_on": [
            {"name": tie.name, "by": tie.adder_username} for tie in card.tags if tie.added_by_id
        ],
    }


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)


def texts(line: str, line_html: str, note_html: str, near: Around) -> dict[str, str]:
    """The line as the text; or, above a note, as what a client shows before it is unfolded."""
    content = note_html or f"<p>{line_html}</p>"
    return {
        "spoiler_text": line if note_html else "",
        "content": client_markup.for_clients(content, near.url),
    }


def _mention(of: Named, near: Around) -> dict[str, str]:
    return {
        "id": str(of.id),
        "username": of.username,
        "url": f"{near.url}/@{of.username}",
        "acct": of.username,
    }


def tag_page(name: str, near: Around) -> str:
    """The address of a tag's page."""
    return f"{near.url}/tags/{quote(name, safe='')}"


def attachment(photo: Photo, near: Around, media_id: str = "") -> dict[str, Any]:
    """A photo as a MediaAttachment; on a post its id is the number that its name writes."""
    smaller = photo.sources()
    small = smaller[0][0] if smaller else photo.name
    width, height = photo.within(480, 480)
    return {
        "id": media_id or str(photo.number),
        "type": "image",
        "url": near.url + shown_photos.path_of(photo.name),
        "preview_url": near.url + shown_photos.path_of(small),
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": {
            "original": _size(photo.width, photo.height),
            "small": _size(width, height),
            "focus": {"x": 0.0, "y": 0.0},
        },
        "description": photo.alt or None,
        "blurhash": None,
    }


def _size(width: int, height: int) -> dict[str, Any]:
    return {
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "aspect": round(width / height, 6),
    }


def accounts(found: Iterable[Profile]) -> list[Json]:
    """Colleagues as Accounts."""
    near = around()
    return [account(one, near) for one in found]
