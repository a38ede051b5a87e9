"""What a list shows of a post, loaded for a whole page in one query.

A card is a row and no object of the session: it changes nothing, compares by what it says, and
takes a tenth of the time to load. What is rendered of equal cards is equal, so it can be kept.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Executable, Select, bindparam, case, literal_column, select
from sqlalchemy.orm import aliased

from microshare import photos
from microshare.among import among, as_lists, in_order
from microshare.db import db
from microshare.models import Department, Post, PostTag, Saved, Tag, Thanks, User
from microshare.photos import Photo


class Author(NamedTuple):
    """Who wrote a post, or tagged it."""

    id: int
    name: str
    username: str


class Place(NamedTuple):
    """The department in which a post was written."""

    id: int
    name: str
    slug: str


class Parent(NamedTuple):
    """The post that another replies to."""

    id: int
    author: Author
    line_html: str
    language: str
    withdrawn_at: datetime | None


class Label(NamedTuple):
    """A tag as it is shown."""

    id: int
    name: str
    spelling: str


class Tie(NamedTuple):
    """A tag on a post, and who tagged it on; nobody where it stands in the text."""

    tag_id: int
    name: str
    spelling: str
    added_by_id: int | None
    adder_name: str | None
    adder_username: str | None

    @property
    def tag(self) -> Label:
        return Label(self.tag_id, self.name, self.spelling)

    @property
    def added_by(self) -> Author | None:
        if self.added_by_id is None:
            return None
        return Author(self.added_by_id, self.adder_name or "", self.adder_username or "")


class Card(NamedTuple):
    """A post as everybody sees it in a list; the names are those of `models.Post`.

    It is flat, as the database gives it: most cards are shown as they were rendered before, and
    nobody asks for the author in them.
    """

    id: int
    kind: str
    line: str
    line_html: str
    note_html: str
    photos_json: str
    language: str
    via: str
    via_page: str
    thread_id: int | None
    created_at: datetime
    edited_at: datetime | None
    withdrawn_at: datetime | None
    solved_at: datetime | None
    answer_id: int | None
    reply_count: int
    thanks_count: int
    author_id: int
    author_name: str
    author_username: str
    department_id: int
    department_name: str
    department_slug: str
    reply_to_id: int | None
    parent_author_id: int | None
    parent_author_name: str | None
    parent_author_username: str | None
    parent_line_html: str | None
    parent_language: str | None
    parent_withdrawn_at: datetime | None
    maker_name: str | None  # whose bot the author is; None: a colleague
    maker_username: str | None
    tags_json: str | None

    @property
    def tags(self) -> tuple[Tie, ...]:
        """Its tags in their order."""
        return _read(self.tags_json)

    @property
    def author(self) -> Author:
        return Author(self.author_id, self.author_name, self.author_username)

    @property
    def maker(self) -> Author | None:
        """The colleague who answers for the author, where that is a program."""
        if self.maker_name is None:
            return None
        return Author(0, self.maker_name, self.maker_username or "")

    @property
    def department(self) -> Place:
        return Place(self.department_id, self.department_name, self.department_slug)

    @property
    def photos(self) -> tuple[Photo, ...]:
        return photos.read(self.photos_json)

    @property
    def reply_to(self) -> Parent | None:
        if self.reply_to_id is None:
            return None
        author = Author(
            self.parent_author_id or 0,
            self.parent_author_name or "",
            self.parent_author_username or "",
        )
        return Parent(self.reply_to_id, author, self.parent_line_html or "",
                      self.parent_language or "", self.parent_withdrawn_at)  # fmt: skip

    @property
    def root_id(self) -> int:
        """The post that begins the thread this one stands in."""
        return self.thread_id or self.id

    @property
    def is_tagged_on(self) -> bool:
        """Whether colleagues brought it to more tags than its text has."""
        return any(tie.added_by_id for tie in self.tags)

    @property
    def is_open(self) -> bool:
        """A question that still waits for its answer."""
        return self.kind == "question" and self.solved_at is None and self.withdrawn_at is None


@lru_cache(10_000)  # as many texts of some hundred characters: the tags of what is read now
def _read(tags_json: str | None) -> tuple[Tie, ...]:
    """The tags of a post as `_TAGS` tells them, in the order of their positions."""
    return tuple(Tie._make(tie[1:]) for tie in in_order(tags_json))


class Marked(NamedTuple):
    """A card, and what one reader did with the post."""

    card: Card
    thanked: bool
    saved: bool


_PARENT, _PARENT_AUTHOR = aliased(Post), aliased(User)
_MAKER, _ADDER = aliased(User), aliased(User)
_OWN = (
    Post.id, Post.kind, Post.line, Post.line_html, Post.note_html, Post.photos_json, Post.language,
    Post.via, Post.via_page, Post.thread_id, Post.created_at, Post.edited_at, Post.withdrawn_at,
    Post.solved_at, Post.answer_id, Post.reply_count, Post.thanks_count,
)  # fmt: skip
_THEIRS = (
    User.id, User.name, User.username, Department.id, Department.name, Department.slug,
    _PARENT.id, _PARENT_AUTHOR.id, _PARENT_AUTHOR.name, _PARENT_AUTHOR.username,
    _PARENT.line_html, _PARENT.language, _PARENT.withdrawn_at, _MAKER.name, _MAKER.username,
)  # fmt: skip
# By position, and then by id, which no two ties of a post share.
_TAGS = (
    select(as_lists(PostTag.position, Tag.id, Tag.name, Tag.spelling,
                    _ADDER.id, _ADDER.name, _ADDER.username))
    .select_from(PostTag)
    .join(Tag, Tag.id == PostTag.tag_id)
    .outerjoin(_ADDER, _ADDER.id == PostTag.added_by_id)
    .where(PostTag.post_id == Post.id)
    .correlate(Post)
    .scalar_subquery()
)  # fmt: skip


def _did(table: type[Thanks] | type[Saved], who: Any) -> ColumnElement[int]:
    """Whether the reader thanked for the post, or saved it."""
    one: ColumnElement[int] = literal_column("1")
    row = select(one).where(table.post_id == Post.id, who == bindparam("reader"))
    return case((row.exists(), 1), else_=0)


_CARDS = (
    select(*_OWN, *_THEIRS, _TAGS, _did(Thanks, Thanks.giver_id), _did(Saved, Saved.reader_id))
    .select_from(Post)
    .join(User, User.id == Post.author_id)
    .join(Department, Department.id == Post.department_id)
    .outerjoin(_PARENT, _PARENT.id == Post.reply_to_id)
    .outerjoin(_PARENT_AUTHOR, _PARENT_AUTHOR.id == _PARENT.author_id)
    .outerjoin(_MAKER, _MAKER.id == User.maker_id)
)


class Listing(NamedTuple):
    """The statements for a list, newest first: its `last` cards, and its `first`."""

    last: Executable
    first: Executable


def listing(ids: Select[int]) -> Listing:
    """The statements for the cards of these ids, at most `limit`; made once."""
    column = ids.selected_columns[0]
    return Listing(_chosen(ids.order_by(column.desc())), _chosen(ids.order_by(column)))


def _chosen(ids: Select[int]) -> Executable:
    chosen = ids.limit(bindparam("limit")).subquery()
    return _CARDS.where(Post.id.in_(select(chosen.c[0]))).order_by(Post.id.desc())


def oldest(*conditions: ColumnElement[bool]) -> Executable:
    """The statement for the cards of the posts of which this holds, oldest first."""
    return _CARDS.where(*conditions).order_by(Post.id).limit(bindparam("limit"))


_THESE = _CARDS.where(among(Post.id, "ids"), Post.withdrawn_at.is_(None))


def of(ids: Sequence[int], reader_id: int) -> list[Marked]:
    """These posts, in this order, less those that are withdrawn."""
    if not ids:
        return []
    found = {one.card.id: one for one in load(_THESE, reader_id, ids=list(ids))}
    return [found[i] for i in ids if i in found]


_COUNTS = select(Post.id, Post.reply_count, Post.thanks_count).where(
    among(Post.id, "ids"), Post.withdrawn_at.is_(None)
)


def counts(ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Replies and thanks of these posts, less those that are withdrawn."""
    rows = db.session.connection().execute(_COUNTS, {"ids": ids}).all() if ids else ()
    return {post_id: (replies, thanks) for post_id, replies, thanks in rows}


Row = Any  # the columns of `_CARDS`


def load(statement: Executable, reader_id: int, **bound: object) -> list[Marked]:
    """What a statement of this module gives, for this reader (0: for nobody)."""
    return made(rows(statement, reader_id, **bound))


def rows(statement: Executable, reader_id: int, **bound: object) -> Sequence[Row]:
    """The same as it comes: for who may look again before it is shown."""
    return db.session.connection().execute(statement, {"reader": reader_id, **bound}).all()


def made(found: Sequence[Row]) -> list[Marked]:
    """The cards of these rows."""
    size = len(Card._fields)
    return [
        Marked(Card._make(row[:size]), bool(row[size]), bool(row[size + 1])) for row in found
    ]
