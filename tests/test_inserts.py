"""Rows by the thousand go in as SQLAlchemy would put them in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from microshare import inserts
from microshare.db import Base, db, saving
from microshare.models import Department, Follow, Post, Tag
from tests.conftest import NOON, House

SUMMER = timezone(timedelta(hours=2))
MOMENTS = [
    NOON,
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 7, 1, 0, 30, 15, 7, tzinfo=SUMMER),
    datetime(999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]


def posts(house: House) -> list[dict[str, object]]:
    return [
        {"id": 100 + number, "author_id": house.ada.id, "department_id": house.ada.department_id,
         "kind": "update", "line": f"{{a}} 'b' \"c\", %s {number}\\n", "line_html": "é🇳🇱",
         "reply_to_id": 100 + number - 1 if number else None, "key": str(number),
         "created_at": at, "edited_at": at if number % 2 else None}
        for number, at in enumerate(MOMENTS)
    ]  # fmt: skip


def stored(model: type[Base]) -> list[tuple[object, ...]]:
    """All rows, in their order."""
    table = model.__table__
    rows = db.session.execute(select(*table.columns).order_by(*table.primary_key))
    return [tuple(row) for row in rows]


def test_the_rows_are_those_that_sqlalchemy_puts_in(house: House) -> None:
    rows = posts(house)
    with saving():
        db.session.connection().execute(insert(Post.__table__), rows)
        usual = stored(Post)
        db.session.rollback()
    with saving():
        inserts.many(Post, rows)
    assert stored(Post) == usual
    assert len(usual) == len(MOMENTS)
    assert usual[2][Post.__table__.columns.keys().index("created_at")] == MOMENTS[2]


def test_ids_are_given_in_the_order_of_the_rows(house: House) -> None:
    names = [f"tag{number * 7919 % 3000}" for number in range(3000)]
    with saving():
        inserts.many(
            Tag, [{"name": name, "spelling": name, "created_at": NOON} for name in names]
        )
    found = db.session.execute(select(Tag.name, Tag.description).order_by(Tag.id)).all()
    assert [tuple(row) for row in found] == [(name, "") for name in names]


def test_no_rows_are_no_statement(house: House) -> None:
    inserts.many(Follow, [])


@pytest.mark.parametrize("kind", ["update", "gossip"])
def test_what_the_tables_refuse_is_the_error_that_it_always_is(house: House, kind: str) -> None:
    row = {**posts(house)[0], "kind": kind, "author_id": house.ada.id if kind == "gossip" else 999}
    with pytest.raises(IntegrityError), saving():
        inserts.many(Post, [row])
    assert stored(Post) == []


def test_a_time_without_a_zone_is_refused(house: House) -> None:
    row = {"name": "new", "spelling": "new", "created_at": datetime(2026, 1, 1)}
    with pytest.raises((StatementError, ValueError), match="zone"), saving():
        inserts.many(Tag, [row])


def test_a_text_that_is_too_long_is_not_cut(house: House, engine: str) -> None:
    if engine == "sqlite":
        pytest.skip("SQLite knows no lengths")
    with pytest.raises(DataError), saving():
        inserts.many(Department, [{"name": "x" * 600, "slug": "x", "created_at": NOON}])
