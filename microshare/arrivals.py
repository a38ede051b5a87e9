"""A batch of rows that come in: which of them become posts, each knowing those before it.

Looked up together and decided one by one, in their order, as if each were published alone.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from sqlalchemy import Executable, Integer, String, and_, or_, select
from sqlalchemy import text as sql

from microshare import bulk, departments, drafts, people, text
from microshare.brought import Wanted
from microshare.bulk import Entry, Stored
from microshare.db import db
from microshare.errors import Missing, Refusal, Refused
from microshare.models import Department, Post, Revision, User


@dataclass(frozen=True, slots=True)
class Writer:
    """What has to be known of a colleague whose post comes in."""

    id: int
    department_id: int
    is_suspended: bool


@dataclass
class Kept:
    """What a batch has to know of those before it; all else is in the database."""

    replied: set[str]  # the rows' ids that others reply to
    posts: dict[str, Stored] = field(default_factory=dict)  # by those ids
    # Of a dry run alone: what would be in the database.
    departments: dict[str, int] = field(default_factory=dict)
    writers: dict[str, Writer] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)  # hash of author and key: of the line


class Batch:
    """Decides on the rows of a batch in their order, each knowing those before it."""

    def __init__(self, asked: Sequence[Wanted | Refusal], kept: Kept, now: datetime) -> None:
        rows = [one for one in asked if isinstance(one, Wanted)]
        self.kept, self.now = kept, now
        self.entries: list[Entry] = []
        self.posts: dict[str, Stored] = {}  # by the row's id, where another row replies to it
        self.departments = departments.ids()
        self.works: dict[int, Department] = {}  # where new colleagues work, loaded once
        self.writers = _writers({row.login for row in rows})
        names = {name for row in rows if row.words for name in row.words.names}
        self.known = {
            name: user_id
            for part in bulk.in_parts(names)
            for name, user_id in people.known(part).items()
        }
        self.earlier = _earlier(
            (self.writers[row.login].id, row.key) for row in rows if row.login in self.writers
        )
        replied = (kept.posts[row.reply_to] for row in rows if row.reply_to in kept.posts)
        self.withdrawn = _withdrawn({post.id for post in replied})

    def state(self, asked: Wanted | Refusal) -> str | Refusal:
        if isinstance(asked, Refusal):
            return asked
        try:
            return self._admitted(asked)
        except Refusal as refusal:
            return refusal.with_traceback(None)

    def _admitted(self, row: Wanted) -> str:
        reply_to = self._replied(row.reply_to)
        writer = self.writers.get(row.login)
        if writer is None:
            if not row.department:
                raise Refused("row-lacks", column="department")
            people.checked_username(row.author)
            people.checked_name(row.name)
        drafts.may_publish(
            suspended=writer is not None and writer.is_suspended,
            withdrawn=reply_to is not None and reply_to.id in self.withdrawn,
        )
        if writer is not None and (there := self._same(writer, row)) is not None:
            self._remember(row, there)
            return "there"
        if row.refusal is not None:
            raise row.refusal
        # Nothing is refused from here on, so nothing is made in vain.
        department_id = self._department(row.department) if row.department else None
        if writer is None:
            writer = self.writers[row.login] = self._joined(row, department_id or 0)
            self.known[row.login] = writer.id
        stored = Stored(writer.id)
        self._add(row, stored, department_id or writer.department_id, reply_to)
        self._remember(row, stored)
        return "added"

    def _replied(self, row_id: str) -> Stored | None:
        if not row_id:
            return None
        found = self.posts.get(row_id) or self.kept.posts.get(row_id)
        if found is None:
            raise Missing("post", id=row_id)
        return found

    def _same(self, writer: Writer, row: Wanted) -> Stored | None:
        """The post that the writer published under the row's key."""
        found = self.earlier.get((writer.id, row.key))
        if found is None:
            return None
        stored, first = found
        drafts.check_same(first, row.line)
        return stored

    def _remember(self, row: Wanted, stored: Stored) -> None:
        if row.row_id in self.kept.replied:
            self.posts[row.row_id] = stored

    def _department(self, name: str) -> int:
        _, slug = departments.checked(name)
        if slug not in self.departments:
            self.departments[slug] = departments.named(name, self.now).id
        return self.departments[slug]

    def _joined(self, row: Wanted, department_id: int) -> Writer:
        """A new colleague: without a way to sign in."""
        if department_id not in self.works:
            self.works[department_id] = db.session.get_one(Department, department_id)
        user = people.join(
            email=None,
            username=row.author,
            name=row.name,
            department=self.works[department_id],
            now=self.now,
        )
        return Writer(user.id, department_id, is_suspended=False)

    def _add(
        self, row: Wanted, stored: Stored, department_id: int, reply_to: Stored | None
    ) -> None:
        if row.words is None:
            raise ValueError("a row without words is refused before")
        draft = row.words.naming(self.known)
        columns = row.columns or draft.columns()
        self.entries.append(
            Entry(stored, department_id, row.at, draft, columns, row.key, reply_to, row.tagged)
        )
        self.earlier[stored.author_id, row.key] = stored, row.words.line


class DryBatch(Batch):
    """Decides likewise and makes nothing: what would be made has a negative id."""

    def __init__(self, asked: Sequence[Wanted | Refusal], kept: Kept, now: datetime) -> None:
        super().__init__(asked, kept, now)
        self.departments = kept.departments | self.departments
        self.writers = kept.writers | self.writers
        self.known = {name: writer.id for name, writer in kept.writers.items()} | self.known

    def _same(self, writer: Writer, row: Wanted) -> Stored | None:
        if (found := super()._same(writer, row)) is not None:
            return found
        first = self.kept.lines.get(hash((writer.id, row.key)))
        if first is None:
            return None
        if first != hash(text.tidy(row.line)):
            raise Refused("key-used")
        return Stored(writer.id)

    def _department(self, name: str) -> int:
        _, slug = departments.checked(name)
        made = self.kept.departments
        if slug not in self.departments:
            self.departments[slug] = made[slug] = -1 - len(made)
        return self.departments[slug]

    def _joined(self, row: Wanted, department_id: int) -> Writer:
        made = self.kept.writers
        made[row.login] = Writer(-1 - len(made), department_id, is_suspended=False)
        return made[row.login]

    def _add(
        self, row: Wanted, stored: Stored, department_id: int, reply_to: Stored | None
    ) -> None:
        self.kept.lines[hash((stored.author_id, row.key))] = hash(text.tidy(row.line))


def _writers(logins: Collection[str]) -> dict[str, Writer]:
    """The colleagues of these folded e-mail addresses and usernames."""
    columns = (User.id, User.department_id, User.suspended_at, User.email, User.username_folded)
    wanted = or_(User.username_folded.in_(logins), User.email.in_(logins))
    return {
        login: Writer(user_id, department_id, suspended_at is not None)
        for user_id, department_id, suspended_at, *both in db.session.execute(
            select(*columns).where(wanted)
        )
        for login in both
        if login is not None
    }


# A condition on pairs makes SQLite look at every post; a list that is joined, at these alone.
_PAIRS = {
    "sqlite": "SELECT json_extract(value, '$[0]') AS author, json_extract(value, '$[1]') AS key"
    " FROM json_each(:pairs)",
    "postgresql": "SELECT CAST(value->>0 AS integer) AS author, value->>1 AS key"
    " FROM json_array_elements(CAST(:pairs AS json))",
}


@cache
def _under(dialect: str) -> Executable:
    """The statement for the posts under these pairs of an author's id and a key."""
    asked = sql(_PAIRS[dialect]).columns(author=Integer, key=String).subquery("asked")
    return select(
        Post.author_id, Post.key, Post.id, Post.thread_id, Post.line, Post.edited_at
    ).join(asked, and_(Post.author_id == asked.c.author, Post.key == asked.c.key))


def _earlier(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], tuple[Stored, str]]:
    """The posts of these authors under these keys, each with what it said at first."""
    connection = db.session.connection()
    pairs = {"pairs": json.dumps(list(keys))}
    rows = connection.execute(_under(connection.dialect.name), pairs).all()
    first: dict[int, str] = {}
    for part in bulk.in_parts(row.id for row in rows if row.edited_at is not None):
        first |= dict(
            db.session.execute(
                select(Revision.post_id, Revision.line)
                .where(Revision.post_id.in_(part))
                .order_by(Revision.version.desc())
            ).all()
        )
    return {
        (row.author_id, row.key): (
            Stored(row.author_id, row.id, row.thread_id),
            first.get(row.id, row.line),
        )
        for row in rows
    }


def _withdrawn(ids: Collection[int]) -> set[int]:
    """Which of these posts are withdrawn."""
    return {
        post_id
        for part in bulk.in_parts(ids)
        for post_id in db.session.scalars(
            select(Post.id).where(Post.id.in_(part), Post.withdrawn_at.is_not(None))
        )
    }
