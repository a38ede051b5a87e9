"""Addresses of photos that open without signing in: a client loads them without its token.

They are told to colleagues only and cannot be guessed: each ends in 128 bits that only the key of
this instance can make of the photo's name. Where every post that has it is withdrawn, it opens
nothing any more.
"""

import hmac
from functools import lru_cache

from microshare import photos, signing, uploads
from microshare.errors import Missing

_BITS = 128


def path_of(name: str) -> str:
    """The path at which the photo of this name is given out."""
    return f"/media/{name}/{_seal(signing.key(), name)}.jpg"


@lru_cache(maxsize=5000)
def _seal(key: str, name: str) -> str:
    return hmac.digest(key.encode(), f"photo {name}".encode(), "sha256").hex()[: _BITS // 4]


def content(name: str, seal: str) -> bytes:
    """The JPEG at that address, or `Missing`."""
    if not hmac.compare_digest(seal.encode(), _seal(signing.key(), name).encode()):
        raise Missing("photo")
    try:
        return photos.content(name)
    except Missing:
        return uploads.content(name)
