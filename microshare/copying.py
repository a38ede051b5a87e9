"""Moving everything from one database to another: table by table, in the order of their keys.

What stands in the target at any moment is a beginning of each table, so an interrupted copy goes
on behind the last key. At the end both sides are read again and compared, row by row, as one
hash a table. A table of its own in the target tells that a copy is under way; it goes last.

Left behind is what is made anew: what search knows, and the row of the signing key, which the
command brings over by itself.
"""

import json
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, StatementError

from microshare import copy_reading
from microshare.copy_reading import BATCH, Compared, Told
from microshare.errors import Refused

_MARKER = Table("copy_under_way", MetaData(), Column("state", String(10), primary_key=True))


def begin(source: Engine, target: Engine) -> None:
    """Make the target, which has its tables, ready; what an earlier attempt left there is kept.

    `Refused("copy-target-used")` when it has data that no copy brought. A copy that turned out
    different is begun anew.
    """
    if source.url == target.url:
        raise Refused("copy-same")
    with target.begin() as connection:
        if not inspect(connection).has_table(_MARKER.name):
            used = next(
                (t.name for t in copy_reading.tables() if copy_reading.count(connection, t)), None
            )
            if used is not None and not _is_same(source, target):
                raise Refused("copy-target-used", table=used)
            _MARKER.create(connection)
            connection.execute(_MARKER.insert().values(state="copying"))
        elif connection.scalar(select(_MARKER.c.state)) == "differs":
            for table in reversed(copy_reading.tables()):
                connection.execute(table.delete())
            connection.execute(_MARKER.update().values(state="copying"))


def copy(source: Engine, target: Engine, told: Told) -> None:
    """Bring over what the target has not yet, from one moment of the source; `told` of rows."""
    with source.connect() as reading:
        if source.dialect.name == "postgresql":
            reading.execution_options(isolation_level="REPEATABLE READ")
        for table in copy_reading.tables():
            _copy_table(reading, target, table, told)
            _copy_forward(reading, target, table)
        _copy_counters(reading, target)


def compare(source: Engine, target: Engine, told: Told) -> list[Compared]:
    """Read both sides again; `Refused("copy-differs")` names the first table that differs."""
    found = []
    for table in copy_reading.tables():
        ours, theirs = (copy_reading.compared(engine, table, told) for engine in (source, target))
        if ours != theirs:
            with target.begin() as connection:
                connection.execute(_MARKER.update().values(state="differs"))
            raise Refused("copy-differs", table=table.name)
        found.append(ours)
    with target.begin() as connection:
        _MARKER.drop(connection)
    return found


def _is_same(source: Engine, target: Engine) -> bool:
    """Whether the target is a whole copy already."""
    return all(
        copy_reading.compared(source, table, lambda rows: None)
        == copy_reading.compared(target, table, lambda rows: None)
        for table in copy_reading.tables()
    )


def _copy_table(reading: Connection, target: Engine, table: Table, told: Told) -> None:
    with target.connect() as connection:
        last = connection.execute(
            select(*table.primary_key)
            .order_by(*(part.desc() for part in copy_reading.by_key(connection, table)))
            .limit(1)
        ).first()
        told(copy_reading.count(connection, table))
    names = [column.name for column in table.c]
    held_back = {names.index(column.name) for column in _forward(table)}
    key_at = [names.index(column.name) for column in table.primary_key]
    for batch in copy_reading.batches(reading, table, last):
        rows = [_row(table, row, key_at, held_back) for row in batch]
        with target.begin() as connection:
            _insert(connection, table, rows)
        told(len(rows))


def _row(table: Table, row: Any, key_at: list[int], held_back: set[int]) -> list[Any]:
    """A row as it goes in: a reference to a row that comes later is held back."""
    values = list(row)
    for i, value in enumerate(values):
        if type(value) is str and "\x00" in value:
            key = ", ".join(str(values[at]) for at in key_at)
            raise Refused("copy-unfit", table=table.name, key=key, why="NUL")
        if i in held_back and value is not None and value > values[key_at[0]]:
            values[i] = None
    return values


def _insert(connection: Connection, table: Table, rows: list[list[Any]]) -> None:
    names = [column.name for column in table.c]
    try:
        if connection.dialect.name == "postgresql":
            _pour(connection, table, rows)
        else:
            connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
    except (DBAPIError, StatementError) as error:
        if isinstance(error, DBAPIError) and not isinstance(
            error.orig, connection.dialect.loaded_dbapi.DataError
        ):
            raise
        raise _unfit(table, rows, error) from error


def _unfit(table: Table, rows: list[list[Any]], error: BaseException) -> Refused:
    first = list(table.c).index(next(iter(table.primary_key)))
    return Refused(
        "copy-unfit", table=table.name, key=f"{rows[0][first]}–{rows[-1][first]}", why=str(error)
    )


def _pour(connection: Connection, table: Table, rows: list[list[Any]]) -> None:
    """COPY: several times quicker than INSERT."""
    quote = connection.dialect.identifier_preparer.quote
    documents = [i for i, column in enumerate(table.c) if isinstance(column.type, JSON)]
    columns = ", ".join(quote(column.name) for column in table.c)
    driver = connection.connection.dbapi_connection
    try:
        with (
            driver.cursor() as cursor,  # type: ignore[union-attr]
            cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as into,
        ):
            for row in rows:
                for i in documents:
                    row[i] = json.dumps(row[i])
                into.write_row(row)
    except connection.dialect.loaded_dbapi.DataError as error:
        raise _unfit(table, rows, error) from error


def _forward(table: Table) -> list[Column[Any]]:
    """The columns of a table that may point at a later row of the same table."""
    return [c for c in table.c if c.references(next(iter(table.primary_key)))]


def _copy_forward(reading: Connection, target: Engine, table: Table) -> None:
    """Bring in the references that were held back, once all rows are there."""
    key = next(iter(table.primary_key))
    for column in _forward(table):
        streaming = reading.execution_options(stream_results=True, max_row_buffer=BATCH)
        late = select(key.label("at"), column.label("to")).where(column > key).order_by(key)
        change = update(table).where(key == bindparam("at")).values({column: bindparam("to")})
        for batch in streaming.execute(late).mappings().partitions(BATCH):
            with target.begin() as connection:
                connection.execute(change, [dict(row) for row in batch])


def _copy_counters(reading: Connection, target: Engine) -> None:
    """No id that was ever given in the source is given again in the target."""
    with target.begin() as writing:
        for table in copy_reading.tables():
            key = table.autoincrement_column
            if key is None:
                continue
            highest = max(reading.scalar(select(func.max(key))) or 0, _given(reading, table, key))
            if not highest:
                continue
            if writing.dialect.name == "postgresql":
                sequence = func.pg_get_serial_sequence(table.name, key.name)
                writing.execute(select(func.setval(sequence, highest)))
            elif _counts(writing, table):
                gone = {"name": table.name}
                writing.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), gone)
                writing.execute(
                    text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"),
                    {**gone, "seq": highest},
                )


def _given(connection: Connection, table: Table, key: Column[Any]) -> int:
    """The last id that this database gave by itself; 0 where it does not remember."""
    if connection.dialect.name == "postgresql":
        sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, key.name)))
        if sequence is None:
            return 0
        told = f"SELECT last_value FROM {sequence} WHERE is_called"  # noqa: S608
        return connection.scalar(text(told)) or 0
    if not _counts(connection, table):
        return 0
    told = "SELECT seq FROM sqlite_sequence WHERE name = :name"
    return connection.scalar(text(told), {"name": table.name}) or 0


def _counts(connection: Connection, table: Table) -> bool:
    """Whether SQLite remembers which ids it gave (AUTOINCREMENT)."""
    return bool(table.dialect_options["sqlite"]["autoincrement"])
