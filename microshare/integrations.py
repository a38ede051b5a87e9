"""Integrations: addresses at which programs post, each as a bot of the colleague who made it.

The bot is a user that cannot sign in and is no colleague. Its maker answers for it: their name
stands beside the bot's, it writes from their department, and it falls silent when they leave.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from microshare import people
from microshare.db import db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Department, Integration, Post, User

LIMIT = 10  # integrations that one colleague has
# Posts of one integration, and in how much time.
RATES = ((10, timedelta(minutes=1)), (100, timedelta(hours=1)))
_WHOLE = select(Integration).options(
    joinedload(Integration.bot), joinedload(Integration.maker).joinedload(User.department)
)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def make(maker: User, name: str, now: datetime) -> tuple[Integration, str]:
    """A new integration, and the secret part of its address, which is told this once."""
    name = people.checked_name(name)
    working = select(func.count()).where(
        Integration.maker_id == maker.id, Integration.revoked_at.is_(None)
    )
    if maker.is_bot or (db.session.scalar(working) or 0) >= LIMIT:
        raise Refused("too-many-integrations", limit=LIMIT)
    bot = people.join(
        email=None,
        username=_username(name),
        name=name,
        department=db.session.get_one(Department, maker.department_id),
        language=maker.language,
        time_zone=maker.time_zone,
        now=now,
    )
    bot.maker_id, bot.digest_on, bot.welcomed_at = maker.id, False, now
    token = secrets.token_urlsafe(32)
    made = Integration(bot_id=bot.id, maker_id=maker.id, token_hash=_hash(token), created_at=now)
    db.session.add(made)
    db.session.flush()
    return _get(made.id), token


def _username(name: str) -> str:
    """A username for the bot, of the letters of its name, that nobody has."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:24].rstrip("_") or "bot"
    names = (stem if n == 1 else f"{stem}_{n}" for n in count(1))
    return next(one for one in names if not people.known([one]))


def by_token(token: str) -> Integration:
    """The integration of this address, or `Missing`: never made, revoked, or its maker left."""
    found = db.session.scalars(
        _WHOLE.where(Integration.token_hash == _hash(token), Integration.revoked_at.is_(None))
    ).one_or_none()
    if found is None or found.maker.suspended_at or found.bot.suspended_at:
        raise Missing("integration")
    return found


def used(integration: Integration, now: datetime) -> User:
    """The bot that writes, from where its maker works now; `Refused` where it wrote too much."""
    bot = integration.bot
    for limit, span in RATES:
        written = select(Post.created_at).where(Post.author_id == bot.id).order_by(Post.id.desc())
        first = db.session.scalar(written.offset(limit - 1).limit(1))
        if first is not None and first > now - span:
            raise Refused(
                "too-many-posts", limit=limit, seconds=int((first + span - now).total_seconds()) + 1
            )
    bot.department_id = integration.maker.department_id
    integration.last_used_at = now
    return bot


def of(maker: User) -> Sequence[Integration]:
    """The colleague's integrations that work, the newest first."""
    return _working(Integration.maker_id == maker.id)


def every() -> Sequence[Integration]:
    """All that work, the newest first, for who manages the community."""
    return _working()


def _working(*conditions: object) -> Sequence[Integration]:
    found = _WHOLE.where(Integration.revoked_at.is_(None), *conditions)  # type: ignore[arg-type]
    return db.session.scalars(found.order_by(Integration.id.desc()).limit(200)).all()


def renew(integration_id: int, by: User) -> tuple[Integration, str]:
    """Another address for the same bot; the old one ends at once."""
    found = _get(integration_id)
    if found.maker_id != by.id:
        raise Forbidden("not-yours")
    token = secrets.token_urlsafe(32)
    found.token_hash = _hash(token)
    db.session.flush()
    return found, token


def revoke(integration_id: int, by: User, now: datetime) -> None:
    """The address ends at once; the posts of the bot stay. Its maker may, and who manages."""
    found = _get(integration_id)
    if found.maker_id != by.id and not by.manages:
        raise Forbidden("not-yours")
    found.revoked_at = now
    db.session.execute(update(User).where(User.id == found.bot_id).values(suspended_at=now))


def is_bot_of(author_id: int, maker: User) -> bool:
    """Whether this author is a program of that colleague, who so may withdraw what it wrote."""
    return db.session.scalar(select(User.maker_id).where(User.id == author_id)) == maker.id


def _get(integration_id: int) -> Integration:
    found = db.session.scalars(
        _WHOLE.where(Integration.id == integration_id, Integration.revoked_at.is_(None))
    ).one_or_none()
    if found is None:
        raise Missing("integration")
    return found
