"""Letters that came in: which were taken, and the proposals that were made of chains."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from microshare.db import Base
from microshare.models.people import User
from microshare.models.posts import Post


class TakenLetter(Base):
    """A letter that was acted upon; the row is saved with what came of it, or not at all."""

    __tablename__ = "taken_letters"
    __table_args__ = (Index("ix_taken_letters_at", "at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # hash: sender, id, recipient
    at: Mapped[datetime]


class Proposal(Base):
    """What could be posted instead of the next cc: it waits for its author's one click.

    What it says, and whom its chain reaches, is kept until it is published or too old, and then
    emptied; the row stays a while, so that its chain gets no second one.
    """

    __tablename__ = "proposals"
    __table_args__ = (Index("ix_proposals_made_at", "made_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    made_at: Mapped[datetime]
    line: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    rest: Mapped[str] = mapped_column(Text)  # what did not fit into the note
    tags: Mapped[list[Any]] = mapped_column(JSON)  # suggested: [spelling, whether ticked]
    photos: Mapped[int]  # how many the letter had
    subject: Mapped[str] = mapped_column(Text)  # of the letter, whole
    message_id: Mapped[str] = mapped_column(Text)  # of the letter
    references: Mapped[list[Any]] = mapped_column(JSON)  # of the letter
    recipients: Mapped[list[Any]] = mapped_column(JSON)  # addresses of the others in the chain
    published_at: Mapped[datetime | None]
    post_id: Mapped[int | None] = mapped_column(ForeignKey(Post.id))


class ChainLetter(Base):
    """A letter of a chain of which there is a proposal, by the hash of its Message-ID."""

    __tablename__ = "chain_letters"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(
        ForeignKey(Proposal.id, ondelete="CASCADE"), index=True
    )


class ChainsMoved(Base):
    """How many chains of a week went on as posts. Numbers only: who was in them is not kept."""

    __tablename__ = "chains_moved"

    week: Mapped[date] = mapped_column(Date, primary_key=True)  # its Monday, in the house's zone
    published: Mapped[int] = mapped_column(default=0)  # proposals that became posts
    chains: Mapped[int] = mapped_column(default=0)  # those whose readers were told so
    recipients: Mapped[int] = mapped_column(default=0)  # the readers that were told
