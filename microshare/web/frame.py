"""What stands around every page: who is let in, and what the frame shows."""

from flask import Response, current_app, g, has_request_context, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from microshare import clock, grants, inbox, people
from microshare.models import User
from microshare.web import accounts, asked, kept


def user_of_session(session_id: str) -> User | None:
    """The user of a session, unless suspended or signed out everywhere since it began."""
    user_id, epoch = _parted(session_id)
    user = people.by_id(user_id)
    if user is None or user.suspended_at is not None or user.session_epoch != epoch:
        return None
    return user


def _parted(session_id: str) -> tuple[int, int]:
    """The user's id and epoch; ids that nobody has where it is nonsense."""
    user_id, _, epoch = session_id.partition(".")
    return (int(user_id), int(epoch)) if user_id.isdigit() and epoch.isdigit() else (0, -1)


def let_in() -> AnyResponse | None:
    """Every page asks for a signed-in colleague, unless its view is marked otherwise."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.endpoint == "static" or getattr(view, "is_public", False):
        return None
    if getattr(view, "takes_token", False) and (token := _token()):
        g.token_reader = grants.reader_of(token)
        if g.token_reader is not None:
            return None
        return Response("", 401, {"WWW-Authenticate": "Bearer"})
    if getattr(view, "is_light", False):
        g.light_reader = people.reader(*_parted(str(session.get("_user_id", ""))))
        if g.light_reader is not None:
            return None
    elif current_user.is_authenticated:
        return None
    return redirect(url_for("accounts.enter", next=accounts.wanted_page() or None), 303)


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.args.get("token", "")


def shown() -> dict[str, object]:
    """What every page's frame shows; a letter is made from a template too, and has none."""
    known = has_request_context() and current_user.is_authenticated
    facts: dict[str, object] = {"now": clock.now(), "spoken": kept.spoken()}
    if not known:
        return {**facts, "inbox_count": 0, "reader_id": 0}
    reader = asked.reader()
    return {**facts, "inbox_count": inbox.new_count(reader), "reader_id": reader.id}
