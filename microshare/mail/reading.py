"""A letter as it came in, read: who wrote to whom, and what is new in it.

`read` takes any bytes. It raises nothing, asks nobody and has an end: every step is a loop with a
limit (`parts`), and what lies beyond the limits is left unread.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from microshare import text as texts
from microshare.mail import addresses, encodings, hypertext, machines, parts, quoting
from microshare.mail.parts import Part
from microshare.mail.subjects import subject_line

__all__ = ["Incoming", "read", "subject_line"]

MOST_TEXT = 512 * 1024  # bytes of a text part that are read


@dataclass(frozen=True)
class Incoming:
    """A letter that came in. Addresses are in lower case, texts are whole characters."""

    message_id: str  # without brackets; made from the letter where it has none
    sender: str  # its address; empty where From names none or several
    sender_name: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    references: tuple[str, ...]  # the ids of the letters that it follows, the newest last
    sent_at: datetime | None
    text: str  # what its sender wrote anew
    photos: tuple[tuple[str, bytes], ...]  # each a name for the file, and the file
    automatic: str  # what kind of machine wrote it; empty for a colleague
    unreadable: str  # why there is no text where one was meant to be; else empty


def read(raw: bytes) -> Incoming:
    """What a letter says. Raises nothing, whatever the bytes."""
    apart = parts.taken_apart(raw)
    letter = apart[0]
    writers = _addresses(letter, "from")
    name, sender = writers[0] if len({address for _, address in writers}) == 1 else ("", "")
    subject = texts.tidy(encodings.words(letter.get("subject")[:4096]))[:1000]
    body = _body(apart)
    own = quoting.newest(body)
    return Incoming(
        message_id=_message_id(letter, raw),
        sender=sender,
        sender_name=name,
        to=tuple(address for _, address in _addresses(letter, "to")),
        cc=tuple(address for _, address in _addresses(letter, "cc")),
        subject=subject,
        references=_references(letter),
        sent_at=addresses.moment(letter.get("date")),
        text=own,
        photos=(),
        automatic=machines.automatic(apart, sender, subject, body, own),
        unreadable="",
    )


def _addresses(letter: Part, field: str) -> list[tuple[str, str]]:
    found = [pair for written in letter.all(field)[:20] for pair in addresses.listed(written)]
    return found[: addresses.MOST_ADDRESSES]


def _message_id(letter: Part, raw: bytes) -> str:
    given = addresses.ids(letter.get("message-id"))
    return given[0] if given else hashlib.blake2b(raw, digest_size=16).hexdigest() + "@none"


def _references(letter: Part) -> tuple[str, ...]:
    named = addresses.ids(letter.get("references")) + addresses.ids(letter.get("in-reply-to"))[:1]
    return tuple(dict.fromkeys(reversed(named[-100:])))[::-1]


def _body(apart: list[Part]) -> str:
    """The text of the letter with all that is quoted in it."""
    for kind in ("text/plain", "text/html"):
        for part in apart:
            if part.kind == kind and not part.is_attached and not part.enclosed:
                written = part.text(MOST_TEXT)
                text = hypertext.text_of(written) if kind == "text/html" else written
                if text.strip():
                    return text
    return ""
