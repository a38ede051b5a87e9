"""The register of the door: which letter came, and what became of it. The database decides.

A letter is known by its Message-ID, the address it says it is from, and what it is for: whoever
delivers it again adds nothing. It is counted under its address, and held under its colleague.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from microshare import text
from microshare.db import add_once, db
from microshare.errors import Missing
from microshare.mail.reading import Incoming
from microshare.mail_addresses import Meaning, Reply
from microshare.models import DoorAnswer, DoorLetter
from microshare.readers import AnyReader

LIMIT = 20  # letters an hour from an address
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PATIENCE = timedelta(hours=1)  # for a name server that does not answer
HELD_FOR = timedelta(days=30)
KNOWN_FOR = timedelta(days=90)  # longer than anybody delivers a letter again
STRANGERS = 500  # letters of strangers that are held; the oldest give way


@dataclass(frozen=True)
class Entry:
    """A letter as it is to be entered."""

    key: str
    from_key: str
    recipient: str
    sender: str
    subject: str


def entry(incoming: Incoming, recipient: str, meaning: Meaning) -> Entry:
    """What the register knows a letter by. `share` and the private addresses are for one thing."""
    purpose = f"reply {meaning.post_id}" if isinstance(meaning, Reply) else "share"
    return Entry(
        key=_hash("letter", purpose, incoming.sender, incoming.message_id),
        from_key=address_key(incoming.sender),
        recipient=recipient[:320],
        sender=incoming.sender[:320],
        subject=incoming.subject[:200],
    )


def bounce_key(of: Entry) -> str:
    """What a report is counted by: once at each address, also where it is held too."""
    return _hash("bounce", of.key, of.recipient.lower())


def address_key(address: str) -> str:
    """An address as it is counted: nobody reads from the register who wrote."""
    return _hash("address", text.fold(address))


def _hash(*facts: str) -> str:
    return hashlib.sha256("\n".join(facts).encode("utf-8", "replace")).hexdigest()


def find(key: str) -> DoorLetter | None:
    """The letter, if it came before."""
    return db.session.scalars(select(DoorLetter).filter_by(key=key)).one_or_none()


class TooMany(Exception):
    """The address has sent as many letters in an hour as we take."""


def enter(of: Entry, now: datetime) -> bool:
    """Enter a letter that is taken in hand; false where it is in the register."""
    return add_once(
        DoorLetter,
        key=of.key,
        from_key=of.from_key,
        at=now,
        state="begun",
        why="",
        recipient=of.recipient,
        sender="",
        subject="",
    )


def begin(of: Entry, now: datetime) -> None:
    """Enter it, or raise `TooMany`; one that came before is counted already."""
    if enter(of, now) and _count(of.from_key, now) > LIMIT:
        raise TooMany


def _count(from_key: str, now: datetime) -> int:
    """How many letters of an address came in the hour up to now.

    Of those that come at the same moment by two doors, each may be counted without the other.
    """
    counted = select(func.count()).where(
        DoorLetter.from_key == from_key, DoorLetter.at > now - HOUR
    )
    return db.session.scalar(counted) or 0


def mark(key: str, state: str, why: str = "") -> None:
    """What became of the letter; nothing of what it says is kept."""
    db.session.execute(
        update(DoorLetter)
        .where(DoorLetter.key == key)
        .values(state=state, why=why, user_id=None, sender="", subject="")
    )


def hold(of: Entry, user_id: int | None, why: str) -> bool:
    """Nobody proved to have sent it; this colleague may say that it is theirs. Once."""
    changed = db.session.execute(
        update(DoorLetter)
        .where(DoorLetter.key == of.key, DoorLetter.state.in_(("begun", "waiting")))
        .values(state="held", why=why, user_id=user_id, sender=of.sender, subject=of.subject)
    )
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def may_answer(address: str, now: datetime) -> bool:
    """Whether this address may be told something now: the first who asks in a day may tell it."""
    key = address_key(address)
    if add_once(DoorAnswer, address_key=key, at=now):
        return True
    answered = db.session.execute(
        update(DoorAnswer)
        .where(DoorAnswer.address_key == key, DoorAnswer.at <= now - DAY)
        .values(at=now)
    )
    return bool(answered.rowcount)  # type: ignore[attr-defined]


def held_for(reader: AnyReader) -> Sequence[DoorLetter]:
    """The letters that wait for this colleague to say whether they are theirs, newest first."""
    return db.session.scalars(
        select(DoorLetter)
        .where(DoorLetter.user_id == reader.id, DoorLetter.state == "held")
        .order_by(DoorLetter.at.desc(), DoorLetter.id.desc())
        .limit(50)
    ).all()


def decide(reader: AnyReader, letter_id: int, state: str) -> None:
    """It is theirs and is `released`, or is not and is `dropped`. Once; only of their own."""
    changed = db.session.execute(
        update(DoorLetter)
        .where(
            DoorLetter.id == letter_id,
            DoorLetter.user_id == reader.id,
            DoorLetter.state == "held",
        )
        .values(state=state)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Missing("letter")


def released() -> Sequence[DoorLetter]:
    """The letters that their colleagues released, oldest first."""
    return db.session.scalars(
        select(DoorLetter).filter_by(state="released").order_by(DoorLetter.id).limit(100)
    ).all()


def forget_old(now: datetime) -> None:
    """Held letters expire, those of strangers sooner where there are many; rows go later."""
    is_held = DoorLetter.state == "held"
    expired = select(DoorLetter.id).where(is_held, DoorLetter.at < now - HELD_FOR)
    of_strangers = (
        select(DoorLetter.id)
        .where(is_held, DoorLetter.user_id.is_(None))
        .order_by(DoorLetter.id.desc())
        .offset(STRANGERS)
    )
    for which in (expired, of_strangers):
        ids = db.session.scalars(which.limit(1000)).all()
        db.session.execute(
            update(DoorLetter)
            .where(DoorLetter.id.in_(ids), is_held)
            .values(state="dropped", why="expired", user_id=None, sender="", subject="")
        )
    db.session.execute(delete(DoorLetter).where(DoorLetter.at < now - KNOWN_FOR))
    db.session.execute(delete(DoorAnswer).where(DoorAnswer.at < now - 2 * DAY))


def held_keys(keys: Sequence[str]) -> set[str]:
    """Which of these letters are held still, or released and not yet taken."""
    return set(
        db.session.scalars(
            select(DoorLetter.key).where(
                DoorLetter.key.in_(keys), DoorLetter.state.in_(("held", "released"))
            )
        )
    )
