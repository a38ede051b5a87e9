"""How this door says no: the one handler that turns a refusal into a page.

A form that is refused is shown again as it was typed, with the sentence; every other page gets
the error page, which shows what was typed too.
"""

from flask import Flask, current_app, g, render_template, request
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from microshare import config, sentences
from microshare.db import db, outage
from microshare.errors import Forbidden, Missing, Refusal, Refused, Unavailable
from microshare.web.security import LARGEST_FORM, is_loopback

STATUS = {Refused: 422, Forbidden: 403, Missing: 404, Unavailable: 503}
SPECIAL = {
    "too-many-attempts": 429,
    "too-many-letters": 429,
    "form-expired": 400,
    "form-insecure": 400,
    "request-too-large": 413,
}
TYPED = ("line", "note", "description", "about", "sentence", "tags")


def init_app(app: Flask) -> None:
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(OperationalError, _outage)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _broken)


def refused(refusal: Refusal) -> tuple[str, int]:
    """The page for a refusal."""
    status = SPECIAL.get(refusal.code, STATUS[type(refusal)])
    sentence = sentences.reason(refusal)
    if (again := g.get("again")) is not None:
        g.refusal, g.refusal_code = sentence, refusal.code
        return again(), status
    return _page(status, sentence), status


def _page(status: int, sentence: str) -> str:
    """The error page; it must stand even where the database does not."""
    typed = {}
    if request.method == "POST" and status != 413:
        form = g.get("typed") or request.form
        typed = {name: form[name] for name in TYPED if form.get(name)}
    is_known = bool(current_user.is_authenticated)
    template = "error.html" if is_known else "error_plain.html"
    return render_template(template, status=status, sentence=sentence, typed=typed)


def _outage(error: OperationalError) -> tuple[str, int]:
    db.session.rollback()
    # Who reads stands in the database that does not answer: from here on nobody asks for it.
    g._login_user = AnonymousUserMixin()
    current_app.logger.error("database: %s", type(error.orig).__name__)
    return refused(outage(error))


def _csrf(error: CSRFError) -> tuple[str, int]:
    if not request.is_secure and not is_loopback(request.host):
        return refused(Refused("form-insecure", url=config.current().url))
    return refused(Refused("form-expired"))


def _too_large(error: RequestEntityTooLarge) -> tuple[str, int]:
    return refused(Refused("request-too-large", limit=LARGEST_FORM // 1024))


def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    try:
        current_user.is_authenticated  # noqa: B018  # asked here, where the answer may be an outage
    except OperationalError as outage_error:
        return _outage(outage_error)
    if status == 404:
        return refused(Missing("page"))
    refusal = Refused("request-odd", what=f"{status} {error.name}")
    return _page(status, sentences.reason(refusal)), status


def _broken(error: Exception) -> tuple[str, int]:
    """A fault of ours: the log has it under the request's id, and the page names the id."""
    db.session.rollback()
    return _page(500, ""), 500
