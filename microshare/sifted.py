"""Feeds of which a part is left out: several tags at once, only what has photos, no replies.

The pages of a browser have no such switches; clients do.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, literal_column

from microshare import cards, feeds, interests
from microshare.feeds import Page
from microshare.models import Post, PostTag, Tag, User
from microshare.pulled import Span, visible
from microshare.readers import AnyReader


def of(
    reader: AnyReader,
    span: Span,
    limit: int,
    *,
    author: User | None = None,
    tag: Tag | None = None,
    with_photos: bool = False,
    without_replies: bool = False,
) -> Page:
    """The posts of everyone, or of one colleague, of which all this holds."""
    conditions: list[ColumnElement[bool]] = []
    if author is not None:
        conditions.append(Post.author_id == author.id)
    if tag is not None:
        conditions.append(interests.tagged(PostTag.tag_id == tag.id))
    if with_photos:
        conditions.append(_HAS_PHOTOS)
    if without_replies:
        conditions.append(Post.reply_to_id.is_(None))
    return feeds.listed(cards.listing(visible(*conditions)), reader, span, limit)


_HAS_PHOTOS: ColumnElement[bool] = Post.photos_json != literal_column("''")


def under(
    reader: AnyReader,
    span: Span,
    limit: int,
    *,
    any_of: Sequence[Tag],
    all_of: Sequence[Tag] = (),
    none_of: Sequence[Tag] = (),
    with_photos: bool = False,
) -> Page:
    """The posts under any of some tags that are under all of some others too, and under none of
    the last."""
    if len({tag.id for tag in any_of}) == 1 and not (all_of or none_of or with_photos):
        return feeds.tagged(reader, any_of[0], span=span, limit=limit)
    conditions = [interests.tagged(PostTag.tag_id.in_({tag.id for tag in any_of}))]
    conditions += [interests.tagged(PostTag.tag_id == tag.id) for tag in all_of]
    conditions += [~interests.tagged(PostTag.tag_id == tag.id) for tag in none_of]
    if with_photos:
        conditions.append(_HAS_PHOTOS)
    return feeds.listed(cards.listing(visible(*conditions)), reader, span, limit)
