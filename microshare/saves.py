"""Saved posts: a reader keeps them; nobody else knows."""

from datetime import datetime

from sqlalchemy import delete

from microshare.db import add_once, db
from microshare.errors import Missing
from microshare.models import Post, Saved, User


def save(reader: User, post: Post, now: datetime) -> None:
    """Keep the post in the reader's list."""
    if post.withdrawn_at is not None:
        raise Missing("post", id=post.id)
    add_once(Saved, reader_id=reader.id, post_id=post.id, saved_at=now)


def drop(reader: User, post: Post) -> None:
    """No longer keep it."""
    db.session.execute(delete(Saved).filter_by(reader_id=reader.id, post_id=post.id))
