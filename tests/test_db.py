import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from microshare import clock, config, create_app, departments, people
from microshare import db as database
from microshare.config import Settings
from microshare.db import Base, add_once, db, outage, saving
from microshare.errors import Refused, Unavailable
from microshare.models import Department, Post, Tag
from microshare.turns import exclusive, locks_since
from tests.acts import publish, raced
from tests.conftest import NOON, House, furnish


def add_tag(name: str, now: datetime = NOON) -> bool:
    return add_once(Tag, name=name, spelling=name, description="", created_at=now)


def tags() -> list[str]:
    return list(db.session.scalars(select(Tag.name).order_by(Tag.name)))


def test_a_time_without_a_zone_is_refused(domain: Flask) -> None:
    with pytest.raises(StatementError, match="a time without a zone"), saving():
        add_tag("naive", NOON.replace(tzinfo=None))
    with pytest.raises(StatementError, match="a time without a zone"):
        db.session.scalar(select(Tag.id).where(Tag.created_at > datetime(2026, 1, 1)))
    assert tags() == []


def test_a_time_of_any_zone_comes_back_as_the_same_moment_in_utc(domain: Flask) -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    moment = datetime(2026, 11, 23, 17, 30, 0, 123456, tzinfo=kolkata)
    with saving():
        add_tag("aware", moment)
    kept = db.session.scalars(select(Tag.created_at)).one()
    assert kept == moment
    assert kept.utcoffset() == timedelta()
    assert db.session.scalar(select(Tag.id).where(Tag.created_at == moment.astimezone(UTC)))


def test_what_is_saved_together_is_there_for_everybody(domain: Flask) -> None:
    with saving():
        add_tag("one")
        add_tag("two")
    db.session.remove()
    assert tags() == ["one", "two"]


@pytest.mark.parametrize("error", [Refused("post-empty"), KeyboardInterrupt(), ValueError()])
def test_whatever_goes_wrong_inside_nothing_is_saved(
    domain: Flask, error: BaseException
) -> None:
    with pytest.raises(type(error)), saving():
        add_tag("lost")
        raise error
    assert tags() == []
    with saving():
        add_tag("kept")
    assert tags() == ["kept"]


def test_a_rule_never_decides_on_a_row_that_was_loaded_before(house: House, domain: Flask) -> None:
    def rename() -> None:
        with saving():
            departments.get("sales").name = "Sold"

    sales = departments.get("sales")
    assert sales.name == "Sales"
    with domain.app_context():  # another session
        rename()
    with saving():
        assert sales.name == "Sold"


def test_only_the_first_of_one_key_is_added_and_the_second_changes_nothing(
    domain: Flask,
) -> None:
    with saving():
        assert add_tag("pumps")
        assert not add_once(Tag, name="pumps", spelling="PUMPS", description="x", created_at=NOON)
    assert db.session.scalars(select(Tag.spelling)).all() == ["pumps"]


def test_of_many_at_the_same_moment_exactly_one_is_first(domain: Flask) -> None:
    def act() -> bool:
        with saving():
            return add_tag("pumps")

    assert sorted(raced(domain, *[act] * 5)) == [False] * 4 + [True]


def test_a_row_that_points_nowhere_is_refused_by_the_database(house: House) -> None:
    with pytest.raises(IntegrityError), saving():
        db.session.add(Post(author_id=999, department_id=1, kind="update", line="x",
                            line_html="x", created_at=NOON))
        db.session.flush()


def test_the_migrations_make_the_tables_that_the_models_tell(domain: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_named_work_is_done_by_one_at_a_time(domain: Flask) -> None:
    with exclusive("work") as mine:
        assert mine
        for _ in range(2):
            with exclusive("work") as second:
                assert not second
        with exclusive("other work") as other:
            assert other
    with pytest.raises(ValueError, match="broken"), exclusive("work") as mine:
        assert mine
        raise ValueError("broken")
    with exclusive("work") as mine:
        assert mine


def test_who_waits_gets_the_turn_when_the_other_is_done(domain: Flask) -> None:
    inside, order = threading.Event(), []

    def wait() -> None:
        with domain.app_context():
            inside.wait()
            with exclusive("work", wait=True) as mine:
                order.append(f"second {bool(mine)}")
            db.session.remove()

    second = threading.Thread(target=wait)
    second.start()
    with exclusive("work"):
        inside.set()
        order.append("first")
    second.join()
    assert order == ["first", "second True"]


HOLD = """
import sys
from microshare import create_app
from microshare.turns import exclusive
with create_app().app_context(), exclusive("work") as mine:
    print(bool(mine), flush=True)
    sys.stdin.read()
"""


def test_a_process_that_is_killed_lets_go(domain: Flask) -> None:
    settings = domain.config["MICROSHARE"]
    process = subprocess.Popen([sys.executable, "-c", HOLD], env=config.environment(settings),
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"True\n"
        with exclusive("work") as mine:
            assert not mine
        process.kill()
        process.wait()
    with exclusive("work", wait=True) as mine:
        assert mine


def test_it_is_known_since_when_locks_are_kept(domain: Flask, engine: str) -> None:
    since = locks_since()
    if engine == "postgresql":
        assert since is not None
        assert timedelta() < clock.now() - since < timedelta(days=1)
    else:
        assert since is None


@contextmanager
def pragma(setting: str) -> Iterator[None]:
    """Each new connection of the app begins with this."""
    def apply(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA {setting}")

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", apply)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", apply)
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def embedded(app: Flask) -> Iterator[House]:
    """The house on SQLite alone."""
    with app.app_context():
        yield furnish()


def why(unavailable: pytest.ExceptionInfo[Unavailable]) -> str:
    assert unavailable.value.code == "database"
    return str(unavailable.value.facts["why"])


def test_what_sqlite_acknowledged_is_on_the_disk(embedded: House) -> None:
    told = {name: db.session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1,
                    "busy_timeout": 5000}


def test_a_database_that_somebody_else_holds_is_locked(embedded: House, settings: Settings) -> None:
    path = settings.instance / "microshare.db"
    with pragma("busy_timeout=50"), closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Unavailable) as unavailable, saving():
            pytest.fail("nobody gets in")
        assert why(unavailable) == "locked"
        other.execute("ROLLBACK")
        with saving():
            add_tag("in")
    assert tags() == ["in"]


def test_readers_go_on_while_somebody_writes(embedded: House, settings: Settings) -> None:
    path = settings.instance / "microshare.db"
    with pragma("busy_timeout=50"), closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert db.session.scalar(select(func.count()).select_from(Department)) == 2
        other.execute("ROLLBACK")


def test_a_full_disk_saves_nothing_says_so_and_harms_nothing(embedded: House) -> None:
    kept = publish(embedded.ada, "before")
    pages = db.session.connection().exec_driver_sql("PRAGMA page_count").scalar()
    saved = 0
    kept_id = kept.id
    with pragma(f"max_page_count={pages + 4}"):
        with pytest.raises(Unavailable) as unavailable:
            for number in range(200):
                publish(people.get("ada"), f"post {number}", note="x" * 2000)
                saved = number + 1
        assert why(unavailable) == "full"
        assert db.session.scalar(select(func.count()).select_from(Post)) == saved + 1
    assert publish(people.get("ada"), "after").id == kept_id + saved + 1
    assert db.session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_database_that_may_only_be_read_says_so(embedded: House) -> None:
    with pragma("query_only=1"):
        with pytest.raises(Unavailable) as unavailable:
            publish(people.get("ada"), "lost")
        assert why(unavailable) == "read-only"
        assert db.session.scalar(select(func.count()).select_from(Post)) == 0


def test_a_server_that_does_not_answer_is_gone(tmp_path: Path) -> None:
    nowhere = create_app(Settings(
        instance=tmp_path, database_url=f"postgresql://test@/postgres?host={tmp_path}"))
    with nowhere.app_context():
        with pytest.raises(Unavailable) as unavailable, saving():
            pytest.fail("nobody gets in")
        assert why(unavailable) == "gone"
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(("said", "told"), [
    ("database is locked", "locked"), ("database table is locked", "locked"),
    ("database or disk is full", "full"), ("could not extend file: No space left", "full"),
    ("attempt to write a readonly database", "read-only"),
    ("disk I/O error", "gone"), ("server closed the connection unexpectedly", "gone"),
])
def test_what_a_database_says_is_told_in_one_word(said: str, told: str) -> None:
    error = OperationalError("SELECT 'locked'", {}, sqlite3.OperationalError(said))
    assert outage(error).facts == {"why": told}


def test_the_log_of_sqlite_begins_anew_after_much_was_written(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        log = config.current().instance / "microshare.db-wal"
        with saving():
            departments.named("Sales", NOON)
        database.keep_small()
        assert log.stat().st_size > 0
        monkeypatch.setattr(database, "LARGE_LOG", 1)
        database.keep_small()
        assert log.stat().st_size == 0
        with saving():
            departments.named("Service", NOON)
