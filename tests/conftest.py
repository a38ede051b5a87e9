"""Three standing people: ada writes, grace follows, linus may do nothing to ada's things.

The domain's tests run on SQLite and on PostgreSQL; time is an argument, `NOON` on a Monday.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import event, text
from werkzeug.routing import Rule

from bench import postgresql
from microshare import create_app, departments, installing, people, search
from microshare.config import Settings
from microshare.db import Base, db, saving
from microshare.mailer import Letter
from microshare.models import User
from tests import forks
from tests.forks import Forks

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
ROOT = Path(__file__).parent.parent


# What takes longest begins first, so that no process works on it alone at the end.
LONG = ("test_browser", "test_bench", "test_crash", "test_hosts", "test_copying", "test_mail_ways",
        "test_demo", "test_web_health", "test_digest_run")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.stem.startswith(LONG))


@pytest.fixture(scope="session", autouse=True)
def bare_environment() -> None:
    """No setting of the machine reaches a test."""
    for name in [n for n in os.environ if n.startswith("MICROSHARE_") and n != "MICROSHARE_DATA"]:
        del os.environ[name]


@pytest.fixture(scope="session", autouse=True)
def addresses_compiled_once() -> Iterator[None]:
    """Each test has an application of its own, and of the time that takes, nine tenths go into
    compiling the same addresses anew. What is compiled depends on nothing but the key here."""
    compiled: dict[object, Callable[..., tuple[str, str]]] = {}
    compiling = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown
        if key not in compiled:
            compiled[key] = compiling(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Rule, "_compile_builder", once)
        yield


class _Compiled(BytecodeCache):
    """Templates as they were compiled, by their address and their text."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self.known.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> Iterator[None]:
    """Of the time of a page, the first of its application, half goes into compiling templates."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(Flask.jinja_options, "bytecode_cache", _Compiled())
        yield


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data; a test that needs it fails where it is missing."""
    folder = Path(os.environ.get("MICROSHARE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.fail(f"the real data is missing: no folder {folder} (MICROSHARE_DATA names it)")
    return folder


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with tables, made once by the migrations and copied for each test."""
    instance = tmp_path_factory.mktemp("installed")
    app = create_app(Settings(instance=instance))
    with app.app_context():
        installing.install()
        db.engine.dispose()
    return instance


@pytest.fixture(scope="session")
def forked() -> Iterator[Forks]:
    """Our commands in processes that begin at once."""
    with forks.forks() as told:
        yield told


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with postgresql.served() as url:
        app = create_app(
            Settings(
                instance=Path(os.devnull).parent / "shm" / f"ms-{os.getpid()}", database_url=url
            )
        )
        with app.app_context():
            installing.install()
            db.engine.dispose()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(tmp_path: Path, installed: Path) -> Settings:
    """The settings of a test; cheap passwords, a house of its own."""
    shutil.copytree(installed, tmp_path / "instance")
    return Settings(
        instance=tmp_path / "instance",
        password_memory=8,
        mail_from="share@example.com",
        company="Acme",
        url="http://localhost",
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on SQLite."""
    with running(create_app(settings)) as app:
        yield app


@pytest.fixture
def domain(request: pytest.FixtureRequest, settings: Settings, engine: str) -> Iterator[Flask]:
    """The application on both databases, with its context open, for tests of the verbs."""
    if engine == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        settings = Settings(**{**settings.__dict__, "database_url": url})
    with running(create_app(settings)) as app, app.app_context():
        yield app
        if engine == "postgresql":
            db.session.remove()
            _empty()


@contextmanager
def running(app: Flask) -> Iterator[Flask]:
    """The application with its letters in a list; what it opened is closed afterwards."""
    app.extensions["microshare.letters"] = []
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
            search.engine().close()


def _empty() -> None:
    """As new: in a tenth of the time of TRUNCATE, which makes each table's files anew."""
    deletes = "".join(f"DELETE FROM {table.name};" for table in Base.metadata.sorted_tables)
    with db.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # in any order
        connection.exec_driver_sql(deletes)
        connection.execute(
            text(
                "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)"
                " FROM pg_sequences WHERE last_value IS NOT NULL"
            )
        )


@dataclass(frozen=True)
class House:
    """The three, and where they work."""

    ada: User
    grace: User
    linus: User


def furnish() -> House:
    """Ada and linus in Sales, grace in Research; ada administers."""
    with saving():
        sales, research = (departments.named(name, NOON) for name in ("Sales", "Research"))
        made = [
            people.join(
                email=f"{name}@example.com",
                username=name,
                name=name.title(),
                department=where,
                role=role,
                password=PASSWORD,
                now=NOON,
                language="en",
                time_zone="Europe/Amsterdam",
            )
            for name, where, role in (
                ("ada", sales, "administrator"),
                ("grace", research, "member"),
                ("linus", sales, "member"),
            )
        ]
    return House(*made)


@pytest.fixture
def house(domain: Flask) -> House:
    return furnish()


@pytest.fixture
def letters(app: Flask) -> list[Letter]:
    return app.extensions["microshare.letters"]  # type: ignore[no-any-return]


class Browser(FlaskClient):
    """A test client that signs in and sends forms as a browser would."""

    def sign_in(self, login: str = "ada", password: str = PASSWORD):  # type: ignore[no-untyped-def]
        return self.send("/sign-in", login=login, password=password)

    def send(self, path: str, **fields: str):  # type: ignore[no-untyped-def]
        """POST a form with a token of this session."""
        return self.post(path, data={"csrf_token": self.token(), **fields})

    def token(self) -> str:
        page = self.get("/sign-in", follow_redirects=True).get_data(as_text=True)
        return page.split('name="csrf_token" value="')[1].split('"')[0]


@pytest.fixture
def site(app: Flask) -> Flask:
    """The application with the three in it, for tests of the pages."""
    app.test_client_class = Browser
    with app.app_context():
        furnish()
        db.session.remove()
    return app


@pytest.fixture
def ada(site: Flask) -> Browser:
    return signed_in(site, "ada")


@pytest.fixture
def grace(site: Flask) -> Browser:
    return signed_in(site, "grace")


@pytest.fixture
def linus(site: Flask) -> Browser:
    return signed_in(site, "linus")


def signed_in(site: Flask, login: str) -> Browser:
    """A browser of this colleague."""
    browser = site.test_client()
    assert isinstance(browser, Browser)
    assert browser.sign_in(login).status_code == 303
    return browser


class Queries(list[str]):
    """The statements that ran inside a `with` block."""

    def __enter__(self) -> "Queries":
        event.listen(db.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._note)

    def _note(self, connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE")):
            self.append(statement)
