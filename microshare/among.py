"""Ids and rows by the hundred as one value, on their way into a statement and out of it.

A list of placeholders makes another statement for each length: SQLAlchemy writes it out and the
database prepares it anew, which for a reader with many follows takes longer than the answer. And
a row for each id takes ten times as long to read as one row with all of them.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, Boolean, ColumnElement, Dialect, Integer, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


class Ids(TypeDecorator[Collection[int]]):
    """Ids in one value: an array where the database has them, else JSON."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = ARRAY(Integer) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> object:
        ids = sorted(value or ())
        return ids if dialect.name == "postgresql" else str(ids)

    def process_result_value(self, value: Any, dialect: Dialect) -> Sequence[int]:
        return json.loads(value) if isinstance(value, str) else value or ()


class _Compared(FunctionElement[bool]):
    """A column, and the value with the ids."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """As it is: SQLAlchemy would add `= 1`, and SQLite use no index."""
        return self


class _Among(_Compared):
    inherit_cache = True


class _Apart(_Compared):
    inherit_cache = True


class together(FunctionElement[Collection[int]]):  # noqa: N801 - a function of SQL
    """All the ids of a group, in no order."""

    type = Ids()
    inherit_cache = True


class as_lists(FunctionElement[str]):  # noqa: N801 - a function of SQL
    """All rows of a group as one text, in no order: a list of lists in JSON."""

    type = Text()
    inherit_cache = True


def in_order(lists: str | None) -> list[list[Any]]:
    """The rows in what `as_lists` tells, by their first columns; nothing in that of none."""
    return sorted(json.loads(lists or "[]"))


def among(column: Column, name: str) -> ColumnElement[bool]:
    """Whether the column is one of the ids that are bound to this name at execution."""
    return _Among(column, bindparam(name, type_=Ids))


def apart(column: Column, name: str) -> ColumnElement[bool]:
    """Whether it is none of them."""
    return _Apart(column, bindparam(name, type_=Ids))


@compiles(_Among)
@compiles(_Apart)
def _in_json(element: _Compared, compiler: SQLCompiler, **how: Any) -> str:
    column, ids = (compiler.process(part, **how) for part in element.clauses)
    word = "IN" if isinstance(element, _Among) else "NOT IN"
    return f"{column} {word} (SELECT value FROM json_each({ids}))"  # noqa: S608 - compiled parts


@compiles(_Among, "postgresql")
@compiles(_Apart, "postgresql")
def _in_array(element: _Compared, compiler: SQLCompiler, **how: Any) -> str:
    column, ids = (compiler.process(part, **how) for part in element.clauses)
    words = "= ANY" if isinstance(element, _Among) else "<> ALL"
    return f"{column} {words} ({ids})"


@compiles(together)
def _as_json(element: together, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **how)})"


@compiles(together, "postgresql")
def _as_array(element: together, compiler: SQLCompiler, **how: Any) -> str:
    return f"array_agg({compiler.process(element.clauses, **how)})"


@compiles(as_lists)
def _group_array(element: as_lists, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **how)}))"


@compiles(as_lists, "postgresql")
def _json_agg(element: as_lists, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_agg(json_build_array({compiler.process(element.clauses, **how)}))::text"
