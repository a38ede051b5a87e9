"""Telling a reader that something happened for them: a row in the inbox, never a mail."""

from datetime import datetime

from sqlalchemy import delete

from microshare.db import add_once, db
from microshare.models import InboxItem


def concerns(reader_id: int, actor_id: int) -> bool:
    """Whether a colleague is told what another did: nobody is told of their own acts."""
    return reader_id != actor_id


def tell(reader_id: int, kind: str, post_id: int, actor_id: int, now: datetime) -> None:
    """Put a reply, mention, thanks or answer into the reader's inbox, once."""
    if concerns(reader_id, actor_id):
        add_once(
            InboxItem, reader_id=reader_id, kind=kind, post_id=post_id, actor_id=actor_id, at=now
        )


def take_back(reader_id: int, kind: str, post_id: int, actor_id: int) -> None:
    """Remove what is no longer so."""
    db.session.execute(
        delete(InboxItem).filter_by(
            reader_id=reader_id, kind=kind, post_id=post_id, actor_id=actor_id
        )
    )
