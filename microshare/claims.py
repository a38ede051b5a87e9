"""Claims on digests: one row a reader and period, which says what became of the letter.

Whoever inserts the row writes the letter. It is `claimed` until the letter was `sent`, turned out
`empty`, or `failed` for good; a claimed row that nobody works on is taken up again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, update

from microshare.db import add_once, db, saving
from microshare.models import Digest

TRIES = 10  # of a letter that the mail server will not take for now
GRACE = timedelta(minutes=2)  # longer than a letter is in anybody's hands
DONE = ("sent", "empty", "failed")


@dataclass(frozen=True)
class Claim:
    """Whose letter, of which period."""

    reader_id: int
    day: date


def claim(of: Claim, now: datetime) -> None:
    """Make the row; where one that died left it, it is ours from now on."""
    with saving():
        is_new = add_once(
            Digest,
            reader_id=of.reader_id,
            period=of.day,
            state="claimed",
            claimed_at=now,
            attempts=0,
            error="",
        )
        if not is_new:
            db.session.execute(
                update(Digest)
                .filter_by(reader_id=of.reader_id, period=of.day, state="claimed")
                .values(claimed_at=now)
            )


def mark(of: Claim, state: str, now: datetime, error: str = "") -> str:
    """Write down what became of the letter; returns the state."""
    with saving():
        db.session.execute(
            update(Digest)
            .filter_by(reader_id=of.reader_id, period=of.day)
            .values(state=state, error=error, sent_at=now if state == "sent" else None)
        )
    return state


def refuse(of: Claim, now: datetime, why: str, told: Callable[[], None] = lambda: None) -> str:
    """The letter is refused for good; `told` writes down, together with it, what that means."""
    with saving():
        db.session.execute(
            update(Digest)
            .filter_by(reader_id=of.reader_id, period=of.day)
            .values(state="failed", error=why, sent_at=None)
        )
        told()
    return "failed"


def put_off(of: Claim, now: datetime, why: str) -> str:
    """The mail server will not take it now: tried again later, given up after the last try."""
    attempts = rows(of)[0].attempts + 1
    with saving():
        db.session.execute(
            update(Digest)
            .filter_by(reader_id=of.reader_id, period=of.day)
            .values(
                attempts=attempts,
                claimed_at=now,
                error=why,
                state="failed" if attempts >= TRIES else "claimed",
            )
        )
    return "failed" if attempts >= TRIES else "waiting"


def may_try(row: Digest, now: datetime, restarted: datetime | None) -> bool:
    """Whether a claimed letter may be tried (again): at once after a crash, else with a pause.

    `restarted`: when the server that keeps our locks last started. A lock that it forgot may be
    missed by somebody who is alive, and marks the letter in his hands as soon as he can.
    """
    if row.attempts:
        return now >= row.claimed_at + timedelta(minutes=2**row.attempts)
    return restarted is None or now >= max(row.claimed_at, restarted) + GRACE


def rows(of: Claim) -> Sequence[Digest]:
    """The row of the claim, if there is one."""
    db.session.rollback()  # a fresh look
    return db.session.scalars(select(Digest).filter_by(reader_id=of.reader_id, period=of.day)).all()


def drop(of: Claim) -> None:
    """Forget what became of a letter, to try it anew."""
    with saving():
        db.session.execute(delete(Digest).filter_by(reader_id=of.reader_id, period=of.day))
