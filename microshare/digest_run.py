"""Sending digests: who is due, one claim a reader and period, and what became of each letter.

The claim is a row that only one process can insert. A run holds a lock that ends with its
process, so a claimed row found under the lock was left by a run that died: it is sent again with
the same Message-ID. A letter is marked as soon as the mail server has taken it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from microshare import digest, digest_letter, mailer, people, periods, sentences
from microshare.db import add_once, db, exclusive, saving
from microshare.errors import Refused, Unavailable
from microshare.models import Digest, DigestRun, User
from microshare.periods import Period

TRIES = 10  # of a letter that the mail server will not take for now
STATES = ("sent", "empty", "failed")


@dataclass(frozen=True)
class Due:
    """A reader whose letter of this period has not been written yet."""

    reader_id: int
    period: Period


def send_due(
    now: datetime, *, newcomers: bool = True, told: Callable[[str], None] = lambda state: None
) -> DigestRun | None:
    """Send every letter that is due by now; None when nothing was, or another run is at it.

    `newcomers`: also the letter of a period that ended before the reader joined.
    """
    return _run(lambda: _due(now, newcomers), now, told)


def send_to(reader: User, now: datetime) -> DigestRun | None:
    """Send one reader the letter of the seven days up to now, unless today's has been sent."""
    reader_id, zone = reader.id, people.zone_of(reader)
    period = periods.up_to(now, zone)
    if _row(reader_id, period.day, "sent"):
        raise Refused("digest-sent", username=reader.username, day=period.day.isoformat())
    if reader.email is None:
        raise Refused("no-email", username=reader.username)
    # Asked for by hand, an empty or failed letter of today is tried anew.
    with saving():
        for row in _rows(reader_id, period.day):
            db.session.delete(row)
    return _run(lambda: iter([Due(reader_id, period)]), now, lambda state: None)


def _run(
    due: Callable[[], Iterator[Due]], now: datetime, told: Callable[[str], None]
) -> DigestRun | None:
    with exclusive("digest") as mine:
        if not mine:
            return None
        waiting = list(due())
        if not waiting:
            return None
        with saving():
            run = DigestRun(started_at=now, sent=0, empty=0, failed=0)
            db.session.add(run)
            db.session.flush()
            run_id = run.id
        with mailer.opened() as transport:
            for one in waiting:
                state = _send(transport, one, now)
                if state in STATES:
                    _count(run_id, state)
                told(state)
        with saving():
            db.session.get_one(DigestRun, run_id).finished_at = now
        return db.session.get_one(DigestRun, run_id)


def _count(run_id: int, state: str) -> None:
    column = getattr(DigestRun, state)
    with saving():
        db.session.execute(
            update(DigestRun).where(DigestRun.id == run_id).values({column: column + 1})
        )


def _due(now: datetime, newcomers: bool) -> Iterator[Due]:
    """Who should have a letter by now: at most the newest period, whatever was missed."""
    handled = {
        (row.reader_id, row.period): row
        for row in db.session.scalars(
            select(Digest).where(Digest.period > (now - timedelta(days=9)).date())
        )
    }
    readers = db.session.scalars(
        select(User)
        .where(User.digest_on.is_(True), User.email.is_not(None), User.suspended_at.is_(None))
        .order_by(User.id)
    ).all()
    for reader in readers:
        period = periods.newest(
            now, reader.digest_weekday, reader.digest_hour, people.zone_of(reader)
        )
        if not newcomers and period.until < reader.created_at:
            continue
        row = handled.get((reader.id, period.day))
        if row is None or (row.state == "claimed" and _may_try(row, now)):
            yield Due(reader.id, period)


def _may_try(row: Digest, now: datetime) -> bool:
    """Whether a claimed letter may be tried (again): at once after a crash, else with a pause."""
    return row.attempts == 0 or now >= row.claimed_at + timedelta(minutes=2**row.attempts)


def _send(transport: mailer.Transport, due: Due, now: datetime) -> str:
    """Claim, compose, hand over, mark; returns the state of the letter."""
    with saving():
        add_once(
            Digest,
            reader_id=due.reader_id,
            period=due.period.day,
            state="claimed",
            claimed_at=now,
            attempts=0,
            error="",
        )
    reader = people.by_id(due.reader_id)
    if reader is None:
        return "empty"
    contents = digest.compose(reader, due.period, now)
    if contents.is_empty:
        return _mark(due, "empty", now)
    letter = digest_letter.render(reader, contents)
    db.session.rollback()  # no transaction stays open while the mail server thinks
    try:
        transport.send(letter, now)
    except Refused as refusal:
        return _mark(due, "failed", now, sentences.reason(refusal))
    except Unavailable as refusal:
        return _put_off(due, now, sentences.reason(refusal))
    return _mark(due, "sent", now)


def _mark(due: Due, state: str, now: datetime, error: str = "") -> str:
    with saving():
        db.session.execute(
            update(Digest)
            .filter_by(reader_id=due.reader_id, period=due.period.day)
            .values(state=state, error=error, sent_at=now if state == "sent" else None)
        )
    return state


def _put_off(due: Due, now: datetime, why: str) -> str:
    """The mail server will not take it now: tried again later, given up after the last try."""
    row = _rows(due.reader_id, due.period.day)[0]
    attempts = row.attempts + 1
    with saving():
        db.session.execute(
            update(Digest)
            .filter_by(reader_id=due.reader_id, period=due.period.day)
            .values(
                attempts=attempts,
                claimed_at=now,
                error=why,
                state="failed" if attempts >= TRIES else "claimed",
            )
        )
    return "failed" if attempts >= TRIES else "waiting"


def _rows(reader_id: int, day: date) -> Sequence[Digest]:
    return db.session.scalars(select(Digest).filter_by(reader_id=reader_id, period=day)).all()


def _row(reader_id: int, day: date, state: str) -> bool:
    return any(row.state == state for row in _rows(reader_id, day))


def last_run() -> DigestRun | None:
    """The newest round of sending."""
    return db.session.scalars(select(DigestRun).order_by(DigestRun.id.desc()).limit(1)).first()


def troubled() -> Sequence[Digest]:
    """Letters that failed or wait for another try, newest first, with their readers."""
    return db.session.scalars(
        select(Digest)
        .options(joinedload(Digest.reader))
        .where(Digest.error != "")
        .order_by(Digest.id.desc())
        .limit(100)
    ).all()


def periods_of(reader: User) -> Sequence[date]:
    """The days of the letters that this reader was sent, newest first."""
    return db.session.scalars(
        select(Digest.period)
        .where(Digest.reader_id == reader.id, Digest.state == "sent")
        .order_by(Digest.period.desc())
        .limit(60)
    ).all()
