"""The door of other people's clients: who calls, what they may, and how this door says no.

It speaks the Mastodon client API; `docs/api.md` tells which part of it. Every route is made by
`route`, which says what a token must be good for; one without a scope is open to everybody. There
is no session and no cookie here, and so nothing to forge.
"""

from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Response, current_app, g, request
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from microshare import clock, grants, sentences
from microshare.api.asked import params
from microshare.api.described import CALLS
from microshare.api.said import answer
from microshare.db import OUTAGES, outage, roll_back
from microshare.errors import Forbidden, Missing, Refusal, Refused
from microshare.grants import Bearer
from microshare.readers import Reader
from microshare.web import statuses

api = Blueprint("api", __name__)
View = Callable[..., Any]
SPECIAL = {
    "token-invalid": 401,
    "token-missing": 401,
    "body-malformed": 400,
    "parameter-missing": 400,
    "photo-too-large": 413,
    # What can never be allowed, whichever post or colleague it is.
    "follow-yourself": 403,
    "mute-yourself": 403,
    "own-thanks": 403,
    "report-yourself": 403,
}


def route(
    path: str,
    *,
    method: str = "GET",
    scope: str = "",
    by_client: bool = False,
    largest: int | None = None,
) -> Callable[[View], View]:
    """Let the view answer there, to a colleague's token of this scope (or any of several).

    `by_client`: to a client's own token too, which stands for nobody. `largest`: bytes of a body,
    if not as many as of any form.
    """

    def made(view: View) -> View:
        view.scope = scope  # type: ignore[attr-defined]
        view.by_client = by_client  # type: ignore[attr-defined]
        view.largest = largest  # type: ignore[attr-defined]
        name = f"{view.__module__.rpartition('.')[2]}_{view.__name__}"
        api.add_url_rule(path, name, view, methods=[method], strict_slashes=False)
        return view

    return made


def caller() -> Reader:
    """The colleague for whom the client calls."""
    return cast(Reader, g.token_reader)


def bearer() -> Bearer:
    """Who calls, by which token."""
    return cast(Bearer, g.bearer)


@api.before_request
def admit() -> None:
    """Who calls, and whether the call is made as it has to be."""
    if request.method == "OPTIONS":
        return
    let_in()
    view = current_app.view_functions[request.endpoint or ""]
    if (largest := getattr(view, "largest", None)) is not None:
        request.max_content_length = largest
    if call := CALLS.get((request.endpoint or "").partition(".")[2]):
        params().check(call.takes)


def let_in() -> None:
    """A token that is good for this, or a refusal; nothing else opens this door."""
    g.bearer, g.token_reader = None, None
    if "\0" in request.path:  # which no database can be asked for
        raise Missing("page")
    view = current_app.view_functions[request.endpoint or ""]
    scope = getattr(view, "scope", "")
    if not scope:
        return
    token = _token()
    if not token:
        raise Refused("token-missing")
    g.bearer = found = grants.bearer(token)
    if found is None:
        raise Refused("token-invalid")
    g.token_reader = found.reader
    if found.reader is None and not getattr(view, "by_client", False):
        raise Refused("token-missing")
    if scope != "any" and not found.scopes.intersection(scope.split()):
        raise Forbidden("scope-missing")


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def now() -> Any:
    """The moment of this call."""
    if "moment" not in g:
        g.moment = clock.now()
    return g.moment


@api.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """The answer to what the domain refuses: a status and a sentence."""
    status = statuses.of(refusal, SPECIAL)
    roll_back()
    response = answer({"error": _sentence(refusal, status)}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _sentence(refusal: Refusal, status: int) -> str:
    if isinstance(refusal, Missing):
        return str(gettext("Record not found"))
    sentence = str(sentences.reason(refusal))
    if refusal.code == "post-too-long":
        sentence = gettext("Text character limit of %(limit)s exceeded", **refusal.facts)
    if status == 422:
        sentence = gettext("Validation failed: %(reason)s", reason=sentence)
    return str(sentence)


def _outage(error: SQLAlchemyError) -> Response:
    current_app.logger.error("database: %s", type(getattr(error, "orig", error)).__name__)
    return refused(outage(error))


for _kind in OUTAGES:
    api.register_error_handler(_kind, _outage)


@api.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Response:
    return answer({"error": gettext("That is too much to be sent at once.")}, 413)


@api.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    """What the web server refuses by itself: no such address, no such way to ask."""
    status = error.code or 500
    if status == 404:
        return refused(Missing("page"))
    response = answer({"error": error.name}, status)
    if status == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return response


@api.errorhandler(500)
def broken(error: Exception) -> Response:
    """A fault of ours: the log has it under the request's id, and the answer names the id."""
    roll_back()
    said = gettext("That went wrong here. The request's id is %(id)s.", id=g.get("request_id", "-"))
    return answer({"error": said}, 500)
