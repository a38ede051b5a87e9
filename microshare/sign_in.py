"""Signing in with a password, and the brake on guessing it.

Wrong passwords are counted in the database (several web processes share it), per account and per
address. The answer is the same whichever part was wrong, and takes as long.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select

from microshare import passwords, people, signing, text
from microshare.db import db
from microshare.errors import Refused
from microshare.models import FailedSignIn, User

MINUTES = 15
WINDOW = timedelta(minutes=MINUTES)
PER_ACCOUNT, PER_ADDRESS = 10, 50
LETTERS_TO, LETTERS_FROM = 5, 30


@dataclass(frozen=True)
class Attempt:
    """Somebody tries to sign in; counted as wrong until the password proves right."""

    user_id: int | None
    password_hash: str | None  # None: nobody of this name, or no way in for them
    account: str
    counted: tuple[int, ...]  # ids of the counts


def attempt(login: str, address: str, now: datetime) -> Attempt:
    """Count an attempt, before the password is looked at: many at once gain nothing.

    `Refused("too-many-attempts")` when this account or this address was wrong too often, even
    with the right password: a guesser must not see which guess would have done.
    """
    user = people.by_login(login)
    account = _whom("account", str(user.id) if user else text.fold(login.strip()))
    place = _whom("address", address)
    rows = _counted({account: PER_ACCOUNT, place: PER_ADDRESS}, now)
    if not rows:
        raise Refused("too-many-attempts", minutes=MINUTES)
    may_enter = user is not None and user.suspended_at is None and not user.is_bot
    return Attempt(
        user.id if user and may_enter else None,
        user.password_hash if user and may_enter else None,
        account,
        tuple(row.id for row in rows),
    )


def count_letter(login: str, address: str, now: datetime) -> None:
    """Count a letter that a stranger asks for; `Refused("too-many-letters")` past the limit.

    Nobody's mailbox is filled from here, whether there is an account of that name or not.
    """
    receiver = _whom("letter to", text.fold(login.strip()))
    place = _whom("letters from", address)
    if not _counted({receiver: LETTERS_TO, place: LETTERS_FROM}, now):
        raise Refused("too-many-letters", minutes=MINUTES)


def _counted(limits: dict[str, int], now: datetime) -> list[FailedSignIn]:
    """Count one more for each; nothing when one of them has had as many as it may."""
    if any(_failures(whom, now) >= limit for whom, limit in limits.items()):
        return []
    rows = [FailedSignIn(whom=whom, at=now) for whom in limits]
    db.session.add_all(rows)
    db.session.flush()
    return rows


def is_right(attempt: Attempt, password: str) -> bool:
    """Whether it is their password. Outside of `saving`: this is slow on purpose."""
    return passwords.fits(attempt.password_hash, password)


def enter(attempt: Attempt) -> User:
    """The colleague whose password was right; what was counted against the account is forgotten."""
    db.session.execute(
        delete(FailedSignIn).where(
            or_(FailedSignIn.whom == attempt.account, FailedSignIn.id.in_(attempt.counted))
        )
    )
    return db.session.get_one(User, attempt.user_id)


def forget_old(now: datetime) -> int:
    """Drop what no longer counts; returns how many."""
    gone = db.session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - WINDOW))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _whom(kind: str, value: str) -> str:
    # Keyed, so that the table tells nobody who tried, or from where.
    key = signing.key().encode()
    return hmac.new(key, f"{kind} {value}".encode(), hashlib.sha256).hexdigest()


def _failures(whom: str, now: datetime) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(FailedSignIn)
            .where(FailedSignIn.whom == whom, FailedSignIn.at > now - WINDOW)
        )
        or 0
    )
