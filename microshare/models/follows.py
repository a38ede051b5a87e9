"""What a reader pulls in, leaves out, and is told."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from microshare.db import Base


class Follow(Base):
    """A reader follows a tag, a person, a department or a search (the target's id, by kind)."""

    __tablename__ = "follows"
    __table_args__ = (Index("ix_follows_kind_target_id", "kind", "target_id"),)

    reader_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)  # and search
    target_id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class DepartmentTag(Base):
    """A department follows a tag for its people."""

    __tablename__ = "department_tags"

    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True, index=True)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime]


class Mute(Base):
    """A reader leaves out a tag, a person, a thread or a search, until a moment or for good."""

    __tablename__ = "mutes"

    reader_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)  # or search
    target_id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime | None]


class Mark(Base):
    """What a client keeps for its colleague: a mark on a post, tag or person, or a note on one."""

    __tablename__ = "marks"

    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)  # post, tag, person, note
    target_id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text, default="")  # of a note
    since: Mapped[datetime]


class InboxItem(Base):
    """Something that happened for a reader: a reply, a mention, thanks, an answer."""

    __tablename__ = "inbox_items"
    __table_args__ = (
        UniqueConstraint("reader_id", "kind", "post_id", "actor_id"),
        Index("ix_inbox_items_reader_id_id", "reader_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(10))  # reply, mention, thanks, answer
    # The post to look at: the reply, the mentioning post, the post that was thanked, the answer.
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
