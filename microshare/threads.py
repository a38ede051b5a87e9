"""A thread as its page shows it: replies below the post that they answer, the answer on top.

A short thread is shown whole, whichever of its posts was opened. Of a long one, who opens a reply
sees what it stands below, the reply, and what was said to it; who opens its beginning sees a part
after the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased

from microshare import cards, interests
from microshare.among import among
from microshare.db import db
from microshare.errors import Missing
from microshare.feeds import Item
from microshare.models import Post
from microshare.readers import AnyReader

WHOLE = 60  # posts of a thread, or of a part of it, on one page
ANCESTORS = 12  # posts above an opened reply, the nearest, besides the first
DEEPEST = 2  # steps that a page is indented
LONGEST = 20_000  # posts of a thread that are put in order


class Entry(NamedTuple):
    """A post in its thread, as it stands on the page."""

    item: Item
    depth: int = 0  # how far it is indented
    is_answer: bool = False
    tells_parent: bool = False  # where that cannot be seen from its place
    skipped: int = 0  # posts above it that are not shown


@dataclass(frozen=True)
class Thread:
    """What one page shows of a thread."""

    root: cards.Card
    here: Item  # the post that was opened
    entries: Sequence[Entry]
    count: int  # posts in all of it
    answer: Item | None = None  # where it is not among the entries
    after: int | None = None  # the post behind which the next part begins
    is_whole: bool = True
    is_muted: bool = False  # by the reader


class _Shown(NamedTuple):
    """Which post stands where."""

    id: int
    depth: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class _Tree:
    """Who replied to whom, by ids."""

    root: int
    answer: int | None
    parents: dict[int, int]  # but for an answer, which stands below the question
    order: Sequence[tuple[int, int]]  # ids with their depths, each below the post it replies to

    def above(self, post_id: int) -> list[int]:
        """The posts that this one stands below, the first of the thread first."""
        found = []
        while post_id in self.parents:
            post_id = self.parents[post_id]
            found.append(post_id)
        return found[::-1]

    def below(self, post_id: int) -> list[tuple[int, int]]:
        """The posts below this one, with their depths below it."""
        at = next(i for i, (one, _) in enumerate(self.order) if one == post_id)
        base = self.order[at][1]
        found = []
        for one, depth in self.order[at + 1 :]:
            if depth <= base:
                break
            found.append((one, depth - base))
        return found


_ASKED = aliased(Post)
_ROOT = (
    select(func.coalesce(_ASKED.thread_id, _ASKED.id))
    .where(_ASKED.id == bindparam("post"))
    .scalar_subquery()
)
_SKELETON = (
    select(
        Post.id, Post.reply_to_id, Post.answer_id, interests.mutes(_ROOT).scalar_subquery()
    )
    .where(or_(Post.id == _ROOT, Post.thread_id == _ROOT))
    .order_by(Post.id)
    .limit(LONGEST)
)
_THESE = cards.oldest(among(Post.id, "ids"))


def of(reader: AnyReader, post_id: int, now: datetime, *, after: int | None = None) -> Thread:
    """The page of this post, on from `after`; `Missing` without such a post.

    Withdrawn posts are there too: each leaves a line, and its text is not shown.
    """
    asked = {"post": post_id, "reader": reader.id, "kind": "thread", "now": now}
    rows = db.session.connection().execute(_SKELETON, asked).all()
    tree = _tree([row[:3] for row in rows])
    if tree is None or all(one != post_id for one, _ in tree.order):
        raise Missing("post", id=post_id)
    shown, following = _shown(tree, post_id, after)
    ids = {one.id for one in shown} | {tree.root, post_id, *([tree.answer] if tree.answer else [])}
    items = {
        one.card.id: Item(one.card, (), one.thanked, one.saved)
        for one in cards.load(_THESE, reader.id, ids=ids, limit=len(ids))
    }
    is_there = tree.answer in {one.id for one in shown}
    return Thread(
        items[tree.root].post,
        items[post_id],
        list(_entries(tree, shown, items)),
        len(tree.order),
        None if is_there or not tree.answer else items.get(tree.answer),
        following,
        len(shown) == len(tree.order),
        bool(rows[0][3]),
    )


def _tree(rows: Sequence[tuple[int, int | None, int | None]]) -> _Tree | None:
    if not rows:
        return None
    (root, _, answer), *replies = rows
    known = {row[0] for row in rows}
    answer = answer if answer in known and answer != root else None
    parents = {one: to if to in known else root for one, to, _ in replies if to is not None}
    if answer is not None:
        parents[answer] = root
    children: dict[int, list[int]] = {}
    for one, parent in parents.items():
        children.setdefault(parent, []).append(one)
    first = children.get(root, [])
    if answer in first:
        first.sort(key=lambda one: one != answer)  # the others stay in order
    order = []
    waiting = [(root, 0)]
    while waiting:
        one, depth = waiting.pop()
        order.append((one, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(one, []))]
    return _Tree(root, answer, parents, order)


def _shown(tree: _Tree, post_id: int, after: int | None) -> tuple[list[_Shown], int | None]:
    """Which posts the page shows, and behind which the next part begins."""
    if len(tree.order) <= WHOLE or post_id == tree.root:
        top = [_Shown(tree.root)]
        rest = [(one, depth - 1) for one, depth in tree.order[1:]]
    else:
        above = tree.above(post_id)
        skipped = max(0, len(above) - 1 - ANCESTORS)
        near = above[1 + skipped :]
        top = [_Shown(tree.root), *(_Shown(one) for one in near), _Shown(post_id)]
        top[1] = top[1]._replace(skipped=skipped)
        rest = tree.below(post_id)
    if len(tree.order) > WHOLE:
        start = next((i for i, (one, _) in enumerate(rest, 1) if one == after), 0)
        part = rest[start : start + WHOLE]
        following = part[-1][0] if len(rest) > start + WHOLE else None
    else:
        part, following = rest, None
    below = [_Shown(one, min(max(depth, 0), DEEPEST)) for one, depth in part]
    return [*top, *below], following


def _entries(tree: _Tree, shown: Sequence[_Shown], items: dict[int, Item]) -> Iterator[Entry]:
    last = None
    depths = dict(tree.order)
    for one in shown:
        item = items[one.id]
        parent = item.post.reply_to_id
        is_deep = depths[one.id] > DEEPEST + 1 or one.id == tree.answer or bool(one.skipped)
        tells = parent not in (None, tree.root, last) and is_deep
        yield Entry(item, one.depth, one.id == tree.answer, tells, one.skipped)
        last = one.id
