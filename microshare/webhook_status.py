"""A post as a webhook is told of it: the Status of the API, as nobody in particular sees it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from microshare.api import entities
from microshare.cards import Card
from microshare.feeds import Item
from microshare.interests import Interests

_OF_A_READER = ("favourited", "bookmarked", "muted", "reblogged", "pinned", "filtered")


def statuses(cards: Sequence[Card], now: datetime) -> Sequence[Mapping[str, Any]]:
    """These posts, in their order."""
    told = entities.statuses([Item(card) for card in cards], Interests(0), now)
    return [_public(json.loads(status)) for status in told]


def _public(status: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in status.items() if name not in _OF_A_READER}
