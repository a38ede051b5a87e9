"""Calls of clients are counted together: over the processes of a server, and over servers."""

import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Dialect, event, func, select

from microshare import calls, create_app, tallies
from microshare.api import rates
from microshare.db import at_once, db, saving
from microshare.models import CallCount
from microshare.tallies import Tallies
from tests.conftest import NOON, Queries

LIMIT = 500
PART = LIMIT // rates.PARTS


class Servers:
    """Applications with memories of their own and one database."""

    def __init__(self, first: Flask, number: int = 2) -> None:
        settings = first.config["MICROSHARE"]
        self.apps = [first, *(create_app(settings) for _ in range(number - 1))]
        self.now = NOON

    def call(self, at: int, whom: str = "user 7", after: float = 0.02) -> rates.Rate:
        """A call so many seconds after the last."""
        self.now += timedelta(seconds=after)
        with self.apps[at].app_context():
            return rates.count("call", whom, LIMIT, rates.WINDOW, self.now)

    def until_over(self, at: int, whom: str = "user 7") -> int:
        """How many calls are let through before one is not."""
        let_through = 0
        while not self.call(at, whom).is_over:
            let_through += 1
        return let_through


@pytest.fixture
def servers(domain: Flask) -> Iterator[Servers]:
    made = Servers(domain)
    yield made
    for app in made.apps[1:]:
        with app.app_context():
            db.engine.dispose()


def written(queries: Queries) -> int:
    return sum("INTO call_counts" in one for one in queries)


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(CallCount)) or 0


def test_who_is_over_at_one_server_is_soon_refused_by_the_other(servers: Servers) -> None:
    assert servers.until_over(0) == LIMIT
    assert db.session.scalar(select(CallCount.used)) == LIMIT + 1
    db.session.rollback()
    assert servers.until_over(1) < PART
    assert not servers.call(1, "user 8").is_over
    servers.now = NOON + rates.WINDOW
    assert [servers.call(at).remaining for at in (0, 1)] == [LIMIT - 1] * 2


def test_by_turns_a_caller_gets_little_more_than_the_limit_and_is_told_about_it(
    servers: Servers,
) -> None:
    told: list[list[int]] = [[], []]
    let_through = 0
    while not all(of and of[-1] == 0 for of in told):
        for at in (0, 1):
            rate = servers.call(at)
            told[at].append(rate.remaining)
            let_through += not rate.is_over
    assert LIMIT <= let_through <= LIMIT + 2 * PART
    for of in told:  # by one server it never grows
        assert of == sorted(of, reverse=True)
    assert all(abs(a - b) <= 2 * PART for a, b in zip(*told, strict=True))


def test_a_usual_call_asks_nothing_and_a_wild_client_writes_seldom(servers: Servers) -> None:
    for _ in range(PART - 1):
        with Queries() as queries:
            servers.call(0)
        assert queries == []
    with Queries() as queries:
        for _ in range(5 * LIMIT):
            servers.call(0)
    assert 0 < written(queries) <= rates.PARTS + 1
    assert rows() == 1


def test_a_crowd_of_addresses_is_no_flood_of_writes(servers: Servers) -> None:
    with Queries() as queries:
        for number in range(3 * rates.WRITES * PART):
            servers.call(0, f"at 192.0.2.{number // PART}", after=0)
    assert written(queries) == rates.WRITES == rows()


def test_the_sum_is_forgotten_when_its_window_has_ended(domain: Flask) -> None:
    for minutes in (0, 5):
        with at_once() as connection:
            assert calls.add(connection, "call user 7", 3, NOON + timedelta(minutes=minutes)) == 3
    with at_once() as connection:
        assert calls.add(connection, "call user 7", 4, NOON) == 7
    assert "user" not in str(db.session.scalars(select(CallCount.key)).all())
    with saving():
        calls.forget_old(NOON)
    assert rows() == 1


@contextmanager
def another_writes(app: Flask) -> Iterator[None]:
    """Somebody has the row, or on SQLite all that can be written."""
    with app.app_context(), saving():
        db.session.query(CallCount).update({"used": CallCount.used})
        yield


@contextmanager
def only_to_be_read(app: Flask) -> Iterator[None]:
    with app.app_context():
        engine = db.engine
    is_file = engine.dialect.name == "sqlite"
    sentence = "PRAGMA query_only=ON" if is_file else "SET default_transaction_read_only = on"

    def connect(connection: object, record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(sentence)
        cursor.close()
        if not is_file:
            connection.commit()  # type: ignore[attr-defined]

    engine.dispose()
    event.listen(engine, "connect", connect)
    yield
    event.remove(engine, "connect", connect)
    engine.dispose()


@contextmanager
def gone(app: Flask) -> Iterator[None]:
    def away(dialect: Dialect, *_: object) -> None:
        assert dialect.dbapi is not None
        raise dialect.dbapi.OperationalError("it is away")

    with app.app_context():
        engine = db.engine
    engine.dispose()
    event.listen(engine, "do_connect", away, insert=True)
    yield
    event.remove(engine, "do_connect", away)


@pytest.mark.parametrize("trouble", [another_writes, only_to_be_read, gone])
def test_where_the_database_has_no_time_each_server_counts_by_itself(
    servers: Servers, trouble: object
) -> None:
    sums = select(func.sum(CallCount.used))
    for _ in range(PART):  # so that there is a row
        servers.call(1)
    with trouble(servers.apps[1]):  # type: ignore[operator]
        told = [servers.call(1).remaining for _ in range(2 * PART)]
    assert told == list(range(LIMIT - PART - 1, LIMIT - 3 * PART - 1, -1))
    assert db.session.scalar(sums) == PART
    db.session.rollback()
    for _ in range(PART):  # what did not go comes along
        servers.call(1)
    assert db.session.scalar(sums) == 4 * PART


def forked(work: Callable[[], object]) -> int:
    """A process that does this and ends, whatever happens."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def test_processes_that_are_forked_count_together() -> None:
    shared, each = Tallies(), 3000

    def count() -> None:
        for _ in range(each):
            shared.count("call user 7", 0, 300, every=each, limit=9 * each)

    child = forked(count)
    count()
    assert os.waitpid(child, 0)[1] == 0
    total = shared.count("call user 7", 0, 300, every=each, limit=9 * each).used
    assert total == 2 * each + 1


def test_a_process_that_is_killed_in_its_turn_keeps_nobody_waiting() -> None:
    shared = Tallies()
    reading, writing = os.pipe()

    def stay() -> None:
        with tallies.turn():
            os.write(writing, b"in")
            signal.pause()

    child = forked(stay)
    try:
        assert os.read(reading, 2) == b"in"
        with pytest.raises(BlockingIOError):
            fcntl.lockf(tallies._file(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)
    assert shared.count("call user 7", 0, 300, every=9, limit=9).used == 1


def test_a_crowd_pushes_out_who_called_least_and_what_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tallies, "GROUPS", 1)
    shared = Tallies()

    def call(name: str, now: int = 0, until: int = 300) -> int:
        return shared.count(name, now, until, every=99, limit=99).used

    assert [call("busy") for _ in range(3)] == [1, 2, 3]
    assert [call("ended", until=60) for _ in range(3)] == [1, 2, 3]
    for number in range(tallies.PLACES):
        call(f"at {number}", now=60)
    assert call("busy", now=60) == 4
    # The last one took the place of the one before, which had taken that of what has ended.
    assert call(f"at {tallies.PLACES - 1}", now=60) == 2
    assert call(f"at {tallies.PLACES - 2}", now=60) == 1
