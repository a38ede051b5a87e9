"""What programs do: integrations that post by themselves, and webhooks that are told of posts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from microshare.db import Base
from microshare.models.people import User

_WAITING = text("done_at IS NULL")


class Integration(Base):
    """An address at which a program posts, as a bot of the colleague who made it.

    Only the hash of the address's secret part is kept.
    """

    __tablename__ = "integrations"

    id: Mapped[int] = mapped_column(primary_key=True)
    bot_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    maker_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    bot: Mapped[User] = relationship(lazy="raise_on_sql", foreign_keys=[bot_id])
    maker: Mapped[User] = relationship(lazy="raise_on_sql", foreign_keys=[maker_id])


class Webhook(Base):
    """An address outside that is told of the posts of a tag, a department or a search."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    maker_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(2000))
    format: Mapped[str] = mapped_column(String(10))  # json, slack, teams
    kind: Mapped[str] = mapped_column(String(12))  # tag, department, search: what it listens to
    target_id: Mapped[int | None]  # of the tag or department
    words: Mapped[str] = mapped_column(String(500), default="")  # of the search
    zone: Mapped[str] = mapped_column(String(50), default="")  # in which the search reads days
    # In the clear, as a signature is made with the secret itself: whsec_ and 32 bytes in base64.
    secret: Mapped[str] = mapped_column(String(80))
    old_secret: Mapped[str] = mapped_column(String(80), default="")
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    off_at: Mapped[datetime | None]
    off_why: Mapped[str] = mapped_column(String(300), default="")  # empty: by hand
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    failing_since: Mapped[datetime | None]
    not_before: Mapped[datetime | None]  # nothing is tried before
    last_told_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(300), default="")  # of the last try, as a code

    maker: Mapped[User] = relationship(lazy="raise_on_sql")


class WebhookEvent(Base):
    """Something happened to a post, and nobody has looked yet which webhooks it concerns."""

    __tablename__ = "webhook_events"
    __table_args__ = ({"sqlite_autoincrement": True},)  # in the order in which it happened

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    kind: Mapped[str] = mapped_column(String(10))  # published, edited, tagged, withdrawn
    at: Mapped[datetime]


class WebhookTold(Base):
    """A webhook knows of a post: from then on it hears of its edits and its end."""

    __tablename__ = "webhook_told"

    webhook_id: Mapped[int] = mapped_column(
        ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True
    )
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True, index=True)


class WebhookMessage(Base):
    """One message to a webhook, as it is sent; it waits until it is done."""

    __tablename__ = "webhook_messages"
    __table_args__ = (
        Index(
            "ix_webhook_messages_waiting",
            "webhook_id",
            "id",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index("ix_webhook_messages_done_at", "done_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))  # None: a test
    name: Mapped[str] = mapped_column(String(40), unique=True)  # the same in every try
    kind: Mapped[str] = mapped_column(String(20))  # post.created, post.edited, post.withdrawn, test
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(300), default="")
    done_at: Mapped[datetime | None]  # it arrived, or was given up where `error` says why
