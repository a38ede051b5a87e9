"""The database: one session a request or job, aware times, and who was first.

SQLite is the embedded default (WAL, synchronous FULL: what was acknowledged is on disk);
PostgreSQL is one setting away. Verbs flush; a door or a job saves, once, with `saving()`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import Connection, DateTime, Dialect, Engine, Executable, Row
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

from microshare import config, connections
from microshare.errors import Unavailable

Saved = TypeVar("Saved")
HASTE = 50  # ms that `at_once` waits for whoever else is writing
PAUSE = 0.25  # seconds between two tries of what must be saved
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

    def bind_processor(self, dialect: Dialect) -> "Callable[[datetime | None], Any] | None":
        """As SQLite's own does, in a third of the time: a row of a post has several moments."""
        usual = super().bind_processor(dialect)

        def written(value: datetime | None) -> Any:
            if value is None:
                return None
            if value.tzinfo is not UTC:
                value = self.process_bind_param(value, dialect) or value
            return value.isoformat(" ", "microseconds")[:26]  # without the zone

        return written if dialect.name == "sqlite" else usual

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """SQLite has text; read at once it takes a third of the time, and a page has 150."""
        if dialect.name == "sqlite":
            return lambda said: None if said is None else datetime.fromisoformat(said + "+00:00")
        return super().result_processor(dialect, coltype)


class Base(DeclarativeBase):
    """What every table derives from."""

    registry = registry(type_annotation_map={datetime: UtcDateTime})


class _Session(Session):
    """A session that only reads asks a server without a transaction around it.

    In one, each statement sees what is committed by then anyhow; it takes two ways to the server
    and back more, and a page of five statements waits for little else. `saving` has a transaction.
    """

    def get_bind(self, *args: Any, **more: Any) -> Engine | Connection:
        bind = super().get_bind(*args, **more)
        is_reading = _READING in current_app.extensions or self.info.get("reading")
        if not is_reading or self.info.get("saving") or not isinstance(bind, Engine):
            return bind
        return _reading(bind)


@lru_cache(maxsize=100)
def _reading(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")


_READING = "microshare.reading"
db = SQLAlchemy(model_class=Base, session_options={"class_": _Session})


def init_app(app: Flask, *, patient: bool) -> None:
    """Open the database of this application; nothing is created here.

    `patient`: for jobs and commands, whose statements may take long; a web request's may not.
    """
    settings: config.Settings = app.config["MICROSHARE"]
    url = connections.address(settings.database, patient=patient)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = connections.pool(
        url, patient=patient, threads=settings.web_threads
    )
    db.init_app(app)
    if url.get_backend_name() == "postgresql" and not patient:
        app.extensions[_READING] = True
    with app.app_context():
        connections.prepare(db.engine, patient=patient)
    app.teardown_appcontext(lambda error: let_go())  # before the extension's own


def let_go() -> None:
    """End the session of this request or job, also one whose connection died meanwhile."""
    try:
        db.session.remove()
    except OUTAGES:
        db.session().invalidate()
        db.session.remove()


def roll_back() -> None:
    """Undo what was not saved; a dead connection has done so already, and is dropped."""
    try:
        db.session.rollback()
    except OUTAGES:
        db.session().invalidate()


_SIGNS = {
    "locked": "locked",
    "busy": "locked",
    "full": "full",
    "no space": "full",
    "readonly": "read-only",
    "read-only": "read-only",
    "timeout": "locked",  # PostgreSQL's limits, and a pool whose connections are all at work
    "deadlock": "locked",
}
# What SQLAlchemy raises when the database, or a connection to it, is not to be had.
OUTAGES = (OperationalError, PoolTimeout)


def outage(error: SQLAlchemyError) -> Unavailable:
    """The refusal that tells why the database does not answer.

    The first cause tells it: a full disk ends SQLite's transaction, and what fails next is only
    that its savepoint is gone.
    """
    cause: BaseException | None = error
    why = "gone"
    while cause is not None:
        if isinstance(cause, OUTAGES):
            said = str(getattr(cause, "orig", cause)).lower()
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
    try:
        session.rollback()
    except OUTAGES as error:
        session().invalidate()
        raise outage(error) from error
    session.info["saving"] = True
    try:
        session.connection(execution_options={"writes": True})
        yield
        session.commit()
    except OUTAGES as error:
        roll_back()
        raise outage(error) from error
    except BaseException:
        roll_back()
        raise
    finally:
        session.info.pop("saving", None)


@contextmanager
def reading() -> Iterator[None]:
    """What a job asks inside goes without a transaction to a server, as in a web request.

    On SQLite it stays one: to begin it costs nothing there, and its file is read as of one moment.
    """
    session = db.session
    roll_back()
    session.info["reading"] = db.engine.dialect.name == "postgresql"
    try:
        yield
    finally:
        roll_back()
        session.info.pop("reading", None)


@contextmanager
def at_once() -> Iterator[Connection]:
    """A transaction for what may as well be left out: it waits for nobody, and fails instead.

    It is beside the session, whose own ends before: no request holds two connections.
    """
    roll_back()
    is_file = db.engine.dialect.name == "sqlite"
    with db.engine.begin() as connection:
        if is_file:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={HASTE}")
        else:
            connection.exec_driver_sql(
                f"SET LOCAL lock_timeout = {HASTE}; SET LOCAL statement_timeout = {HASTE * 10}"
            )
        try:
            yield connection
        finally:
            if is_file:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={connections.BUSY}")


def insist(save: Callable[[], Saved], seconds: float) -> Saved:
    """Save what cannot be undone, a letter that left: again and again until the database does."""
    began = monotonic()
    while True:
        try:
            return save()
        except Unavailable:
            if monotonic() - began > seconds:
                raise
            sleep(PAUSE)


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
        usual = f"busy_timeout={connections.BUSY}"
        for pragma in ("busy_timeout=500", "wal_checkpoint(TRUNCATE)", usual):
            connection.cursor().execute(f"PRAGMA {pragma}")
    finally:
        connection.close()


def add_once(model: type[Base], **values: Any) -> bool:
    """Insert a row unless its key is there already; true if this call was the first.

    The database decides who was first: there is no look before the leap.
    """
    return added(model, **values) is not None


def added(model: type[Base], **values: Any) -> Row[Any] | None:
    """The same; what is given is the primary key of the new row, or None."""
    return db.session.execute(_once(model, db.engine.dialect.name), values).first()


@cache  # to make a statement takes longer than to insert a row
def _once(model: type[Base], dialect: str) -> Executable:
    statement: Executable = _unless_there(model, dialect).returning(*model.__table__.primary_key)
    return statement


def add_missing(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows whose keys are not there already.

    Told in one order by all, no two writers lock each other.
    """
    if rows:
        statement = _unless_there(model, db.engine.dialect.name)
        db.session.connection().execute(statement, rows)


@cache
def _unless_there(model: type[Base], dialect: str) -> Any:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(model.__table__).on_conflict_do_nothing()  # type: ignore[arg-type]
