"""A letter as it came in, read: who wrote to whom, and what is new in it.

`read` takes any bytes. It raises nothing, asks nobody and has an end: every step is a loop with a
limit (`parts`), and what lies beyond the limits is left unread.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from microshare import text as texts
from microshare.mail import (
    addresses,
    bodies,
    encodings,
    machines,
    marks,
    parts,
    photos,
    quoting,
    sealed,
    subjects,
)  # fmt: skip
from microshare.mail.bodies import Body
from microshare.mail.parts import Part
from microshare.mail.quoting import Own
from microshare.mail.subjects import subject_line

__all__ = ["Incoming", "read", "subject_line"]


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
    automatic: str  # what kind of machine wrote it (`machines`); empty for a colleague
    unreadable: str  # why there is no text: `encrypted`, `signed`, `winmail`; else empty
    is_handed_on: bool = False  # the text is somebody else's, passed on without a word


def read(raw: bytes) -> Incoming:
    """What a letter says. Raises nothing, whatever the bytes."""
    apart = sealed.opened(parts.taken_apart(raw))
    letter = apart[0]
    writers = _addresses(letter, "from")
    name, sender = writers[0] if len({address for _, address in writers}) == 1 else ("", "")
    subject = texts.tidy(encodings.words(letter.get("subject")[:4096]))[:1000]
    body = bodies.read(apart)
    own = quoting.read(body.text)
    if own.is_handed_on and subjects.is_answer(subject):
        own = Own("", is_handed_on=False)  # an answer that says nothing
    text = texts.tidy_note(marks.without_pictures(own.text))
    return Incoming(
        message_id=_message_id(letter, raw),
        sender=sender,
        sender_name=name,
        to=tuple(address for _, address in _addresses(letter, "to")),
        cc=tuple(address for _, address in _addresses(letter, "cc")),
        subject=subject,
        references=_references(letter),
        sent_at=addresses.moment(letter.get("date")),
        text=text,
        photos=_photos(apart, body, own.text),
        automatic=_automatic(apart, sender, subject, body, text),
        unreadable=body.unreadable,
        is_handed_on=bool(text) and (own.is_handed_on or body.is_inner),
    )


def _automatic(apart: list[Part], sender: str, subject: str, body: Body, own: str) -> str:
    said = ("", "") if body.is_inner else (body.text, own)
    return machines.automatic(apart, sender, subject, *said)


def _addresses(letter: Part, field: str) -> list[tuple[str, str]]:
    found = [pair for written in letter.all(field)[:20] for pair in addresses.listed(written)]
    return found[: addresses.MOST_ADDRESSES]


def _message_id(letter: Part, raw: bytes) -> str:
    given = addresses.ids(letter.get("message-id"))
    return given[0] if given else hashlib.blake2b(raw, digest_size=16).hexdigest() + "@none"


def _references(letter: Part) -> tuple[str, ...]:
    named = addresses.ids(letter.get("references")) + addresses.ids(letter.get("in-reply-to"))[:1]
    return tuple(dict.fromkeys(reversed(named[-100:])))[::-1]


def _photos(apart: list[Part], body: Body, own: str) -> tuple[tuple[str, bytes], ...]:
    """What is a photo among the files, by what the files are and not by what they are called."""
    files = [part for part in apart if not part.enclosed and _may_be_photo(part)]
    found = []
    for part in files[: 4 * photos.MOST_PHOTOS]:
        if photos.kind(part.body(64)):
            content = part.body(photos.LARGEST + 1)
            if len(content) <= photos.LARGEST:
                found.append(photos.Found(part.name, content, part.cid))
    cids = {each.cid for each in found if each.cid}
    named = marks.pictures(body.html)
    drawn = marks.pictures(own if body.text == body.html else quoting.read(body.html).text)
    found = [each if each.cid in named else photos.Found(each.name, each.content, "")
             for each in found] if cids else found  # fmt: skip
    found += [photos.Found(name, content, "") for name, content in body.files
              if photos.kind(content)]  # fmt: skip
    return photos.chosen(found, drawn)


def _may_be_photo(part: Part) -> bool:
    return part.kind.startswith("image/") or (
        part.kind.startswith("application/") and bool(part.name)
    )
