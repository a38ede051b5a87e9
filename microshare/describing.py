"""What the photos of a post show, told afterwards: those that came by mail came without words."""

from collections.abc import Sequence

from microshare import indexed, photos, posts
from microshare.db import db
from microshare.models import Post, User


def describe(post: Post, by: User, alts: Sequence[str]) -> None:
    """Give the photos these descriptions, in their order; an empty one marks decoration.

    Only the author may. The text stays as it was, so the post is not shown as edited.
    """
    posts.may_change(post, by)
    told = photos.described(post.photos_json, alts)
    if told == post.photos_json:
        return
    post.photos_json = told
    post.version += 1
    db.session.flush()
    indexed.follow(post.id)
