"""Signing in with a password, and the brake on guessing it.

Wrong passwords are counted in the database (several web processes share it), per account and per
address. The answer is the same whichever part was wrong, and takes as long.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from microshare import config, passwords, people, text
from microshare.db import db
from microshare.errors import Refused
from microshare.models import FailedSignIn, User

WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 10, 50


def sign_in(login: str, password: str, address: str, now: datetime) -> User | None:
    """The colleague whose password this is; None when a part is wrong (and it is counted).

    `Refused("too-many-attempts")` when this account or this address was wrong too often, even
    with the right password: a guesser must not see which guess would have done.
    """
    user = people.by_login(login)
    account = _whom("account", str(user.id) if user else text.fold(login.strip()))
    place = _whom("address", address)
    for whom, limit in ((account, PER_ACCOUNT), (place, PER_ADDRESS)):
        if _failures(whom, now) >= limit:
            raise Refused("too-many-attempts", minutes=int(WINDOW.total_seconds() // 60))
    right = passwords.fits(user.password_hash if user else None, password)
    if user is None or not right or user.suspended_at is not None:
        db.session.add_all([FailedSignIn(whom=account, at=now), FailedSignIn(whom=place, at=now)])
        db.session.flush()
        return None
    db.session.execute(delete(FailedSignIn).where(FailedSignIn.whom == account))
    return user


def forget_old(now: datetime) -> int:
    """Drop what no longer counts; returns how many."""
    gone = db.session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - WINDOW))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _whom(kind: str, value: str) -> str:
    # Keyed, so that the table tells nobody who tried, or from where.
    key = config.secret_key(config.current().instance).encode()
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
