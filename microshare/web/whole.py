"""The body of a request: whole, or not at all.

A phone that loses its signal midway leaves the half of a form behind, and half a line would be
published. The web server tells an end from an end that came too early only where it is asked.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_content_length

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class _Body(io.RawIOBase):
    """What is sent; `ClientDisconnected` where it ends before its length, or is no body."""

    def __init__(self, sent: Any, length: int) -> None:
        super().__init__()
        self._sent = sent
        self._left = length  # bytes; 0 where the sender tells no length but marks the end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._sent is None:
            return 0
        try:
            part = self._sent.read(len(buffer))
        except (OSError, ParseException) as error:
            self._sent = None
            raise ClientDisconnected() from error
        if len(buffer) and not part and self._left > 0:
            self._sent = None  # the page that refuses it may look for what was typed
            raise ClientDisconnected()
        buffer[: len(part)] = part
        self._left -= len(part)
        return len(part)


def init_app(app: Flask) -> None:
    app.wsgi_app = _whole(app.wsgi_app)  # type: ignore[assignment,method-assign]


def _whole(app: Wsgi) -> Wsgi:
    def called(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        length = get_content_length(environ)
        if length or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = _Body(environ["wsgi.input"], length or 0)
        return app(environ, start)

    return called
