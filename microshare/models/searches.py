"""What helps searching: other names of a tag, and what was searched for and not found."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from microshare.db import Base
from microshare.models.people import User
from microshare.models.posts import Tag


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
