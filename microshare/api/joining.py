"""Joining by a client: where anybody may, by the same rules as the page."""

from collections.abc import Mapping

from flask import Response, request
from flask_babel import gettext

from microshare import config, departments, grants, people, sentences
from microshare.api import rates
from microshare.api.asked import Params, params
from microshare.api.door import bearer, now, route
from microshare.api.said import answer
from microshare.db import saving
from microshare.errors import Forbidden, Refused
from microshare.grants import Client
from microshare.models import Department

NEEDED = ("username", "email", "password")
MISSING = {"agreement": "ERR_ACCEPTED"}
# Which field is wrong, and how clients of Mastodon know it.
CODES = {
    "username-malformed": ("username", "ERR_INVALID"),
    "username-taken": ("username", "ERR_TAKEN"),
    "email-malformed": ("email", "ERR_INVALID"),
    "email-taken": ("email", "ERR_TAKEN"),
    "password-length": ("password", "ERR_TOO_SHORT"),
}

@route("/api/v1/accounts", method="POST", scope="write:accounts", by_client=True)
def join() -> Response:
    """A new colleague, and a token of the client for them, at once."""
    if config.current().registration != "open":
        raise Forbidden("registration-closed")
    client = bearer().client
    if client is None:
        raise Forbidden("registration-closed")
    asked = params()
    told = {name: asked.text(name) for name in NEEDED}
    missing = [name for name, value in told.items() if not value]
    missing += [] if asked.flag("agreement") else ["agreement"]
    if missing:
        return _refused({one: Refused("parameter-missing", name=one) for one in missing})
    rates.count_registration(request.remote_addr or "", now())
    try:
        token = _join(client, told, asked)
    except Refused as refusal:
        if refusal.code not in CODES:
            raise
        return _refused({CODES[refusal.code][0]: refusal})
    return answer(
        {
            "access_token": token,
            "token_type": "Bearer",
            "scope": " ".join(client.scopes),
            "created_at": int(now().timestamp()),
        }
    )


def _join(client: Client, told: Mapping[str, str], asked: Params) -> str:
    locale = asked.text("locale").partition("-")[0]
    with saving():
        user = people.join(
            email=told["email"],
            username=told["username"],
            name=told["username"],
            department=_department(asked.text("department") or asked.text("reason")),
            now=now(),
            password=told["password"],
            language=locale if locale in config.LANGUAGES else "",
        )
        token = grants.secret()
        grants.give(token, client, " ".join(client.scopes), now(), for_id=user.id)
    return token


def _refused(wrong: Mapping[str, Refused]) -> Response:
    """Every part that does not do, as clients show it beside its field."""
    details = {
        name: [
            {
                "error": CODES.get(one.code, ("", MISSING.get(name, "ERR_BLANK")))[1],
                "description": str(sentences.reason(one)),
            }
        ]
        for name, one in wrong.items()
    }
    reasons = " ".join(one["description"] for [one] in details.values())
    error = gettext("Validation failed: %(reason)s", reason=reasons)
    return answer({"error": str(error), "details": details}, 422)


@route("/api/v1/emails/confirmations", method="POST", scope="write:accounts")
def confirm_again() -> Response:
    """Nobody has to confirm: who joined is in at once."""
    return answer({})


def _department(named: str) -> Department:
    """The one that is named; else the first, to be changed in the settings."""
    every = departments.every()
    if not every:
        return departments.named(config.current().company, now())
    return next((one for one in every if named in (one.slug, one.name)), every[0])
