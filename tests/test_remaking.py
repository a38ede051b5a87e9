"""Shards that are made anew from the database, alone, while everything else goes on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from microshare import config, indexing, people, posts, remaking, search
from microshare.db import db, saving
from microshare.indexing import Difference
from microshare.search import whoosh_shards
from microshare.search.whoosh_engine import WhooshEngine
from microshare.turns import exclusive
from tests.acts import publish
from tests.conftest import NOON, Browser, House


def find(raw: str) -> list[int]:
    return list(search.find(raw, limit=100).ids)


@pytest.fixture
def folder(domain: Flask) -> Iterator[Path]:
    """The folder of an index with three posts in a shard."""
    folder: Path = domain.config["MICROSHARE"].instance / "index"
    engine = WhooshEngine(folder, shard_size=3)
    domain.extensions["microshare.search"] = engine
    remaking.prepare()
    yield folder
    engine.close()


@pytest.fixture
def eight(house: House, folder: Path) -> list[int]:
    """Eight posts, in shards 0, 1 and 2."""
    ids = [publish(house.ada, f"a noisy pump n{number}").id for number in range(8)]
    assert remaking.follow() == 8
    assert sorted(path.name for path in folder.iterdir()) == ["00000.1", "00001.1", "00002.1"]
    return ids


def spoil(shard: Path) -> None:
    """Damage every posting of a shard."""
    for path in shard.glob("*.pst"):
        path.write_bytes(bytes(path.stat().st_size))


def inodes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in folder.iterdir()}


@pytest.mark.parametrize("sort", ["newest", "best"])
def test_a_search_that_meets_damage_answers_without_it_says_so_and_the_worker_mends_it_alone(
    eight: list[int], folder: Path, sort: str
) -> None:
    before = inodes(folder)
    spoil(folder / "00001.1")
    found = search.find("noisy", sort=sort, limit=100)
    assert sorted(found.ids) == [*eight[:3], *eight[6:]]
    assert not found.is_whole
    assert indexing.check().why == "damaged"
    assert remaking.follow() == 0
    after = inodes(folder)
    assert after.keys() == {"00000.1", "00001.2", "00002.1"}
    assert {after[name] for name in ("00000.1", "00002.1")} <= set(before.values())
    found = search.find("noisy", sort=sort, limit=100)
    assert (sorted(found.ids), found.is_whole) == (eight, True)
    assert indexing.check() == Difference([], [], 0)


def test_a_shard_that_gets_no_new_posts_comes_to_rest_as_one_segment(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whoosh_shards, "_REST", 3)
    ids = []
    for number in range(4):
        ids.append(publish(house.ada, f"a noisy pump n{number}").id)
        remaking.follow()
    assert len(list((folder / "00000.1").glob("*.trm"))) == 3
    assert remaking.mend() == 3
    assert len(list((folder / "00000.2").glob("*.trm"))) == 1
    assert remaking.mend() == 0
    assert find("noisy") == ids[::-1]


@pytest.mark.parametrize("shards", [["00000.1"], ["00001.1"], ["00002.1"], ["00001.1", "00002.1"]])
def test_a_shard_that_is_gone_is_noticed_by_the_worker(
    eight: list[int], folder: Path, shards: list[str]
) -> None:
    for shard in shards:
        shutil.rmtree(folder / shard)
    remaking.follow()
    assert find("noisy") == eight[::-1]
    assert indexing.check() == Difference([], [], 0)


def test_an_index_that_is_gone_altogether_is_made_anew(eight: list[int], folder: Path) -> None:
    shutil.rmtree(folder)
    assert search.engine().needs_rebuild
    remaking.follow()
    assert find("noisy") == eight[::-1]
    assert indexing.check() == Difference([], [], 0)


def test_an_index_of_the_time_before_shards_is_replaced(eight: list[int], folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    for name in ("_MAIN_7.toc", "MAIN_abc.seg", "MAIN_WRITELOCK", "VERSION"):
        (folder / name).write_text("old")
    remaking.follow()
    assert find("noisy") == eight[::-1]
    assert sorted(inodes(folder)) == ["00000.1", "00001.1", "00002.1"]


def test_posts_of_the_other_shards_are_taken_while_one_is_broken(
    house: House, eight: list[int], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remaking, "FEW", 2)
    spoil(folder / "00001.1")
    find("noisy")
    new = publish(house.ada, "a noisy valve").id
    with exclusive("mending"):  # somebody is at it, and has not got to the end
        assert remaking.follow() == 1
    assert find("noisy") == [new, *eight[:5:-1], *eight[2::-1]]


def test_what_is_edited_while_its_shard_is_made_anew_is_taken_next(
    house: House, eight: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = search.embedded()
    assert embedded is not None
    replace, waiting = embedded.shards.replace, []

    def replaced(shard: int, made: object) -> None:
        replace(shard, made)  # type: ignore[arg-type]
        waiting.append(indexing.waiting())

    monkeypatch.setattr(embedded.shards, "replace", replaced)

    def edit(count: int) -> None:
        with saving():
            post = posts.get(eight[4])
            posts.edit(post, people.by_id(post.author_id), "a silent pump", now=NOON)
        assert indexing.catch_up() == 1  # into the shard that is about to be replaced

    assert remaking.make(1, edit) == 3
    assert waiting == [1]
    assert remaking.follow() == 1
    assert (find("silent"), find("noisy")) == ([eight[4]], [i for i in eight[::-1] if i != eight[4]])


def test_a_search_finds_everything_while_the_index_is_rebuilt(
    eight: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 1)
    found: list[list[int]] = []
    told: list[int] = []

    def look(count: int) -> None:
        told.append(count)
        found.append(find("noisy"))

    assert remaking.rebuild(look) == 8
    assert sum(told) == 8
    assert all(ids == eight[::-1] for ids in found)


class Killed(BaseException):
    """Stands for a process that ends here and now."""


@pytest.mark.parametrize("at", ["begin", "replace", "mark"])
def test_killed_while_a_shard_is_made_anew_nothing_is_lost(
    house: House, eight: list[int], folder: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    spoil(folder / "00001.1")
    find("noisy")
    with saving():
        posts.withdraw(posts.get(eight[3]), house.ada, NOON)

    def die(*_: object) -> None:
        raise Killed

    embedded = search.embedded()
    assert embedded is not None
    with monkeypatch.context() as patched:
        patched.setattr(indexing if at == "mark" else embedded.shards, at, die)
        with pytest.raises(Killed):
            remaking.follow()
    remaking.follow()
    remaking.follow()
    assert find("noisy") == [i for i in eight[::-1] if i != eight[3]]
    assert indexing.check() == Difference([], [], 0)
    assert not list(folder.glob("*.new"))


def test_many_posts_are_indexed_shard_by_shard_in_processes(
    site: Flask, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remaking, "FEW", 3)
    for number in range(6):
        ada.send("/posts", line=f"a noisy pump n{number}")
    with site.app_context():
        told: list[int] = []
        assert remaking.mend(told.append) == sum(told) == 6
        assert len(find("noisy")) == 6
        assert indexing.check() == Difference([], [], 0)
        db.session.remove()


def test_a_process_that_makes_a_shard_ends_when_its_parent_is_gone(site: Flask) -> None:
    with site.app_context():
        settings = config.current()
    stranger = str(os.getpid() + 1)
    ended = subprocess.run(
        [sys.executable, "-m", "microshare.cli", "index", "shard", "0", "--parent", stranger],
        env=config.environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "")  # it had no post to tell of


def test_the_search_page_says_that_posts_are_missing(
    site: Flask, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.send("/posts", line="a noisy pump")
    with site.app_context():
        remaking.prepare()
        remaking.follow()
    sentence = "does not know all posts yet"
    assert sentence not in ada.get("/search?q=noisy").get_data(as_text=True)
    monkeypatch.setattr(search, "MANY", 0)
    ada.send("/posts", line="another noisy pump")
    assert sentence in ada.get("/search?q=noisy").get_data(as_text=True)
