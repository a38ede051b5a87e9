"""The links of a digest that let its reader in without a password: to read, and to do one thing.

A link holds who, which period, what, and the epoch of the reader's sessions, signed; nothing is
kept. It ends `LIFETIME` after its period, and before that with every session of the reader: when
the password changes, when somebody signs out everywhere, when the reader is suspended.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from microshare import config, mail_addresses, readers, signing
from microshare.errors import Refused
from microshare.readers import AnyAddressee, Reader

LIFETIME = timedelta(days=15)  # the following period, and the day of the letter after it
READ, THANK, FOLLOW = "read", "thank", "follow"
_LETTERS = {"r": READ, "t": THANK, "f": FOLLOW}
_SIGNATURE = 16  # bytes: more than anybody guesses in the life of a link


@dataclass(frozen=True)
class Right:
    """What a link allows, to whom: `target` is a post (thank), a tag (follow), or nothing."""

    act: str
    reader_id: int
    epoch: int
    day: date
    target: int = 0

    @property
    def ends_at(self) -> datetime:
        return datetime.combine(self.day, datetime.min.time(), UTC) + LIFETIME


class Links:
    """The addresses that one reader's letter of one period holds.

    `site` is what stands before every address of a page. Whoever never chose a password is let in
    by it, to read; whoever did signs in as always, so that a letter that is passed on opens
    nothing.
    """

    def __init__(self, reader: AnyAddressee, day: date) -> None:
        self._reader = reader
        self._of = f"{reader.id}.{reader.session_epoch}.{day.toordinal()}"
        self._key = _key()
        self._url = config.current().url
        self._door_is_open = mail_addresses.share() is not None
        self.site = self._url
        if reader.password_hash is None:
            self.site = f"{self._url}/digest/read/{self._token(READ)}"

    def to_thank(self, post_id: int) -> str:
        """The page with the one button that thanks for this post."""
        return f"{self._url}/digest/thank/{self._token(THANK, post_id)}"

    def to_reply(self, post_id: int) -> str:
        """Where a reply is written: a letter to the mail door, or the page of the post."""
        address = self._door_is_open and mail_addresses.reply_to(self._reader, post_id)
        return f"mailto:{address}" if address else f"{self.site}/posts/{post_id}"

    def to_follow(self, tag_id: int) -> str:
        """The page with the one button that follows this tag."""
        return f"{self._url}/digest/follow/{self._token(FOLLOW, tag_id)}"

    def _token(self, act: str, target: int = 0) -> str:
        return _signed(f"{act[0]}{self._of}.{target}", self._key)


def read(token: str, act: str) -> Right:
    """What is written in this link, which may have ended; `Refused` where we did not write it."""
    right = _parsed(token)
    if right is None or right.act != act or not _is_same(token, _written(right, _key())):
        raise Refused("link-broken")
    return right


def holder(right: Right, now: datetime) -> Reader | None:
    """The reader whom the link lets in; None when it has ended."""
    return readers.find(right.reader_id, right.epoch) if now < right.ends_at else None


def _written(right: Right, key: bytes) -> str:
    of = f"{right.reader_id}.{right.epoch}.{right.day.toordinal()}"
    return _signed(f"{right.act[0]}{of}.{right.target}", key)


def _signed(facts: str, key: bytes) -> str:
    signed = hmac.digest(key, facts.encode(), "sha256")[:_SIGNATURE]
    return f"{facts}.{urlsafe_b64encode(signed).decode().rstrip('=')}"


def _parsed(token: str) -> Right | None:
    facts = token[1:].split(".")[:4]
    if len(facts) != 4 or not all(f.isascii() and f.isdigit() and len(f) < 11 for f in facts):
        return None
    reader_id, epoch, day, target = map(int, facts)
    if token[0] not in _LETTERS or not 1 <= day <= date.max.toordinal() - LIFETIME.days:
        return None
    return Right(_LETTERS[token[0]], reader_id, epoch, date.fromordinal(day), target)


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _key() -> bytes:
    # Of its own, so that nothing else that the site signs is ever taken for a link.
    return hmac.digest(signing.key().encode(), b"microshare links of a letter", "sha256")
