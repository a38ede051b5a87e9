"""Who sent a letter: a colleague who proved it, or nobody.

What From says proves nothing. These do: our own relay saw it (`relays`), the sender's domain signed
it (`signatures`), or it came to an address that only this colleague has. The address that answers
a post is in a letter, and letters are passed on: it proves who wrote only for its own reader's
address in From, and not against what our relay saw.
"""

from dataclasses import dataclass
from datetime import datetime

from microshare import config, mail_addresses, people
from microshare.mail import relays, signatures
from microshare.mail.reading import Incoming
from microshare.mail_addresses import Private, Reply
from microshare.models import User


@dataclass(frozen=True)
class Unproven:
    """Nobody proved to have sent it.

    `why`: `stranger` (no colleague has this address), `refuted` (our relay saw that it is from
    somebody else), or what is missing (see `signatures.proof`). `of`: whose letter it may be.
    `is_genuine`: the address in From is real, so that an answer to it reaches nobody else.
    """

    why: str
    of: User | None = None
    is_genuine: bool = False


def proven(raw: bytes, incoming: Incoming, recipient: str, now: datetime) -> User | Unproven:
    """The active colleague who sent this letter, or why nobody did.

    Raises `resolving.NoAnswer` where the DNS does not tell now.
    """
    meaning = mail_addresses.meaning(recipient)
    if isinstance(meaning, Private):
        return meaning.user if _is_active(meaning.user) else Unproven("stranger")
    author = colleague(incoming.sender)
    reader = meaning.user if isinstance(meaning, Reply) and _is_active(meaning.user) else None
    seen = relays.verdict(raw, incoming.sender, config.current().mail_relays)
    if author is not None and (seen or (seen is None and reader == author)):
        return author
    if seen is False:
        return Unproven("refuted", author)
    why = "" if seen else signatures.proof(raw, incoming, mail_addresses.is_ours, now)
    if author is not None:
        return Unproven(why, author) if why else author
    return Unproven("stranger", reader, is_genuine=not why)


def colleague(address: str) -> User | None:
    """The active colleague who signs in with this address; it proves nothing."""
    found = people.by_login(address) if "@" in address else None
    return found if _is_active(found) else None


def _is_active(user: User | None) -> bool:
    return user is not None and user.suspended_at is None
