"""Posts in from a file and out to one, repeatable without doubles.

Each row is published like any other post; what a rule refuses is reported and left out. A row's
key is made from its id, or from its content, so the same file a second time adds nothing.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from microshare import departments, drafts, people, posts, tags, text
from microshare.db import db, saving
from microshare.errors import Missing, Refusal, Refused
from microshare.models import Department, Post, PostTag, User
from microshare.rows import COLUMNS, NEEDED, Row, parse_time

EARLIEST, AHEAD = datetime(1970, 1, 1, tzinfo=UTC), timedelta(days=1)
BATCH = 200  # rows in one transaction: others get their turn in between


@dataclass(frozen=True)
class Outcome:
    """What became of a row: `added`, `there` already, or `refused`."""

    row: Row
    state: str
    refusal: Refusal | None = None


def bring_in(rows: Sequence[Row], now: datetime, *, dry_run: bool = False) -> Iterator[Outcome]:
    """Publish the rows, batch by batch; tells of each what became of it.

    A dry run does all of it and keeps nothing.
    """
    known = _Known({}, {}, {})
    for start in range(0, len(rows), BATCH):
        outcomes: list[Outcome] = []
        try:
            with saving():
                outcomes = [_bring_in(row, known, now) for row in rows[start : start + BATCH]]
                if dry_run:
                    raise _DryRun
        except _DryRun:
            known.forget_made()
            known.posts = dict.fromkeys(known.posts, 0)
        db.session.expunge_all()
        yield from outcomes


class _DryRun(Exception):
    """Ends the transaction of a dry run without keeping it."""


@dataclass
class _Known:
    """Ids met so far, so that a row costs no look-up for what an earlier row had."""

    authors: dict[str, int]
    departments: dict[str, int]
    posts: dict[str, int]  # by the row's own id; 0: would be there if this were no dry run

    def forget_made(self) -> None:
        """What was made may have been rolled back; it is looked up again."""
        self.authors.clear()
        self.departments.clear()


def _bring_in(row: Row, known: _Known, now: datetime) -> Outcome:
    try:
        if row.broken:
            raise Refused("row-malformed", why=row.broken)
        with db.session.begin_nested():
            return Outcome(row, _publish(row.values, known, now))
    except Refusal as refusal:
        known.forget_made()
        return Outcome(row, "refused", refusal)


def _publish(values: dict[str, Any], known: _Known, now: datetime) -> str:
    wanted = {name: _text_of(values, name) for name in COLUMNS if name != "tags"}
    for name in NEEDED:
        if not wanted[name].strip():
            raise Refused("row-lacks", column=name)
    for name, value in wanted.items():
        if name not in ("line", "note") and text.has_control(value):
            raise Refused("row-malformed", why=name)
    then = parse_time(wanted["time"]) if wanted["time"] else now
    if not EARLIEST <= then <= now + AHEAD:  # a stand-in for "no date", as some systems write
        raise Refused("time-out-of-range", value=wanted["time"][:40])
    tagged = _tags_of(values.get("tags"))
    reply_to = _replied(wanted["reply_to"], known)
    department = _department(wanted["department"], known, now)
    author = _author(wanted, department, known, now)
    newest = db.session.scalar(select(Post.id).order_by(Post.id.desc()).limit(1)) or 0
    post = posts.publish(
        author,
        wanted["line"],
        note=wanted["note"],
        now=then,
        key=_key(wanted),
        kind=wanted["kind"] or None,
        tagged=tagged,
        reply_to=reply_to,
        department=department,
    )
    if wanted["id"]:
        known.posts[wanted["id"]] = post.id
    return "added" if post.id > newest else "there"


def _text_of(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise Refused("row-malformed", why=name)
    return str(value)


def _tags_of(value: Any) -> list[tuple[str, str]]:
    if value is None or value == "":
        return []
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Refused("row-malformed", why="tags")
    if len(words) > drafts.TAG_LIMIT:
        raise Refused("too-many-tags", count=len(words), limit=drafts.TAG_LIMIT)
    return tags.mended(words)


def _replied(row_id: str, known: _Known) -> Post | None:
    if not row_id:
        return None
    if row_id not in known.posts:
        raise Missing("post", id=row_id)
    return db.session.get(Post, known.posts[row_id])


def _department(name: str, known: _Known, now: datetime) -> Department | None:
    if not name:
        return None
    if name not in known.departments:
        known.departments[name] = departments.named(name, now).id
    return db.session.get_one(Department, known.departments[name])


def _author(
    wanted: dict[str, str], department: Department | None, known: _Known, now: datetime
) -> User:
    """The colleague of this username or address, made where new: without a way to sign in."""
    name = wanted["author"]
    if name in known.authors:
        return db.session.get_one(User, known.authors[name])
    author = people.by_login(name)
    if author is None:
        if department is None:
            raise Refused("row-lacks", column="department")
        author = people.join(
            email=None, username=name, name=wanted["name"] or name, department=department, now=now
        )
    known.authors[name] = author.id
    return author


def _key(wanted: dict[str, str]) -> str:
    """The same row has the same key, whichever file it stands in; our own export names it."""
    if wanted["key"]:
        return wanted["key"]
    if wanted["id"]:
        return f"import:{wanted['id']}"
    content = "\0".join(wanted[name] for name in ("author", "time", "line", "note"))
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return f"import:{digest}"


def take_out() -> Iterator[dict[str, Any]]:
    """Every visible post as a row that `bring_in` reads, oldest first."""
    last = 0
    while True:
        batch = db.session.scalars(
            select(Post)
            .where(Post.id > last, Post.withdrawn_at.is_(None))
            .order_by(Post.id)
            .limit(1000)
            .options(
                joinedload(Post.author),
                joinedload(Post.department),
                joinedload(Post.reply_to),
                selectinload(Post.tags).joinedload(PostTag.tag),
            )
        ).all()
        if not batch:
            return
        for post in batch:
            yield _row_of(post)
        last = batch[-1].id
        db.session.expunge_all()


def _row_of(post: Post) -> dict[str, Any]:
    replied = post.reply_to if post.reply_to and post.reply_to.withdrawn_at is None else None
    row = {
        "id": str(post.id),
        "key": post.key,
        "author": post.author.username,
        "name": post.author.name,
        "department": post.department.name,
        "line": post.line,
        "note": post.note,
        "tags": [tie.tag.spelling for tie in post.tags if tie.added_by_id is not None],
        "time": post.created_at.isoformat(),
        "kind": post.kind,
        "reply_to": str(replied.id) if replied else "",
    }
    return {name: value for name, value in row.items() if value}
