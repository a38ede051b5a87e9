"""Queries a request, counted apart from the timing so that counting falsifies nothing."""

from typing import Any

from flask import current_app
from sqlalchemy import event, func, select

from microshare.db import db
from microshare.models import Post

_NOT_COUNTED = ("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE")


def queries(requests: list[tuple[str, str]]) -> list[int]:
    """How many queries each of these requests makes: pairs of a path and a Cookie header."""
    counted = [0]

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        counted[0] += not statement.startswith(_NOT_COUNTED)

    found = []
    event.listen(db.engine, "before_cursor_execute", note)
    client = current_app.test_client(use_cookies=False)
    for path, cookie in requests:
        client.get(path, headers={"Cookie": cookie})  # the first fills what is kept for the next
        counted[0] = 0
        client.get(path, headers={"Cookie": cookie})
        found.append(counted[0])
    event.remove(db.engine, "before_cursor_execute", note)
    return found


def posts(beginning: str) -> list[int]:
    """The ids of the visible posts whose line begins so, and (first) how many posts there are."""
    total = db.session.scalar(select(func.count()).select_from(Post)) or 0
    ids = db.session.scalars(
        select(Post.id).where(Post.line.startswith(beginning), Post.withdrawn_at.is_(None))
    )
    return [total, *ids]
