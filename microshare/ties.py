"""What ties a post to tags and to who is mentioned: stored with its text, and dropped with it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete

from microshare import notices, tags
from microshare.db import add_missing, add_once, db
from microshare.drafts import Draft
from microshare.models import Mention, Post, PostTag


def store(post: Post, draft: Draft, now: datetime, beside: Sequence[tuple[str, str]] = ()) -> None:
    """Store the tags and mentions of the text, and tell who is mentioned for the first time."""
    tag(post, list(draft.tags.items()), None, now)
    tag(post, beside, post.author_id, now, first=len(draft.tags))
    for user_id in draft.mentioned.values():
        if add_once(Mention, post_id=post.id, user_id=user_id):
            notices.tell(user_id, "mention", post.id, post.author_id, now)


def tag(
    post: Post,
    written: Sequence[tuple[str, str]],
    by_id: int | None,
    now: datetime,
    *,
    first: int = 0,
) -> None:
    """Store ties to these (folded, spelling) tags, whose places on the post begin with `first`."""
    known = tags.ids_of(written, now)
    rows = [
        {"tag_id": known[name], "post_id": post.id, "position": position, "added_by_id": by_id,
         "added_at": now}
        for position, (name, _) in enumerate(written, first)
    ]  # fmt: skip
    add_missing(PostTag, rows)


def drop(post: Post, draft: Draft, now: datetime) -> None:
    """Drop the tags and mentions that the new text has no more; what was tagged on stays."""
    kept = tags.ids_of(draft.tags.items(), now).values()
    db.session.execute(
        delete(PostTag).where(
            PostTag.post_id == post.id, PostTag.added_by_id.is_(None), PostTag.tag_id.not_in(kept)
        )
    )
    db.session.execute(
        delete(Mention).where(
            Mention.post_id == post.id, Mention.user_id.not_in(draft.mentioned.values())
        )
    )
    db.session.flush()
