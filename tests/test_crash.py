"""Killed in the middle of the work, the product has lost nothing that it acknowledged."""

import http.client
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from microshare import create_app, feeds, indexing, people
from microshare.config import Settings
from microshare.db import db
from microshare.models import Post, Thanks
from tests import served
from tests.conftest import PASSWORD, furnish
from tests.served import Visitor

DONE = 2000  # posts, thanks and edits, in all


@pytest.fixture
def house(settings: Settings) -> Settings:
    app = create_app(settings)
    with app.app_context():
        furnish()
        db.session.remove()
        db.engine.dispose()
    return settings


class Work:
    """What was acknowledged, by all visitors together."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lines: dict[int, str] = {}  # the newest acknowledged line of each post
        self.uncertain: dict[int, set[str]] = {}  # edits that were sent and not acknowledged
        self.thanked: set[int] = set()

    def count(self) -> int:
        return len(self.lines) + len(self.thanked)


def _write(visitor: Visitor, name: str, work: Work, offset: int) -> None:
    """Post and edit until the server is gone."""
    number = offset
    while True:
        number += 1
        line = f"{name} saw crash number {number} at #customer{number % 50}"
        try:
            where = visitor.send("/posts", line=line, key=f"{name}-{number}")
            post = int(where.rpartition("/")[2])
            with work.lock:
                work.lines[post] = line
            if number % 5 == 0:
                edited = line + " edited"
                with work.lock:
                    work.uncertain.setdefault(post, set()).add(edited)
                visitor.send(f"/posts/{post}/edit", line=edited)
                with work.lock:
                    work.lines[post] = edited
                    work.uncertain[post].clear()
        except (OSError, http.client.HTTPException):
            return


def _thank(visitor: Visitor, work: Work) -> None:
    while True:
        with work.lock:
            todo = [post for post in work.lines if post not in work.thanked][:1]
        if not todo:
            time.sleep(0.01)
        try:
            for post in todo:
                visitor.send(f"/posts/{post}/thanks", next="/help")
                with work.lock:
                    work.thanked.add(post)
            if not todo:
                visitor.get("/help")
        except (OSError, http.client.HTTPException):
            return


@pytest.mark.timeout(400)
def test_killed_during_two_thousand_acts_it_loses_none_that_it_acknowledged(
    house: Settings,
) -> None:
    work = Work()
    for kill_at in (DONE // 4, DONE // 2, DONE):
        with served.running(house) as (server, url):
            offset = len(work.lines) * 10
            jobs: list[tuple[Callable[..., None], tuple[object, ...]]] = [
                (_write, (Visitor(url, "ada", PASSWORD), "ada", work, offset)),
                (_write, (Visitor(url, "grace", PASSWORD), "grace", work, offset)),
                (_thank, (Visitor(url, "linus", PASSWORD), work)),
            ]
            threads = [threading.Thread(target=job, args=args) for job, args in jobs]
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + 240
            while work.count() < kill_at:
                assert time.monotonic() < deadline, f"only {work.count()} acts"
                time.sleep(0.01)
            served.stop(server, signal.SIGKILL)
            for thread in threads:
                thread.join()
    _check(house, work)


def _check(house: Settings, work: Work) -> None:
    app: Flask = create_app(replace(house))
    with app.app_context():
        stored = dict(db.session.execute(select(Post.id, Post.line)).all())
        for post, line in work.lines.items():
            assert stored[post] == line or stored[post] in work.uncertain.get(post, set())
        thanked = set(db.session.scalars(select(Thanks.post_id)))
        assert work.thanked <= thanked
        counted = dict(db.session.execute(select(Post.id, Post.thanks_count)).all())
        assert {i for i, count in counted.items() if count} == thanked
        # A killed worker keeps its turn until the kernel has done with it.
        _until(lambda: indexing.catch_up() >= 0 and not indexing.waiting())
        found = indexing.check()
        assert (found.missing, found.surplus, found.stale, found.why) == ([], [], 0, "")
        reader = people.get("linus")
        assert set(work.lines) <= _all(lambda before: feeds.everyone(reader, before=before))
        assert set(work.lines) <= _all(
            lambda before: feeds.found(reader, "crash", before=before, zone=people.zone_of(reader))[
                0
            ]
        )
        db.session.remove()
        db.engine.dispose()


def _all(page_of: Callable[[int | None], feeds.Page]) -> set[int]:
    ids: set[int] = set()
    before: int | None = None
    while True:
        page = page_of(before)
        ids |= {item.post.id for item in page.items}
        before = page.before
        if before is None:
            return ids


def test_the_worker_makes_posts_and_edits_findable_by_itself(house: Settings) -> None:
    # How soon is the benchmark's to say: a test would measure the machine.
    with served.running(house) as (_, url):
        ada = Visitor(url, "ada", PASSWORD)
        post = ada.send("/posts", line="Een gevaarlijke lekkage bij #acme").rpartition("/")[2]
        _until(lambda: f'data-post-id="{post}"' in ada.get("/search?q=gevaarlijk"))
        ada.send(f"/posts/{post}/edit", line="Een rustige klant bij #acme")
        _until(lambda: f'data-post-id="{post}"' in ada.get("/search?q=rustig"))
        ada.send(f"/posts/{post}/withdraw")
        # At once, whatever the index knows by then.
        assert f'data-post-id="{post}"' not in ada.get("/search?q=rustig")


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_server_gives_its_port_back_and_ctrl_c_for_all_ends_it(house: Settings) -> None:
    with served.running(house) as (server, url):
        port = int(url.rpartition(":")[2])
        server.kill()  # the first process alone: the others notice
        server.wait(30)
        _until(lambda: _is_free(port))
    with served.running(house) as (server, url):
        Visitor(url, "ada", PASSWORD)
        served.stop(server, signal.SIGINT)  # as a terminal does it: to every process at once
        assert server.returncode == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
