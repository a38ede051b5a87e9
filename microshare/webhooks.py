"""Webhooks: who is told of which posts, at which address, under which secret.

Who manages the community makes them. What is delivered, and how, stands in `webhook_messages`.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.orm import joinedload

from microshare import aliases, departments, people, searches, text
from microshare.db import db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Department, Tag, User, Webhook, WebhookMessage
from microshare.search.query import parse

FORMATS = ("json", "slack", "teams")
KINDS = ("tag", "department", "search")
LIMIT = 50
ROTATION = timedelta(days=1)  # for which the old secret signs too
SHOWN = 20  # messages on its page
_WHOLE = select(Webhook).options(joinedload(Webhook.maker))


def make(
    maker: User, name: str, address: str, format: str, kind: str, what: str, now: datetime
) -> Webhook:
    """A new webhook for a tag, a department or a search; its address has been checked."""
    _may(maker)
    if format not in FORMATS or kind not in KINDS:
        raise Refused("webhook-kind")
    if (db.session.scalar(select(func.count()).select_from(Webhook)) or 0) >= LIMIT:
        raise Refused("too-many-webhooks", limit=LIMIT)
    target_id, words = _target(kind, what)
    made = Webhook(
        maker_id=maker.id,
        name=people.checked_name(name),
        address=address,
        format=format,
        kind=kind,
        target_id=target_id,
        words=words,
        zone=maker.time_zone if kind == "search" else "",
        secret=_secret(),
        created_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _may(user: User) -> None:
    if not user.manages:
        raise Forbidden("not-a-manager")


def _target(kind: str, what: str) -> tuple[int | None, str]:
    if kind == "tag":
        return aliases.get(what).id, ""
    if kind == "department":
        return departments.chosen(what.strip()).id, ""
    words = searches.tidied(what)
    if parse(words).is_empty or text.has_control(words):
        raise Refused("search-empty")
    return None, words


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def every() -> Sequence[Webhook]:
    """All webhooks, the newest first."""
    return db.session.scalars(_WHOLE.order_by(Webhook.id.desc())).all()


def stopped(maker_id: int | None = None) -> Sequence[Webhook]:
    """Those that were switched off because nothing arrived: all, or one maker's."""
    found = _WHOLE.where(Webhook.off_why != "").order_by(Webhook.off_at)
    return db.session.scalars(
        found if maker_id is None else found.filter_by(maker_id=maker_id)
    ).all()


def get(webhook_id: int) -> Webhook:
    """The webhook, or `Missing`."""
    found = db.session.scalars(_WHOLE.where(Webhook.id == webhook_id)).one_or_none()
    if found is None:
        raise Missing("webhook")
    return found


def labels(of: Sequence[Webhook]) -> dict[int, str]:
    """What each listens to, as it is written: `#pumps`, a department's name, a search."""
    found = {one.id: one.words for one in of}
    for kind, column, sign in ("tag", Tag.spelling, "#"), ("department", Department.name, ""):
        model = column.class_
        ids = {one.target_id for one in of if one.kind == kind}
        if ids:
            names: dict[int | None, str] = dict(
                db.session.execute(select(model.id, column).where(model.id.in_(ids))).all()
            )
            found |= {one.id: sign + names[one.target_id] for one in of if one.kind == kind}
    return found


def messages(webhook: Webhook) -> Sequence[WebhookMessage]:
    """The newest messages to it, and what became of them."""
    newest = select(WebhookMessage).filter_by(webhook_id=webhook.id)
    return db.session.scalars(newest.order_by(WebhookMessage.id.desc()).limit(SHOWN)).all()


def renew(webhook: Webhook, by: User, now: datetime) -> str:
    """Another secret. For a day both sign, so that a receiver has time to learn the new one."""
    _may(by)
    webhook.old_secret, webhook.old_secret_until = webhook.secret, now + ROTATION
    webhook.secret = _secret()
    return webhook.secret


def switch(webhook: Webhook, by: User, now: datetime, *, on: bool) -> None:
    """Off: it is told nothing of what happens meanwhile. On: what waited goes out at once."""
    _may(by)
    webhook.off_at, webhook.off_why = None if on else (webhook.off_at or now), ""
    if on:
        webhook.failures, webhook.failing_since, webhook.not_before = 0, None, None
        webhook.error = ""
        db.session.execute(
            update(WebhookMessage)
            .filter_by(webhook_id=webhook.id, done_at=None)
            .values(not_before=now, created_at=now)
        )


def remove(webhook: Webhook, by: User) -> None:
    """It is gone, with what waits for it."""
    _may(by)
    db.session.execute(delete(Webhook).where(Webhook.id == webhook.id))


def signed(webhook: Webhook, name: str, body: str, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature for each secret that counts."""
    stamp = str(int(now.timestamp()))
    keys = [webhook.secret]
    if webhook.old_secret and webhook.old_secret_until and now < webhook.old_secret_until:
        keys.append(webhook.old_secret)
    said = f"{name}.{stamp}.{body}".encode()
    return {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{_signature(key, said)}" for key in keys),
    }


def _signature(key: str, said: bytes) -> str:
    secret = base64.b64decode(key.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(secret, said, hashlib.sha256).digest()).decode()


_DUE = (
    select(Webhook.id)
    .where(
        Webhook.off_at.is_(None),
        or_(Webhook.not_before.is_(None), Webhook.not_before <= bindparam("now", type_=None)),
        select(WebhookMessage.id)
        .where(
            WebhookMessage.webhook_id == Webhook.id,
            WebhookMessage.done_at.is_(None),
            WebhookMessage.not_before <= bindparam("now"),
        )
        .exists(),
    )
    .order_by(Webhook.id)
)


def due(now: datetime) -> Sequence[int]:
    """The ids of those for which something waits that may be tried now."""
    return db.session.scalars(_DUE, {"now": now}).all()
