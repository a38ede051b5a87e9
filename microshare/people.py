"""Colleagues: find them, change what they tell of themselves, give roles, suspend.

How one comes in stands in `links.py` and `sign_in.py`; this file knows what a colleague is.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from microshare import config, passwords, text
from microshare.db import add_once, db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Department, Post, Token, User
from microshare.models.people import ROLES

NAME_LIMIT, USERNAME_LIMIT, ABOUT_LIMIT = 80, 30, 500
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,30}")
# Enough to keep letters from going astray; whether the address exists, only a letter tells.
_EMAIL = re.compile(r"[^\s@<>,;:\"\\()\[\]\x00-\x20]{1,64}@[\w.-]{1,189}")


def join(
    *,
    email: str | None,
    username: str,
    name: str,
    department: Department,
    now: datetime,
    password: str | None = None,
    role: str = "member",
    language: str = "",
    time_zone: str = "",
) -> User:
    """A new colleague; `Refused` tells which part does not do or is taken.

    Without a password, an invitation or a new-password letter is the way in.
    """
    settings = config.current()
    first = add_once(
        User,
        email=checked_email(email) if email is not None else None,
        username=checked_username(username),
        username_folded=text.fold(username.strip()),
        name=checked_name(name),
        about="",
        department_id=department.id,
        role=checked_role(role),
        language=checked_language(language or settings.language),
        time_zone=checked_zone(time_zone or settings.time_zone),
        password_hash=passwords.hashed(password) if password is not None else None,
        session_epoch=0,
        created_at=now,
        read_up_to=0,
        inbox_read_up_to=0,
        digest_on=True,
        digest_weekday=0,
        digest_hour=8,
    )
    if not first:
        raise _taken(username)
    return get(username)


def _taken(username: str) -> Refused:
    taken = db.session.scalar(
        select(User.id).filter_by(username_folded=text.fold(username.strip()))
    )
    return Refused("email-taken") if taken is None else Refused("username-taken", name=username)


def checked_email(email: str) -> str:
    """The address folded, as it is kept; `Refused` when no letter could be sent to it."""
    folded = text.fold(email.strip())
    if not _EMAIL.fullmatch(folded):
        raise Refused("email-malformed")
    return folded


def checked_username(username: str) -> str:
    if not _USERNAME.fullmatch(username.strip()):
        raise Refused("username-malformed", limit=USERNAME_LIMIT)
    return username.strip()


def checked_name(name: str) -> str:
    tidied = text.tidy(name)
    if not tidied or len(tidied) > NAME_LIMIT or text.has_control(tidied):
        raise Refused("name-malformed", limit=NAME_LIMIT)
    return tidied


def checked_role(role: str) -> str:
    if role not in ROLES:
        raise Refused("role-unknown", role=role, roles=", ".join(ROLES))
    return role


def checked_language(language: str) -> str:
    if language not in config.LANGUAGES:
        raise Refused("language-unknown", language=language)
    return language


def checked_zone(zone: str) -> str:
    if zone not in config.zones():
        raise Refused("time-zone-unknown", zone=zone)
    return zone


_WHOLE = select(User).options(joinedload(User.department))
# A statement that is made once takes half the time.
_BY_ID = _WHOLE.where(User.id == bindparam("id"))
_BY_NAME = _WHOLE.where(User.username_folded == bindparam("name"))


def get(username: str) -> User:
    """The colleague with this username, or `Missing`."""
    named = {"name": text.fold(username.strip())}
    found = db.session.scalars(_BY_NAME, named).one_or_none()
    if found is None:
        raise Missing("person", name=username)
    return found


def by_id(user_id: int) -> User | None:
    """The colleague with this id, with the department, in one query."""
    return db.session.scalars(_BY_ID, {"id": user_id}).one_or_none()


def by_login(login: str) -> User | None:
    """The colleague who signs in with this e-mail address or username."""
    folded = text.fold(login.strip())
    column = User.email if "@" in folded else User.username_folded
    return db.session.scalars(_WHOLE.where(column == folded)).one_or_none()


def known(names: Collection[str]) -> dict[str, int]:
    """Which of these folded names are usernames: name to id."""
    if not names:
        return {}
    rows = db.session.execute(
        select(User.username_folded, User.id).where(User.username_folded.in_(names))
    )
    return dict(rows.all())


def find(words: str = "", *, suspended: bool = False) -> Sequence[User]:
    """Colleagues, no bots, whose name or username holds the words, by name; or all of them."""
    query = _WHOLE.where(User.maker_id.is_(None)).order_by(User.name, User.id)
    if not suspended:
        query = query.where(User.suspended_at.is_(None))
    if words := text.tidy(words.replace("\0", " ")):
        query = query.where(
            or_(
                User.name.icontains(words, autoescape=True),
                User.username.icontains(words.lstrip("@"), autoescape=True),
            )
        )
    return db.session.scalars(query.limit(1000)).all()


_SUGGESTED = (
    select(User.username, User.name, Department.name)
    .join(Department, Department.id == User.department_id)
    .where(User.suspended_at.is_(None), User.maker_id.is_(None))
)


def suggest(start: str, limit: int) -> Sequence[tuple[str, str, str]]:
    """(username, name, department) of who is called so, or in part, as far as it is written."""
    known = User.username.istartswith(start, autoescape=True)
    named = User.name.istartswith(start, autoescape=True)
    within = User.name.icontains(f" {start}", autoescape=True)
    found = _SUGGESTED.where(or_(known, named, within)).order_by(known.desc(), User.name, User.id)
    rows = db.session.execute(found.limit(limit))
    return [(username, name, department) for username, name, department in rows]


def change(
    user: User,
    *,
    username: str,
    name: str,
    department: Department,
    language: str,
    time_zone: str,
    about: str,
) -> None:
    """What a colleague tells of themselves. Posts keep the department they were written in."""
    about = text.tidy_note(about)
    if len(about) > ABOUT_LIMIT or text.has_control(about):
        raise Refused("about-too-long", limit=ABOUT_LIMIT)
    renamed = (user.username, user.name) != (username, name)
    folded = text.fold(username.strip())
    if folded != user.username_folded and known([folded]):
        raise Refused("username-taken", name=username)
    user.department_id = department.id  # before the username: it may load, and so flush
    user.username, user.username_folded = checked_username(username), folded
    user.name = checked_name(name)
    user.language, user.time_zone = checked_language(language), checked_zone(time_zone)
    user.about = about
    try:
        db.session.flush()
    except IntegrityError:  # somebody else took the username at the same moment
        raise Refused("username-taken", name=username) from None
    if renamed:  # the index knows posts by their author's names
        db.session.execute(
            update(Post).where(Post.author_id == user.id).values(version=Post.version + 1)
        )


def set_digest(user: User, *, on: bool, weekday: int, hour: int) -> None:
    """Whether and when the weekly letter comes: weekday (0 is Monday) and hour, local."""
    if not (0 <= weekday <= 6 and 0 <= hour <= 23):
        raise Refused("digest-time")
    user.digest_on, user.digest_weekday, user.digest_hour = on, weekday, hour


def set_keys(user: User, *, on: bool) -> None:
    """Whether single keys act on pages, such as `j` for the next post."""
    user.keys_on = on


def set_password(user: User, password: str) -> None:
    """A new password; every session that began with the old one ends."""
    refuse_bot(user)
    user.password_hash = passwords.hashed(password)
    sign_out_everywhere(user)


def refuse_bot(user: User) -> None:
    """A bot has no way in: no password, no token, no role."""
    if user.is_bot:
        raise Refused("bot-no-way-in", name=user.username)


def sign_out_everywhere(user: User) -> None:
    """End every session of this colleague, on every device."""
    user.session_epoch += 1


def set_role(user: User, role: str, by: User | None = None) -> None:
    """Give a role. `by` is who asks; None stands for the command line."""
    _may_administer(by)
    refuse_bot(user)
    if role != "administrator":
        _keep_one_administrator(user)
    user.role = checked_role(role)


def suspend(user: User, now: datetime, by: User | None = None) -> None:
    """Sessions and tokens die at once; the posts stay."""
    _may_administer(by)
    _keep_one_administrator(user)
    user.suspended_at = user.suspended_at or now
    sign_out_everywhere(user)
    db.session.execute(
        update(Token)
        .where(Token.user_id == user.id, Token.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def restore(user: User, by: User | None = None) -> None:
    """A suspended colleague may come in again."""
    _may_administer(by)
    user.suspended_at = None


def _may_administer(by: User | None) -> None:
    if by is not None and not by.administers:
        raise Forbidden("not-an-administrator")


def _keep_one_administrator(user: User) -> None:
    # Locked in one order: two who suspend each other at the same moment would leave none.
    administrators = db.session.scalars(
        select(User.id)
        .where(User.role == "administrator", User.suspended_at.is_(None))
        .order_by(User.id)
        .with_for_update()
    ).all()
    if administrators == [user.id]:
        raise Refused("last-administrator")


def zones() -> list[str]:
    """The time zones to choose from, by name."""
    return sorted(z for z in config.zones() if "/" in z and not z.startswith("Etc/"))


def zone_of(user: User) -> ZoneInfo:
    """The time zone in which this colleague reads the clock."""
    return ZoneInfo(user.time_zone)
