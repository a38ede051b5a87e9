"""Departments, users, and what opens the door to them."""

from datetime import date, datetime

from flask_login import UserMixin
from sqlalchemy import Date, ForeignKey, Index, String, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from microshare.db import Base

MANAGERS = ("community_manager", "administrator")  # who keeps the community
ROLES = ("member", *MANAGERS)
_WORKING = text("suspended_at IS NULL AND maker_id IS NULL")


class Department(Base):
    """Where a colleague works; stamped on each post when it is written."""

    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(500), unique=True)
    created_at: Mapped[datetime]


class User(UserMixin, Base):  # type: ignore[misc]
    """A colleague. Never deleted: who leaves is suspended, and the posts stay."""

    __tablename__ = "users"
    __table_args__ = (
        Index(
            "ix_users_working",
            "department_id",
            "name",
            "id",
            sqlite_where=_WORKING,
            postgresql_where=_WORKING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(30))  # as it was written
    username_folded: Mapped[str] = mapped_column(String(30), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)  # folded; None: imported
    name: Mapped[str] = mapped_column(String(80))
    about: Mapped[str] = mapped_column(String(500), default="")
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"))
    role: Mapped[str] = mapped_column(String(20), default="member")
    language: Mapped[str] = mapped_column(String(5))
    time_zone: Mapped[str] = mapped_column(String(50))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    # Raised to sign out everywhere: a session carries the epoch in which it began.
    session_epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    read_up_to: Mapped[int] = mapped_column(default=0)  # id of the newest post read in the feed
    inbox_read_up_to: Mapped[int] = mapped_column(default=0)  # id of the newest inbox item seen
    digest_on: Mapped[bool] = mapped_column(default=True)
    digest_weekday: Mapped[int] = mapped_column(default=0)  # 0 is Monday
    digest_hour: Mapped[int] = mapped_column(default=8)  # in the reader's own zone
    # On leave: no letter before this day, on the reader's own calendar.
    digest_from: Mapped[date | None] = mapped_column(Date)
    # Whether single keys act on pages; whoever speaks or slips to the keyboard can do without.
    keys_on: Mapped[bool] = mapped_column(default=True, server_default=true())
    welcomed_at: Mapped[datetime | None]  # None: is shown the first steps
    # Whose bot this is, for a program that posts; None: a colleague. No foreign key, which SQLite
    # cannot add to a table that is there.
    maker_id: Mapped[int | None]
    # Raised to renew the colleague's own address of the mail door, which is signed with it.
    mail_epoch: Mapped[int] = mapped_column(default=0, server_default="0")

    department: Mapped[Department] = relationship(lazy="raise_on_sql")

    def get_id(self) -> str:
        """What the session remembers: the user and the epoch it began in."""
        return f"{self.id}.{self.session_epoch}"

    @property
    def is_new(self) -> bool:
        """Whether the first steps are still to be taken."""
        return self.welcomed_at is None

    @property
    def is_bot(self) -> bool:
        """Whether this is a program that posts for a colleague, and no colleague."""
        return self.maker_id is not None

    @property
    def manages(self) -> bool:
        """Whether this user keeps the community: manager or administrator."""
        return self.role in MANAGERS

    @property
    def administers(self) -> bool:
        return self.role == "administrator"


class OneTimeLink(Base):
    """A secret in a letter that works once: to join, or to set a new password.

    Only its hash is kept, so a stolen database opens no door.
    """

    __tablename__ = "one_time_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(10))  # join, reset
    email: Mapped[str | None] = mapped_column(String(254))  # join: None leaves it to the reader
    role: Mapped[str] = mapped_column(String(20), default="member")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # reset: whose password
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Token(Base):
    """A key for a program: named, revocable; only its hash is kept."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # None: it stands for a client by itself, and for nobody
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # feed: reads lists; api: acts as the user; app
    name: Mapped[str] = mapped_column(String(80))
    scopes: Mapped[str] = mapped_column(String(1000), default="", server_default="")  # of api, app
    app_id: Mapped[int | None] = mapped_column(ForeignKey("client_apps.id"), index=True)
    code_id: Mapped[int | None] = mapped_column(ForeignKey("authorization_codes.id"), index=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]  # to the hour: reading is no reason to write each time
    revoked_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship(lazy="raise_on_sql")


class SigningKey(Base):
    """The key that signs sessions, where several hosts share a database; one row."""

    __tablename__ = "signing_keys"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]


class FailedSignIn(Base):
    """A wrong password, counted per account and per address; forgotten after the window."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (Index("ix_failed_sign_ins_whom_at", "whom", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    whom: Mapped[str] = mapped_column(String(64))  # a keyed hash: no address in the clear
    at: Mapped[datetime]
