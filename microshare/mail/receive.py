"""The one way in: a letter that a pipe, LMTP or a mailbox brings, for one recipient.

Whoever brings it is told that it is `taken` only when that is on the disk: as a post, as a letter
that is held, or as one that failed and is kept with its reason. Until then it stays where it was
and is brought again; the database decides that it is taken once. While a letter is in hand it is a
file too: one that ends our process each time is set aside after a few tries.
"""

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from microshare import bounces, mail_addresses, people
from microshare.db import OUTAGES, let_go, saving
from microshare.errors import Missing, Refusal, Unavailable
from microshare.mail import answers, kept, posting, reading, register, senders
from microshare.mail.kept import FAILED, HELD, IN_HAND, Told
from microshare.mail.reading import Incoming
from microshare.mail.register import Entry
from microshare.mail.senders import Unproven
from microshare.mail_addresses import Bounce, Meaning, Private, Reply, Share
from microshare.models import DoorLetter, User
from microshare.resolving import NoAnswer

LARGEST = 48 * 2**20  # bytes: what 30 MB of files take in a letter, and more
TRIES = 3  # of a letter that ends the process that reads it
LEFT = timedelta(minutes=15)  # then nobody has it in hand any more
_SETTLED = ("done", "dropped", "released")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Received:
    """What whoever brought the letter is to be told.

    `taken`: it is ours now. `later`: bring it again. `unknown`: nobody has this address. `large`:
    it is too large. `why` is for the log.
    """

    state: str
    why: str = ""


def receive(raw: bytes, recipient: str, now: datetime) -> Received:
    """Take a letter for this recipient. Raises nothing, whatever the letter."""
    if len(raw) > LARGEST:
        return Received("large")
    name = _name(raw, recipient)
    try:
        if mail_addresses.meaning(recipient) is None:
            return Received("unknown")
        tries = kept.told(IN_HAND, name).tries + 1 if kept.has(IN_HAND, name) else 1
        if tries > TRIES:
            return _set_aside(name, raw, Told(recipient, now.isoformat(), "crashed", tries))
        kept.keep(IN_HAND, name, raw, Told(recipient, now.isoformat(), tries=tries))
        received = _guarded(name, raw, recipient, now)
        kept.drop(IN_HAND, name)
    except (*OUTAGES, Unavailable, OSError) as error:
        log.warning("a letter waits: %s", type(error).__name__)
        return Received("later", type(error).__name__)
    finally:
        let_go()
    return received


def _guarded(name: str, raw: bytes, recipient: str, now: datetime) -> Received:
    """The letter taken; whatever goes wrong with it alone, it is kept with the reason."""
    try:
        return _take(raw, recipient, now)
    except (*OUTAGES, OSError):
        raise
    except Unavailable as refusal:
        return Received("later", refusal.code)
    except Refusal as refusal:
        if refusal.code == "mail-extra-missing":
            log.error("letters wait: %s", refusal)
            return Received("later", refusal.code)
        why = str(refusal)
    except Exception as error:
        # A fault of ours, which this letter would meet each time that it is brought. It is logged,
        # listed and can be tried again; nobody who brings letters can do anything about it.
        log.exception("a letter failed")
        why = f"{type(error).__name__}: {error}"
    return _set_aside(name, raw, Told(recipient, now.isoformat(), why[:300]))


def _name(raw: bytes, recipient: str) -> str:
    return hashlib.sha256(recipient.lower().encode("utf-8", "replace") + b"\n" + raw).hexdigest()


def _set_aside(name: str, raw: bytes, told: Told) -> Received:
    kept.keep(FAILED, name, raw, told)
    kept.drop(IN_HAND, name)
    return Received("taken", "failed")


def _take(raw: bytes, recipient: str, now: datetime) -> Received:
    meaning = mail_addresses.meaning(recipient)
    if meaning is None or _is_of_nobody(meaning):
        return Received("unknown")
    incoming = reading.read(raw)
    of = register.entry(incoming, recipient, meaning)
    if isinstance(meaning, Bounce):  # whatever it is, it came to the return path of our letter
        _count_bounce(raw, of, now)
        return Received("taken", "bounce")
    before = register.find(of.key)
    if before is not None and before.state in _SETTLED:
        return Received("taken", "known")
    if incoming.automatic:
        return _of_a_machine(raw, incoming, of, meaning, now)
    return _of_somebody(raw, incoming, of, before, now)


def _of_somebody(
    raw: bytes, incoming: Incoming, of: Entry, before: DoorLetter | None, now: datetime
) -> Received:
    """A letter that a person wrote: whose is it?"""
    try:
        sender = senders.proven(raw, incoming, of.recipient, now)
    except NoAnswer:
        if before is None or before.at > now - register.PATIENCE:
            return _wait(of, now)
        sender = Unproven("unanswered", senders.colleague(incoming.sender))
    if isinstance(sender, Unproven):
        return _hold(raw, incoming, of, sender, now)
    return _act(incoming, of, sender, now)


def _is_of_nobody(meaning: Meaning) -> bool:
    """Whether it is the address of a colleague who left."""
    return isinstance(meaning, Private | Reply) and meaning.user.suspended_at is not None


def _act(incoming: Incoming, of: Entry, sender: User, now: datetime) -> Received:
    meaning = mail_addresses.meaning(of.recipient)
    if not isinstance(meaning, Share | Private | Reply):
        return Received("unknown")  # renewed at this very moment
    of = replace(of, from_key=register.address_key(sender.email or f"user {sender.id}"))
    if not _begin(of, now):
        return Received("later", "too-many")
    outcome = posting.take(incoming, sender, meaning, now)
    with saving():
        register.mark(of.key, "done", outcome.kind)
    kept.drop(HELD, of.key)
    return Received("taken", outcome.kind)


def _begin(of: Entry, now: datetime) -> bool:
    """Enter the letter; false, and nothing is entered, where its address sent too many."""
    try:
        with saving():
            register.begin(of, now)
    except register.TooMany:
        return False
    return True


def _wait(of: Entry, now: datetime) -> Received:
    """The names do not answer now; the row remembers since when."""
    if _begin(of, now):
        with saving():
            register.mark(of.key, "waiting")
    return Received("later", "names")


def _hold(
    raw: bytes, incoming: Incoming, of: Entry, sender: Unproven, now: datetime
) -> Received:
    if not _begin(of, now):
        return Received("later", "too-many")
    kept.keep(HELD, of.key, raw, Told(of.recipient, now.isoformat(), sender.why))
    with saving():
        if register.hold(of, sender.of.id if sender.of else None, sender.why):
            if sender.of is not None:
                answers.held(sender.of, of, incoming, sender.why, now)
            elif sender.is_genuine:
                answers.stranger(of, incoming, now)
    return Received("taken", "held")


def _of_a_machine(
    raw: bytes, incoming: Incoming, of: Entry, meaning: Share | Private | Reply, now: datetime
) -> Received:
    """Held in silence; what comes without end is counted, and let go."""
    if incoming.automatic == "bounce":
        _count_bounce(raw, of, now)
    if not _begin(of, now):
        return Received("taken", "too-many")
    author = senders.colleague(incoming.sender)
    author = author if isinstance(meaning, Share) else meaning.user
    kept.keep(HELD, of.key, raw, Told(of.recipient, now.isoformat(), incoming.automatic))
    with saving():
        register.hold(of, author.id if author else None, incoming.automatic)
    return Received("taken", incoming.automatic)


def _count_bounce(raw: bytes, of: Entry, now: datetime) -> None:
    """A report of a letter of ours that came back is counted, once."""
    bounce = bounces.of(raw)
    if bounce is None:
        return
    once = replace(of, key=register.bounce_key(of))
    with saving():
        if register.enter(once, now):
            register.mark(once.key, "done", "bounce")
            bounces.take(bounce, now, of.recipient)


def take_released(now: datetime) -> int:
    """Take the held letters that their colleagues released. Returns how many.

    One whose file is on another host is left to the worker there.
    """
    count = 0
    for letter in register.released():
        if kept.has(HELD, letter.key):
            _take_released(letter, now)
            count += 1
    return count


def _take_released(letter: DoorLetter, now: datetime) -> None:
    key, recipient, user_id = letter.key, letter.recipient, letter.user_id
    try:
        raw = kept.raw(HELD, key)
        sender = people.by_id(user_id or 0)
        meaning = mail_addresses.meaning(recipient)
        if not isinstance(meaning, Reply):
            meaning = Share()
        if sender is not None and sender.suspended_at is None:
            incoming = replace(reading.read(raw), automatic="")  # a colleague says that it is not
            posting.take(incoming, sender, meaning, now)
    except Missing:
        return
    except (*OUTAGES, Unavailable):
        raise
    except Exception as error:
        log.exception("a released letter failed")
        why = f"{type(error).__name__}: {error}"
        kept.keep(FAILED, key, raw, Told(recipient, now.isoformat(), why[:300]))
    with saving():
        register.mark(key, "done", "released")
    kept.drop(HELD, key)


def retry(name: str, now: datetime) -> Received:
    """Try a letter again that failed; it stays where it fails again."""
    raw, told = kept.raw(FAILED, name), kept.told(FAILED, name)
    kept.drop(IN_HAND, name)
    received = receive(raw, told.recipient, now)
    if received.state == "taken" and received.why != "failed":
        kept.drop(FAILED, name)
    return received


def take_up(now: datetime) -> None:
    """Take in hand again what a killed process left there, and drop files that nobody needs."""
    for name in list(kept.names(IN_HAND)):
        told = kept.told(IN_HAND, name)
        if told.moment < now - LEFT:
            receive(kept.raw(IN_HAND, name), told.recipient, now)
    names = list(kept.names(HELD))
    for at in range(0, len(names), 500):
        part = names[at : at + 500]
        needed = register.held_keys(part)
        for name in part:
            if name not in needed and kept.told(HELD, name).moment < now - timedelta(hours=1):
                kept.drop(HELD, name)
    for where in (HELD, FAILED, IN_HAND):
        kept.tidy(where, now - timedelta(days=1))
