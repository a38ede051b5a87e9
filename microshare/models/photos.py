"""The photos of posts."""

from sqlalchemy import ForeignKey, LargeBinary, String
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
