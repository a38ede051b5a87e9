"""Letters: the weekly digest, its runs, the goals it tells of, and what waits to be sent."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from microshare.db import Base
from microshare.models.people import User
from microshare.models.posts import Tag


class Digest(Base):
    """One reader's letter of one period: claimed, then sent, failed, or empty (none was due).

    The row is the claim: whoever inserts it writes the letter. A claimed row whose claimant is
    gone is taken up by the next run, with the same Message-ID.
    """

    __tablename__ = "digests"
    __table_args__ = (
        UniqueConstraint("reader_id", "period"),
        Index("ix_digests_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    period: Mapped[date] = mapped_column(Date)  # the local day on which it is due
    state: Mapped[str] = mapped_column(String(10))  # claimed, sent, failed, empty
    claimed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")

    reader: Mapped[User] = relationship(lazy="raise_on_sql")


class DigestRun(Base):
    """One round of sending, for the page of the community manager."""

    __tablename__ = "digest_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    sent: Mapped[int] = mapped_column(default=0)
    empty: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)


class DigestWord(Base):
    """The line of the community manager in the letters of one week."""

    __tablename__ = "digest_words"

    week: Mapped[date] = mapped_column(Date, primary_key=True)  # its Monday
    line: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime]


class Goal(Base):
    """A tag with a sentence, an end date and a state."""

    __tablename__ = "goals"

    id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), index=True)
    sentence: Mapped[str] = mapped_column(String(280))
    ends_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="open")  # open, reached, dropped
    set_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime]

    tag: Mapped[Tag] = relationship(lazy="raise_on_sql")


class PendingLetter(Base):
    """An account letter that waits for the worker; deleted once it has left."""

    __tablename__ = "pending_letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
