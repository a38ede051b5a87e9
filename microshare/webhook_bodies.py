"""What a webhook is sent: JSON of our own by Standard Webhooks, or what Slack and Teams show."""

import html
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext

from microshare import config, markup
from microshare.cards import Card

CREATED, EDITED, WITHDRAWN, TEST = "post.created", "post.edited", "post.withdrawn", "test"
# A channel cannot take back what it shows: it is told of new posts alone.
TOLD = {
    "json": (CREATED, EDITED, WITHDRAWN, TEST),
    "slack": (CREATED, TEST),
    "teams": (CREATED, TEST),
}
_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def body(format: str, kind: str, card: Card | None, status: Mapping[str, Any], at: datetime) -> str:
    """The body of a message. `status` is the post as the API tells it, or what is left of it."""
    if format == "json":
        told = {"type": kind, "timestamp": _moment(at), "data": status}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    shown = _slack(card) if format == "slack" else _teams(card)
    return json.dumps(shown, ensure_ascii=False)


def withdrawn(post_id: int, at: datetime) -> dict[str, Any]:
    """What is told of a post that is gone."""
    url = f"{config.current().url}/posts/{post_id}"
    return {"id": str(post_id), "uri": url, "url": url, "withdrawn_at": _moment(at)}


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _test() -> str:
    company = config.current().company
    return str(gettext("A test of %(company)s: posts will be shown here.", company=company))


def _author(card: Card) -> str:
    return f"{card.author_name} ({card.department_name})"


def _address(card: Card) -> str:
    return f"{config.current().url}/posts/{card.id}"


def _slack(card: Card | None) -> dict[str, Any]:
    if card is None:
        return {"text": _escaped(_test())}
    line, author = markup.plain_line(card.line), _escaped(_author(card))
    link = f"<{_address(card)}|{_escaped(gettext('Open'))}>"
    # Marks of a writer stay signs, as nothing of the line is read as Slack's own formatting.
    said = {"type": "plain_text", "text": line[:3000], "emoji": False}
    where = {"type": "mrkdwn", "text": f"{author} · {link}"}
    blocks = [{"type": "section", "text": said}, {"type": "context", "elements": [where]}]
    return {"text": f"{author}: {_escaped(line)} {link}", "blocks": blocks}


def _escaped(words: str) -> str:
    return html.escape(words, quote=False)


def _teams(card: Card | None) -> dict[str, Any]:
    if card is None:
        shown: dict[str, Any] = {"body": [_run(_test())]}
    else:
        shown = {
            "body": [_run(_author(card), weight="Bolder"), _run(markup.plain_line(card.line))],
            "actions": [
                {"type": "Action.OpenUrl", "title": gettext("Open"), "url": _address(card)}
            ],
        }
    content = {"$schema": _SCHEMA, "type": "AdaptiveCard", "version": "1.4", **shown}
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": content,
            }
        ],
    }


def _run(words: str, **how: str) -> dict[str, Any]:
    """Words as they are: a TextBlock would read a writer's marks as Markdown."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words, **how}]}
