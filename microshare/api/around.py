"""What stands around every answer of this door: rates, who else may read it, and its headers."""

from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from microshare import config
from microshare.api import door, rates
from microshare.api.door import api
from microshare.errors import Refused
from microshare.web import refusals
from microshare.web.asked import by_program

PHOTO = "api.photo"  # a page of posts shows dozens, to who has no token
METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
)


def init_app(app: Flask) -> None:
    """Let addresses that are nobody's, but would be this door's, answer as it does."""
    rates.init_app(app)
    for error in NotFound, MethodNotAllowed:
        app.register_error_handler(error, _unrouted)
    app.after_request(_add_headers)


def _unrouted(error: NotFound | MethodNotAllowed) -> Any:
    if not by_program():
        return refusals.http(error)
    if _asks_first():  # or the browser would not let the client see the 404 of what it asks then
        return Response()
    return door.failed(error)


def _asks_first() -> bool:
    """Whether a browser asks on behalf of a web client of ours whether it may call."""
    is_first = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    return is_first and bool(_origin())


def _origin() -> str:
    """The origin of the web client that calls, where it may."""
    origin = request.headers.get("Origin", "")
    allowed = config.current().api_origins.split(",")
    return origin if origin and (allowed == ["*"] or origin in allowed) else ""


@api.before_request
def count() -> None:
    """Everybody's calls are counted: a colleague's together, and a stranger's by the address."""
    if request.method == "OPTIONS" or request.endpoint == PHOTO:
        return
    bearer = g.get("bearer")
    whom = f"user {bearer.reader.id}" if bearer and bearer.reader else f"at {request.remote_addr}"
    g.rate = rates.count_call(whom, door.now())
    if g.rate.is_over:
        raise Refused("too-many-calls")


def _add_headers(response: Response) -> Response:
    if not by_program() or request.endpoint == PHOTO:
        return response
    if (rate := g.get("rate")) is None:
        rate = rates.count_call(f"at {request.remote_addr}", door.now())
    response.headers.update(rate.headers())
    if config.current().api_origins:
        response.vary.add("Origin")  # an answer that is kept is one client's alone
    if origin := _origin():
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
        if request.method == "OPTIONS":
            wanted = request.headers.get("Access-Control-Request-Headers", "")
            response.headers["Access-Control-Allow-Methods"] = METHODS
            response.headers["Access-Control-Allow-Headers"] = wanted or "Authorization"
            response.headers["Access-Control-Max-Age"] = "86400"
    return response
