"""What happened to posts, noted for the webhooks in the post's own transaction.

A verb leaves a row; a worker asks later which webhooks it concerns. Where there is no webhook there
is no row.
"""

from datetime import datetime

from sqlalchemy import bindparam, insert, literal, select

from microshare.db import UtcDateTime, db
from microshare.models import Webhook, WebhookEvent

KINDS = ("published", "edited", "tagged", "withdrawn")
_NOTE = insert(WebhookEvent).from_select(
    ["post_id", "kind", "at"],
    select(bindparam("post"), bindparam("kind"), bindparam("at", type_=UtcDateTime())).where(
        select(literal(1)).where(Webhook.off_at.is_(None)).exists()
    ),
)


def note(post_id: int, kind: str, now: datetime) -> None:
    """The post was published, edited, tagged on, or withdrawn."""
    db.session.connection().execute(_NOTE, {"post": post_id, "kind": kind, "at": now})
