"""Posts, their tags, and what colleagues do with them."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from microshare.db import Base
from microshare.models.people import Department, User

_OPEN = text("kind = 'question' AND solved_at IS NULL AND withdrawn_at IS NULL")


class Tag(Base):
    """A topic, customer or product: the address of a post."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(500), unique=True)  # folded, without the sign
    spelling: Mapped[str] = mapped_column(String(500))  # as its first writer spelt it
    description: Mapped[str] = mapped_column(String(280), default="")
    created_at: Mapped[datetime]


class Post(Base):
    """One line of at most 140 characters, and the little more that is folded under it."""

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("author_id", "key"),
        CheckConstraint("kind IN ('update', 'question')", name="posts_kind"),
        Index("ix_posts_author_id_id", "author_id", "id"),
        Index("ix_posts_department_id_id", "department_id", "id"),
        Index("ix_posts_thread_id_id", "thread_id", "id"),
        Index("ix_posts_created_at", "created_at"),
        Index("ix_posts_open_questions", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_posts_unindexed",
            "id",
            sqlite_where=text("indexed_version <> version"),
            postgresql_where=text("indexed_version <> version"),
        ),
        {"sqlite_autoincrement": True},  # an id is never given twice
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"))  # when written
    kind: Mapped[str] = mapped_column(String(10))
    line: Mapped[str] = mapped_column(Text)
    line_html: Mapped[str] = mapped_column(Text)  # safe: rendered once, when written
    note: Mapped[str] = mapped_column(Text, default="")
    note_html: Mapped[str] = mapped_column(Text, default="")
    # what a list shows of its photos, as `photos` reads it; empty: it has none
    photos_json: Mapped[str] = mapped_column(Text, default="", server_default="")
    language: Mapped[str] = mapped_column(String(2), default="")  # nl, en; empty: in doubt
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"), index=True)
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))  # None: it begins one
    key: Mapped[str] = mapped_column(String(200))  # the writer's own, for sending twice
    via: Mapped[str] = mapped_column(String(80), default="", server_default="")  # a client's name
    via_page: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]  # a question that needs no more answers
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    reply_count: Mapped[int] = mapped_column(default=0)
    thanks_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    indexed_version: Mapped[int] = mapped_column(default=0)  # the version that search knows

    author: Mapped[User] = relationship(lazy="raise_on_sql")
    department: Mapped[Department] = relationship(lazy="raise_on_sql")
    reply_to: Mapped["Post | None"] = relationship(
        lazy="raise_on_sql", remote_side=[id], foreign_keys=[reply_to_id]
    )
    tags: Mapped[list["PostTag"]] = relationship(
        lazy="raise_on_sql", order_by="PostTag.position, PostTag.tag_id", viewonly=True
    )

    @property
    def root_id(self) -> int:
        """The post that begins the thread this one stands in."""
        return self.thread_id or self.id

    @property
    def is_open(self) -> bool:
        """A question that still waits for its answer."""
        return self.kind == "question" and self.solved_at is None and self.withdrawn_at is None


class PostTag(Base):
    """A tag on a post: in its line, or tagged on by a colleague."""

    __tablename__ = "post_tags"

    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)  # its place in the line
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: in the text
    added_at: Mapped[datetime]

    tag: Mapped[Tag] = relationship(lazy="raise_on_sql")
    added_by: Mapped[User | None] = relationship(lazy="raise_on_sql")


class PostTerms(Base):
    """What a post is found by on PostgreSQL; empty on SQLite, where the index is a folder.

    A shadow of the posts, as every index is: it can be made anew, and so points at nothing.
    """

    __tablename__ = "post_terms"
    __table_args__ = (
        # Without a list of what is still to be sorted in, every search would read that list.
        Index(
            "ix_post_terms_terms",
            "terms",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        Index("ix_post_terms_analysis", "analysis"),
        Index("ix_post_terms_created_at", "created_at"),
    )

    post_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    length: Mapped[int]  # words
    analysis: Mapped[int]  # the version of the analysis that cut the words
    created_at: Mapped[int] = mapped_column(BigInteger)  # of the post: microseconds since 1970
    terms: Mapped[str] = mapped_column(TSVECTOR().with_variant(Text(), "sqlite"))


class Mention(Base):
    """A colleague named in a line or note."""

    __tablename__ = "mentions"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class Revision(Base):
    """What a post said before an edit."""

    __tablename__ = "revisions"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    line_html: Mapped[str] = mapped_column(Text)
    note_html: Mapped[str] = mapped_column(Text)
    line: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    photos_json: Mapped[str] = mapped_column(Text, default="", server_default="")
    written_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]  # None: by a version of microshare that did not tell


class Thanks(Base):
    """One tap from a giver to a post, with the department the giver was in."""

    __tablename__ = "thanks"
    __table_args__ = (
        Index("ix_thanks_given_at", "given_at"),
        Index("ix_thanks_giver_at", "giver_id", "given_at"),
    )

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    giver_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"))
    given_at: Mapped[datetime]


class Saved(Base):
    """A post that a reader keeps; private."""

    __tablename__ = "saved"

    reader_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    saved_at: Mapped[datetime]


class Opened(Base):
    """A thread or note that a reader opened: the digest leaves it out."""

    __tablename__ = "opened"

    reader_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    opened_at: Mapped[datetime]
