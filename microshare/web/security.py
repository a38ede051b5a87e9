"""Sessions, headers and limits: what keeps a page safe whatever it shows."""

import re
from copy import deepcopy
from datetime import timedelta
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import Any

from flask import Flask, Request, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.exc import ProgrammingError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from microshare import clock, config, installing, signing
from microshare.db import OUTAGES
from microshare.errors import Unavailable

# Served without a session, whatever the database does.
SESSIONLESS = ("static", "health.alive", "health.ready", "offline.worker")
LARGEST_FORM = 1024 * 1024  # bytes
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class _Remembering:
    """A serializer that remembers the cookies which it has verified, and looks at their age alone.

    To verify one takes a tenth of the shortest answer. What does not verify is not remembered.
    """

    def __init__(self, serializer: URLSafeTimedSerializer) -> None:
        self._serializer = serializer
        self._read = lru_cache(5000)(partial(serializer.loads, return_timestamp=True))
        self.dumps = serializer.dumps

    def loads(self, signed: str, max_age: int) -> Any:
        """What was signed, at most so many seconds ago, or `BadSignature`."""
        said, at = self._read(signed)
        if clock.now() - at >= timedelta(seconds=max_age):
            return self._serializer.loads(signed, max_age=max_age)  # says how it is wrong
        return deepcopy(said)  # a session changes


class _Sessions(SecureCookieSessionInterface):
    """Signed cookies that never travel in the clear, except to this very machine."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session; none on pages without one, and while nobody can tell the key."""
        if request.path in ("/health", "/ready"):  # no endpoint is known yet
            return None
        if not app.secret_key:
            try:
                app.secret_key = signing.key()
            except (*OUTAGES, ProgrammingError):  # away, or its tables are not there yet
                return None
        return super().open_session(app, request)

    def get_signing_serializer(self, app: Flask) -> Any:
        """Made once a key, where Flask makes it for each request."""
        return self._signed_with(app, str(app.secret_key)) if app.secret_key else None

    @lru_cache(2)  # noqa: B019 - as long-lived as the application
    def _signed_with(self, app: Flask, key: str) -> _Remembering | None:
        made = super().get_signing_serializer(app)
        return _Remembering(made) if made else None

    def get_cookie_secure(self, app: Flask) -> bool:
        return not is_loopback(request.host)


def is_loopback(host: str) -> bool:
    """Whether a Host header names the machine that asks.

    >>> [is_loopback(h) for h in ("localhost:5000", "127.0.0.1", "[::1]:80", "share.example.com")]
    [True, True, True, False]
    """
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    name = name.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def await_database() -> None:
    """Before all else: no page without a key for its session, nor with tables of another time."""
    if request.endpoint in SESSIONLESS:
        return
    if not current_app.secret_key or not installing.is_usable():
        raise Unavailable("database", why="gone")


def init_app(app: Flask) -> None:
    settings: config.Settings = app.config["MICROSHARE"]
    app.config.update(
        SESSION_COOKIE_NAME="microshare",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=60),
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open loses no text
        WTF_CSRF_SSL_STRICT=False,  # the token decides; some proxies cut the referrer
    )
    app.session_interface = _Sessions()
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    app.before_request(await_database)
    app.after_request(_add_headers)


def form_token() -> str:
    """The token of the page's forms. It is good as long as the session, so one does for all its
    pages; Flask-WTF signs another for each.
    """
    if "csrf_token" not in g:
        drawn = session.get("csrf_token")
        g.csrf_token = _signed(str(current_app.secret_key), drawn) if drawn else generate_csrf()
    return str(g.csrf_token)


@lru_cache(5000)  # sessions
def _signed(key: str, drawn: str) -> str:
    """The token of the session of this request, in which this was drawn."""
    return str(generate_csrf())


def _add_headers(response: Response) -> Response:
    headers = response.headers
    given = {name for name, _ in headers}  # each look into `headers` would go through all of them
    for name, value in HEADERS.items():
        if name not in given:
            headers.add(name, value)
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint not in SESSIONLESS:
        # Pages are personal: no shared cache keeps them, and Back shows them as they are now.
        if "Cache-Control" not in given:
            headers.add("Cache-Control", "private, no-cache")
        headers.add("Vary", "Cookie")
    return response
