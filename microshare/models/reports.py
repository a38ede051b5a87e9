"""What colleagues tell who manages the community of posts, and of each other."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from microshare.db import Base
from microshare.models.people import User
from microshare.models.posts import Post


class Report(Base):
    """One colleague reports another; open until somebody who manages has settled it."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_settled_at", "settled_at"),
        Index("ix_reports_reporter_id_created_at", "reporter_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reporter_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    about_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    category: Mapped[str] = mapped_column(String(10))
    comment: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    reporter: Mapped[User] = relationship(lazy="raise_on_sql", foreign_keys=[reporter_id])
    about: Mapped[User] = relationship(lazy="raise_on_sql", foreign_keys=[about_id])
    posts: Mapped[list[Post]] = relationship(
        lazy="raise_on_sql", secondary="report_posts", order_by=Post.id, viewonly=True
    )


class ReportPost(Base):
    """A post that a report is about."""

    __tablename__ = "report_posts"

    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True, index=True)
