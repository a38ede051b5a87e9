"""Sending digests: who is due, one claim a reader and period, and what became of each letter.

A run holds a lock that ends with its process, so a claimed row found under the lock was left by
a run that died: its letter is sent now, with the same Message-ID.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from microshare import (
    absence,
    claims,
    clock,
    config,
    digest_writing,
    handover,
    pace,
    people,
    periods,
    unreachable,
)
from microshare.claims import Claim
from microshare.db import db, saving
from microshare.digest_week import Shared
from microshare.errors import Refused
from microshare.handover import Carrier
from microshare.models import Digest, DigestRun, User
from microshare.periods import Period
from microshare.readers import AnyAddressee
from microshare.turns import exclusive, locks_since


@dataclass(frozen=True)
class Due:
    """A reader whose letter of this period has not been written yet."""

    reader_id: int
    period: Period

    @property
    def claim(self) -> Claim:
        return Claim(self.reader_id, self.period.day)


STOPPED = "stopped"  # the letter stays claimed, and the next run sends it
AWAY = 5  # letters put off in a row: the mail server is away, and the others wait unclaimed
Told = Callable[[int, int], None]  # how many are done, of how many
GoesOn = Callable[[], bool]  # whether to go on, or to leave the rest to a later run


def send_due(
    now: datetime,
    *,
    newcomers: bool = True,
    told: Told = lambda done, total: None,
    goes_on: GoesOn = lambda: True,
) -> DigestRun | None:
    """Send every letter that is due by now; None when nothing was, or another run is at it.

    `newcomers`: also the letter of a period that ended before the reader joined.
    """
    return _run(lambda: _due(now, newcomers), now, told, goes_on)


def send_to(reader: User, now: datetime) -> DigestRun | None:
    """Send one reader the letter of the seven days up to now, unless today's has been sent."""
    due = Due(reader.id, periods.up_to(now, people.zone_of(reader)))
    username, email = reader.username, reader.email
    if email is None:
        raise Refused("no-email", username=username)
    if not _wants(reader):
        raise Refused("digest-off", username=username)
    if absence.is_before(due.period.day, reader.digest_from):
        raise Refused("digest-paused", username=username, day=str(reader.digest_from))
    if unreachable.is_stopped(email):
        raise Refused("address-stopped", address=email)

    def still_due() -> list[Due]:
        if any(row.state == "sent" for row in claims.rows(due.claim)):
            raise Refused("digest-sent", username=username, day=due.period.day.isoformat())
        claims.drop(due.claim)  # asked for by hand, an empty or failed letter is tried anew
        return [due]

    return _run(still_due, now, lambda done, total: None, lambda: True)


def _wants(reader: AnyAddressee) -> bool:
    return reader.digest_on and reader.suspended_at is None


def _run(
    due: Callable[[], Sequence[Due]], now: datetime, told: Told, goes_on: GoesOn
) -> DigestRun | None:
    with exclusive("digest") as mine:
        if not (mine and due()):
            return None
        with handover.carrier() as carrier:
            waiting = due()  # again: what a run that died had in hand is marked by now
            run_id = _begin(now)
            put_off, shared = 0, Shared()  # put off in a row
            began = monotonic()
            for done, one in enumerate(waiting, 1):
                moment = now + timedelta(seconds=monotonic() - began)
                claims.claim(one.claim, moment)
                state = _send(carrier, one, shared, moment, goes_on)
                if state == STOPPED:
                    break
                if state != "empty":
                    put_off = put_off + 1 if state == "waiting" else 0
                if state in claims.DONE:
                    _count(run_id, state)
                told(done, len(waiting))
                if put_off == AWAY:
                    break
        with saving():
            db.session.get_one(DigestRun, run_id).finished_at = now
        return db.session.get_one(DigestRun, run_id)


def _begin(now: datetime) -> int:
    with saving():
        run = DigestRun(started_at=now, sent=0, empty=0, failed=0)
        db.session.add(run)
        db.session.flush()
        return run.id


def _count(run_id: int, state: str) -> None:
    column = getattr(DigestRun, state)
    with saving():
        db.session.execute(
            update(DigestRun).where(DigestRun.id == run_id).values({column: column + 1})
        )


def _due(now: datetime, newcomers: bool) -> list[Due]:
    """Who should have a letter by now: at most the newest period, whatever was missed.

    By period, so that readers who share one come together.
    """
    db.session.rollback()  # a fresh look
    restarted = locks_since()
    handled = {
        (row.reader_id, row.period): row
        for row in db.session.scalars(
            select(Digest).where(Digest.period > (now - timedelta(days=9)).date())
        )
    }
    newest: dict[tuple[int, int, str], Period] = {}
    due = []
    for reader_id, weekday, hour, zone, joined_at, first_day in _readers():
        when = weekday, hour, zone
        if when not in newest:
            newest[when] = periods.newest(now, weekday, hour, ZoneInfo(zone))
        period = newest[when]
        if absence.is_before(period.day, first_day):
            continue  # for good: what a reader on leave missed is not sent in a heap
        if not newcomers and period.until < joined_at:
            continue
        row = handled.get((reader_id, period.day))
        if row is None or (row.state == "claimed" and claims.may_try(row, now, restarted)):
            due.append(Due(reader_id, period))
    return sorted(due, key=lambda one: (one.period.until, one.period.since, one.reader_id))


def _readers() -> Sequence[Any]:
    """Who wants letters and can have them: id, weekday, hour, zone, joined, first day."""
    return db.session.execute(
        select(
            User.id,
            User.digest_weekday,
            User.digest_hour,
            User.time_zone,
            User.created_at,
            User.digest_from,
        ).where(
            User.digest_on.is_(True),
            User.email.is_not(None),
            User.suspended_at.is_(None),
            User.email.not_in(unreachable.stopped()),
        )
    ).all()


def _send(carrier: Carrier, due: Due, shared: Shared, now: datetime, goes_on: GoesOn) -> str:
    """Write a claimed letter and hand it over when its turn comes; returns its state."""
    # In a long run it may be hours since we looked who wants a letter.
    letter = digest_writing.write(due.reader_id, shared.week(due.period), now, wanted=_wants)
    if letter is None:
        return claims.mark(due.claim, "empty", now)
    if config.current().mail_per_minute:
        with saving():
            place = pace.reserve(clock.now())
        began = monotonic()
        if not pace.wait(place, goes_on=goes_on):
            return STOPPED
        now += timedelta(seconds=monotonic() - began)
        claims.claim(due.claim, now)  # anew: it was in our hands all the while
    return carrier.carry(due.claim, letter, now) if goes_on() else STOPPED


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
