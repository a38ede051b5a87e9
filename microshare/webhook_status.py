"""A post as a webhook is told of it: the Status of the API, as nobody in particular sees it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from microshare import config, markup
from microshare.cards import Card


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def statuses(cards: Sequence[Card], now: datetime) -> Sequence[Mapping[str, Any]]:
    """These posts, in their order."""
    return [_status(card) for card in cards]


def _status(card: Card) -> dict[str, Any]:
    url = config.current().url
    return {
        "id": str(card.id),
        "uri": f"{url}/posts/{card.id}",
        "url": f"{url}/posts/{card.id}",
        "created_at": _moment(card.created_at),
        "edited_at": _moment(card.edited_at) if card.edited_at else None,
        "account": {"id": str(card.author_id), "username": card.author_username},
        "spoiler_text": card.line if card.note_html else "",
        "content": markup.absolute(card.note_html or f"<p>{card.line_html}</p>", url),
        "tags": [{"name": tie.name, "url": f"{url}/tags/{tie.name}"} for tie in card.tags],
    }
