"""The log-in of clients: OAuth 2 with codes, PKCE and client credentials (RFC 6749, 7009, 7636).

Authlib reads the requests and knows the rules; `grants` keeps what comes of them. A door gives the
request as plain values and saves what was done, also where the answer is a refusal: a code that is
sent twice revokes what it gave.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    ClientMixin,
    InvalidGrantError,
    OAuth2Payload,
)
from authlib.oauth2.rfc6749.errors import UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from microshare import grants, people, scopes
from microshare.errors import Forbidden
from microshare.grants import Client
from microshare.models import AuthorizationCode, Token, User

Params = Mapping[str, Sequence[str]]
Answer = tuple[int, Any, Sequence[tuple[str, str]]]  # status, body, headers
_METHODS = ["client_secret_basic", "client_secret_post"]
# What Authlib repeats in its errors, and what may not stand in them (RFC 6749, 4.1.2.1). A blank
# stands in none of these that could be right.
_TOLD = ("client_id", "grant_type", "redirect_uri", "response_type")
_UNTOLD = re.compile(r"[^\x21\x23-\x5b\x5d-\x7e]")


class Consent(NamedTuple):
    """What a client asks a colleague for."""

    client: Client
    redirect_uri: str
    scopes: Sequence[str]


class _Payload(OAuth2Payload):  # type: ignore[misc]
    def __init__(self, params: Params) -> None:
        self._list = params
        self._first = {
            name: _UNTOLD.sub(" ", values[0]) if name in _TOLD else values[0]
            for name, values in params.items()
            if values
        }

    @property
    def data(self) -> dict[str, str]:
        return self._first

    @property
    def datalist(self) -> Params:
        return self._list


class _Asked(OAuth2Request):  # type: ignore[misc]
    """A request to this server, and the moment at which it came."""

    def __init__(self, method: str, params: Params, headers: Mapping[str, str], now: datetime):
        # Whether the way here is encrypted is the business of who sets up the server: on a
        # company's own machine it may not be.
        super().__init__(method, "https://localhost/", headers=headers)
        self.payload = _Payload(params)
        self.now = now

    @property
    def args(self) -> dict[str, str]:
        return self.form

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class _ClientOf(ClientMixin):  # type: ignore[misc]
    """A client, as Authlib asks about one."""

    def __init__(self, client: Client) -> None:
        self.known = client

    def get_client_id(self) -> str:
        return self.known.client_id

    def get_default_redirect_uri(self) -> str | None:
        """None: which address it is has to be said."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = scopes.named(scope or scopes.DEFAULT)
        return " ".join(asked) if scopes.within(asked, self.known.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.known.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return self.known.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in _METHODS

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "client_credentials")


class _CodeOf(AuthorizationCodeMixin):  # type: ignore[misc]
    """A code, as Authlib asks about one."""

    code_challenge_method = "S256"

    def __init__(self, code: AuthorizationCode) -> None:
        self.row = code
        self.code_challenge = code.challenge

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.row.scopes


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def save_authorization_code(self, code: str, request: _Asked) -> None:
        data = request.payload.data
        grants.allow(
            request.user,
            request.client.known,
            data["redirect_uri"],
            request.scope,
            data.get("code_challenge", ""),
            code,
            request.now,
        )

    def query_authorization_code(self, code: str, client: _ClientOf) -> _CodeOf | None:
        found = grants.code_of(client.known, code, self.request.now)
        return _CodeOf(found) if found else None

    def authenticate_user(self, code: _CodeOf) -> User | None:
        found = people.by_id(code.row.user_id)
        return found if found and found.suspended_at is None else None

    def delete_authorization_code(self, code: _CodeOf) -> None:
        """Nothing: it was used up when its token was saved, and is known should it come again."""


class _ClientGrant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS


class _Challenge(CodeChallenge):  # type: ignore[misc]
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = _METHODS

    def authenticate_token(self, request: _Asked, client: _ClientOf) -> Token | None:
        self.check_params(request, client)
        try:
            return grants.token_of(client.known, request.form["token"])
        except Forbidden:
            error = UnauthorizedClientError("You are not authorized to revoke this token")
            error.status_code = 403
            raise error from None

    def revoke_token(self, token: Token, request: _Asked) -> None:
        token.revoked_at = request.now


class _Server(AuthorizationServer):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.register_token_generator("default", BearerTokenGenerator(_token, None, 0))
        self.register_grant(_CodeGrant, [_Challenge(required=True)])
        self.register_grant(_ClientGrant)
        self.register_endpoint(_Revocation)

    def query_client(self, client_id: str) -> _ClientOf | None:
        found = grants.client(client_id)
        return _ClientOf(found) if found else None

    def save_token(self, token: dict[str, Any], request: _Asked) -> None:
        code = request.authorization_code.row if request.authorization_code else None
        if code is not None and not grants.redeem(code.id, request.now):
            raise InvalidGrantError("Invalid 'code' in request.")
        of = request.client.known
        grants.give(token["access_token"], of, token["scope"], request.now, code=code)
        token["created_at"] = int(request.now.timestamp())

    def create_oauth2_request(self, request: _Asked) -> _Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        return status, body, headers

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""


def _token(**_: object) -> str:
    return grants.secret()


_server = _Server()


def consent(params: Params, now: datetime) -> Consent:
    """What this request to the authorise page asks for; `Failed` says what is wrong with it."""
    try:
        grant = _server.get_consent_grant(_Asked("GET", params, {}, now))
    except OAuth2Error as error:
        raise _failed(error) from error
    asked = grant.request
    return Consent(asked.client.known, grant.redirect_uri, asked.scope.split())


class Failed(Exception):
    """A request for a colleague's yes that cannot be granted: OAuth's code and a description.

    `location` is where the client wants to hear of it, where that is known to be its own address.
    """

    def __init__(self, code: str, description: str, location: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.location = location


def _failed(error: OAuth2Error) -> Failed:
    uri = getattr(error, "redirect_uri", None)
    location = "" if not uri or uri == grants.OUT_OF_BAND else str(dict(error()[2])["Location"])
    return Failed(error.error, error.get_error_description(), location)


def decide(params: Params, user: User | None, now: datetime) -> tuple[str, str]:
    """The colleague said yes, or (None) no: where the browser goes on, and the code."""
    asked = _Asked("POST", params, {}, now)
    try:
        grant = _server.get_consent_grant(asked)
    except OAuth2Error as error:
        raise _failed(error) from error
    _, _, headers = _server.create_authorization_response(asked, user, grant=grant)
    location = str(dict(headers)["Location"])
    return location, location.partition("code=")[2].partition("&")[0] if user else ""


def token(params: Params, headers: Mapping[str, str], now: datetime) -> Answer:
    """The answer to a client that wants a token."""
    return _answer(_server.create_token_response(_Asked("POST", params, headers, now)))


def revoke(params: Params, headers: Mapping[str, str], now: datetime) -> Answer:
    """The answer to a client that gives a token back."""
    asked = _Asked("POST", params, headers, now)
    return _answer(_server.create_endpoint_response("revocation", asked))


# What Authlib says by its code alone.
_SAYS = {
    "unsupported_grant_type": "Tokens are given for authorization_code and client_credentials.",
    "invalid_request": "A parameter is missing, or is there twice.",
}


def _answer(answer: Answer) -> Answer:
    status, body, headers = answer
    if "error" in body and "error_description" not in body:
        body = body | {"error_description": _SAYS.get(body["error"], body["error"])}
    # Clients register anew at this status, whichever way they had told who they are.
    return (401 if body.get("error") == "invalid_client" else status), body, headers
