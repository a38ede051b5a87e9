"""The page on which a colleague lets a client act for them, or does not."""

from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from microshare import clock, grants, oauth
from microshare.db import saving
from microshare.oauth import Consent, Failed
from microshare.web.asked import user
from microshare.web.security import POLICY

pages = Blueprint("authorise", __name__, url_prefix="/oauth")
ASKED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge",
    "code_challenge_method",
)  # fmt: skip


@pages.get("/authorize", strict_slashes=False)
def ask() -> Response:
    """Name the client, what it asks for and where it is answered, with two buttons."""
    params = {name: request.args.getlist(name) for name in ASKED if name in request.args}
    try:
        consent = oauth.consent(params, clock.now())
    except Failed as failed:
        return _failed(failed)
    page = make_response(
        render_template(
            "authorise.html",
            consent=consent,
            words=_words(consent),
            host=_host(consent),
            asked={name: request.args[name] for name in params},
        )
    )
    return _letting_on(page, consent)


@pages.post("/authorize", strict_slashes=False)
def decide() -> Response:
    """Send the browser back to the client, with a code or with a no."""
    params = {name: request.form.getlist(name) for name in ASKED if name in request.form}
    is_allowed = request.form.get("decision") == "allow"
    try:
        consent = oauth.consent(params, clock.now())
        with saving():
            who = user() if is_allowed else None
            location, code = oauth.decide(params, who, clock.now())
    except Failed as failed:
        return _failed(failed)
    if consent.redirect_uri == grants.OUT_OF_BAND:
        return make_response(render_template("authorised.html", consent=consent, code=code))
    return _letting_on(redirect(location, 302), consent)


def _letting_on(response: Response, consent: Consent) -> Response:
    """The form leads on to the client's own address, of whatever scheme."""
    parts = urlsplit(consent.redirect_uri)
    origin = f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""
    if consent.redirect_uri != grants.OUT_OF_BAND:
        own = f"form-action 'self' {origin or parts.scheme + ':'}"
        response.headers["Content-Security-Policy"] = POLICY.replace("form-action 'self'", own)
    return response


def _host(consent: Consent) -> str:
    """Where the answer goes, as far as it tells whose address it is."""
    parts = urlsplit(consent.redirect_uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _failed(failed: Failed) -> Response:
    """What is wrong with the client's request; it hears of it itself where its address is known."""
    if failed.location:
        return redirect(failed.location, 302)
    page = render_template("authorise_failed.html", code=failed.code, told=failed.description)
    return make_response(page, 401 if failed.code == "invalid_client" else 400)


def _words(consent: Consent) -> list[str]:
    """What the scopes let the client do, a sentence each, the broad ones first."""
    words = {
        "read": gettext("read everything that you can read, and your inbox"),
        "write": gettext("post, reply, edit and withdraw as you, thank, save and upload photos"),
        "follow": gettext("see and change what you follow and mute"),
        "profile": gettext("see your name and username"),
        "push": gettext("hear at once what happens for you (which this server does not do)"),
    }
    asked = [words[scope] for scope in words if scope in consent.scopes]
    single = [scope for scope in consent.scopes if scope not in words]
    reads = ", ".join(one.partition(":")[2] for one in single if one.startswith("read:"))
    writes = ", ".join(one.partition(":")[2] for one in single if one.startswith("write:"))
    if reads:
        asked.append(gettext("read, and only of these kinds: %(kinds)s", kinds=reads))
    if writes:
        asked.append(gettext("change, and only of these kinds: %(kinds)s", kinds=writes))
    return asked
