"""How this door says no: the one handler that turns a refusal into a page.

A form that is refused is shown again as it was typed, with the sentence; every other page gets
the error page, which shows what was typed too.
"""

from flask import Flask, current_app, g, render_template, request
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from microshare import config, sentences
from microshare.db import OUTAGES, outage, roll_back
from microshare.errors import Missing, Refusal, Refused
from microshare.web import accounts, by_letter, statuses
from microshare.web import sent as sent_photos
from microshare.web.asked import as_json
from microshare.web.security import LARGEST_FORM, is_loopback

SPECIAL = {
    "incoming-json": 400,
    "incoming-method": 405,
    "signed-out": 401,
    "form-expired": 400,
    "form-insecure": 400,
    "request-too-large": 413,
    "photos-too-large": 413,
}
TYPED = ("line", "note", "description", "about", "sentence", "tags", "comment")


RETRY = "5"  # seconds after which what does not answer is worth another try
Said = str | dict[str, str]
Answer = tuple[Said, int] | tuple[Said, int, dict[str, str]]


def init_app(app: Flask) -> None:
    app.register_error_handler(Refusal, refused)
    for outage_of in OUTAGES:
        app.register_error_handler(outage_of, _outage)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(500, _broken)


def refused(refusal: Refusal) -> Answer:
    """The page for a refusal; its code and sentence for the page's script."""
    status = statuses.of(refusal, SPECIAL)
    if refusal.code == "database" and refusal.facts["why"] == "gone":
        _ask_no_more()
    sentence = sentences.reason(refusal)
    page: Said = (
        {"code": refusal.code, "sentence": sentence}
        if as_json()
        else _form_again(sentence, refusal.code) or _page(status, sentence)
    )
    seconds = refusal.facts.get("seconds", RETRY if status == 503 else "")
    return (page, status, {"Retry-After": str(seconds)}) if seconds else (page, status)


def _form_again(sentence: str, code: str) -> str:
    """The form as it was typed; empty for a page without one, or where it cannot be made."""
    if (again := g.get("again")) is None:
        return ""
    g.refusal, g.refusal_code = sentence, code
    try:
        return str(again())
    except OUTAGES:
        _ask_no_more()
        g.refusal = ""  # the page that is made instead tells it itself
        return ""


def _ask_no_more() -> None:
    """Who reads stands in the database that does not answer: from here on nobody asks for it."""
    roll_back()
    g.again = None
    g._login_user = AnonymousUserMixin()


def _page(status: int, sentence: str) -> str:
    """The error page; it must stand even where the database does not."""
    typed, sent = {}, {}
    if request.method == "POST":
        form = g.typed if "typed" in g else request.form
        typed = {name: form[name] for name in TYPED if form.get(name)}
        # Sent again it is the same post, by its key; a password is not shown to a screen, and a
        # photo would be left out: the browser's Back still has it.
        is_whole = status == 503 and not sent_photos.has_files()
        if is_whole and typed and not any("password" in name for name in form):
            sent = {name: form[name] for name in form if name not in typed}
    template = "error.html" if _is_known() else "error_plain.html"
    return render_template(template, status=status, sentence=sentence, typed=typed, sent=sent)


def _is_known() -> bool:
    try:
        return bool(current_user.is_authenticated)
    except OUTAGES:
        _ask_no_more()
        return False


def _outage(error: SQLAlchemyError) -> Answer:
    _ask_no_more()
    current_app.logger.error("database: %s", type(getattr(error, "orig", error)).__name__)
    return refused(outage(error))


def _csrf(error: CSRFError) -> Answer:
    if not request.is_secure and not is_loopback(request.host):
        return refused(Refused("form-insecure", url=config.current().url))
    if _is_known() or as_json():
        return refused(Refused("form-expired"))
    if (page := by_letter.instead()) is not None:
        return page, 403
    return accounts.sign_in_again() or refused(Refused("form-expired"))


def _too_large(error: RequestEntityTooLarge) -> Answer:
    g.typed = sent_photos.beginning()
    if request.max_content_length == sent_photos.LARGEST_BODY < (request.content_length or 0):
        return refused(Refused("photos-too-large", limit=sent_photos.LARGEST_BODY // 1024**2))
    return refused(Refused("request-too-large", limit=LARGEST_FORM // 1024))


def http(error: HTTPException) -> Answer | HTTPException:
    """The page for what the web server refuses by itself."""
    status = error.code or 500
    if status < 400:
        return error
    _is_known()  # asked here, where the answer may be an outage
    if status == 404:
        return refused(Missing("page"))
    refusal = Refused("request-odd", what=f"{status} {error.name}")
    sentence = sentences.reason(refusal)
    if as_json():
        return {"code": refusal.code, "sentence": sentence}, status
    return _page(status, sentence), status


def _broken(error: Exception) -> tuple[str, int]:
    """A fault of ours: the log has it under the request's id, and the page names the id."""
    roll_back()
    return _page(500, ""), 500
