"""What a reader has opened: its thread or its note. The digest leaves it out.

Told by a POST from the page: a GET, which a prefetcher may send, records nothing.
"""

from datetime import datetime

from microshare.db import add_once
from microshare.models import Opened, Post, User


def open(reader: User, post: Post, now: datetime) -> None:
    """The reader looked at the thread or the note of this post."""
    add_once(Opened, reader_id=reader.id, post_id=post.id, opened_at=now)
