"""Joining by a client: where anybody may, by the same rules as the page."""

from flask import Response, request

from microshare import config, departments, grants, people
from microshare.api import rates
from microshare.api.asked import params
from microshare.api.door import bearer, now, route
from microshare.api.said import answer
from microshare.db import saving
from microshare.errors import Forbidden, Refused
from microshare.models import Department


@route("/api/v1/accounts", method="POST", scope="write:accounts", by_client=True)
def join() -> Response:
    """A new colleague, and a token of the client for them, at once."""
    if config.current().registration != "open":
        raise Forbidden("registration-closed")
    client = bearer().client
    if client is None:
        raise Forbidden("registration-closed")
    asked = params()
    told = {name: asked.needed(name) for name in ("username", "email", "password")}
    if not asked.flag("agreement"):
        raise Refused("parameter-missing", name="agreement")
    locale = asked.text("locale").partition("-")[0]
    rates.count_registration(request.remote_addr or "", now())
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
    return answer(
        {
            "access_token": token,
            "token_type": "Bearer",
            "scope": " ".join(client.scopes),
            "created_at": int(now().timestamp()),
        }
    )


def _department(named: str) -> Department:
    """The one that is named; else the first, to be changed in the settings."""
    every = departments.every()
    if not every:
        return departments.named(config.current().company, now())
    return next((one for one in every if named in (one.slug, one.name)), every[0])
