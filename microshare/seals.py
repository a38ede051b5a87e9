"""The seal on a letter: DKIM (RFC 6376), signed with the key of `MICROSHARE_DKIM_KEY`.

Headers that are not there are signed too where another one would change what the letter says, so
that nobody can add them on the way. The library is an extra, and loaded where a key is set.
"""

import binascii
from functools import lru_cache
from pathlib import Path

from microshare import config, extras
from microshare.errors import Refused

LEAST, GOOD = 1024, 2048  # bits of a key: what receivers take at all, and what is strong enough
EXPONENT = 65537  # of every RSA key that is made today
# Signed once more than they occur: a second one of these would be a lie.
ONCE = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
HEADERS = (
    *ONCE,
    *ONCE,
    b"mime-version",
    b"content-transfer-encoding",
    b"auto-submitted",
    b"precedence",
    b"list-id",
    b"feedback-id",
    b"in-reply-to",
    b"references",
)


def check(settings: config.Settings) -> None:
    """Refuse, with a sentence, a key that is not there, unreadable or no key."""
    if settings.dkim_key:
        private_key(settings.dkim_key)


def sealed(raw: bytes) -> bytes:
    """The letter with a signature of the domain it comes from; as it is, where no key is set."""
    settings = config.current()
    if not settings.dkim_key:
        return raw
    pem, _ = private_key(settings.dkim_key)
    domain = settings.mail_from.rpartition("@")[2]
    signature: bytes = extras.library("dkim").sign(
        raw,
        settings.dkim_selector.encode(),
        domain.encode("idna"),
        pem,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=list(HEADERS),
    )
    return signature + raw


@lru_cache(maxsize=1)
def private_key(path: str) -> tuple[bytes, int]:
    """The key as PEM and its modulus; `Refused("dkim-key-…")` tells what is wrong with it."""
    crypto = extras.library("dkim.crypto")
    try:
        pem = Path(path).read_bytes().replace(b"\r\n", b"\n").strip() + b"\n"
    except OSError as error:
        raise Refused("dkim-key-unreadable", path=path, why=str(error.strerror)) from error
    try:
        key = crypto.parse_pem_private_key(pem)
        modulus = int(key["modulus"])
        if (
            pow(pow(2, key["privateExponent"], modulus), EXPONENT, modulus) != 2
            or key["publicExponent"] != EXPONENT
        ):
            raise ValueError("its numbers do not belong together")
    except (
        crypto.UnparsableKeyError,
        crypto.ASN1FormatError,
        AssertionError,
        binascii.Error,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        raise Refused("dkim-key-broken", path=path) from error
    if modulus.bit_length() < LEAST:
        raise Refused("dkim-key-short", path=path, bits=modulus.bit_length(), least=LEAST)
    return pem, modulus


def public_modulus(told: str) -> int | None:
    """The modulus of a key as DNS tells it (base64); None where that is no RSA key."""
    crypto = extras.library("dkim.crypto")
    try:
        der = binascii.a2b_base64("".join(told.split()))
        return int(crypto.parse_public_key(der)["modulus"])
    except (crypto.UnparsableKeyError, binascii.Error, IndexError, TypeError, ValueError):
        return None


def record() -> str:
    """The text to put into the DNS, under the selector, for the key that is set."""
    _, modulus = private_key(config.current().dkim_key)
    key = _der(0x30, _integer(modulus) + _integer(EXPONENT))
    rsa = bytes.fromhex("300d06092a864886f70d0101010500")  # AlgorithmIdentifier (RFC 3279)
    whole = _der(0x30, rsa + _der(0x03, b"\0" + key))
    return f"v=DKIM1; k=rsa; p={binascii.b2a_base64(whole, newline=False).decode()}"


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def _der(tag: int, content: bytes) -> bytes:
    """One value in DER (X.690): what it is, its length, and it."""
    length = len(content)
    told = length.to_bytes((length.bit_length() + 7) // 8)
    size = bytes([length]) if length < 128 else bytes([128 | len(told)]) + told
    return bytes([tag]) + size + content
