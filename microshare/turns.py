"""Whose turn it is: named work that only one process may do at a time, over all hosts."""

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from microshare import config
from microshare.db import OUTAGES, db


class Turn:
    """Whether a piece of named work is ours to do; see `exclusive`."""

    def __init__(self, mine: bool, connection: Connection | None = None) -> None:
        self.mine = mine
        self.connection = connection

    def __bool__(self) -> bool:
        return self.mine

    def stands(self) -> bool:
        """Whether it is still ours: a server that was restarted has forgotten its locks."""
        if self.connection is None or not self.mine:
            return self.mine
        try:
            self.connection.scalar(text("SELECT 1"))
            self.connection.commit()
        except OUTAGES:
            self.mine = False
        return self.mine


@contextmanager
def exclusive(name: str, *, wait: bool = False) -> Iterator[Turn]:
    """Whether this process may do the named work now; nobody else may until the block ends.

    A process that dies lets go at once (a file lock on one machine, an advisory lock of its
    session on PostgreSQL, over all hosts), so no lease has to run out after a crash. `wait` waits
    for its turn. On PostgreSQL a turn ends with its connection too: `Turn.stands` asks.
    """
    if db.engine.dialect.name == "sqlite":
        folder = config.current().instance / "locks"
        folder.mkdir(mode=0o700, exist_ok=True)
        with (folder / f"{name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield Turn(False)
            else:
                yield Turn(True)
        return
    number = zlib.crc32(f"microshare {name}".encode())
    take = "SELECT pg_advisory_lock(:n) IS NOT NULL" if wait else "SELECT pg_try_advisory_lock(:n)"
    connection = db.engine.connect()
    turn = Turn(False, connection)
    try:
        if wait:  # as long as it takes
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
        turn.mine = bool(connection.scalar(text(take), {"n": number}))
        connection.commit()  # the lock is the connection's, not the transaction's
        yield turn
    finally:
        _give_back(turn, connection, number)


def locks_since() -> datetime | None:
    """When the server that keeps the locks last started; None where only a death ends them."""
    if db.engine.dialect.name == "sqlite":
        return None
    return db.session.scalar(select(func.pg_postmaster_start_time()))


def _give_back(turn: Turn, connection: Connection, number: int) -> None:
    """Unlock; a connection that cannot is closed, and its lock with it."""
    try:
        connection.rollback()
        if turn.mine:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})
            connection.commit()
    except OUTAGES:
        connection.invalidate()
    finally:
        connection.close()
