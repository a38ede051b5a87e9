"""One-time links: the first administrator, invitations, confirmations, new passwords.

A link is a random secret of which only the hash is kept. Joining by mail domain needs no
password before the address is confirmed: the letter's link opens the same page as an invitation.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from microshare import config, people
from microshare.db import db
from microshare.errors import Forbidden, Refused
from microshare.models import Department, OneTimeLink, User

LIFETIMES = {
    "first": timedelta(days=14),
    "join": timedelta(days=14),
    "reset": timedelta(hours=2),
}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _make(
    purpose: str,
    now: datetime,
    *,
    email: str | None = None,
    role: str = "member",
    user: User | None = None,
    by: User | None = None,
) -> str:
    token = secrets.token_urlsafe(24)
    db.session.add(
        OneTimeLink(
            token_hash=_hash(token),
            purpose=purpose,
            email=email,
            role=role,
            user_id=user.id if user else None,
            created_by_id=by.id if by else None,
            created_at=now,
            expires_at=now + LIFETIMES[purpose],
        )
    )
    db.session.flush()
    return token


def first_administrator(now: datetime) -> str | None:
    """A fresh link for whoever installs, while there is no administrator; else None.

    The links made before stop working: the newest start prints the one that counts.
    """
    if _is_administered():
        return None
    db.session.execute(delete(OneTimeLink).filter_by(purpose="first", used_at=None))
    return _make("first", now, role="administrator")


def _is_administered() -> bool:
    return bool(db.session.scalar(select(User.id).filter_by(role="administrator").limit(1)))


def invite(email: str | None, role: str, by: User | None, now: datetime) -> str:
    """The token of an invitation, for this address or for whoever holds the link."""
    if by is not None and not by.manages:
        raise Forbidden("not-a-manager")
    if by is not None and role != "member" and not by.administers:
        raise Forbidden("not-an-administrator")
    if email is not None:
        email = people.checked_email(email)
        if people.by_login(email) is not None:
            raise Refused("email-taken")
    return _make("join", now, email=email, role=people.checked_role(role), by=by)


def confirm(email: str, now: datetime) -> str | None:
    """The token for a letter to an address of the company; None when it has joined already."""
    settings = config.current()
    email = people.checked_email(email)
    if email.rpartition("@")[2] not in settings.mail_domains:
        raise Refused("domain-not-ours", domains=", ".join(settings.mail_domains))
    if people.by_login(email) is not None:
        return None
    return _make("join", now, email=email)


def reset(login: str, now: datetime) -> tuple[User, str] | None:
    """Whose password may be set anew, and the token for the letter; None for nobody."""
    user = people.by_login(login)
    if user is None or user.email is None or user.is_bot or user.suspended_at is not None:
        return None
    return user, _make("reset", now, user=user)


def get(token: str, purpose: str, now: datetime) -> OneTimeLink:
    """The link that still works, or `Refused("link-expired")`: used, too old, or never made.

    The first administrator's link opens what an invitation opens, until there is one.
    """
    purposes = ("join", "first") if purpose == "join" else (purpose,)
    found = db.session.scalars(
        select(OneTimeLink).where(
            OneTimeLink.token_hash == _hash(token), OneTimeLink.purpose.in_(purposes)
        )
    ).one_or_none()
    if found is None or found.used_at is not None or found.expires_at <= now:
        raise Refused("link-expired")
    if found.purpose == "first" and _is_administered():
        raise Refused("link-expired")
    return found


def accept(
    token: str,
    now: datetime,
    *,
    email: str,
    username: str,
    name: str,
    password: str,
    department: Department,
    language: str,
    time_zone: str = "",
) -> User:
    """Join by a link; the link decides the role, and the address if it was sent to one."""
    link = get(token, "join", now)
    _use(link, now)
    return people.join(
        email=link.email or email,
        username=username,
        name=name,
        department=department,
        password=password,
        role=link.role,
        language=language,
        time_zone=time_zone,
        now=now,
    )


def set_password(token: str, password: str, now: datetime) -> User:
    """A new password by a link; every older session ends."""
    link = get(token, "reset", now)
    _use(link, now)
    user = people.by_id(link.user_id or 0)
    if user is None or user.suspended_at is not None:
        raise Refused("link-expired")
    people.set_password(user, password)
    # A letter that was asked for earlier, and went astray, opens nothing any more.
    db.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.user_id == user.id, OneTimeLink.used_at.is_(None))
        .values(used_at=now)
    )
    return user


def _use(link: OneTimeLink, now: datetime) -> None:
    # Compare and set: of two who hold the link, one is first.
    used = db.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused("link-expired")


def forget_old(now: datetime) -> int:
    """Drop links that ended a month ago; returns how many."""
    gone = db.session.execute(
        delete(OneTimeLink).where(OneTimeLink.expires_at < now - timedelta(days=30))
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]
