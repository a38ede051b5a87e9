"""What our own relay says of a letter's sender (`Authentication-Results`, RFC 8601).

Relays write above what is there. So only what stands on top may be ours, and only under the name
that the administrator told; whatever is below may have come with the letter.
"""

from typing import Any

from microshare import extras
from microshare.mail import fields

MOST = 8192  # bytes of a field


def verdict(raw: bytes, sender: str, names: tuple[str, ...]) -> bool | None:
    """Whether the relay of one of these names saw that the letter is from this address.

    False: it saw that it is not (DMARC failed). None: it says nothing of it.
    """
    if not names or "@" not in sender:
        return None
    authres = extras.library("authres")
    results = [
        result
        for written in _topmost(raw)
        for result in _results(authres, written, names)
        if str(result.result).lower() in ("pass", "fail")
    ]
    if any(_tells(one, sender) for one in results if str(one.result).lower() == "pass"):
        return True
    return False if any(str(one.method).lower() == "dmarc" for one in results) else None


def _topmost(raw: bytes) -> list[str]:
    """The fields that may be our relay's: those above the first `Received`, else the topmost."""
    found: list[str] = []
    is_below = False
    for name, value in fields.of(raw):
        if name == b"received":
            is_below = True
            if found:
                return found
        elif name == b"authentication-results":
            found.append(value.decode("utf-8", "replace") if len(value) <= MOST else "")
            if is_below:
                break
    return found[:1]


def _results(authres: Any, written: str, names: tuple[str, ...]) -> list[Any]:
    """The verdicts of a field, if one of these names gave them."""
    value = " ".join(written.split())
    try:
        header = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
    except (authres.AuthResError, ValueError, TypeError, AttributeError, RecursionError):
        return []
    if str(header.authserv_id or "").lower() not in names:
        return []
    return list(header.results or [])


def _tells(result: Any, sender: str) -> bool:
    """Whether this verdict, which is good, says that the sender is who From says.

    DMARC says so of the domain, and a signature where it is the domain's or the one above; who
    signed in at the relay (`auth`) is one address. SPF alone says it of nobody: many companies
    share the servers that it allows.
    """
    domain = sender.rpartition("@")[2]
    told = {
        f"{one.type}.{one.name}".lower(): str(one.value).strip().lower().lstrip("@")
        for one in result.properties
    }
    method = str(result.method).lower()
    if method == "dmarc":
        return told.get("header.from", "").rpartition("@")[2] == domain
    if method == "dkim":
        signed = told.get("header.d") or told.get("header.i", "").rpartition("@")[2]
        return "." in signed and f".{domain}".endswith(f".{signed}")
    return method == "auth" and told.get("smtp.auth") == sender
