"""How a connection to the database is made: its pool, its limits, and what SQLite must be told.

A web request has little time and a job has much: the limits are the database's own, sent along
when a connection opens, so that nothing hangs whatever the network does.
"""

import sqlite3
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

CONNECT = 2  # seconds until a server that does not answer counts as away; libpq's least
STATEMENT, LOCK, IDLE = 10, 5, 30  # seconds of a web request: one statement, a lock, a pause
PATIENT_LOCK, PATIENT_IDLE = 60, 600  # the same of a job; its statements may take what they take
BUSY = 5000  # ms that a writer waits for another on SQLite
TRUSTED = 1  # seconds that a connection may have rested and is taken for well
RECYCLE = 1800  # seconds after which a connection is opened anew: firewalls drop old ones
JOBS = 20  # connections of a worker or command at most: its jobs, the locks they hold
SPARE = 5
# Kilobytes of SQLite's pages that each connection keeps. A job asks for ever other ones: it would
# fill what it is given and be no quicker, as the system has them in memory too.
PAGES, JOB_PAGES = 16_000, 2_000
# Pages that a connection lets SQLite's log grow to before it brings them into the file. A bulk load
# writes the same pages of the indexes in each batch: a third less is written, once for many.
LOG, JOB_LOG = 1_000, 16_000
# What PostgreSQL calls the end of our connection or a server that may only be read, where the
# driver files it among the faults of a program (appendix A of its manual).
_OUTAGES = {"25006", "25P03"}


def address(url: str, *, patient: bool) -> URL:
    """The SQLAlchemy address of a `MICROSHARE_DATABASE_URL`, with the limits in it.

    What the address itself says wins over ours.

    >>> told = address("postgresql://ada@db/share?connect_timeout=9", patient=False)
    >>> told.drivername, told.query["connect_timeout"], told.query["options"][:26]
    ('postgresql+psycopg', '9', '-c statement_timeout=10000')
    """
    parts = make_url(url)
    if parts.get_backend_name() != "postgresql":
        return parts
    lock, idle = (PATIENT_LOCK, PATIENT_IDLE) if patient else (LOCK, IDLE)
    limits = {
        "statement_timeout": 0 if patient else STATEMENT * 1000,
        "lock_timeout": lock * 1000,
        "idle_in_transaction_session_timeout": idle * 1000,
    }
    options = " ".join(f"-c {name}={limit}" for name, limit in limits.items())
    options += " -c jit=off"  # to compile a plan takes longer than any of ours
    asked = {
        "connect_timeout": str(CONNECT),
        "application_name": "microshare",
        # A host that vanished without a word is noticed within half a minute.
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        **parts.query,
        "options": f"{options} {parts.query.get('options', '')}".strip(),
    }
    return parts.set(drivername="postgresql+psycopg").set(query=asked)


def pool(url: URL, *, patient: bool, threads: int) -> dict[str, Any]:
    """The engine's options: a connection for each thread, and some for the locks they hold."""
    is_server = url.get_backend_name() == "postgresql"
    options: dict[str, Any] = {
        "hide_parameters": True,  # a fault in the log tells no names and no texts
    }
    if url.database not in (None, "", ":memory:"):
        # The last one used has in its memory what the next reader asks for too.
        options |= {"pool_size": JOBS if patient else threads, "max_overflow": SPARE,
                    "pool_use_lifo": True}  # fmt: skip
    if is_server:
        options |= {"pool_recycle": RECYCLE, "pool_timeout": STATEMENT}
    return options


def prepare(engine: Engine, *, patient: bool) -> None:
    """Tell the engine what its connections need; before the first one is made."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, *((JOB_PAGES, JOB_LOG) if patient else (PAGES, LOG)))
    else:
        event.listen(engine, "handle_error", _tell_outages)
        _look_before(engine)


def _tell_outages(context: Any) -> None:
    if getattr(context.original_exception, "sqlstate", None) in _OUTAGES:
        raise OperationalError(
            context.statement, None, context.original_exception, hide_parameters=True
        )


def _look_before(engine: Engine) -> None:
    """Ask a connection that rested whether it is still there, as SQLAlchemy's `pool_pre_ping` asks
    each: where there is much to do, that is a fifth of the ways to the server and back.
    """

    def rested(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = monotonic()

    def checkout(connection: Any, record: ConnectionPoolEntry, fairy: Any) -> None:
        if monotonic() - record.info["rests_since"] < TRUSTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the connection ended while it rested") from error

    event.listen(engine, "connect", rested)
    event.listen(engine, "checkin", rested)
    event.listen(engine, "checkout", checkout)


def sqlite_file(engine: Engine) -> Path | None:
    """The file of an SQLite database, if it is one and has one."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return None
    return Path(name)


def make_file(engine: Engine) -> None:
    """Make the file of an SQLite database; the only place that does."""
    path = sqlite_file(engine)
    if path is not None and not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)


def _prepare_sqlite(engine: Engine, pages: int, log: int) -> None:
    path = sqlite_file(engine)

    def open_file(dialect: Any, record: Any, args: Any, options: Any) -> None:
        # SQLite would make an empty database in the place of one that is gone.
        if path is not None and not path.exists():
            raise sqlite3.OperationalError("unable to open database file")

    def connect(connection: Any, record: ConnectionPoolEntry) -> None:
        # The driver's own transactions start too late and never at once (bpo-10740); ours are
        # begun by `_begin` below.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY}",
            "temp_store=MEMORY",
            f"cache_size={-pages}",
            f"wal_autocheckpoint={log}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        record.info["file"] = _identity(path)

    def checkout(connection: Any, record: ConnectionPoolEntry, fairy: Any) -> None:
        # What is written to a file that was moved away would be lost, acknowledged or not.
        if path is not None and record.info["file"] != _identity(path):
            raise DisconnectionError("the file of the database is another one")

    event.listen(engine, "do_connect", open_file)
    event.listen(engine, "connect", connect)
    event.listen(engine, "checkout", checkout)
    event.listen(engine, "begin", _begin)


def _begin(connection: Any) -> None:
    """A writer takes its place at once: a reader that turns writer half-way is refused by SQLite
    without waiting when somebody else wrote meanwhile.
    """
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:  # takes no lock and cannot fail; through SQLAlchemy it takes as long as a small query
        connection.connection.dbapi_connection.execute("BEGIN")


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Which file stands at a path; None where there is none."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
