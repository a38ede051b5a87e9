"""What search knows of a post, and the index that is written in the post's own transaction.

Where the index is a part of the database, a verb that changes a post lets search `follow` it: what
is saved is found at once, and what is not saved is not found. A folder catches up by itself.
"""

from sqlalchemy import Select, select, update
from sqlalchemy.orm import joinedload, selectinload

from microshare import search
from microshare.db import db
from microshare.models import Post, PostTag
from microshare.search.document import Document


def first_version() -> int:
    """The version of a new post that search knows as soon as it is saved: the first, or none."""
    return 1 if search.engine().in_transaction else 0


def follow(*post_ids: int) -> None:
    """Let search know these posts as they are now, where the index is a part of the database.

    They must have been changed or locked in this transaction. So of two who change a post at once
    the second waits, then reads here what the first one did, and both changes are found.
    """
    engine = search.engine()
    if not engine.in_transaction:
        return
    db.session.flush()
    fresh = whole().where(Post.id.in_(post_ids)).execution_options(populate_existing=True)
    posts = db.session.scalars(fresh).all()
    engine.update(
        [document(post) for post in posts if post.withdrawn_at is None],
        [post.id for post in posts if post.withdrawn_at is not None],
    )
    if stale := [post.id for post in posts if post.indexed_version != post.version]:
        db.session.execute(
            update(Post)
            .where(Post.id.in_(stale))
            .values(indexed_version=Post.version)
            .execution_options(synchronize_session=False)
        )


def whole() -> Select[Post]:
    """Posts with all that search knows of them."""
    return select(Post).options(
        joinedload(Post.author),
        joinedload(Post.department),
        selectinload(Post.tags).joinedload(PostTag.tag),
    )


def document(post: Post) -> Document:
    """A post as the engine sees it."""
    return Document(
        id=post.id,
        line=post.line,
        note=post.note,
        tags=tuple(tie.tag.name for tie in post.tags),
        author=post.author.username_folded,
        author_name=post.author.name,
        department=post.department.slug,
        created_at=post.created_at,
        question=post.kind == "question",
        open=post.is_open,
        photo=False,
    )
