"""Shards of the index that are made anew from the database, while search goes on.

In PostgreSQL they are rows, made anew in their place. Of the embedded index a shard is written
beside the one that answers, from the posts as they are read, and then takes its place. Posts that
changed meanwhile are made stale before that, so that a crash at any moment leaves an index that
lacks nothing or posts that wait for the next round.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from time import sleep

from sqlalchemy import Row, func, select

from microshare import config, in_database, indexing, search
from microshare.db import db
from microshare.errors import Unavailable
from microshare.models import Post
from microshare.search.document import Document
from microshare.turns import exclusive

FEW = 5_000  # posts that are indexed in a round; a shard where more wait is made anew
_PAUSE = 0.2  # seconds between two looks at the processes

Told = Callable[[int], None]


def _nobody(count: int) -> None:
    pass


def catch_up(told: Told = _nobody) -> int:
    """Bring the whole index up to date, whatever that takes; returns how many posts were taken."""
    return mend(told) + indexing.catch_up(told)


def follow() -> int:
    """Bring the index up to date, but for shards that are left to `mend`."""
    due = _due()
    if due and _count(due) <= FEW:
        mend()
        due = _due()
    return indexing.catch_up(without=[_ids(shard) for shard in due])


def mend(told: Told = _nobody) -> int:
    """Make anew what is broken, missing or far behind; returns how many posts were taken.

    Does nothing while another process is at it.
    """
    with exclusive("mending") as mine:
        due = _due() if mine else []
        embedded = search.embedded()
        if mine and not due and embedded is not None:
            # Beside the old one: a merge in its place would keep edits waiting.
            due = embedded.shards.restless()
        return _make(due, told)


def rebuild(told: Told = _nobody) -> int:
    """Make the whole index anew; returns how many posts were taken."""
    embedded = search.embedded()
    with exclusive("mending") as mine:
        if not mine:
            raise Unavailable("index", why="locked")
        if embedded is None:
            return _rebuild_in_database(told)
        newest = embedded.shards.of(_last_id())
        with suppress(Unavailable):
            newest = max(newest, *embedded.shards.present())
        count = _make(range(newest, -1, -1), told)
    return count + indexing.catch_up(told)


def _rebuild_in_database(told: Told) -> int:
    with exclusive("index") as mine:
        if not mine:
            raise Unavailable("index", why="locked")
        count = _make(range((_last_id() - 1) // in_database.SHARD, -1, -1), told)
        in_database.drop_surplus()
        return count


def prepare() -> None:
    """Where there is no index at all, begin one; its posts come with the worker's next rounds."""
    embedded = search.embedded()
    with exclusive("mending") as mine:
        if mine and embedded is not None and not _last_id() and embedded.needs_rebuild:
            embedded.clear()


def make(shard: int, told: Told = _nobody) -> int:
    """Make one shard anew, in this process; returns how many posts were taken."""
    embedded = search.embedded()
    if embedded is None:
        return in_database.make(_ids(shard), told)
    seen: dict[int, int] = {}
    ids = _ids(shard)

    def documents() -> Iterator[Document]:
        at = ids.start
        while (batch := indexing.read(indexing.within(range(at, ids.stop)))).versions:
            seen.update(batch.versions)
            yield from batch.documents
            at = max(batch.versions) + 1
            told(len(batch.versions))

    folder = embedded.shards.begin(shard)
    folder.fill(documents())
    with exclusive("index", wait=True):
        rows = _versions(ids)
        changed = [row.id for row in rows if row.is_known and seen.get(row.id) != row.version]
        indexing.mark(dict.fromkeys(changed, 0))
        embedded.shards.replace(shard, folder)
        new = {row.id for row in rows if row.id in seen and row.indexed_version != seen[row.id]}
        indexing.mark({id: seen[id] for id in new.difference(changed)})
    return len(seen)


def _versions(ids: range) -> Sequence[Row[int, int, int, bool]]:
    db.session.rollback()  # a fresh look
    known = (Post.indexed_version == Post.version).label("is_known")
    rows = db.session.execute(
        select(Post.id, Post.version, Post.indexed_version, known).where(indexing.within(ids))
    ).all()
    db.session.rollback()
    return rows


def _due() -> list[int]:
    """The shards to make anew, newest first."""
    embedded = search.embedded()
    if embedded is None:
        return []
    shards = embedded.shards
    try:
        due = set(embedded.broken())
        newest = max(shards.present(), default=-1)
    except Unavailable:
        due, newest = set(), -1
    last = shards.of(_last_id())
    shard = ((Post.id - 1) // shards.size).label("shard")
    waits = select(shard, func.count()).where(Post.indexed_version != Post.version)
    due |= {int(n) for n, count in db.session.execute(waits.group_by(shard)) if count > FEW}
    for lost in range(newest + 1, last + 1):
        # A shard of new posts alone begins by itself; one that had posts is lost.
        known = indexing.within(_ids(lost)) & (Post.indexed_version == Post.version)
        if newest < 0 or db.session.scalar(select(Post.id).where(known).limit(1)):
            due |= set(range(newest + 1, lost + 1))
    return sorted(due, reverse=True)


def _last_id() -> int:
    return db.session.scalar(select(func.max(Post.id))) or 0


def _ids(shard: int) -> range:
    embedded = search.embedded()
    size = embedded.shards.size if embedded is not None else in_database.SHARD
    return range(shard * size + 1, (shard + 1) * size + 1)


def _count(shards: Sequence[int]) -> int:
    return sum(
        db.session.scalar(select(func.count()).where(indexing.within(_ids(shard)))) or 0
        for shard in shards
    )


def _make(shards: Sequence[int], told: Told) -> int:
    """Make these shards, newest first: where it is much, in a process for each processor."""
    if _count(shards) <= FEW:
        return sum(make(shard, told) for shard in shards)
    db.session.rollback()
    return _Crew(shards, told).work()


class _Crew:
    """The processes that make shards, one shard each; they end when this one is gone."""

    def __init__(self, shards: Sequence[int], told: Told) -> None:
        self._left = list(shards)
        self._told = told
        self._taken = 0
        self._lock = threading.Lock()
        self._environment = config.environment(config.current())

    def work(self) -> int:
        """Make all shards; returns how many posts were taken."""
        at_work: list[tuple[subprocess.Popen[str], threading.Thread]] = []
        failed = False
        try:
            while at_work or (self._left and not failed):
                while self._left and not failed and len(at_work) < (os.cpu_count() or 1):
                    at_work.append(self._begun(self._left.pop(0)))
                sleep(_PAUSE)
                ended = [one for one in at_work if not one[1].is_alive()]
                failed = failed or any(process.returncode for process, _ in ended)
                at_work = [one for one in at_work if one not in ended]
        finally:
            for process, thread in at_work:
                process.terminate()
                thread.join()
        if failed:
            raise Unavailable("index", why="damaged")
        return self._taken

    def _begun(self, shard: int) -> tuple[subprocess.Popen[str], threading.Thread]:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "microshare.cli", "index", "shard", str(shard)]
            + ["--parent", str(os.getpid())],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        thread = threading.Thread(target=self._listen, args=(process,), daemon=True)
        thread.start()
        return process, thread

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        with process:
            for line in process.stdout or ():
                with self._lock:
                    self._taken += int(line)
                    self._told(int(line))
