"""The server, as its API is spoken: one call, its answer, and a sentence where there is none."""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from microshare_client.kept import Login
from microshare_client.trouble import NOT_LET_IN, REFUSED, TRY_AGAIN, Trouble, no_server
from microshare_client.words import _, language

SECONDS = 20  # for an answer
LARGEST = 8 * 1024 * 1024  # bytes of an answer
TRIES, PAUSE = 3, 1.0  # of what may come twice; seconds before the second one
_LATER = (429, 502, 503, 504)
# Around what the library of TLS says: "[SSL: X] certificate verify failed: … (_ssl.c:1006)".
_OF_LIBRARY = re.compile(r"^\[[^\]]*\] | \(_ssl\.c:\d+\)$")


class Moved(Exception):
    """The server says that it is somewhere else."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class Refusal(Trouble):
    """The server says no."""

    def __init__(self, sentence: str, code: int, status: int, wait: int) -> None:
        super().__init__(sentence, code)
        self.status = status
        self.wait = wait  # seconds after which it may say yes; 0: it does not tell


class _Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: the token is for one server."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Stay)


def call(
    login: Login,
    path: str,
    asked: Mapping[str, Any] | None = None,
    *,
    told: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """What the server answers: to a GET with what is `asked`, or a POST of what is `told`."""
    asked = {name: value for name, value in (asked or {}).items() if value is not None}
    query = f"?{urllib.parse.urlencode(asked)}" if asked else ""
    sent = {"Accept": "application/json", "Accept-Language": language(),
            "User-Agent": "microshare command", **(headers or {})}  # fmt: skip
    if login.token:
        sent["Authorization"] = f"Bearer {login.token}"
    body = None
    if told is not None:
        sent["Content-Type"], body = "application/json", json.dumps(told).encode()
    request = urllib.request.Request(login.server + path + query, body, sent)  # noqa: S310
    try:
        with _opener.open(request, timeout=SECONDS) as answer:
            said = answer.read(LARGEST)
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(login, error) from None
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        why = getattr(reason, "strerror", None) or str(reason) or type(error).__name__
        raise no_server(login.server, _plain(_OF_LIBRARY.sub("", str(why)))) from None
    try:
        return json.loads(said)
    except ValueError:
        sentence = _("%(server)s does not speak as a microshare does.", server=login.server)
        raise Trouble(sentence) from None


def patiently(login: Login, path: str, **how: Any) -> Any:
    """As `call`, again where there was no answer or one that it comes too early."""
    for tried in range(1, TRIES):
        try:
            return call(login, path, **how)
        except Trouble as trouble:
            if trouble.exit_code != TRY_AGAIN:
                raise
            time.sleep(min(getattr(trouble, "wait", 0) or PAUSE * tried, 30))
    return call(login, path, **how)


def _refusal(login: Login, error: urllib.error.HTTPError) -> Exception:
    status = error.code
    if 300 <= status < 400 and (address := error.headers.get("Location")):
        return Moved(urllib.parse.urljoin(login.server, address))
    try:
        said = json.loads(error.read(65536))
    except (OSError, ValueError, HTTPException):
        said = {}
    told = said if isinstance(said, dict) else {}
    words = _plain(str(told.get("error_description") or told.get("error") or ""))
    if status == 401:
        sentence = _("%(server)s does not know this token any more. Sign in again: "
                     "microshare login %(server)s", server=login.server)  # fmt: skip
        return Refusal(sentence, NOT_LET_IN, status, 0)
    if status in _LATER:
        after = error.headers.get("Retry-After") or ""
        sentence = _("%(server)s asks to come again later.", server=login.server)
        code, wait = TRY_AGAIN, int(after) if after.isdigit() else 0
    else:
        sentence = _("%(server)s says no.", server=login.server)
        code, wait = NOT_LET_IN if status == 403 else REFUSED, 0
    return Refusal(words or f"{sentence} ({status})", code, status, wait)


def _plain(words: str) -> str:
    """Words of a server on a terminal: no signs that could steer it."""
    return "".join(c for c in words if c.isprintable())[:1000]
