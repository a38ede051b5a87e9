"""The demonstration at size: the same company with so many posts that they are stored in bulk.

The same people say the same things as in `demo_play`. There a post is thanked and edited when the
time has come; here all that ever becomes of a post is drawn when it is written, so that a batch
is stored once, with a few statements, and memory does not grow with the posts.
"""

import heapq
import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update

from microshare import ahead, bulk, drafts, inserts, notices
from microshare import demo_content as content
from microshare import demo_plan as plan
from microshare.bulk import Entry, Stored
from microshare.db import Base, db, keep_small, saving
from microshare.demo_script import (
    BY_AUTHOR,
    EDITED,
    SAVED,
    TAGGED_ON,
    TO_THE_LAST,
    WITHDRAWN,
    Script,
    Thread,
)
from microshare.models import InboxItem, Post, PostTag, Revision, Saved, Thanks, User

BATCH = 2000  # posts in one transaction
_NOTHING_YET = {"thanks_count": 0, "edited_at": None, "withdrawn_at": None}


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
    stage = _Large(dice, now, staff, tags)
    for batch in ahead.made(stage.batches(plan.paced(number, dice, now, plan.LONG_SPAN))):
        told(batch.store())
    stage.catch_up()


@dataclass
class _Talk:
    """A thread with its posts, which get their ids when their batch is stored."""

    thread: Thread
    posts: list[Stored]
    answers: list[Stored] = field(default_factory=list)


@dataclass
class _Batch:
    """Posts that are stored together, and what became of them."""

    entries: list[Entry] = field(default_factory=list)
    rows: list[tuple[type[Base], Stored, dict[str, Any]]] = field(default_factory=list)
    # Notices: the post, its reader, the kind, who did it, and when.
    told: list[tuple[Stored, int, str, int, datetime]] = field(default_factory=list)
    # The question, its answer, and when.
    settled: list[tuple[Stored, Stored | None, datetime]] = field(default_factory=list)

    def store(self) -> int:
        """Save the posts and what became of them; returns how many they are."""
        with saving():
            bulk.store(self.entries)
            for model in (PostTag, Revision, Thanks, Saved):
                inserts.many(
                    model,
                    [{**row, "post_id": post.id} for kind, post, row in self.rows if kind is model],
                )
            self.told.sort(key=lambda told: told[-1])
            names = ("reader_id", "kind", "actor_id", "at")
            inserts.many(
                InboxItem,
                [
                    {"post_id": post.id, **dict(zip(names, row, strict=True))}
                    for post, *row in self.told
                ],
            )
            self.settle()
        keep_small()
        return len(self.entries)

    def settle(self) -> None:
        """The questions that have their answer, or need none any more."""
        posts = Post.__table__
        given = [
            {"post": question.id, "answer": answer.id if answer else None, "then": at}
            for question, answer, at in self.settled
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


class _Large(Script):
    """Writes a post a call, into the batch that is to be stored next."""

    def __init__(
        self, dice: random.Random, now: datetime, staff: Sequence[User], tags: Mapping[str, int]
    ) -> None:
        super().__init__(dice, staff, list(tags))
        self.now, self.tag_ids = now, tags
        self.known = {user.username_folded: user.id for user in staff}
        self.batch = _Batch()
        self.due: list[tuple[datetime, int, _Talk, Sequence[str]]] = []  # replies to come
        self.written = 0  # posts
        self.recent: list[tuple[datetime, Stored]] = []  # of the last days

    def batches(self, moments: Iterable[datetime]) -> Iterator[_Batch]:
        """A post at each moment."""
        for at in moments:
            self.write_something(at)
            if len(self.batch.entries) == BATCH:
                yield self.batch
                self.batch = _Batch()
        yield self.batch

    def write_something(self, at: datetime) -> None:
        """The reply whose time has come, or else the first post of a thread."""
        if self.due and self.due[0][0] <= at:
            _, _, talk, roles = heapq.heappop(self.due)
            self.reply(talk, roles[0], at)
            self.go_on(talk, roles[1:], at)
        else:
            self.begin(at)

    def begin(self, at: datetime) -> None:
        opening = plan.opening(at, self.now, self.dice)
        thread, line = self.draft(self.language(), opening.kind)
        roles = self.roles(opening)
        is_over = not roles and not opening.fate and self.dice.random() < WITHDRAWN
        more = {"withdrawn_at": at + timedelta(minutes=20)} if is_over else {}
        entry = self.write(thread.author, line, at, opening.kind, note=self.note(thread), more=more)
        if not is_over and self.dice.random() < TAGGED_ON:
            self.tag_on(entry, opening.kind)
        self.go_on(_Talk(thread, [entry.stored]), roles, at)

    def go_on(self, talk: _Talk, roles: Sequence[str], at: datetime) -> None:
        """What is done without words is done at once; for what is said the time will come."""
        while roles and roles[0] in ("accept", "solve"):
            self.batch.settled.append((talk.posts[0], self.answer(talk, roles[0], at), at))
            roles = roles[1:]
        if roles:
            then = at + timedelta(hours=self.dice.lognormvariate(0.6, 1.2))
            heapq.heappush(self.due, (then, self.written, talk, roles))

    def answer(self, talk: _Talk, role: str, at: datetime) -> Stored | None:
        """The reply that the asker accepts, if one."""
        if role != "accept":
            return None
        talk.answers = talk.answers[:1]
        [answer] = talk.answers
        self.tell(answer, answer.author_id, "answer", talk.thread.author.id, at)
        return answer

    def reply(self, talk: _Talk, role: str, at: datetime) -> None:
        author, line = self.turn(talk.thread, role)
        to = talk.posts[0]
        if role in BY_AUTHOR:
            to = (talk.answers or talk.posts)[-1]
        elif role == "reply" and self.dice.random() < TO_THE_LAST:
            to = talk.posts[-1]
        stored = self.write(author, line, at, role, reply_to=to).stored
        talk.posts.append(stored)
        if role == "answer":
            talk.answers.append(stored)

    def write(
        self,
        author: User,
        line: str,
        at: datetime,
        role: str,
        *,
        note: str = "",
        reply_to: Stored | None = None,
        more: Mapping[str, Any] = _NOTHING_YET,
    ) -> Entry:
        """A post with its thanks, who saved it, and the slip that was mended in it."""
        draft = self.drafted(line, note, reply_to)
        stored = Stored(author.id)
        columns: dict[str, Any] = {**_NOTHING_YET, **more}
        if columns["withdrawn_at"] is None:
            columns["thanks_count"] = self.thank(stored, role, at)
            if self.dice.random() < SAVED:
                reader = self.dice.choice(self.staff)
                self.batch.rows.append((Saved, stored, {"reader_id": reader.id, "saved_at": at}))
            if self.dice.random() < EDITED:
                columns |= self.mend(stored, line, note, at)
        self.written += 1
        entry = Entry(
            stored,
            author.department_id,
            at,
            draft,
            draft.columns(),
            f"demo:{self.written}",
            reply_to,
            (),
            columns,
        )
        self.batch.entries.append(entry)
        if self.now - at < timedelta(days=8):
            self.recent.append((at, stored))
        return entry

    def drafted(self, line: str, note: str, reply_to: Stored | None) -> drafts.Draft:
        words = drafts.read(line, note, None, is_reply=reply_to is not None)
        return words.naming(self.known)

    def mend(self, stored: Stored, line: str, note: str, at: datetime) -> dict[str, Any]:
        """The post had a slip at first, which its history keeps."""
        slipped = content.slip(line, self.dice)
        if slipped == line:
            return {}
        columns = self.drafted(slipped, note, None).columns()
        kept = {name: columns[name] for name in ("line", "line_html", "note", "note_html")}
        self.batch.rows.append((Revision, stored, {**kept, "version": 1, "written_at": at}))
        return {"edited_at": min(at + timedelta(minutes=15), self.now)}

    def thank(self, stored: Stored, role: str, at: datetime) -> int:
        """Note who thanked, and how many they are."""
        count = 0
        for giver in self.givers(role):
            then = at + timedelta(hours=self.dice.expovariate(1 / 9))
            if giver.id != stored.author_id and then <= self.now:
                given = {
                    "giver_id": giver.id,
                    "department_id": giver.department_id,
                    "given_at": then,
                }
                self.batch.rows.append((Thanks, stored, given))
                self.tell(stored, stored.author_id, "thanks", giver.id, then)
                count += 1
        return count

    def tell(self, post: Stored, reader_id: int, kind: str, actor_id: int, at: datetime) -> None:
        if notices.concerns(reader_id, actor_id):
            self.batch.told.append((post, reader_id, kind, actor_id, at))

    def tag_on(self, entry: Entry, kind: str) -> None:
        if name := self.tag_on_with(kind, entry.draft.tags):
            tie = {
                "tag_id": self.tag_ids[name],
                "position": 0,
                "added_by_id": self.someone((), "en", {entry.stored.author_id}).id,
                "added_at": entry.at,
            }
            self.batch.rows.append((PostTag, entry.stored, tie))

    def catch_up(self) -> None:
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
            for reader in self.staff:
                until = self.now - timedelta(days=self.dice.uniform(2, 7))
                place = bisect_right(self.recent, until, key=lambda entry: entry[0])
                newest = self.recent[place - 1][1].id if place else 0
                read.append({"who": reader.id, "post": newest, "item": items.get(reader.id, 0)})
            users = User.__table__
            db.session.connection().execute(
                update(users)  # type: ignore[arg-type]
                .where(users.c.id == bindparam("who"))
                .values(read_up_to=bindparam("post"), inbox_read_up_to=bindparam("item")),
                read,
            )
