"""The shards of the embedded index: which there are, which are broken, how one is made anew.

Posts with ids 1 to 50,000 stand in shard 0, the next in shard 1, and so on, each an index of its
own in a folder such as `00001.3`: the third that was made for shard 1. A shard that is made anew is
written beside the old one and takes its place by a rename, while a search that reads the old one
goes on. What a crash leaves half-way has no place, and is swept away by the next that is made.

Whoever finds a shard broken leaves a mark, `00001.3.damaged`, for the worker, which makes that
shard anew and no other.
"""

import os
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from microshare.errors import Unavailable
from microshare.search.document import Document
from microshare.search.whoosh_index import Folder, telling
from microshare.search.whoosh_leaf import Leaf

SIZE = 50_000  # ids of a shard; at most 65,535
_REST = 4  # segments from which a shard that gets no new posts is made one
_CURES = {"missing", "version", "damaged"}  # what making a shard anew helps against
_FOLDER = re.compile(r"(\d{5,})\.(\d+)")
_MARK = re.compile(r"(\d{5,})\.(\d+)\.(missing|version|damaged)")

Stamp = tuple[int, int, int] | None


class Broken(Exception):
    """A shard that cannot be read."""

    def __init__(self, shard: int, why: str) -> None:
        super().__init__(why)
        self.shard = shard
        self.why = why


class Shards:
    """All shards, for one process of possibly many."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self.path = path
        self.size = size
        self._lock = threading.Lock()
        self._opened: dict[int, tuple[Path, Stamp, list[Leaf]]] = {}
        self._marks: dict[tuple[int, int], str] = {}  # also where none can be left
        self._examined: set[tuple[int, int]] = set()

    def of(self, id: int) -> int:
        """The shard of a post."""
        return max(0, id - 1) // self.size

    def present(self) -> dict[int, tuple[int, str]]:
        """The shards that there are: which make of each counts, and what is wrong with it."""
        try:
            with os.scandir(self.path) as entries:
                names = [entry.name for entry in entries]
        except FileNotFoundError:
            raise Unavailable("index", why="missing") from None
        found: dict[int, int] = {}
        for name in names:
            if match := _FOLDER.fullmatch(name):
                shard, make = int(match[1]), int(match[2])
                found[shard] = max(make, found.get(shard, 0))
        marks = dict(self._marks)
        for mark in filter(None, map(_MARK.fullmatch, names)):
            marks[int(mark[1]), int(mark[2])] = mark[3]
        return {shard: (make, marks.get((shard, make), "")) for shard, make in found.items()}

    def folder(self, shard: int, make: int) -> Folder:
        """The folder of one make of a shard."""
        return Folder(self.path / f"{shard:05}.{make}", self.size)

    def leaves(self, shard: int, make: int) -> list[Leaf]:
        """The segments of a shard, as they are now. Raises `Broken`."""
        folder = self.folder(shard, make)
        stamp = folder.stamp()
        with self._lock:
            path, known, leaves = self._opened.get(shard, (None, None, []))
        if path == folder.path and known == stamp and stamp is not None:
            return leaves
        with self.noticing(shard, make):
            leaves = folder.leaves()
        with self._lock:
            self._opened[shard] = (folder.path, stamp, leaves)
        return leaves

    @contextmanager
    def noticing(self, shard: int, make: int) -> Iterator[None]:
        """Turns what is wrong with a shard into `Broken`, and leaves a mark."""
        try:
            with telling():
                yield
        except Unavailable as refusal:
            if refusal.facts["why"] not in _CURES or self._is_sound(shard, make):
                raise
            if self.make_of(shard) == make:  # else it was replaced meanwhile
                self._mark(shard, make, refusal.facts["why"])
            raise Broken(shard, refusal.facts["why"]) from refusal

    def _is_sound(self, shard: int, make: int) -> bool:
        """Whether a shard can be read to its last posting: then what failed is no damage of it."""
        try:
            with telling():
                for leaf in self.folder(shard, make).leaves():
                    leaf.check()
        except Unavailable:
            return False
        return True

    def make_of(self, shard: int) -> int:
        """Which make of a shard counts; 0 where there is none."""
        return self.present().get(shard, (0, ""))[0]

    def _mark(self, shard: int, make: int, why: str) -> None:
        self._marks[shard, make] = why
        with self._lock:
            self._opened.pop(shard, None)
        with suppress(OSError):
            (self.path / f"{shard:05}.{make}.{why}").touch()

    def broken(self) -> list[int]:
        """The shards that must be made anew, newest first."""
        for shard, (make, why) in self.present().items():
            if not why and (shard, make) not in self._examined:
                with suppress(Broken):
                    self.leaves(shard, make)
                    self._examined.add((shard, make))
        present = self.present()
        return [
            n for n in range(max(present, default=0), -1, -1) if present.get(n, (0, "missing"))[1]
        ]

    def update(self, documents: Sequence[Document], gone: Iterable[int]) -> None:
        """Write posts to their shards, each all or nothing; posts may begin new shards."""
        by_shard: dict[int, tuple[list[Document], set[int]]] = {}
        for document in documents:
            by_shard.setdefault(self.of(document.id), ([], set()))[0].append(document)
        for id in gone:
            by_shard.setdefault(self.of(id), ([], set()))[1].add(id)
        for shard, (written, absent) in sorted(by_shard.items()):
            newest = max(self.present(), default=-1)
            for new in range(newest + 1, shard + 1 if written else 0):
                self.folder(new, 1).make()
            if shard > newest and not written:
                continue
            make, why = self.present().get(shard, (0, "missing"))
            if why:
                raise Unavailable("index", why=why)
            try:
                with self.noticing(shard, make):
                    self.folder(shard, make).update(written, absent)
            except Broken as broken:
                raise Unavailable("index", why=broken.why) from broken

    def begin(self, shard: int) -> Folder:
        """An empty folder beside the shard, to make it anew in."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        for path in self.path.iterdir():
            if path.is_file() and not _MARK.fullmatch(path.name):
                path.unlink(missing_ok=True)  # of the time before there were shards
        folder = Folder(self.path / f"{shard:05}.new", self.size)
        if folder.path.exists():
            shutil.rmtree(folder.path)
        folder.make()
        return folder

    def replace(self, shard: int, folder: Folder) -> None:
        """Put a folder in the place of a shard, and sweep away what it replaces."""
        make = self.make_of(shard)
        with telling():
            folder.path.rename(self.folder(shard, make + 1).path)
        for path in self.path.glob(f"{shard:05}.*"):
            if path.is_dir() and path != self.folder(shard, make + 1).path:
                shutil.rmtree(path, ignore_errors=True)
            elif not path.is_dir():
                path.unlink(missing_ok=True)

    def restless(self) -> list[int]:
        """Older shards of several segments: they get no new posts, and rest best as one."""
        present = self.present()
        found = []
        for shard in sorted(present)[:-1]:
            make, why = present[shard]
            with suppress(Broken):
                if not why and len(self.leaves(shard, make)) >= _REST:
                    found.append(shard)
        return found

    def clear(self) -> None:
        """An empty index of one shard, in a private folder."""
        with telling():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            present = self.present()
            folders = [self.folder(shard, make) for shard, (make, _) in present.items()]
            with locked(folders):
                for path in self.path.iterdir():
                    if path.is_dir():
                        shutil.rmtree(path)
                    else:
                        path.unlink()
            self.folder(0, 1 + max((make for make, _ in present.values()), default=0)).make()
        self._marks.clear()

    def close(self) -> None:
        """Let go of all files; a search that is under way finishes."""
        with self._lock:
            self._opened.clear()


@contextmanager
def locked(folders: Sequence[Folder]) -> Iterator[None]:
    """Keep other writers out of all these folders. Raises `Unavailable("index")`."""
    if not folders:
        yield
        return
    with folders[0].locked(), locked(folders[1:]):
        yield
