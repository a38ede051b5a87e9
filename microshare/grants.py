"""Tokens: keys for programs, each with a name, each revocable, only their hashes kept."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from microshare import people, text
from microshare.db import db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Token, User

KINDS = ("feed", "api")  # feed: reads lists; api: acts as the user
NAME_LIMIT = 80
NOTED = timedelta(hours=1)  # between two notes of a use


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create(user: User, kind: str, name: str, now: datetime) -> str:
    """A new token, shown this once."""
    people.refuse_bot(user)
    name = text.tidy(name)
    if not name or len(name) > NAME_LIMIT or text.has_control(name):
        raise Refused("name-malformed", limit=NAME_LIMIT)
    if kind not in KINDS:
        raise Refused("token-kind", kind=kind, kinds=", ".join(KINDS))
    token = secrets.token_urlsafe(32)
    db.session.add(
        Token(token_hash=_hash(token), user_id=user.id, kind=kind, name=name, created_at=now)
    )
    db.session.flush()
    return token


def get(token: str) -> Token | None:
    """The token with its user; None when it is unknown or revoked, or its user suspended."""
    found = db.session.scalars(
        select(Token)
        .options(joinedload(Token.user).joinedload(User.department))
        .filter_by(token_hash=_hash(token), revoked_at=None)
    ).one_or_none()
    return found if found and found.user.suspended_at is None else None


def reader_of(token: str) -> User | None:
    """Whose token this is, where it works."""
    found = get(token)
    return found.user if found else None


def is_use_to_note(token: Token, now: datetime) -> bool:
    """Whether the moment of its use is worth a write: a feed reader comes every few minutes."""
    return token.last_used_at is None or token.last_used_at < now - NOTED


def note_use(token_id: int, now: datetime) -> None:
    """The token was used now."""
    db.session.execute(update(Token).where(Token.id == token_id).values(last_used_at=now))


def tokens_of(user: User) -> Sequence[Token]:
    """The tokens that work, newest first."""
    return db.session.scalars(
        select(Token).filter_by(user_id=user.id, revoked_at=None).order_by(Token.id.desc())
    ).all()


def revoke(user: User, token_id: int, now: datetime) -> None:
    """The token stops working at once."""
    found = db.session.get(Token, token_id)
    if found is None:
        raise Missing("token", id=token_id)
    if found.user_id != user.id:
        raise Forbidden("not-yours")
    found.revoked_at = found.revoked_at or now
