"""The folder of one shard of the embedded index: its one writer, and what its readers open.

The folder is a shadow of the database, private (Whoosh keeps pickles in it) and rebuildable; so
whatever is wrong with it is told as `Unavailable("index")` and cured by making it anew.

What was opened keeps its files open, and so a commit, which deletes the old files, never disturbs a
search that is under way.
"""

import errno
import os
import re
import struct
import time
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from pickle import PickleError
from types import TracebackType
from typing import Any

import whoosh
from whoosh import index, reading, writing
from whoosh.filedb.filestore import StorageError
from whoosh.filedb.filetables import FileFormatError
from whoosh.matching import ReadTooFar

from microshare.errors import Unavailable
from microshare.search import analysis
from microshare.search.document import Document
from microshare.search.whoosh_leaf import Leaf
from microshare.search.whoosh_storage import Storage
from microshare.search.whoosh_writer import SCHEMA, Writer

_SCHEMA_VERSION = 2
_VERSION = f"{_SCHEMA_VERSION}.{analysis.ANALYSIS_VERSION} whoosh {whoosh.versionstring()}"
_VERSION_FILE = "VERSION"
_NAME = "MAIN"  # Whoosh's own name for the only index in a folder
LOCK_FILE = "MAIN_WRITELOCK"
_TIER_LIMIT = 7
_TRIES, _PAUSE = 5, 0.01  # to open what a commit just replaced; seconds
_CONTENTS = re.compile(r"_MAIN_(\d+)\.toc")

# What damaged pickles, structs and files make Whoosh raise; and a bare Exception, see `telling`.
_DAMAGE = (
    OverflowError, AssertionError, AttributeError, BufferError, EOFError, ImportError,
    LookupError, MemoryError, NameError, TypeError, ValueError,
    PickleError, struct.error, zlib.error,
    index.IndexError, FileFormatError, StorageError,
    reading.ReaderClosed, reading.TermNotFound, writing.IndexingError, ReadTooFar,
)  # fmt: skip
# What the disk says of itself, and not of the index.
_DISK = {errno.EACCES, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
_DISK |= {errno.ENOSPC, errno.EPERM, errno.EROFS, errno.ESTALE}


class telling:  # noqa: N801
    """Tells what goes wrong inside as `Unavailable("index", why=…)`: damaged, or the disk's error.

    Whoosh raises `Exception` itself at a damaged block, which no `except` clause can name alone.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if isinstance(error, OSError) and error.errno in _DISK:
            raise Unavailable("index", why=error.strerror) from error
        if isinstance(error, (OSError, *_DAMAGE)) or kind is Exception:
            raise Unavailable("index", why="damaged") from error


def _to_merge(segments: Sequence[Any]) -> list[Any]:
    """The segments of like size once there are many, so that each post moves log8(n) times.

    Half-deleted ones too.
    """

    def tier(segment: Any) -> int:
        return int(segment.doc_count()).bit_length() // 3  # a step is a factor of 8

    counts = Counter(map(tier, segments))
    full = max((one for one, count in counts.items() if count >= _TIER_LIMIT), default=-1)
    return [
        segment
        for segment in segments
        if tier(segment) <= full or 2 * segment.doc_count() <= segment.doc_count_all()
    ]


class Folder:
    """Opens readers and writers on one folder, for one process of possibly many."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self._version = f"{_VERSION} of {size}"

    def stamp(self) -> tuple[int, int, int] | None:
        """What differs after each commit and each clearing; None while there is no index."""
        try:
            with os.scandir(self.path) as entries:
                found = [(int(m[1]), e) for e in entries if (m := _CONTENTS.fullmatch(e.name))]
            generation, entry = max(found, key=lambda one: one[0], default=(0, None))
            if entry is None:
                return None
            state = Path(entry).stat()
        except OSError:  # no folder, or replaced meanwhile: then opening will tell
            return None
        return generation, state.st_ino, state.st_mtime_ns

    def leaves(self) -> list[Leaf]:
        """The segments of the newest generation, opened."""
        with telling():
            self._check_version()
            for _ in range(_TRIES):
                # A commit may have deleted what was listed; what it put there comes next.
                with suppress(FileNotFoundError, index.EmptyIndexError):
                    return self._opened()
                time.sleep(_PAUSE)
            return self._opened()

    def _opened(self) -> list[Leaf]:
        storage = Storage(self.path)
        try:
            contents = index.TOC.read(storage, _NAME, schema=SCHEMA)
            return [Leaf(storage, segment) for segment in contents.segments]
        except BaseException:
            storage.close_streams()
            raise

    def _check_version(self) -> None:
        try:
            version = (self.path / _VERSION_FILE).read_text("utf-8")
        except FileNotFoundError:
            raise Unavailable("index", why="missing") from None
        if version != self._version:
            raise Unavailable("index", why="version")

    @contextmanager
    def locked(self) -> Iterator[Storage]:
        storage = Storage(self.path)
        lock = storage.lock(LOCK_FILE)
        with telling():
            if not lock.acquire():
                raise Unavailable("index", why="locked")
        try:
            yield storage
        finally:
            lock.release()

    def update(
        self, documents: Sequence[Document], gone: Collection[int], *, whole: bool = False
    ) -> None:
        """Write these posts, anew where they were known, and forget those gone: all or nothing.

        `whole` leaves one segment behind.
        """
        with self._writing() as (writer, storage):
            leaves = {s: Leaf(storage, s) for s in writer.segments}
            _delete(leaves, {*gone, *(document.id for document in documents)})
            merged = list(leaves) if whole else _to_merge(writer.segments)
            # Opened anew, without what was just deleted.
            writer.fill(documents, [Leaf(storage, s) for s in merged if s.doc_count()])
            writer.commit(mergetype=lambda _, every: [s for s in every if s not in merged])

    @contextmanager
    def _writing(self) -> Iterator[tuple[Writer, Storage]]:
        """A writer that is committed inside, or dropped where anything fails."""
        with telling():
            self._check_version()
        with self.locked() as storage, telling():
            writer = None
            try:
                writer = Writer(index.FileIndex(storage, SCHEMA))
                yield writer, storage
            finally:
                if writer is not None and not writer.is_closed:
                    # A half-way commit may fail to cancel; its streams are closed below.
                    with suppress(OSError, *_DAMAGE):
                        writer.cancel()
                storage.close_streams()

    def fill(self, documents: Iterable[Document]) -> None:
        """Write these posts, which come by their ids, as the one segment of an empty folder."""
        with self._writing() as (writer, _):
            for document in documents:
                writer.add(document)
            writer.commit(merge=False)

    def make(self) -> None:
        """An empty index of the present version, where there is nothing yet."""
        with telling():
            self.path.mkdir(mode=0o700, parents=True)
            storage = Storage(self.path)
            index.FileIndex.create(storage, SCHEMA)
            storage.close_streams()
            (self.path / _VERSION_FILE).write_text(self._version, "utf-8")


def _delete(leaves: Mapping[Any, Leaf], ids: Iterable[int]) -> None:
    for id in ids:
        for segment, leaf in leaves.items():
            number = leaf.number_of(id)
            if number is not None:
                segment.delete_document(number)
