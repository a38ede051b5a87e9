"""What opens a feed: a colleague's own token, and when it was used last."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from microshare.db import db
from microshare.models import Token, User

NOTED = timedelta(hours=1)  # between two notes of a use


def get(token: str) -> Token | None:
    """The token with its user; None when it is unknown or revoked, or its user suspended.

    One that a client was given opens no feed: the colleague let it call the API.
    """
    token_hash = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    found = db.session.scalars(
        select(Token)
        .options(joinedload(Token.user).joinedload(User.department))
        .filter_by(token_hash=token_hash, revoked_at=None, app_id=None)
    ).one_or_none()
    user = found.user if found else None
    return found if user and user.suspended_at is None else None


def is_use_to_note(token: Token, now: datetime) -> bool:
    """Whether the moment of its use is worth a write: a feed reader comes every few minutes."""
    return token.last_used_at is None or token.last_used_at < now - NOTED


def note_use(token_id: int, now: datetime) -> None:
    """The token was used now."""
    db.session.execute(update(Token).where(Token.id == token_id).values(last_used_at=now))
