"""Addresses that letters do not reach: what was said of them, and which get no more.

A mailbox that is not there stops its address at once; one that is full, or whose server is not
well, after several weeks. A letter that somebody asked for (a new password) goes all the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.exc import IntegrityError

from microshare import people, text
from microshare.db import add_once, db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Unreachable, User

WEEKS = 3  # in which letters came back softly, until the address is stopped
WEEK = timedelta(days=6)  # after which it counts as another one: letters go out weekly
PAUSE = timedelta(days=36)  # without a letter that came back: then the weeks begin anew
SAID = 500  # characters


class Told(NamedTuple):
    """An address with what is known of it, and whose it is."""

    row: Unreachable
    person: User | None


def hard(address: str, said: str, now: datetime) -> None:
    """There is no such mailbox: no more automatic letters to it."""
    row = _row(address, said, now)
    row.hard += 1
    row.stopped_at = row.stopped_at or now


def soft(address: str, said: str, now: datetime) -> None:
    """A letter came back that another week may arrive; after `WEEKS` of them no more go."""
    row = _row(address, said, now)
    row.soft += 1
    since = now.date() - row.soft_on if row.soft_on else None
    if since is not None and since < WEEK:
        return
    row.soft_weeks = 1 if since is None or since > PAUSE else row.soft_weeks + 1
    row.soft_on = now.date()
    if row.soft_weeks >= WEEKS:
        row.stopped_at = row.stopped_at or now


def allow(address: str, by: User) -> None:
    """Letters go to it again, and nothing is held against it."""
    if not by.manages:
        raise Forbidden("not-a-manager")
    row = db.session.scalars(
        select(Unreachable).filter_by(address=text.fold(address))
    ).one_or_none()
    if row is None:
        raise Missing("address", address=address)
    db.session.delete(row)
    db.session.flush()


def change(user: User, email: str) -> None:
    """Letters to this colleague go elsewhere from now on, and begin anew."""
    old, user.email = user.email, people.checked_email(email)
    try:
        db.session.flush()
    except IntegrityError:
        raise Refused("email-taken") from None
    db.session.execute(delete(Unreachable).filter_by(address=old))


def is_stopped(address: str) -> bool:
    """Whether this address gets no automatic letters."""
    return db.session.scalar(stopped().where(Unreachable.address == text.fold(address))) is not None


def stopped() -> Select[str]:
    """The query for the addresses that get none."""
    return select(Unreachable.address).where(Unreachable.stopped_at.is_not(None))


def listed() -> Sequence[Told]:
    """Those that get no letters first, then those that letters came back from; newest first."""
    rows = db.session.execute(
        select(Unreachable, User)
        .outerjoin(User, User.email == Unreachable.address)
        .where(or_(User.id.is_(None), User.suspended_at.is_(None)))
        .order_by(Unreachable.stopped_at.is_(None), Unreachable.said_at.desc())
        .limit(100)
    )
    return [Told(row, person) for row, person in rows]


def _row(address: str, said: str, now: datetime) -> Unreachable:
    folded = text.fold(address)
    blank = {"hard": 0, "soft": 0, "soft_weeks": 0, "said": "", "said_at": now}
    add_once(Unreachable, address=folded, **blank)
    row = db.session.scalars(select(Unreachable).filter_by(address=folded).with_for_update()).one()
    row.said, row.said_at = said[:SAID], now
    return row
