"""The company into the product's own tables, in bulk; the product itself checks a sample of it."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from bench.company import PASSWORD, Company, Row
from bench.history import History
from bench.writing import Writer
from microshare import drafts, passwords
from microshare.db import Base, db
from microshare.models import Post, PostTag

SAMPLE = 400  # posts that the product renders again
COLUMNS = {
    "departments": "id name slug created_at",
    "users": "id username username_folded email name department_id language time_zone "
    "password_hash created_at read_up_to inbox_read_up_to digest_on welcomed_at",
    "tags": "id name spelling created_at",
    "department_tags": "department_id tag_id added_by_id since",
    "follows": "reader_id kind target_id since",
    "mutes": "reader_id kind target_id until",
    "posts": "id author_id department_id kind line line_html note note_html language "
    "reply_to_id thread_id key created_at withdrawn_at solved_at answer_id reply_count "
    "thanks_count",
    "post_tags": "tag_id post_id position added_by_id added_at",
    "mentions": "post_id user_id",
    "thanks": "post_id giver_id department_id given_at",
    "inbox_items": "reader_id kind post_id actor_id at",
}


class Wrong(Exception):
    """The company is not what the product itself would have written."""


class _Into:
    """One table, to put rows into; columns that are not named get the product's own defaults."""

    def __init__(self, name: str, connection: Connection) -> None:
        table = Base.metadata.tables[name]
        given = COLUMNS[name].split()
        self._rest = [
            (column.name, column.default.arg)  # type: ignore[union-attr]
            for column in table.columns
            if column.name not in given and getattr(column.default, "is_scalar", False)
        ]
        self._names = [*given, *(column for column, _ in self._rest)]
        self._check_complete(table)
        processors = [
            table.columns[column]
            .type.dialect_impl(connection.dialect)
            .bind_processor(connection.dialect)
            for column in self._names
        ]
        self._processors = [(i, each) for i, each in enumerate(processors) if each]
        self._table, self._connection = table, connection

    def _check_complete(self, table: Table) -> None:
        lacking = [
            column.name
            for column in table.columns
            if column.name not in self._names
            and not column.nullable
            and column.server_default is None
            and column is not table.autoincrement_column
        ]
        if lacking:
            raise Wrong(f"bench/loading.py fills no {table.name}.{lacking[0]}")

    def put(self, rows: Iterable[Row]) -> int:
        """Insert rows; returns how many."""
        rest = tuple(value for _, value in self._rest)
        found = [[*row, *rest] for row in rows]
        for row in found:
            for place, process in self._processors:
                row[place] = process(row[place])
        if not found:
            return 0
        columns = ", ".join(f'"{name}"' for name in self._names)
        if self._connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(self._names))
            self._connection.exec_driver_sql(
                f'INSERT INTO "{self._table.name}" ({columns}) VALUES ({marks})',
                [tuple(row) for row in found],
            )
            return len(found)
        cursor: Any = self._connection.connection.cursor()
        with cursor.copy(f'COPY "{self._table.name}" ({columns}) FROM STDIN') as copy:
            for row in found:
                copy.write_row(row)
        return len(found)


def load(company: Company) -> None:
    """Fill the empty tables of the application of this context."""
    history = History(company)
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # Before the transaction, which knows neither: answers point to posts that come later.
            raw: Any = connection.connection.driver_connection
            for pragma in ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-400000"):
                raw.execute(f"PRAGMA {pragma}")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        items = _put_posts(Writer(company, history), connection)
        _put_people(company, items, connection)
        connection.commit()
        _settle(connection, sqlite)
        connection.invalidate()  # what was switched off stays off no longer
    _check(company)


def _put_posts(writer: Writer, connection: Connection) -> int:
    """Everything that posts bring with them; returns the id of the newest item in the inboxes."""
    items = 0
    for chunk in writer.chunks():
        for name, rows in vars(chunk).items():
            count = _Into(name, connection).put(rows)
            items += count if name == "inbox_items" else 0
        connection.commit()
    return items


def _put_people(company: Company, newest_item: int, connection: Connection) -> None:
    users = company.user_rows(passwords.hashed(PASSWORD), newest_item)
    for name, rows in (
        ("departments", company.department_rows()),
        ("users", users),
        ("tags", company.tag_rows()),
        ("department_tags", company.department_tag_rows()),
        ("follows", company.follow_rows()),
        ("mutes", company.mute_rows()),
    ):
        _Into(name, connection).put(rows)


def _settle(connection: Connection, sqlite: bool) -> None:
    """Leave the database as if all had come one by one: checked, and with its counters moved on."""
    if sqlite:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise Wrong(f"a row of {broken[0]} points to nothing")
        connection.rollback()
        raw: Any = connection.connection.driver_connection
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    for name in ("departments", "users", "tags", "posts", "inbox_items"):
        connection.execute(text(
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
        ))  # fmt: skip
    connection.commit()
    raw = connection.connection.driver_connection
    raw.autocommit = True
    raw.execute("VACUUM ANALYZE")


def _check(company: Company) -> None:
    """Raise `Wrong` where a post is not what the product would have made of its line and note."""
    dice = random.Random(f"{company.seed} sample")
    count = company.size.posts
    chosen = dice.sample(range(1, count + 1), min(SAMPLE, count))
    posts: Sequence[Post] = db.session.scalars(select(Post).where(Post.id.in_(chosen))).all()
    for post in posts:
        draft = drafts.drafted(post.line, post.note, None, is_reply=post.reply_to_id is not None)
        for column, value in draft.columns().items():
            if getattr(post, column) != value:
                raise Wrong(f"post {post.id}: {column} is {getattr(post, column)}, not {value}")
        tied = select(PostTag.tag_id).where(PostTag.post_id == post.id)
        written = db.session.scalars(
            tied.where(PostTag.added_by_id.is_(None)).order_by(PostTag.position)
        ).all()
        if [company.tags[tag - 1] for tag in written] != list(draft.tags):
            raise Wrong(f"post {post.id}: its tags are not those of its line")
    if db.session.scalar(select(func.count()).select_from(Post)) != count:
        raise Wrong("some posts are missing")
