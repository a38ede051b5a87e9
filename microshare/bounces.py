"""Letters that come back: where to, whose they are, and what follows from them.

Each letter has a return path of its own, which says to whom it went and is signed by us: a report
counts by the address that it comes to, whatever it says, so nobody can stop a colleague's mail
with a report of his own making.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from microshare import bounce_reading, mail_addresses, people, text, unreachable
from microshare.bounce_reading import DELAYED, HARD, NOTE, POLICY, SOFT, Bounce

__all__ = ["DELAYED", "HARD", "NOTE", "POLICY", "SOFT", "Bounce", "of", "return_path", "take"]

LIFETIME = timedelta(days=30)  # servers give up after five days; some reports lie around
MARK = 2**24  # so much of an address goes into its return path, to know it again

of = bounce_reading.of


def return_path(email: str, user_id: int, day: date) -> str | None:
    """Where a letter of this day to this address comes back to; None: to `mail_from`.

    `user_id` is 0 for whoever has no account yet.
    """
    return mail_addresses.bounce_to(user_id, day.toordinal() * MARK + _mark(email))


def take(bounce: Bounce, now: datetime, to: str = "") -> str:
    """Count a letter that came back; `hard`, `soft`, or empty where nothing follows from it.

    `to`: the address to which the report came, where somebody knows it; else its headers tell.
    """
    if bounce.kind not in (HARD, SOFT):
        return ""
    address = _whose(bounce, [to, *bounce.returned_to], now)
    if not address:
        return ""
    count = unreachable.hard if bounce.kind == HARD else unreachable.soft
    count(address, bounce.said or bounce.status, now)
    return bounce.kind


def _whose(bounce: Bounce, returned_to: Iterable[str], now: datetime) -> str:
    """The address that the letter went to, by the return path that we signed; else nothing."""
    for candidate in returned_to:
        meant = mail_addresses.meaning(candidate) if candidate else None
        if not isinstance(meant, mail_addresses.Bounce):
            continue
        ordinal, mark = divmod(meant.number, MARK)
        if not timedelta(days=-1) <= now.date() - date.fromordinal(ordinal) <= LIFETIME:
            continue
        user = people.by_id(meant.user_id) if meant.user_id else None
        # Of a colleague only the address of today: what was said of another counts no more.
        known = [user.email or ""] if user else [bounce.recipient, *bounce.letter_to]
        found = next((a for a in known if a and _mark(a) == mark), "")
        if found:
            return found
    return ""


def _mark(email: str) -> int:
    return int.from_bytes(hashlib.sha256(text.fold(email).encode()).digest()[:3])
