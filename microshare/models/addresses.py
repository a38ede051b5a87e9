"""What is known of the addresses that letters go to, and of when the next letter may go."""

from datetime import date, datetime

from sqlalchemy import Date, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from microshare.db import Base


class Unreachable(Base):
    """An address that letters came back from, or that the mail server refused.

    It belongs to the address and not to the colleague: a new address begins without it.
    """

    __tablename__ = "unreachable"
    __table_args__ = (Index("ix_unreachable_stopped_at", "stopped_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254), unique=True)  # folded
    hard: Mapped[int] = mapped_column(default=0)  # there is no such mailbox
    soft: Mapped[int] = mapped_column(default=0)  # full, or not well
    soft_weeks: Mapped[int] = mapped_column(default=0)  # in so many weeks, without a long pause
    soft_on: Mapped[date | None] = mapped_column(Date)  # the day that last counted as a week
    said: Mapped[str] = mapped_column(Text, default="")  # by the mail server, the last time
    said_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]  # since when it gets no automatic letters


class MailPace(Base):
    """When the mail server may get its next letter, over all hosts; one row."""

    __tablename__ = "mail_pace"

    id: Mapped[int] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
