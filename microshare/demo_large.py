"""The demonstration at size: the same company with so many posts that they are stored in bulk.

The same people say the same things as in `demo_play`. There a post is thanked and edited when the
time has come; here all that ever becomes of a post is drawn when it is written (`demo_drawn`), so
that a batch is stored once, with a few statements, and memory does not grow with the posts, but
for the eight bytes of an id. Processes beside this one draw the batches; this one stores them.
"""

import random
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, func, select, update

from microshare import ahead, bulk, demo_drawn, inserts
from microshare.bulk import Entry, Stored
from microshare.db import Base, db, keep_small, saving
from microshare.demo_drawn import Batch, Drawn
from microshare.demo_script import Player
from microshare.models import InboxItem, Post, PostTag, Revision, Saved, Thanks, User

# How the rows of a batch go in: its own name for them, the table, the columns behind the post's id.
_TIES: Sequence[tuple[str, type[Base], Sequence[str]]] = (
    ("tied", PostTag, ("tag_id", "position", "added_by_id", "added_at")),
    ("slips", Revision,
     ("line", "line_html", "note", "note_html", "version", "written_at")),
    ("thanked", Thanks, ("giver_id", "department_id", "given_at")),
    ("saved", Saved, ("reader_id", "saved_at")),
)  # fmt: skip
_TOLD = ("post_id", "reader_id", "kind", "actor_id", "at")


def play(
    number: int,
    staff: Sequence[User],
    tags: Mapping[str, int],
    dice: random.Random,
    now: datetime,
    told: Callable[[int], None],
) -> None:
    """Store so many posts of the last three years, and what became of each; saves batch by batch.

    `tags` are names with their ids.
    """
    players = [Player.of(user) for user in staff]
    seed = dice.getrandbits(64)
    coming = ahead.made(
        [demo_drawn.batches(turn, number, players, tags, seed, now) for turn in range(ahead.MAKERS)]
    )
    store = _Store(now)
    for parts in zip(*[coming] * ahead.MAKERS, strict=True):  # each has as many as the others
        told(store.keep(parts))
    store.catch_up(players, dice)


class _Store:
    """What has been stored, as far as what comes needs to know it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.ids = array("q")  # of the posts, by their numbers
        self.recent: list[tuple[datetime, int]] = []  # posts of the last days, with their ids

    def keep(self, parts: Sequence[Batch]) -> int:
        """Save the posts and what became of them; returns how many they are."""
        turns = zip_longest(*(part.posts for part in parts))
        posts = [post for turn in turns for post in turn if post is not None]
        with saving():
            entries = self.entries(posts)
            bulk.store(entries)
            self.ids.extend(entry.stored.id for entry in entries)
            for name, model, columns in _TIES:
                rows = self.rows(getattr(part, name) for part in parts)
                # By the second column: what an index has together is written together.
                ordered = sorted(rows, key=itemgetter(1))
                inserts.tuples(model, ("post_id", *columns), ordered)
            notices = self.rows(part.told for part in parts)
            inserts.tuples(InboxItem, _TOLD, sorted(notices, key=lambda row: row[-1]))
            self.settle(parts)
        keep_small()
        last = self.now - timedelta(days=8)
        self.recent += [(one.at, one.stored.id) for one in entries if one.at > last]
        return len(entries)

    def entries(self, posts: Sequence[Drawn]) -> list[Entry]:
        entries: list[Entry] = []
        first = len(self.ids)
        for post in posts:
            above = post.reply_to
            reply_to = None
            if above is not None and above.number >= first:
                reply_to = entries[above.number - first].stored
            elif above is not None:
                thread_id = self.ids[above.root] if above.root != above.number else None
                reply_to = Stored(above.author_id, self.ids[above.number], thread_id)
            entries.append(
                Entry(
                    Stored(post.said.author_id),
                    post.department_id,
                    post.at,
                    post.draft,
                    post.columns,
                    f"demo:{post.said.number + 1}",
                    reply_to,
                    (),
                    post.more,
                )
            )
        return entries

    def rows(self, parts: Iterator[Sequence[tuple[Any, ...]]]) -> Iterator[tuple[Any, ...]]:
        """The rows of all parts, with the ids of their posts."""
        return ((self.ids[row[0]], *row[1:]) for row in chain(*parts))

    def settle(self, parts: Sequence[Batch]) -> None:
        """The questions that have their answer, or need none any more."""
        posts = Post.__table__
        given = [
            {
                "post": self.ids[question],
                "answer": None if answer is None else self.ids[answer],
                "then": at,
            }
            for part in parts
            for question, answer, at in part.settled
        ]
        if given:
            db.session.connection().execute(
                update(posts)  # type: ignore[arg-type]
                .where(posts.c.id == bindparam("post"))
                .values(
                    answer_id=bindparam("answer"),
                    solved_at=bindparam("then"),
                    version=posts.c.version + 1,
                ),
                given,
            )

    def catch_up(self, staff: Sequence[Player], dice: random.Random) -> None:
        """Everybody has read until some days ago, so that there is something new for each."""
        seen = self.now - timedelta(days=3)
        with saving():
            items = dict(
                db.session.execute(
                    select(InboxItem.reader_id, func.max(InboxItem.id))
                    .where(InboxItem.at <= seen)
                    .group_by(InboxItem.reader_id)
                ).all()
            )
            read = []
            for reader in staff:
                until = self.now - timedelta(days=dice.uniform(2, 7))
                place = bisect_right(self.recent, until, key=lambda entry: entry[0])
                newest = self.recent[place - 1][1] if place else 0
                read.append({"who": reader.id, "post": newest, "item": items.get(reader.id, 0)})
            users = User.__table__
            db.session.connection().execute(
                update(users)  # type: ignore[arg-type]
                .where(users.c.id == bindparam("who"))
                .values(read_up_to=bindparam("post"), inbox_read_up_to=bindparam("item")),
                read,
            )
