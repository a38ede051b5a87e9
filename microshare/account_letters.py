"""The letters of an account: invitation, confirmation, new password.

They are written into the database with what they tell of, and leave by the worker: nobody waits
for a mail server, a letter survives a crash, and the time an answer takes tells nothing.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from flask import render_template
from flask_babel import force_locale
from sqlalchemy import delete, select, update

from microshare import bounces, clock, config, letter_form, mailer, pace, sentences, unreachable
from microshare.db import db, insist, saving
from microshare.errors import Refused, Unavailable
from microshare.mailer import Letter
from microshare.models import PendingLetter
from microshare.turns import exclusive

KINDS = ("invite", "confirm", "reset", "known")
MARK_FOR = 100  # seconds to go on trying to mark a letter; after two minutes it goes again
TRIES = 12  # with the pauses below: about three days


def write(
    kind: str, to: str, language: str, now: datetime, *, path: str = "", by: str = ""
) -> None:
    """Put a letter of this kind into the queue; `path` is where its link leads."""
    settings = config.current()
    facts = {
        "link": settings.url + path,
        "company": settings.company,
        "by": by,
        "url": settings.url,
        "locale": language,
    }
    with force_locale(language):
        subject = render_template(f"mail/{kind}.subject.txt", **facts).strip()
        letter = Letter(
            to=to,
            subject=" ".join(subject.split()),
            text=render_template(f"mail/{kind}.txt", **facts),
            html=letter_form.inlined(render_template(f"mail/{kind}.html", **facts)),
            message_id=f"{uuid.uuid4().hex}@{mailer.domain()}",
            return_path=bounces.return_path(to, 0, now.date()) or "",
        )
    queue(letter, now)


def queue(letter: Letter, now: datetime) -> None:
    """Let a letter leave by the worker, once what it tells of is saved."""
    db.session.add(
        PendingLetter(letter=letter.as_dict(), created_at=now, not_before=now, attempts=0, error="")
    )
    db.session.flush()


def send_pending(now: datetime, *, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Send what waits; returns how many left. Called by the worker, again and again.

    `goes_on`: whether to go on, or to leave the rest to a later round.
    """
    if not _due(now):
        return 0
    with exclusive("letters") as mine:
        if not mine:
            return 0
        sent, began = 0, monotonic()
        with mailer.opened() as transport:
            for letter_id in _due(now):
                if config.current().mail_per_minute:
                    with saving():
                        place = pace.reserve(clock.now())
                    if not pace.wait(place, goes_on=goes_on):
                        break
                sent += _send(transport, letter_id, now + timedelta(seconds=monotonic() - began))
        return sent


def _due(now: datetime) -> list[int]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(PendingLetter.id)
            .where(PendingLetter.not_before <= now, PendingLetter.attempts < TRIES)
            .order_by(PendingLetter.id)
            .limit(100)
        )
    )


def _send(transport: mailer.Transport, letter_id: int, now: datetime) -> bool:
    pending = db.session.get(PendingLetter, letter_id)
    if pending is None:
        return False
    letter, attempts = Letter(**pending.letter), pending.attempts + 1
    if _is_idle(letter):
        _mark(letter_id, attempts, "")
        return False
    again_at = now + timedelta(minutes=min(2**attempts, 480))
    with saving():  # and no transaction stays open while the mail server thinks
        taken = db.session.execute(
            update(PendingLetter)
            .where(
                PendingLetter.id == letter_id,
                PendingLetter.attempts == attempts - 1,
                PendingLetter.not_before <= now,
            )
            .values(attempts=attempts, not_before=again_at)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            return False  # somebody else has it
    why, is_final = "", False
    try:
        transport.send(letter, now)
    except Refused as refusal:
        why, is_final = sentences.reason(refusal), True
        if refusal.code == "address-refused":
            with saving():
                unreachable.hard(letter.to, refusal.facts["why"], now)
    except Unavailable as refusal:
        why = sentences.reason(refusal)
    insist(lambda: _mark(letter_id, TRIES if is_final else attempts, why), MARK_FOR)
    return not why


def _is_idle(letter: Letter) -> bool:
    """Whether nobody asked for this letter, and its address gets no such ones."""
    is_answer = letter.headers.get("Auto-Submitted") == "auto-replied"
    return is_answer and unreachable.is_stopped(letter.to)


def _mark(letter_id: int, attempts: int, why: str) -> None:
    """Drop a letter that left; of another one keep what the mail server said."""
    with saving():
        if not why:
            db.session.execute(delete(PendingLetter).where(PendingLetter.id == letter_id))
        else:
            pending = db.session.get_one(PendingLetter, letter_id)
            pending.attempts, pending.error = attempts, why


def undelivered() -> list[PendingLetter]:
    """Letters that failed at least once, oldest first."""
    return list(
        db.session.scalars(
            select(PendingLetter)
            .where(PendingLetter.error != "")
            .order_by(PendingLetter.id)
            .limit(100)
        )
    )


def forget_old(now: datetime) -> int:
    """Drop letters that are past use; their links have ended too. Returns how many."""
    old = db.session.scalars(
        select(PendingLetter).where(PendingLetter.created_at < now - timedelta(days=14))
    ).all()
    for letter in old:
        db.session.delete(letter)
    return len(old)
