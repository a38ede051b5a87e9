"""The addresses, times and ids that the fields of a letter name; whatever is written there."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from microshare.mail import encodings

MOST_ADDRESSES = 2_000
_LONGEST = 320  # characters of an address
# The pieces of a list of addresses: what is quoted, in brackets or in parentheses is one piece.
_PIECE = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|<[^<>]*+>?|\((?:[^()\\]|\\.)*+\)?|[,;:]|[^"<(,;:]++', re.S
)
_ADDRESS = re.compile(r"[^\s@<>\",;:()\\]{1,64}@[^\s@<>\",;:()\\]{1,255}")
_ID = re.compile(r"<([^<>]{1,900}+)>")


def listed(written: str) -> list[tuple[str, str]]:
    """The addresses of a field, each with the name before it; groups are taken apart.

    >>> listed('"Vries, Anna de" <anna@acme.nl>, (staff) bob@acme.nl, undisclosed:;')
    [('Vries, Anna de', 'anna@acme.nl'), ('', 'bob@acme.nl')]
    """
    found: list[tuple[str, str]] = []
    name: list[str] = []
    address: str | None = None  # what stands in brackets, be it nothing
    for match in _PIECE.finditer(written + ","):
        piece = match[0]
        if piece in (",", ";"):
            _add(found, name, address)
            name, address = [], None
            if len(found) >= MOST_ADDRESSES:
                break
        elif piece == ":" and address is None:
            name = []  # the name of a group
        elif piece[0] == "<":
            address = address or piece.strip("<> ")
        elif piece[0] == '"':
            name.append(re.sub(r"\\(.)", r"\1", piece.strip('"')))
        elif piece[0] != "(":
            name.append(piece)
    return found


def _add(found: list[tuple[str, str]], name: list[str], address: str | None) -> None:
    said = " ".join("".join(name).split())
    if address is None:
        bare = _ADDRESS.search(said[: 2 * _LONGEST])
        address, said = (bare[0], "") if bare else ("", said)
    address = address.rsplit(":", 1)[-1].lower()  # a route of old stands before the colon
    if _ADDRESS.fullmatch(address) and len(address) <= _LONGEST:
        found.append((" ".join(encodings.words(said).split())[:200], address))


def ids(written: str) -> list[str]:
    """The ids of letters that a field names, without brackets, in its order.

    >>> ids("<a@b> <c@d>")
    ['a@b', 'c@d']
    """
    found = ["".join(match.split()) for match in _ID.findall(written)]
    if not found and written.strip():
        found = [written.split(maxsplit=1)[0].strip("<>")[:900]]
    return [each for each in found if each]


def moment(written: str) -> datetime | None:
    """The time that a field tells, in UTC; None where it tells none that there is.

    >>> moment("Mon, 3 Nov 2026 10:12:00 +0100 (CET)")
    datetime.datetime(2026, 11, 3, 9, 12, tzinfo=datetime.timezone.utc)
    """
    try:
        told = parsedate_tz(written[:100])
        if told is None:
            return None
        at = datetime(*told[:6], tzinfo=UTC)
        return at - timedelta(seconds=told[9] or 0)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
