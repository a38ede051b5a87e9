"""Thanks: one tap from a giver; the writer sees who, and how many departments it reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from microshare import notices
from microshare.cards import Author, Card
from microshare.db import add_once, db
from microshare.errors import Missing, Refused
from microshare.models import Post, Thanks, User


@dataclass(frozen=True)
class Reach:
    """Who thanked for a post, newest first, and how many departments they are in."""

    givers: Sequence[Author]
    department_count: int


def give(giver: User, post: Post, now: datetime) -> None:
    """Thank the author; a second tap changes nothing."""
    if post.withdrawn_at is not None:
        raise Missing("post", id=post.id)
    if post.author_id == giver.id:
        raise Refused("own-thanks")
    if add_once(
        Thanks, post_id=post.id, giver_id=giver.id, department_id=giver.department_id, given_at=now
    ):
        _count(post, +1)
        notices.tell(post.author_id, "thanks", post.id, giver.id, now)


def take_back(giver: User, post: Post) -> None:
    """Undo; without effect where there were none."""
    gone = db.session.execute(delete(Thanks).filter_by(post_id=post.id, giver_id=giver.id))
    if gone.rowcount == 1:  # type: ignore[attr-defined]
        _count(post, -1)
        notices.take_back(post.author_id, "thanks", post.id, giver.id)


def _count(post: Post, step: int) -> None:
    db.session.execute(
        update(Post).where(Post.id == post.id).values(thanks_count=Post.thanks_count + step)
    )


_GIVERS = (
    select(User.id, User.name, User.username, Thanks.department_id)
    .join(Thanks, Thanks.giver_id == User.id)
    .where(Thanks.post_id == bindparam("post"))
    .order_by(Thanks.given_at.desc())
)


def reach_of(post: Card) -> Reach:
    """Who thanked for a post of a list; where it tells that nobody did, nothing is asked."""
    return reach(post.id) if post.thanks_count else Reach((), 0)


def reach(post_id: int) -> Reach:
    """Who thanked for a post, and how far it reached."""
    rows = db.session.connection().execute(_GIVERS, {"post": post_id}).all()
    return Reach([Author(*row[:3]) for row in rows], len({row[3] for row in rows}))
