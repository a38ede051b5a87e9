"""Who acts for a colleague: clients that registered themselves, their codes, and tokens.

Tokens are keys for programs, each with a name, each revocable. Of secrets, codes and tokens only
their hashes are kept.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import joinedload

from microshare import people, readers, scopes, text
from microshare.db import db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import AuthorizationCode, ClientApp, Department, Token, User
from microshare.readers import Reader

KINDS = ("feed", "api")  # feed: reads lists; api: acts as the user
NAME_LIMIT = 80
ADDRESS_LIMIT = 2000  # characters of a client's page, or of all addresses it is answered at
CODE_AGE = timedelta(minutes=10)
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"  # the code is shown to the colleague, who copies it
_PLAIN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_NO_ADDRESS = ("javascript", "data", "vbscript", "file", "about", "blob")


class Client(NamedTuple):
    """A client as it registered."""

    id: int
    client_id: str
    name: str
    website: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    secret_hash: str

    def has_secret(self, secret: str) -> bool:
        """Whether the client's own secret is this; takes as long whichever it is."""
        return hmac.compare_digest(self.secret_hash, _hash(secret))


class Bearer(NamedTuple):
    """Who calls with a token: a client, or a colleague through one."""

    token_id: int
    scopes: frozenset[str]  # with all under them
    client: Client | None  # None: the colleague's own token, made without a client
    reader: Reader | None  # None: the client itself, for nobody


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def secret() -> str:
    """A new secret, of 256 random bits."""
    return secrets.token_urlsafe(32)


def register(
    name: str, redirect_uris: Sequence[str], asked: str, website: str, now: datetime
) -> tuple[Client, str]:
    """A new client, and the secret that is told this once."""
    name = text.tidy(name)[:NAME_LIMIT]
    if not name or text.has_control(name):
        raise Refused("name-malformed", limit=NAME_LIMIT)
    wanted = scopes.named(asked) or [scopes.DEFAULT]
    if not scopes.ALL.issuperset(wanted):
        raise Refused("scope-unknown", scope=next(s for s in wanted if s not in scopes.ALL)[:80])
    for address in redirect_uris:
        _check_address(address)
    if not redirect_uris or len("\n".join(redirect_uris)) > ADDRESS_LIMIT:
        raise Refused("redirect-malformed", address="\n".join(redirect_uris)[:80])
    told = secret()
    app = ClientApp(
        client_id=secret(),
        secret_hash=_hash(told),
        name=name,
        website=website if len(website) <= ADDRESS_LIMIT and _is_page(website) else "",
        redirect_uris="\n".join(redirect_uris),
        scopes=" ".join(wanted),
        created_at=now,
    )
    db.session.add(app)
    db.session.flush()
    return _client(app), told


def _is_page(address: str) -> bool:
    return address.startswith(("http://", "https://")) and not text.has_control(address)


def _check_address(address: str) -> None:
    """Whether a code may be sent there: an absolute address, of no scheme that a page could run."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise Refused("redirect-malformed", address=address[:80]) from None
    is_whole = _PLAIN.fullmatch(address) and parts.scheme and not parts.fragment
    if not is_whole or parts.scheme.lower() in _NO_ADDRESS:
        raise Refused("redirect-malformed", address=address[:80])


def _client(app: ClientApp) -> Client:
    return Client(
        app.id,
        app.client_id,
        app.name,
        app.website,
        tuple(app.redirect_uris.split("\n")),
        tuple(app.scopes.split()),
        app.secret_hash,
    )


def client(client_id: str) -> Client | None:
    """The client that registered under this id."""
    found = db.session.scalars(select(ClientApp).filter_by(client_id=client_id)).one_or_none()
    return _client(found) if found else None


def allow(
    user: User, of: Client, redirect_uri: str, asked: str, challenge: str, code: str, now: datetime
) -> None:
    """The colleague lets the client act for them: the code stands for it, for ten minutes."""
    db.session.add(
        AuthorizationCode(
            code_hash=_hash(code),
            app_id=of.id,
            user_id=user.id,
            redirect_uri=redirect_uri,
            scopes=asked,
            challenge=challenge,
            made_at=now,
        )
    )
    db.session.flush()


def code_of(of: Client, code: str, now: datetime) -> AuthorizationCode | None:
    """What stands behind a code of this client; None where it is none, or too old.

    One that was changed for a token already was overheard: that token is revoked.
    """
    found = db.session.scalars(
        select(AuthorizationCode).filter_by(code_hash=_hash(code), app_id=of.id)
    ).one_or_none()
    if found is None or found.made_at + CODE_AGE < now:
        return None
    if found.used_at is not None:
        _revoke_of_code(found.id, now)
        return None
    return found


def redeem(code_id: int, now: datetime) -> bool:
    """Whether this call is the one that uses the code; the database decides."""
    first = db.session.execute(
        update(AuthorizationCode)
        .where(AuthorizationCode.id == code_id, AuthorizationCode.used_at.is_(None))
        .values(used_at=now)
    )
    if first.rowcount == 1:  # type: ignore[attr-defined]
        return True
    _revoke_of_code(code_id, now)
    return False


def _revoke_of_code(code_id: int, now: datetime) -> None:
    db.session.execute(
        update(Token).filter_by(code_id=code_id, revoked_at=None).values(revoked_at=now)
    )


def give(
    token: str,
    of: Client,
    granted: str,
    now: datetime,
    *,
    code: AuthorizationCode | None = None,
    for_id: int | None = None,
) -> None:
    """Keep a token of this client: for who is behind the code, for this user, or for itself."""
    user_id = code.user_id if code else for_id
    db.session.add(
        Token(
            token_hash=_hash(token),
            user_id=user_id,
            kind="app" if user_id is None else "api",
            name=of.name,
            scopes=granted,
            app_id=of.id,
            code_id=code.id if code else None,
            created_at=now,
        )
    )
    db.session.flush()


_BEARER = (
    select(
        Token.id, Token.kind, Token.scopes, Token.app_id, ClientApp.client_id, ClientApp.name,
        ClientApp.website, ClientApp.redirect_uris, ClientApp.scopes, User.suspended_at,
        *readers.COLUMNS,
    )
    .select_from(Token)
    .outerjoin(ClientApp, ClientApp.id == Token.app_id)
    .outerjoin(User, User.id == Token.user_id)
    .outerjoin(Department, Department.id == User.department_id)
    .where(
        Token.token_hash == bindparam("hash"), Token.revoked_at.is_(None), Token.kind != "feed"
    )
)  # fmt: skip


def bearer(token: str) -> Bearer | None:
    """Who calls with this token, in one light query; None where it is unknown or revoked."""
    row: Any = db.session.connection().execute(_BEARER, {"hash": _hash(token)}).one_or_none()
    if row is None or row[9] is not None:
        return None
    by = None
    if row[3] is not None:
        told = tuple(row[7].split("\n")), tuple(row[8].split())
        by = Client._make((*row[3:7], *told, ""))
    granted = row[2].split() if by else scopes.UNDER  # a colleague's own token may do all
    reader = readers.made(row[10:]) if row[1] == "api" else None
    return Bearer(row[0], scopes.covered(granted), by, reader)


def token_of(of: Client, token: str) -> Token | None:
    """The token, where it works; `Forbidden` where another client was given it."""
    found = db.session.scalars(
        select(Token).filter_by(token_hash=_hash(token), revoked_at=None)
    ).one_or_none()
    if found is not None and found.app_id != of.id:
        raise Forbidden("not-yours")
    return found


def create(user: User, kind: str, name: str, now: datetime) -> str:
    """A new token, shown this once."""
    people.refuse_bot(user)
    name = text.tidy(name)
    if not name or len(name) > NAME_LIMIT or text.has_control(name):
        raise Refused("name-malformed", limit=NAME_LIMIT)
    if kind not in KINDS:
        raise Refused("token-kind", kind=kind, kinds=", ".join(KINDS))
    token = secret()
    db.session.add(
        Token(token_hash=_hash(token), user_id=user.id, kind=kind, name=name, created_at=now)
    )
    db.session.flush()
    return token


def reader_of(token: str) -> User | None:
    """Whose own token this is; None when it is unknown or revoked, or its user suspended."""
    found = db.session.scalars(
        select(Token)
        .options(joinedload(Token.user).joinedload(User.department))
        .filter_by(token_hash=_hash(token), revoked_at=None, app_id=None)
    ).one_or_none()
    user = found.user if found else None
    return user if user and user.suspended_at is None else None


def tokens_of(user: User) -> Sequence[Token]:
    """The tokens that work, newest first: their own, and those of clients (with `app_id`)."""
    return db.session.scalars(
        select(Token).filter_by(user_id=user.id, revoked_at=None).order_by(Token.id.desc())
    ).all()


def revoke(user: User, token_id: int, now: datetime) -> None:
    """The token stops working at once."""
    found = db.session.get(Token, token_id)
    if found is None:
        raise Missing("token", id=token_id)
    if found.user_id != user.id:
        raise Forbidden("not-yours")
    found.revoked_at = found.revoked_at or now
