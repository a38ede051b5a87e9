"""Rows by the thousand into a table, in one statement of the database's driver.

SQLAlchemy's own way looks at each value of each row, which takes longer than to store it. Rows
go in as they would there: through the types of their columns, with the tables' defaults, and with
the same errors.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, String, Table

from microshare.db import Base, db


def many(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, which name the same columns, in their order."""
    if rows:
        names = tuple(rows[0])
        _insert(model, names, [map(itemgetter(name), rows) for name in names], len(rows))


def tuples(model: type[Base], names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert the rows, whose values are of these columns, in their order."""
    if rows:
        _insert(model, names, zip(*rows, strict=True), len(rows))


def _insert(
    model: type[Base], names: tuple[str, ...], columns: Iterable[Iterable[Any]], number: int
) -> None:
    connection = db.session.connection()
    way = _way(model.__table__, names, connection.dialect)
    taken = way.columns(columns, number)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(way.statement, list(zip(*taken, strict=True)))
    else:
        connection.exec_driver_sql(way.statement, tuple(taken))


@dataclass(frozen=True, slots=True)
class _Way:
    """How rows that name these columns go into a table."""

    statement: str
    processors: Sequence[Callable[[Any], Any] | None]  # of each column that is named
    defaults: Sequence[Any]  # of the columns behind those

    def columns(self, named: Iterable[Iterable[Any]], number: int) -> list[Sequence[Any]]:
        """The values of each column of so many rows, as the driver takes them."""
        found: list[Sequence[Any]] = [
            list(values if process is None else map(process, values))
            for values, process in zip(named, self.processors, strict=True)
        ]
        return found + [[value] * number for value in self.defaults]


@lru_cache(maxsize=100)
def _way(table: Table, names: Sequence[str], dialect: Dialect) -> _Way:
    defaults = {
        column.name: column.default.arg  # type: ignore[union-attr]
        for column in table.columns
        if column.name not in names and getattr(column.default, "is_scalar", False)
    }
    quote = dialect.identifier_preparer
    every = [table.columns[name] for name in (*names, *defaults)]
    into = f"{quote.format_table(table)} ({', '.join(map(quote.format_column, every))})"
    if dialect.name == "sqlite":
        values = f"VALUES ({', '.join('?' * len(every))})"
    else:
        # A text is cut by no cast here: one that is too long for its column is an error.
        types = ["text" if isinstance(one.type, String) else one.type.compile(dialect)
                 for one in every]  # fmt: skip
        given = ", ".join(f"%s::{one}[]" for one in types)
        values = f"SELECT * FROM unnest({given})"  # noqa: S608 - types of our own columns
    return _Way(
        f"INSERT INTO {into} {values}",
        [table.columns[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names],
        list(defaults.values()),
    )
