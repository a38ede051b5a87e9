"""A letter within its own signature (S/MIME, RFC 8551 3.5.2): taken out; the seal is not checked.

Who wrote it is proven by other means (`senders`); here only the text is wanted.
"""

from microshare.mail import parts
from microshare.mail.parts import Part

KINDS = ("application/pkcs7-mime", "application/x-pkcs7-mime")
MOST = 24 * 1024 * 1024  # bytes
_MOST_PIECES = 60_000  # some programs cut it at every thousand bytes
# The object identifier of "data" (PKCS #7), as it stands before what was signed.
_DATA = bytes.fromhex("06092a864886f70d010701")
_EXPLICIT, _OCTETS, _OCTETS_IN_PIECES = 0xA0, 0x04, 0x24


def opened(apart: list[Part]) -> list[Part]:
    """The parts of the letter in the seal, under the header of that which came; or as given."""
    letter = apart[0]
    if letter.kind not in KINDS:
        return apart
    content = signed(letter.body(MOST))
    if not content:
        return apart
    inner = parts.taken_apart(content)
    inner[0].fields = [field for field in letter.fields if not field[0].startswith("content-")] + [
        field for field in inner[0].fields if field[0].startswith("content-")
    ]
    return inner


def signed(content: bytes) -> bytes:
    """What was signed; empty where it is encrypted, or is not in there.

    >>> signed(bytes.fromhex("3080" "06092a864886f70d010701" "a080" "2480" "04024869" "0000"))
    b'Hi'
    """
    at = content.find(_DATA)
    if at < 0:
        return b""
    tag, at, _ = _told(content, at + len(_DATA))
    if tag != _EXPLICIT:
        return b""
    tag, at, length = _told(content, at)
    if tag == _OCTETS:
        return content[at : at + length]
    end = at + length if length else len(content)
    pieces: list[bytes] = []
    while tag == _OCTETS_IN_PIECES and at < end and len(pieces) < _MOST_PIECES:
        inner, at, length = _told(content, at)
        if inner != _OCTETS:
            break
        pieces.append(content[at : at + length])
        at += length
    return b"".join(pieces)


def _told(content: bytes, at: int) -> tuple[int, int, int]:
    """A tag, where its value begins, and how long that is; 0 where only its end tells (BER)."""
    tag, length = int.from_bytes(content[at : at + 1]), int.from_bytes(content[at + 1 : at + 2])
    at += 2
    if length > 0x80:
        width = length & 0x7F
        length = int.from_bytes(content[at : at + width]) if width <= 4 else 0
        at += width
    return tag, at, 0 if length == 0x80 else length
