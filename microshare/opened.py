"""What a reader has opened: its thread or its note. The digest leaves it out.

Told by a POST from the page: a GET, which a prefetcher may send, records nothing.
"""

from datetime import datetime

from sqlalchemy import or_, select

from microshare.db import add_once, db
from microshare.models import Opened, Post, User


def open_note(reader: User, post: Post, now: datetime) -> None:
    """The reader looked at the note of this post."""
    add_once(Opened, reader_id=reader.id, post_id=post.id, opened_at=now)


def open_thread(reader: User, post: Post, now: datetime) -> None:
    """The reader looked at the thread in which this post stands: at each of its posts."""
    in_thread = select(Post.id).where(or_(Post.id == post.root_id, Post.thread_id == post.root_id))
    for post_id in db.session.scalars(in_thread).all():
        add_once(Opened, reader_id=reader.id, post_id=post_id, opened_at=now)
