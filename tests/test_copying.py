import io
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from psycopg.sql import SQL, Identifier
from sqlalchemy import func, select, text

from bench import postgresql
from microshare import (
    account_letters,
    cli,
    config,
    create_app,
    feeds,
    goals,
    indexing,
    installing,
    people,
    photos,
    posts,
    questions,
    reports,
    signing,
    tags,
)
from microshare.config import Settings
from microshare.db import Base, db, saving
from microshare.models import Post, SigningKey, Tag
from microshare.photos import Upload
from tests.acts import publish, thank
from tests.conftest import NOON, furnish
from tests.test_media import photo, written


@contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings, patient=True)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def source(settings: Settings) -> Settings:
    """A company with a thread, an accepted answer, letters, and what is odd in texts."""
    with opened(settings):
        house = furnish()
        asked = publish(house.ada, "Who knows the seal of #pump 7?")
        album = photos.chosen([Upload(io.BytesIO(written(photo(600))), "é “x”", False)])
        reply = publish(house.grace, "👩‍🔧 “quoted” \\N \t, tab and é", reply_to=asked, note="a\n\n\\.\n",
                        photos=album)
        with saving():
            questions.accept(posts.get(asked.id), posts.get(reply.id), people.get("ada"), NOON)
            posts.edit(posts.get(reply.id), people.get("grace"), "edited", version=1, now=NOON)
            reports.report(people.get("linus"), people.get("grace"), [reply.id], "“x”\n", "other", NOON)
            account_letters.write("invite", "x@example.com", "nl", NOON, path="/join/x")
            goals.set_goal(
                tags.get("pump"), "Quieter pumps", NOON.date(), people.get("ada"), NOON)
        thank(posts.get(asked.id), people.get("grace"), people.get("linus"))
        gone = publish(people.get("ada"), "the last one")
        with saving():
            db.session.execute(text("DELETE FROM posts WHERE id = :id"), {"id": gone.id})
        indexing.catch_up()
    return settings


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with postgresql.served() as url:
        yield url


@pytest.fixture
def server(cluster: str, request: pytest.FixtureRequest) -> str:
    """The address of a database of its own, with nothing in it."""
    name = f"copy_{zlib.crc32(request.node.name.encode())}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return cluster.replace("/postgres?", f"/{name}?")


def copy(settings: Settings, source: str, target: str) -> Result:
    """What the command says of a copy; run in this process, for it starts in a second."""
    command = ["database", "copy", "--from", source, "--to", target]
    return CliRunner().invoke(cli.main, command, env=config.environment(settings))


def content() -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: sorted(map(tuple, db.session.execute(select(table))), key=repr)
        for table in Base.metadata.sorted_tables if table.name != "signing_keys"
    }


def whole(settings: Settings) -> tuple[dict[str, list[tuple[object, ...]]], str]:
    with opened(settings):
        db.session.execute(text("UPDATE posts SET indexed_version = 0"))
        return content(), signing.key()


def test_everything_goes_to_postgresql_and_back_and_on(
    source: Settings, server: str, tmp_path: Path
) -> None:
    before = whole(source)
    elsewhere = replace(source, instance=tmp_path / "elsewhere", database_url=server)
    back = replace(source, instance=tmp_path / "back", database_url="")
    there = copy(source, source.database, server)
    assert there.exit_code == 0
    assert "posts\t2\t" in there.stdout
    assert "photo_files\t2\t" in there.stdout
    assert "report_posts\t1\t" in there.stdout
    assert whole(elsewhere) == before
    assert copy(elsewhere, server, back.database).exit_code == 0
    assert whole(back) == before
    assert copy(source, back.database, f"sqlite:///{tmp_path / 'third' / 'x.db'}").exit_code == 0


def test_ids_that_were_given_once_are_not_given_again(
    source: Settings, server: str, tmp_path: Path
) -> None:
    on_server = replace(source, instance=tmp_path / "host", database_url=server)
    back = replace(source, instance=tmp_path / "back")
    copy(source, source.database, server)
    copy(on_server, server, back.database)
    for settings in (source, on_server, back):
        with opened(settings):
            assert publish(people.get("ada"), "after").id == 4  # 3 is gone, and was given
            with saving():
                tags.named([("new", "new")], NOON)
            assert db.session.scalar(select(func.max(Tag.id))) == 2


def test_search_is_made_ready_anew(source: Settings, server: str, tmp_path: Path) -> None:
    copy(source, source.database, server)
    with opened(replace(source, instance=tmp_path / "host", database_url=server)):
        assert db.session.scalars(select(Post.indexed_version)).all() == [0, 0]
        indexing.catch_up()
        page, _ = feeds.found(people.get("ada"), "seal", zone=source.zone)
        assert [item.post.id for item in page.items] == [1]


def test_a_copy_that_is_whole_may_be_made_again(source: Settings, server: str) -> None:
    assert copy(source, source.database, server).exit_code == 0
    assert copy(source, source.database, server).exit_code == 0


def test_a_database_in_use_is_not_written_to(
    source: Settings, server: str, tmp_path: Path
) -> None:
    used = replace(source, instance=tmp_path / "host", database_url=server)
    with opened(used):
        installing.install()
        with saving():
            tags.named([("theirs", "theirs")], NOON)
        before = whole(used)
    refused = copy(source, source.database, server)
    assert (refused.exit_code, "in tags" in refused.stderr) == (1, True)
    assert whole(used) == before


def test_a_database_is_not_copied_onto_itself_nor_one_without_tables(
    source: Settings, tmp_path: Path
) -> None:
    assert "one and the same" in copy(source, source.database, source.database).stderr
    empty = tmp_path / "empty.db"
    empty.touch()
    refused = copy(source, f"sqlite:///{empty}", f"sqlite:///{tmp_path / 'new.db'}")
    assert (refused.exit_code, "microshare init" in refused.stderr) == (1, True)


def test_killed_again_and_again_it_goes_on_and_nothing_is_doubled(
    source: Settings, server: str, tmp_path: Path
) -> None:
    with opened(source):
        rows = [{"name": f"t{i}", "spelling": "x" * 80, "description": "", "created_at": NOON}
                for i in range(20_000)]
        with saving():
            db.session.execute(Tag.__table__.insert(), rows)
    target = replace(source, instance=tmp_path / "host", database_url=server)
    command = [sys.executable, "-m", "microshare.cli", "database", "copy",
               "--from", source.database, "--to", server]
    seen = []
    with opened(target):
        installing.install()
        for goal in (1, 8_000):
            run = subprocess.Popen(command, env=config.environment(source),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + 60
            while run.poll() is None and _count(Tag) < goal:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            run.send_signal(signal.SIGKILL)
            run.wait()
            seen.append(_count(Tag))
    assert 0 < seen[0] <= seen[1]
    assert seen[0] < 20_001, "killed too late to prove anything"
    assert copy(source, source.database, server).exit_code == 0
    assert whole(target) == whole(source)


def _count(model: type[Base]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_source_that_is_written_to_meanwhile_is_told_and_the_next_run_begins_anew(
    source: Settings, server: str, tmp_path: Path
) -> None:
    target = replace(source, instance=tmp_path / "host", database_url=server)
    with opened(target):
        installing.install()
        db.session.execute(text("CREATE TABLE copy_under_way (state VARCHAR(10) PRIMARY KEY)"))
        db.session.execute(text("INSERT INTO copy_under_way VALUES ('copying')"))
        db.session.execute(text(
            "INSERT INTO departments (id, name, slug, created_at) VALUES (1, 'x', 'x', now())"))
        db.session.commit()  # as if it was called otherwise when it was copied
    refused = copy(source, source.database, server)
    assert (refused.exit_code, "departments" in refused.stderr) == (1, True)
    assert "run the command again" in refused.stderr
    assert copy(source, source.database, server).exit_code == 0
    assert whole(target) == whole(source)


def test_a_text_that_postgresql_cannot_have_is_named(source: Settings, server: str) -> None:
    def change(*statement: object) -> None:
        with closing(sqlite3.connect(source.instance / "microshare.db")) as connection:
            connection.execute(*statement)  # type: ignore[arg-type]
            connection.commit()

    change("UPDATE tags SET spelling = ?", ["x" * 501])
    refused = copy(source, source.database, server)
    assert refused.exit_code == 1
    assert "A row of tags (1–1) cannot be copied: value too long" in refused.stderr
    change("UPDATE tags SET spelling = 'pump'")
    change("UPDATE posts SET note = 'a' || char(0) || 'b' WHERE id = 2")
    refused = copy(source, source.database, server)
    assert refused.exit_code == 1
    assert "A row of posts (2) cannot be copied: NUL" in refused.stderr


def test_the_key_that_is_set_is_everybodys(source: Settings, server: str) -> None:
    set_ = replace(source, secret_key="k" * 32, database_url=server)
    assert copy(set_, source.database, server).exit_code == 0
    with opened(set_):
        assert signing.key() == "k" * 32
        assert db.session.scalars(select(SigningKey)).all() == []


