"""Signing in: by a code that the server's page shows, or a token made there; and out again."""

import base64
import hashlib
import secrets
import sys
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import click

from microshare_client import kept, server
from microshare_client.kept import Login
from microshare_client.trouble import REFUSED, Trouble
from microshare_client.words import _

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = "read write"


def enter(address: str, *, with_token: bool) -> tuple[Login, str]:
    """Sign in there; returns the login, and where it is kept."""
    login = _found(address)
    login = _by_token(login) if with_token else _by_code(login)
    known = server.call(login, "/api/v1/accounts/verify_credentials")
    login = replace(login, username=str(known["username"]))
    return login, str(kept.keep(login))


def _found(address: str) -> Login:
    """The server at this address, wherever it says that it is."""
    if "://" not in address:
        is_here = urlsplit(f"//{address}").hostname in ("localhost", "127.0.0.1", "::1")
        address = f"{'http' if is_here else 'https'}://{address}"
    for _again in range(3):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Trouble(_("That is no address of a server: %(address)s", address=address))
        login = Login(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", "")
        try:
            told = server.call(login, "/api/v1/instance")
        except server.Moved as moved:
            address = moved.address
            continue
        except server.Refusal as refusal:
            if refusal.exit_code != REFUSED:
                raise
            told = {}
        if not isinstance(told, dict) or "version" not in told:
            sentence = _("%(server)s does not speak as a microshare does.", server=login.server)
            raise Trouble(sentence)
        return login
    raise Trouble(_("%(address)s leads on and on.", address=address))


def _by_token(login: Login) -> Login:
    if sys.stdin.isatty():
        token = click.prompt(_("Token"), hide_input=True, err=True)
    else:
        token = sys.stdin.readline()
    if not token.strip():
        raise Trouble(_("There is no token."))
    return replace(login, token=token.strip())


def _by_code(login: Login) -> Login:
    """By a page of the server's, in any browser, where the colleague is signed in."""
    app = server.call(login, "/api/v1/apps", told={
        "client_name": _("microshare on a terminal"),
        "redirect_uris": OUT_OF_BAND,
        "scopes": SCOPES,
    })  # fmt: skip
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    asked = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": OUT_OF_BAND,
        "scope": SCOPES,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    click.echo(_("Open this page in a browser, allow it, and copy the code:"), err=True)
    click.echo(f"\n    {login.server}/oauth/authorize?{urlencode(asked)}\n", err=True)
    code = click.prompt(_("Code"), err=True).strip()
    given = server.call(login, "/oauth/token", told={
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": OUT_OF_BAND,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "code_verifier": verifier,
    })  # fmt: skip
    return replace(
        login,
        token=str(given["access_token"]),
        client_id=str(app["client_id"]),
        client_secret=str(app["client_secret"]),
    )


def leave(login: Login) -> str:
    """Sign out; returns what to say of it. The login is forgotten even without an answer."""
    kept.forget()
    if not login.client_id:
        return _("Signed out here. The token itself still works: revoke it in your settings.")
    told = {
        "client_id": login.client_id,
        "client_secret": login.client_secret,
        "token": login.token,
    }
    try:
        server.call(replace(login, token=""), "/oauth/revoke", told=told)
    except (Trouble, server.Moved):
        return _("Signed out here. The server did not answer: revoke the client in your settings.")
    return _("Signed out.")
