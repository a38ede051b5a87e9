"""How a client registers, comes by a token and gives it back; Authlib knows the rules."""

from collections.abc import Mapping, Sequence

from flask import Response, request

from microshare import config, grants, oauth, scopes
from microshare.api import rates
from microshare.api.asked import params
from microshare.api.door import bearer, now, route
from microshare.api.said import answer
from microshare.db import saving
from microshare.errors import Missing
from microshare.grants import Client

_PARAMS = (
    "grant_type", "code", "redirect_uri", "client_id", "client_secret", "code_verifier", "scope",
    "token", "token_type_hint",
)  # fmt: skip


@route("/api/v1/apps", method="POST")
def register() -> Response:
    """A new client: kept for good, so only so many from one address."""
    rates.count_registration(request.remote_addr or "", now())
    asked = params()
    name, _ = asked.needed("client_name"), asked.needed("redirect_uris")
    addresses = _addresses(asked.many("redirect_uris"))
    with saving():
        client, secret = grants.register(
            name, addresses, asked.text("scopes", scopes.DEFAULT), asked.text("website"), now()
        )
    return answer(_application(client, secret))


def _addresses(written: Sequence[str]) -> list[str]:
    return [one for line in written for one in line.split()]


def _application(client: Client, secret: str) -> dict[str, object]:
    told: dict[str, object] = {
        "id": str(client.id),
        "name": client.name,
        "website": client.website or None,
        "scopes": list(client.scopes),
        "redirect_uri": "\n".join(client.redirect_uris),
        "redirect_uris": list(client.redirect_uris),
        "vapid_key": "",
    }
    if secret:
        told |= {"client_id": client.client_id, "client_secret": secret}
        told |= {"client_secret_expires_at": 0}
    return told


@route("/api/v1/apps/verify_credentials", scope="any", by_client=True)
def own_application() -> Response:
    """The client whose token this is."""
    if (client := bearer().client) is None:
        raise Missing("token", id=0)
    return answer(_application(client, ""))


@route("/oauth/token", method="POST")
def token() -> Response:
    with saving():
        status, body, headers = oauth.token(_sent(), dict(request.headers), now())
    return answer(body, status, dict(headers))


@route("/oauth/revoke", method="POST")
def revoke() -> Response:
    with saving():
        status, body, headers = oauth.revoke(_sent(), dict(request.headers), now())
    return answer(body, status, dict(headers))


def _sent() -> Mapping[str, Sequence[str]]:
    return {name: [params().text(name)] for name in _PARAMS if params().has(name)}


@route("/.well-known/oauth-authorization-server")
def metadata() -> Response:
    """Where things are (RFC 8414); only where the way here is encrypted, as the RFC wants it."""
    url = config.current().url
    if not url.startswith("https://"):
        raise Missing("page")
    return answer(
        {
            "issuer": f"{url}/",
            "authorization_endpoint": f"{url}/oauth/authorize",
            "token_endpoint": f"{url}/oauth/token",
            "app_registration_endpoint": f"{url}/api/v1/apps",
            "revocation_endpoint": f"{url}/oauth/revoke",
            "service_documentation": f"{url}/help/api",
            "scopes_supported": sorted(scopes.ALL),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
            ],
            "code_challenge_methods_supported": ["S256"],
        }
    )
