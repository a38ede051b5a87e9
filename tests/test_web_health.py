"""What the pages do while the database is away, and who can tell whether they can serve."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, text

from microshare import connections, create_app, installing
from microshare.config import Settings
from microshare.db import db, let_go, saving
from microshare.errors import Unavailable
from microshare.models import FailedSignIn, Post
from microshare.turns import exclusive
from microshare.web import health
from tests import restarts
from tests.conftest import Browser, Queries, furnish
from tests.restarts import Server

LINE = "Seal <42> of #pumps is quieter now"


@pytest.fixture
def server() -> Iterator[Server]:
    with restarts.served() as made:
        yield made


@contextmanager
def serving(settings: Settings) -> Iterator[Flask]:
    """An application of its own, as each host has one."""
    app = create_app(settings)
    app.test_client_class = Browser
    try:
        yield app
    finally:
        with app.app_context():
            let_go()
            db.engine.dispose()


@pytest.fixture
def host(server: Server, settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """A web host with nothing on its disk, and the three in its database."""
    with serving(replace(settings, instance=tmp_path / "host", database_url=server.url)) as app:
        with app.app_context():
            installing.install()
            furnish()
        yield app


def write(browser: FlaskClient, token: str) -> "tuple[int, str]":
    answer = browser.post("/posts", data={"csrf_token": token, "line": LINE, "note": "a\nnote",
                                          "key": "k1"}, headers={"Accept-Language": "nl"})
    if answer.status_code == 503:
        assert answer.headers["Retry-After"] == "5"
    return answer.status_code, answer.get_data(as_text=True)


def signed_in(app: Flask) -> tuple[Browser, str]:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    assert browser.sign_in("ada").status_code == 303
    return browser, browser.token()


def test_alive_and_ready_are_plain_words_without_session_or_cookie(app: Flask) -> None:
    for path, word in (("/health", "OK"), ("/ready", "ready\n")):
        answer = app.test_client().get(path, headers={"Cookie": "microshare=nonsense"})
        assert (answer.status_code, answer.get_data(as_text=True)) == (200, word)
        assert answer.mimetype == "text/plain"
        assert answer.headers["Cache-Control"] == "no-store"
        assert {"Set-Cookie", "Location"} & set(answer.headers.keys()) == set()
        assert "Cookie" not in answer.headers["Vary"]


def test_alive_asks_nothing_of_the_database(app: Flask) -> None:
    with app.app_context(), Queries() as queries:
        app.test_client().get("/health")
    assert queries == []


def test_not_ready_while_the_tables_are_missing_or_old(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.instance / "microshare.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    with serving(settings) as app:
        answer = app.test_client().get("/ready")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.get_data(as_text=True) == "the tables are of an older version\n"
        page = app.test_client().get("/sign-in")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")


def test_a_host_of_the_old_version_goes_on_while_the_others_are_replaced(
    settings: Settings,
) -> None:
    with closing(sqlite3.connect(settings.instance / "microshare.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with serving(settings) as app:
        assert app.test_client().get("/ready").status_code == 200
        assert app.test_client().get("/sign-in").status_code == 200


def test_a_database_that_hangs_is_not_waited_for_and_asked_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    answered, asked = threading.Event(), []

    def schema() -> str:
        asked.append(1)
        answered.wait(30)
        return "current"

    monkeypatch.setattr(installing, "schema", schema)
    for _ in range(3):
        answer = app.test_client().get("/ready")
        assert (answer.status_code, answer.get_data(as_text=True)) == (
            503, "the database does not answer\n")
    assert len(asked) == 1
    answered.set()
    app.extensions[health._KEY].join()
    assert app.test_client().get("/ready").status_code == 200


def test_a_session_begun_at_one_host_goes_on_at_another(
    host: Flask, server: Server, settings: Settings, tmp_path: Path
) -> None:
    browser, token = signed_in(host)
    cookie = browser.get_cookie("microshare")
    assert cookie is not None
    other = replace(settings, instance=tmp_path / "other", database_url=server.url)
    with serving(other) as app:
        there = app.test_client()
        there.set_cookie("microshare", cookie.value)
        assert write(there, token)[0] == 303
        with app.app_context(), saving():
            assert db.session.scalars(select(Post.line)).all() == [LINE]
    assert not (tmp_path / "other" / "secret.key").exists()


def test_wrong_passwords_are_counted_over_all_hosts(
    host: Flask, server: Server, settings: Settings, tmp_path: Path
) -> None:
    other = replace(settings, instance=tmp_path / "other", database_url=server.url)
    with serving(other) as app:
        for there in (host, app):
            browser = there.test_client()
            assert isinstance(browser, Browser)
            assert browser.sign_in("ada", "wrong").status_code == 422
    with host.app_context():
        counted = db.session.scalars(select(FailedSignIn.whom)).all()
    assert (len(counted), len(set(counted))) == (4, 2)  # one account and one address, twice each


def test_the_server_dies_the_text_is_kept_and_the_next_request_after_it_works(
    host: Flask, server: Server
) -> None:
    browser, token = signed_in(host)
    server.kill()
    for _ in range(2):
        status, page = write(browser, token)
        assert status == 503
        assert "De database geeft geen antwoord" in page
        assert "Seal &lt;42&gt; of #pumps is quieter now</textarea>" in page
        assert "a\nnote</textarea>" in page
        assert 'name="key" value="k1"' in page
        assert f'name="csrf_token" value="{token}"' in page
        assert "Opnieuw versturen" in page
    assert browser.get("/everyone").status_code == 503
    ready = host.test_client().get("/ready")
    assert (ready.status_code, ready.headers["Retry-After"]) == (503, "5")
    assert host.test_client().get("/health").status_code == 200
    server.start()
    assert write(browser, token)[0] == 303  # the first one already: no dead connection is used
    assert host.test_client().get("/ready").status_code == 200
    with host.app_context():
        assert db.session.scalars(select(Post.line)).all() == [LINE]


def test_a_connection_that_dies_in_the_middle_of_a_request_is_no_fault(
    host: Flask, server: Server
) -> None:
    browser, token = signed_in(host)
    with host.app_context():
        engine = db.engine

    def cut(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("INSERT INTO posts"):
            with engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                   " WHERE pid <> pg_backend_pid() AND usename = 'test'"))

    event.listen(engine, "before_cursor_execute", cut)
    status, page = write(browser, token)
    event.remove(engine, "before_cursor_execute", cut)
    assert (status, "quieter now</textarea>" in page) == (503, True)
    assert write(browser, token)[0] == 303


def test_a_host_that_starts_before_the_database_serves_when_it_is_there(
    host: Flask, server: Server
) -> None:
    settings: Settings = host.config["MICROSHARE"]
    server.kill()
    with serving(settings) as app:
        page = app.test_client().get("/sign-in", headers={"Accept-Language": "nl"})
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert "De database geeft geen antwoord" in page.get_data(as_text=True)
        kept = app.test_client().post("/posts", data={"line": LINE})
        assert (kept.status_code, "quieter now" in kept.get_data(as_text=True)) == (503, True)
        with app.test_client().get("/static/style.css") as sheet:
            assert sheet.status_code == 200
        server.start()
        assert app.test_client().get("/sign-in").status_code == 200


def test_a_lock_that_the_server_forgot_is_known_to_be_gone(host: Flask, server: Server) -> None:
    with host.app_context():
        with exclusive("work") as turn:
            assert turn.stands()
            server.kill()
            server.start()
            assert not turn.stands()
            with exclusive("work") as second:
                assert second


def test_a_password_is_not_shown_when_the_database_is_away(host: Flask, server: Server) -> None:
    browser = host.test_client()
    assert isinstance(browser, Browser)
    token = browser.token()
    server.kill()
    answer = browser.post("/sign-in", data={"csrf_token": token, "login": "ada",
                                            "password": "s3cret-word"})
    assert answer.status_code == 503
    assert "s3cret-word" not in answer.get_data(as_text=True)
    server.start()


def test_web_requests_have_little_time_and_jobs_have_much(host: Flask, server: Server) -> None:
    asked = text("SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),"
                 " current_setting('idle_in_transaction_session_timeout')")
    with host.app_context():
        assert tuple(db.session.execute(asked).one()) == ("10s", "5s", "30s")
        with pytest.raises(Unavailable) as unavailable, saving():
            db.session.execute(text("SET LOCAL statement_timeout = 20"))
            db.session.execute(text("SELECT pg_sleep(5)"))
        assert unavailable.value.facts == {"why": "locked"}
    app = create_app(host.config["MICROSHARE"], patient=True)
    with app.app_context():
        assert tuple(db.session.execute(asked).one()) == ("0", "1min", "10min")
        let_go()
        db.engine.dispose()


def test_a_server_that_may_only_be_read_says_so(host: Flask) -> None:
    with host.app_context():
        with pytest.raises(Unavailable) as unavailable, saving():
            db.session.execute(text("SET TRANSACTION READ ONLY"))
            db.session.execute(text("DELETE FROM posts"))
        assert unavailable.value.facts == {"why": "read-only"}


def test_an_sqlite_file_that_is_moved_away_takes_nothing_that_would_be_lost(
    site: Flask, settings: Settings
) -> None:
    browser, token = signed_in(site)
    path = settings.instance / "microshare.db"
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(file.with_name("away" + suffix))
    status, page = write(browser, token)
    assert (status, "quieter now</textarea>" in page) == (503, True)
    assert not path.exists()
    assert site.test_client().get("/ready").status_code == 503
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name("away" + suffix)
        if file.exists():
            file.rename(path.with_name(path.name + suffix))
    assert write(browser, token)[0] == 303


def test_an_sqlite_database_that_is_locked_shows_the_form_again(
    site: Flask, settings: Settings
) -> None:
    browser, token = signed_in(site)
    with site.app_context():
        db.engine.dispose()

        def hurry(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA busy_timeout=20")

        event.listen(db.engine, "connect", hurry)
        engine = db.engine
    with closing(sqlite3.connect(settings.instance / "microshare.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, page = write(browser, token)
        other.execute("ROLLBACK")
    event.remove(engine, "connect", hurry)
    assert (status, "quieter now</textarea>" in page) == (503, True)
    assert 'action="/posts"' in page
    assert write(browser, token)[0] == 303


def _state_of_ours(server: Server) -> str:
    with psycopg.connect(server.url) as other:
        [state] = other.execute("SELECT state FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                                " AND application_name = 'microshare'").fetchone() or [""]
    return str(state)


def test_who_reads_holds_no_transaction_and_who_saves_does(host: Flask, server: Server) -> None:
    with host.app_context():
        db.session.scalars(select(Post.id)).all()
        assert _state_of_ours(server) == "idle"
        with saving():
            db.session.scalars(select(Post.id)).all()
            assert _state_of_ours(server) == "idle in transaction"


def test_a_connection_that_ended_while_it_rested_is_noticed(
    host: Flask, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "TRUSTED", 0)
    for _ in range(2):
        with host.app_context():
            assert db.session.scalars(select(Post.id)).all() == []
            db.session.remove()
        with psycopg.connect(server.url) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE pid <> pg_backend_pid() AND application_name = 'microshare'")
