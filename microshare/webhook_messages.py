"""What webhooks are told: from what happened to messages, and from messages to receivers.

Each step is a row in the database that goes when the next one stands. A process that is killed
leaves its row, and the next round takes it: a message arrives at least once, and under the same
name each time, by which a receiver knows a copy.

One process at a time delivers to a webhook, in the order of what happened. Where a receiver does
not take messages, all for it wait, ever longer, and after a day it is switched off. Where it does
not take one message, those of that post wait, and after a day the message is given up.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from microshare import aliases, cards, config, indexed, outbound, webhook_bodies, webhooks
from microshare.cards import Card
from microshare.db import add_once, db, insist, saving
from microshare.models import Post, Webhook, WebhookEvent, WebhookMessage, WebhookTold
from microshare.search.matching import Searches
from microshare.search.query import parse
from microshare.turns import exclusive
from microshare.version import VERSION

BATCH = 100  # events in one transaction
ROUND = 50  # messages of a webhook, before others have their turn
PAUSES = (5, 15, 60, 300, 900, 1800, 3600, 7200)  # seconds before the next try, the last for good
A_DAY = timedelta(days=1)  # until a webhook is switched off, or a message given up
KEPT = timedelta(days=7)  # for which what became of a message is shown
MARK_FOR = 60  # seconds to go on trying to mark a message that arrived
GONE = 410
_THIS_ONE = (400, 413, 415, 422)  # a receiver means this message, and may take others

Statuses = Callable[[Sequence[Card], datetime], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class _Hook:
    """A webhook that is on, as it is asked about posts."""

    id: int
    format: str
    kind: str
    target_id: int | None
    created_at: datetime


def spread(now: datetime, statuses: Statuses) -> int:
    """Make messages of what happened; returns how many events were taken.

    `statuses` tells cards as the API does. Does nothing while another process is at it.
    """
    db.session.rollback()  # a fresh look
    if db.session.scalar(select(WebhookEvent.id).limit(1)) is None:
        return 0
    taken = 0
    with exclusive("webhook-events") as mine:
        while mine and (count := _spread(now, statuses)):
            taken += count
    return taken


def _spread(now: datetime, statuses: Statuses) -> int:
    with saving():
        events = db.session.scalars(
            select(WebhookEvent).order_by(WebhookEvent.id).limit(BATCH)
        ).all()
        ids = sorted({event.post_id for event in events})
        found = _Concerned(ids)
        shown = [marked.card for marked in cards.of(ids, 0)]
        told = dict(zip((card.id for card in shown), statuses(shown, now), strict=True))
        posts = {card.id: card for card in shown}
        for event in events:
            for hook, kind in found.by(event, posts.get(event.post_id)):
                card = posts.get(event.post_id)
                gone = webhook_bodies.withdrawn(event.post_id, event.at)
                status = told.get(event.post_id, gone)
                _write(hook.id, hook.format, kind, card, status, event.at, now)
        db.session.execute(delete(WebhookEvent).where(WebhookEvent.id.in_([e.id for e in events])))
    return len(events)


class _Concerned:
    """Which webhooks these posts concern."""

    def __init__(self, post_ids: Sequence[int]) -> None:
        rows = db.session.scalars(select(Webhook).where(Webhook.off_at.is_(None))).all()
        self.hooks = [_Hook(w.id, w.format, w.kind, w.target_id, w.created_at) for w in rows]
        documents = indexed.read(Post.id.in_(post_ids)).documents if self.hooks else []
        self.documents = {document.id: document for document in documents}
        names = aliases.all_names()
        self.searches = Searches(
            (one.id, aliases.widened(parse(one.words), names), ZoneInfo(one.zone or "UTC"))
            for one in rows
            if one.kind == "search"
        )

    def by(self, event: WebhookEvent, card: Card | None) -> list[tuple[_Hook, str]]:
        """The webhooks to tell of this, and what; from now on they know of the post."""
        known = set(
            db.session.scalars(select(WebhookTold.webhook_id).filter_by(post_id=event.post_id))
        )
        document = self.documents.get(event.post_id)
        finds = self.searches.answered_by(document) if document else set()
        found = []
        for hook in self.hooks:
            is_new = card is not None and document is not None and self._wants(hook, card, finds)
            kind = _kind(event, card, hook, is_known=hook.id in known, is_new=is_new)
            if is_new:
                add_once(WebhookTold, webhook_id=hook.id, post_id=event.post_id)
            if kind in webhook_bodies.TOLD[hook.format]:
                found.append((hook, kind))
        return found

    def _wants(self, hook: _Hook, card: Card, finds: set[int]) -> bool:
        if hook.kind == "tag":
            return any(tie.tag_id == hook.target_id for tie in card.tags)
        if hook.kind == "department":
            return card.department_id == hook.target_id
        return hook.id in finds


def _kind(
    event: WebhookEvent, card: Card | None, hook: _Hook, *, is_known: bool, is_new: bool
) -> str:
    """What the webhook is told; empty for nothing."""
    if card is None:
        return webhook_bodies.WITHDRAWN if is_known and event.kind == "withdrawn" else ""
    if event.kind == "edited" and (is_known or (is_new and card.created_at < hook.created_at)):
        return webhook_bodies.EDITED
    return webhook_bodies.CREATED if is_new and not is_known else ""


def _write(
    webhook_id: int,
    format: str,
    kind: str,
    card: Card | None,
    status: Mapping[str, Any],
    at: datetime,
    now: datetime,
) -> WebhookMessage:
    message = WebhookMessage(
        webhook_id=webhook_id,
        post_id=int(status["id"]) if kind != webhook_bodies.TEST else None,
        name=f"msg_{secrets.token_hex(16)}",
        kind=kind,
        body=webhook_bodies.body(format, kind, card, status, at),
        created_at=now,
        # A test is tried by who asked for it; a worker only if that process died.
        not_before=now + timedelta(minutes=1) if kind == webhook_bodies.TEST else now,
    )
    db.session.add(message)
    db.session.flush()
    return message


def deliver(
    webhook_id: int, now: Callable[[], datetime], is_over: Callable[[], bool] = lambda: False
) -> float:
    """Send what waits for a webhook, in order; returns the seconds of the slowest try.

    Does nothing while another process is at it, and ends between two messages where it `is_over`.
    """
    slowest = 0.0
    with exclusive(f"webhook-{webhook_id}") as mine:
        for _ in range(ROUND if mine else 0):
            db.session.rollback()  # a fresh look
            message = _next(webhook_id, now())
            if message is None or is_over():
                break
            began = monotonic()
            _try(webhooks.get(webhook_id), message, now)
            slowest = max(slowest, monotonic() - began)
    return slowest


def _next(webhook_id: int, now: datetime) -> WebhookMessage | None:
    """The oldest message that may go, none of whose post waits before it."""
    webhook = db.session.get(Webhook, webhook_id)
    if webhook is None or webhook.off_at or (webhook.not_before and webhook.not_before > now):
        return None
    waiting = select(WebhookMessage).filter_by(webhook_id=webhook_id, done_at=None)
    blocked: set[int | None] = set()
    for message in db.session.scalars(waiting.order_by(WebhookMessage.id).limit(1000)):
        if message.not_before <= now and message.post_id not in blocked:
            return message
        blocked.add(message.post_id)
    return None


def _try(webhook: Webhook, message: WebhookMessage, now: Callable[[], datetime]) -> str:
    """Send it once and write down what became of it; returns why it failed, empty if not."""
    message_id, address, body = message.id, webhook.address, message.body
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"microshare/{VERSION}",
        **webhooks.signed(webhook, message.name, body, now()),
    }
    allowed = outbound.networks(config.current().webhook_networks)
    db.session.rollback()  # no transaction stays open while a receiver thinks
    try:
        answer = outbound.post(address, body.encode(), headers, allowed)
    except outbound.Failed as failed:
        why, status, pause = str(failed)[:300], 0, 0
    else:
        status, pause = answer.status, _asked_pause(answer.retry_after)
        why = "" if 200 <= status < 300 else f"status {status}"
    insist(lambda: _mark(message_id, why, status, pause, now()), MARK_FOR)
    return why


def _asked_pause(retry_after: str) -> int:
    """The seconds for which a receiver wants to be left alone, an hour at most."""
    return min(int(retry_after), 3600) if retry_after.isascii() and retry_after.isdigit() else 0


def _mark(message_id: int, why: str, status: int, pause: int, now: datetime) -> None:
    with saving():
        message = db.session.get(WebhookMessage, message_id)
        if message is None:
            return  # the webhook was removed meanwhile
        webhook = webhooks.get(message.webhook_id)
        message.attempts, message.error = message.attempts + 1, why
        if not why:
            message.done_at = webhook.last_told_at = now
            webhook.failures, webhook.error = 0, ""
            webhook.failing_since = webhook.not_before = None
        elif message.kind == webhook_bodies.TEST:
            message.done_at = now  # whoever asked for it is told, and asks again
        elif status in _THIS_ONE:
            message.not_before = now + timedelta(seconds=_pause(message.attempts))
            if now - message.created_at >= A_DAY:
                message.done_at = now
        else:
            webhook.failures, webhook.error = webhook.failures + 1, why
            webhook.failing_since = webhook.failing_since or now
            webhook.not_before = now + timedelta(seconds=max(pause, _pause(webhook.failures)))
            if status == GONE or now - webhook.failing_since >= A_DAY:
                webhook.off_at, webhook.off_why = now, why


def _pause(failures: int) -> int:
    return PAUSES[min(failures, len(PAUSES)) - 1]


def send_test(webhook: Webhook, card: Card | None, status: Mapping[str, Any],
              now: Callable[[], datetime]) -> str:  # fmt: skip
    """Send a test at once, also where it is switched off; returns why it failed, empty if not."""
    with saving():
        webhook_id, shown = webhook.id, None if webhook.format != "json" else card
        message_id = _write(
            webhook_id, webhook.format, webhook_bodies.TEST, shown, status, now(), now()
        ).id
    return _try(webhooks.get(webhook_id), db.session.get_one(WebhookMessage, message_id), now)


def forget_old(now: datetime) -> None:
    """Drop what arrived or was given up a week ago, and what waits for one long switched off."""
    db.session.execute(delete(WebhookMessage).where(WebhookMessage.done_at < now - KEPT))
    off = select(Webhook.id).where(Webhook.off_at < now - 2 * KEPT)
    db.session.execute(
        update(WebhookMessage)
        .where(WebhookMessage.webhook_id.in_(off), WebhookMessage.done_at.is_(None))
        .values(done_at=now, error="off")
    )
