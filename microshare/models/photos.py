"""The photos of posts, and those that a client sent ahead of one."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from microshare.db import Base


class PhotoFile(Base):
    """A photo of a post in one of its sizes, as it is served.

    In the database, and no folder beside it: so a post and its photos are saved together or not
    at all, every host has them, and a backup or a copy of the database is whole. What is told of
    a photo stands in `Post.photos_json`.
    """

    __tablename__ = "photo_files"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)  # by content and size
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)  # a JPEG


class PhotoUpload(Base):
    """A photo that a client sent, to be put on a post of the same colleague; seen by nobody else.

    When the post is there it has the files of its own, and this row goes.
    """

    __tablename__ = "photo_uploads"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an id is never given twice

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    width: Mapped[int]
    height: Mapped[int]
    preview: Mapped[str] = mapped_column(Text)
    alt: Mapped[str | None] = mapped_column(Text)  # None: not said yet; empty: decoration
    sent_at: Mapped[datetime]


class UploadFile(Base):
    """A photo that was sent ahead, in one of its sizes."""

    __tablename__ = "upload_files"

    upload_id: Mapped[int] = mapped_column(ForeignKey("photo_uploads.id"), primary_key=True)
    end: Mapped[str] = mapped_column(String(8), primary_key=True)  # of its name: "", "-480"
    content: Mapped[bytes] = mapped_column(LargeBinary)
