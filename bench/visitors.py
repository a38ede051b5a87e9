"""Colleagues who are signed in, through the form, as a browser does it."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from bench import driver
from bench.company import PASSWORD
from bench.processes import Ended

_TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
_COOKIE = re.compile(rb"(?i)\r\nset-cookie: ([^;\r]+)")


@dataclass(frozen=True)
class Visitor:
    """A session: what every request of it carries."""

    username: str
    cookie: str  # the Cookie header
    token: str  # of every form

    def get(self, path: str) -> bytes:
        """The request for a page."""
        return driver.get(path, self.cookie)

    def publishes(self, line: str, key: str) -> bytes:
        """The request that publishes a line."""
        form = urlencode({"csrf_token": self.token, "line": line, "key": key})
        return driver.post("/posts", self.cookie, form)


def sign_in(port: int, username: str) -> Visitor:
    """Sign in, or `Ended` with what the server said."""
    _, head, page = driver.asked(port, driver.get("/sign-in"))
    form = urlencode({"csrf_token": _found(_TOKEN, page), "login": username, "password": PASSWORD})
    status, head, page = driver.asked(port, driver.post("/sign-in", _found(_COOKIE, head), form))
    if status != 303:
        raise Ended(f"{username} may not sign in: {status}")
    cookie = _found(_COOKIE, head)
    status, head, page = driver.asked(port, driver.get("/new", cookie))
    renewed = _COOKIE.search(head)  # the session got its token only now
    return Visitor(username, renewed[1].decode() if renewed else cookie, _found(_TOKEN, page))


def _found(pattern: "re.Pattern[bytes]", where: bytes) -> str:
    match = pattern.search(where)
    if match is None:
        raise Ended(f"no {pattern.pattern.decode()} in the answer")
    return match[1].decode()
