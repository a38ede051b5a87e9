"""What stands around every page: who is let in, and what the frame shows."""

from flask import (
    Response,
    current_app,
    g,
    has_request_context,
    make_response,
    redirect,
    request,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from microshare import clock, feed_tokens, inbox, readers
from microshare.db import saving
from microshare.errors import Refused, Unavailable
from microshare.models import User
from microshare.readers import AnyReader
from microshare.web import accounts, asked, by_letter
from microshare.web.looking import Looking, spoken
from microshare.web.security import form_token


def reader_of_session(session_id: str) -> AnyReader | None:
    """The reader of a session, unless suspended or signed out everywhere since it began."""
    view = current_app.view_functions.get(request.endpoint or "")
    find = readers.whole if getattr(view, "needs_user", False) else readers.find
    return find(*_parted(session_id))


def _parted(session_id: str) -> tuple[int, int]:
    """The user's id and epoch; ids that nobody has where it is nonsense."""
    user_id, _, epoch = session_id.partition(".")
    return (int(user_id), int(epoch)) if user_id.isdigit() and epoch.isdigit() else (0, -1)


def let_in() -> AnyResponse | None:
    """Every page asks for a signed-in colleague, unless its view is marked otherwise."""
    view = current_app.view_functions.get(request.endpoint or "")
    is_public = getattr(view, "is_public", False)
    if view is None or request.endpoint == "static" or asked.by_program() or is_public:
        return None
    if getattr(view, "takes_token", False) and (token := _token()):
        g.token_reader = _reader_by(token)
        if g.token_reader is not None:
            return None
        return Response("", 401, {"WWW-Authenticate": "Bearer"})
    if current_user.is_authenticated:
        return None
    held, answer = by_letter.let_in(view)
    return answer if held else _turned_away()


def _turned_away() -> AnyResponse:
    """What who is not signed in gets in place of a page."""
    if asked.as_json():
        raise Refused("signed-out")
    if (again := accounts.sign_in_again()) is not None:
        return make_response(again)
    return redirect(url_for("accounts.enter", next=accounts.wanted_page() or None), 303)


def _reader_by(token: str) -> User | None:
    """Whose token this is; that it is in use is noted now and then, where that can be."""
    now = clock.now()
    found = feed_tokens.get(token)
    if found is not None and feed_tokens.is_use_to_note(found, now):
        token_id = found.id
        try:
            with saving():
                feed_tokens.note_use(token_id, now)
        except Unavailable:
            pass  # reading goes on without
        found = feed_tokens.get(token)
    return found.user if found else None


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.args.get("token", "")


def shown() -> dict[str, object]:
    """What every page's frame shows; a letter is made from a template too, and has none."""
    known = has_request_context() and current_user.is_authenticated
    now, words = clock.now(), spoken()
    g.looking = Looking(0, False, now, words)
    facts = {"now": now, "csrf_token": form_token, "inbox_count": 0}
    if known:
        reader = asked.reader()
        g.looking = Looking(reader.id, reader.manages, now, words)
        facts["inbox_count"] = inbox.new_count(reader)
    return {**facts, "looking": g.looking}
