"""Which letters were taken: each once, whatever comes twice and wherever a run dies.

The mark is saved in one transaction with the post, the proposal or the answer that came of the
letter: none of them without it, and it not without them.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select

from microshare.db import add_once, db
from microshare.models import TakenLetter

# A post has its letter's key for good; after this time only its answer could go out again.
KEPT_FOR = timedelta(days=180)


def key(sender_id: int, message_id: str, recipient: str) -> str:
    """The name of a letter from this sender to one of our addresses.

    >>> key(7, "a@example.com", "share") == key(7, "a@example.com", "reply 3")
    False
    """
    return digest(f"{sender_id}\n{recipient}\n{message_id}")


def digest(told: str) -> str:
    """A name for a text, of 40 characters, that does not tell it."""
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:40]


def is_taken(key: str) -> bool:
    """Whether the letter was acted upon: a first look, which decides nothing."""
    return bool(db.session.scalar(select(exists().where(TakenLetter.key == key))))


def take(key: str, now: datetime) -> bool:
    """Mark the letter; false where somebody was first."""
    return add_once(TakenLetter, key=key, at=now)


def forget_old(now: datetime) -> None:
    """Drop marks of letters that nobody delivers again."""
    db.session.execute(delete(TakenLetter).where(TakenLetter.at < now - KEPT_FOR))
