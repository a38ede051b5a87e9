"""The database: one session a request or job, aware times, and who was first.

SQLite is the embedded default (WAL, synchronous FULL: what was acknowledged is on disk);
PostgreSQL is one setting away. Verbs flush; a door or a job saves, once, with `saving()`.
"""

import fcntl
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

from microshare import config
from microshare.errors import Unavailable

LARGE_LOG = 2**26  # bytes


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in Python, UTC in the database; a naive one is a mistake and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """What every table derives from."""

    registry = registry(type_annotation_map={datetime: UtcDateTime})


db = SQLAlchemy(model_class=Base)


def init_app(app: Flask) -> None:
    """Open the database of this application; nothing is created here."""
    url = app.config["MICROSHARE"].database
    if url.startswith("postgresql:"):
        url = url.replace("postgresql:", "postgresql+psycopg:", 1)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_pre_ping": not url.startswith("sqlite"),
        "hide_parameters": True,  # a fault in the log tells no names and no texts
    }
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)


def _prepare_sqlite(engine: Engine) -> None:
    def connect(connection: Any, _record: Any) -> None:
        # The driver's own transactions start too late and never at once (bpo-10740); ours are
        # begun by `begin` below.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Any) -> None:
        # A writer takes its place at once: a reader that turns writer half-way is refused by
        # SQLite without waiting when somebody else wrote meanwhile.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)


_SIGNS = {
    "locked": "locked",
    "busy": "locked",
    "full": "full",
    "no space": "full",
    "readonly": "read-only",
}


def outage(error: OperationalError) -> Unavailable:
    """The refusal that tells why the database does not answer.

    The first cause tells it: a full disk ends SQLite's transaction, and what fails next is only
    that its savepoint is gone.
    """
    cause: BaseException | None = error
    why = "gone"
    while cause is not None:
        if isinstance(cause, OperationalError):
            said = str(cause.orig).lower()
            why = next((told for sign, told in _SIGNS.items() if sign in said), why)
        cause = cause.__cause__ or cause.__context__
    return Unavailable("database", why=why)


@contextmanager
def saving() -> Iterator[None]:
    """Everything inside is saved together when it ends, or not at all.

    Whatever was loaded before is loaded again inside, so a rule never decides on a stale row.
    A database that does not answer becomes `Unavailable("database", why=…)`.
    """
    session = db.session
    if session.info.get("saving"):
        raise RuntimeError(
            "saving inside saving: the inner one would throw away the outer one's work"
        )
    session.rollback()
    session.info["saving"] = True
    try:
        session.connection(execution_options={"writes": True})
        yield
        session.commit()
    except OperationalError as error:
        session.rollback()
        raise outage(error) from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("saving", None)


def keep_small() -> None:
    """Bring what was written much into SQLite's file, and begin its log (the WAL) anew.

    SQLite does so by itself only while nobody reads. Readers are waited for half a second.
    """
    if db.engine.dialect.name != "sqlite":
        return
    log = Path(f"{db.engine.url.database}-wal")
    if not log.exists() or log.stat().st_size < LARGE_LOG:
        return
    db.session.rollback()
    connection = db.engine.raw_connection()
    try:
        for pragma in ("busy_timeout=500", "wal_checkpoint(TRUNCATE)", "busy_timeout=5000"):
            connection.cursor().execute(f"PRAGMA {pragma}")
    finally:
        connection.close()


def add_once(model: type[Base], **values: Any) -> bool:
    """Insert a row unless its key is there already; true if this call was the first.

    The database decides who was first: there is no look before the leap.
    """
    table = model.__table__
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    statement = (
        insert(table)  # type: ignore[arg-type]
        .values(**values)
        .on_conflict_do_nothing()
        .returning(*table.primary_key)
    )
    return db.session.execute(statement).first() is not None


def add_missing(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows whose keys are not there already.

    Told in one order by all, no two writers lock each other.
    """
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    statement = insert(model.__table__).on_conflict_do_nothing()  # type: ignore[arg-type]
    db.session.connection().execute(statement, rows)


@contextmanager
def exclusive(name: str, *, wait: bool = False) -> Iterator[bool]:
    """Whether this process may do the named work now; nobody else may until the block ends.

    A process that dies lets go at once (a file lock on one machine, an advisory lock on
    PostgreSQL), so no lease has to run out after a crash. `wait` waits for its turn.
    """
    if db.engine.dialect.name == "sqlite":
        folder = config.current().instance / "locks"
        folder.mkdir(mode=0o700, exist_ok=True)
        with (folder / f"{name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
            else:
                yield True
        return
    number = zlib.crc32(f"microshare {name}".encode())
    take = "SELECT pg_advisory_lock(:n) IS NOT NULL" if wait else "SELECT pg_try_advisory_lock(:n)"
    with db.engine.connect() as connection:
        mine = connection.scalar(text(take), {"n": number})
        connection.commit()  # the lock is the connection's, not the transaction's
        try:
            yield bool(mine)
        finally:
            if mine:
                connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})
