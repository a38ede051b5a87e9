"""Reading a whole database, table by table: in batches, and as one hash a table.

Both sides of a copy are read in the same order, by the bytes of their keys, and their values in
the same form, so that the same rows have the same hash whatever database they stand in.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    String,
    Table,
    func,
    literal,
    select,
    tuple_,
)

from microshare.db import Base, UtcDateTime

BATCH = 5000  # rows in memory, and in one transaction of a copy
HEAVY_BATCH = 16  # of files, of up to a megabyte or two each
# The new place has a key, makes its own search, and counts its own calls.
LEFT_OUT = {"signing_keys", "post_terms", "call_counts"}
ANEW = {("posts", "indexed_version"): 0}  # the worker of the new place makes its search ready
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Told = Callable[[int], None]


@dataclass(frozen=True)
class Compared:
    """One table, the same on both sides."""

    table: str
    rows: int
    checksum: str  # BLAKE2b over the rows in the order of their keys


def tables() -> list[Table]:
    """All tables, those that others point at first."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def total(engine: Engine) -> int:
    """How many rows there are to copy."""
    with engine.connect() as connection:
        return sum(count(connection, table) for table in tables())


def compared(engine: Engine, table: Table, told: Told) -> Compared:
    digest, rows = hashlib.blake2b(digest_size=16), 0
    moments = [i for i, column in enumerate(table.c) if isinstance(column.type, UtcDateTime)]
    documents = [i for i, column in enumerate(table.c) if isinstance(column.type, JSON)]
    with engine.connect() as connection:
        for batch in batches(connection, table, None):
            for row in batch:
                values = list(row)
                for i in moments:
                    if values[i] is not None:
                        values[i] = (values[i] - _EPOCH) // _MICROSECOND
                for i in documents:
                    values[i] = json.dumps(values[i], sort_keys=True)
                digest.update(repr(values).encode("utf-8", "surrogatepass"))
            rows += len(batch)
            told(len(batch))
    return Compared(table.name, rows, digest.hexdigest())


def _columns(table: Table) -> list[ColumnElement[Any]]:
    return [
        literal(ANEW[table.name, c.name], c.type).label(c.name)
        if (table.name, c.name) in ANEW
        else c
        for c in table.c
    ]


def by_key(connection: Connection, table: Table) -> list[ColumnElement[Any]]:
    """The columns of the key, in an order that both databases have: by bytes."""
    by_bytes = "C" if connection.dialect.name == "postgresql" else "BINARY"
    return [
        column.collate(by_bytes) if isinstance(column.type, String) else column
        for column in table.primary_key
    ]


def batches(
    connection: Connection, table: Table, after: Sequence[Any] | None
) -> Iterator[Sequence[Any]]:
    """The rows behind a key, in the order of the keys, never more than a batch in memory."""
    key = by_key(connection, table)
    wanted: Select[Any] = select(*_columns(table)).order_by(*key)
    if after is not None:
        wanted = wanted.where(tuple_(*key) > tuple_(*map(literal, after)))
    has_files = any(isinstance(column.type, LargeBinary) for column in table.c)
    rows = HEAVY_BATCH if has_files else BATCH
    streaming = connection.execution_options(stream_results=True, max_row_buffer=rows)
    yield from streaming.execute(wanted).partitions(rows)
