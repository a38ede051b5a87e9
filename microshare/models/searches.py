"""What helps searching: other names of tags, searches that are followed, what was not found."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from microshare.db import Base
from microshare.models.people import User
from microshare.models.posts import Post, Tag


class TagAlias(Base):
    """Another name of a tag; a tag of that name may exist, with posts of its own."""

    __tablename__ = "tag_aliases"

    name: Mapped[str] = mapped_column(String(500), primary_key=True)  # folded, without the sign
    tag_id: Mapped[int] = mapped_column(ForeignKey(Tag.id), index=True)
    set_by_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    set_at: Mapped[datetime]


class MissedSearch(Base):
    """Words that a search found nothing for, and how often. Who searched is not kept."""

    __tablename__ = "missed_searches"

    words: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int]
    last_on: Mapped[date] = mapped_column(Date)


class SavedSearch(Base):
    """A search that somebody follows; whoever follows the same one follows this row."""

    __tablename__ = "saved_searches"
    __table_args__ = (UniqueConstraint("words", "zone"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(String(500))  # as it was typed, tidied
    zone: Mapped[str] = mapped_column(String(50))  # in which its days begin; empty: it names none
    made_at: Mapped[datetime]
    filled_at: Mapped[datetime | None]  # None: what was written before is still to be found


class Find(Base):
    """A post that a followed search found."""

    __tablename__ = "finds"

    search_id: Mapped[int] = mapped_column(
        ForeignKey(SavedSearch.id, ondelete="CASCADE"), primary_key=True
    )
    post_id: Mapped[int] = mapped_column(ForeignKey(Post.id), primary_key=True, index=True)


class Unmatched(Base):
    """A post that is new or was changed: whether followed searches find it is still to be seen.

    A row for each change: whoever works on one knows of no later change by it.
    """

    __tablename__ = "unmatched"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int]
