"""The addresses of the mail door: the one that everybody writes to, and the signed ones.

`share@` is the setting. A signed address is `share+<token>@`, where the token says what it is for,
of whom, and carries a signature by the key of the sessions: nobody can make one, and none has to
be kept. Mail programs and relays change the case of addresses, so tokens are base32 in lower case
and are read in any.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

from microshare import config, people, signing
from microshare.models import User
from microshare.readers import AnyAddressee

LOCAL_LIMIT = 64  # characters before the @ (RFC 5321, 4.5.3.1.1)
_SIGNATURE = 10  # bytes: who guesses has to send 2**79 letters
_LARGEST = 2**48  # of what a token tells, so that every address fits
_PRIVATE, _REPLY, _BOUNCE = "p", "r", "b"  # the first letter of a token: what it is for


@dataclass(frozen=True)
class Share:
    """The address that everybody writes to; it proves nothing of who wrote."""


@dataclass(frozen=True)
class Private:
    """A colleague's own address: who writes to it is that colleague."""

    user: User


@dataclass(frozen=True)
class Reply:
    """Answers a post as the colleague whose letter had this address."""

    user: User
    post_id: int


@dataclass(frozen=True)
class Bounce:
    """The return path of a letter of ours: whose it was, and a number of the sender's choice."""

    user_id: int
    number: int


Meaning = Share | Private | Reply | Bounce


def share() -> str | None:
    """The address that posts, in lower case; None: the mail door is off."""
    return config.current().mail_in.lower() or None


def private(user: User) -> str | None:
    """The colleague's own address; None when the door is off."""
    return _signed(_PRIVATE, user.id, user.mail_epoch)


def renew(user: User) -> None:
    """End the colleague's own address; `private` gives the new one."""
    user.mail_epoch += 1


def reply_to(reader: AnyAddressee, post_id: int) -> str | None:
    """The address that answers this post as this reader; None when the door is off."""
    return _signed(_REPLY, reader.id, post_id)


def bounce_to(user_id: int, number: int = 0) -> str | None:
    """The return path of a letter to this colleague; None when the door is off.

    `number` comes back in the `Bounce`: which letter it was.
    """
    return _signed(_BOUNCE, user_id, number)


def meaning(address: str) -> Meaning | None:
    """What a letter to this address is for; None: it is no address of ours, or a forged one."""
    local, _, domain = address.strip().lower().rpartition("@")
    base, _, ours = (share() or "").rpartition("@")
    if not base or domain != ours or not local.isascii() or len(local) > LOCAL_LIMIT:
        return None
    if local == base:
        return Share()
    token = local.removeprefix(f"{base}+")
    told = _told(token) if token != local else None
    if told is None:
        return None
    purpose, user_id, number = told
    if purpose == _BOUNCE:
        return Bounce(user_id, number)
    user = people.by_id(user_id)
    if purpose == _REPLY:
        return user and Reply(user, number)
    return Private(user) if user is not None and number == user.mail_epoch else None


def is_ours(address: str) -> bool:
    """Whether it is an address of the door, signed or not; without a look at whose."""
    base, _, ours = (share() or "").rpartition("@")
    local, _, domain = address.strip().lower().rpartition("@")
    return bool(base) and domain == ours and (local == base or local.startswith(f"{base}+"))


def _signed(purpose: str, user_id: int, number: int) -> str | None:
    address = share()
    if address is None:
        return None
    local, _, domain = address.rpartition("@")
    return f"{local}+{_token(purpose, user_id, number)}@{domain}"


def _token(purpose: str, user_id: int, number: int) -> str:
    facts = _packed(user_id) + _packed(number)
    signature = hmac.digest(_key(), purpose.encode() + facts, hashlib.sha256)[:_SIGNATURE]
    return purpose + base64.b32encode(facts + signature).decode().rstrip("=").lower()


def _told(token: str) -> tuple[str, int, int] | None:
    """What a token tells, if we signed it: it must be the very one that we would make."""
    purpose, written = token[:1], token[1:].upper()
    try:
        raw = base64.b32decode(written + "=" * (-len(written) % 8))
    except binascii.Error:
        return None
    user_id, rest = _unpacked(raw[:-_SIGNATURE])
    number, rest = _unpacked(rest)
    if purpose not in (_PRIVATE, _REPLY, _BOUNCE) or rest or max(user_id, number) >= _LARGEST:
        return None
    is_ours = hmac.compare_digest(_token(purpose, user_id, number), token)
    return (purpose, user_id, number) if is_ours else None


def _packed(number: int) -> bytes:
    """A number in as many bytes as it needs, seven bits in each, the last without the eighth.

    >>> _packed(7), _packed(300), _unpacked(_packed(300) + b"rest")
    (b'\\x07', b'\\xac\\x02', (300, b'rest'))
    """
    packed = bytearray()
    while number > 127:
        packed.append(number & 127 | 128)
        number >>= 7
    return bytes([*packed, number])


def _unpacked(packed: bytes) -> tuple[int, bytes]:
    number = 0
    for at, byte in enumerate(packed):
        number |= (byte & 127) << 7 * at
        if byte < 128:
            return number, packed[at + 1 :]
    return number, b""


def _key() -> bytes:
    return _made_of(signing.key())


@lru_cache(1)  # a letter has a dozen addresses
def _made_of(key: str) -> bytes:
    return hmac.digest(key.encode(), b"microshare mail addresses", hashlib.sha256)
