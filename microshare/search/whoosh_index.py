"""The folder of the embedded index: its schema, its one writer and its many readers.

The folder is a shadow of the database, private (Whoosh keeps pickles in it) and rebuildable; so
whatever is wrong with it is told as `Unavailable("index")` and cured by making it anew.

Whoosh's readers move a shared file position, so no two threads may use one at a time. Each search
borrows a reader for itself and gives it back. A reader keeps the files of its generation mapped,
and so a commit, which deletes the old files, never disturbs a search that is under way.
"""

import errno
import os
import re
import shutil
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from pickle import PickleError
from types import TracebackType
from typing import Any

import whoosh
from whoosh import columns, fields, formats, index, reading, writing
from whoosh.filedb.filestore import StorageError
from whoosh.filedb.filetables import FileFormatError
from whoosh.matching import ReadTooFar

from microshare.errors import Unavailable
from microshare.search import analysis
from microshare.search.whoosh_storage import Storage

_SCHEMA_VERSION = 1
_VERSION = f"{_SCHEMA_VERSION}.{analysis.ANALYSIS_VERSION} whoosh {whoosh.versionstring()}"
_VERSION_FILE = "VERSION"
_NAME = "MAIN"  # Whoosh's own name for the only index in a folder
_LOCK_FILE = "MAIN_WRITELOCK"
_TIER_LIMIT = 7
_TRIES, _PAUSE = 5, 0.01  # to open what a commit just replaced; seconds
_CONTENTS = re.compile(r"_MAIN_(\d+)\.toc")

# What damaged pickles, structs and files make Whoosh raise; and a bare Exception, see `_telling`.
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


class _Exact(fields.FieldType):  # type: ignore[misc]
    """Words with their positions, given as (word, position) pairs."""

    def __init__(self) -> None:
        super().__init__(formats.Positions(), None, scorable=True)

    def index(self, value: list[tuple[str, int]], **_: Any) -> Iterator[tuple[Any, ...]]:
        places: dict[str, list[int]] = {}
        for word, position in value:
            places.setdefault(word, []).append(position)
        for word, positions in places.items():
            yield word.encode(), len(positions), len(positions), self.format.encode(positions)


SCHEMA = fields.Schema(
    number=fields.ID(unique=True),  # the post's id, to replace it by
    id=fields.COLUMN(columns.NumericColumn("q")),
    created_at=fields.COLUMN(columns.NumericColumn("q")),  # microseconds since 1970
    exact=_Exact(),
    roots=fields.ID(),
    facts=fields.ID(),  # such as `tag:pumps` and `is:open`
)


class _telling:  # noqa: N801
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


def _merged(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge segments of like size once there are many, so that each post moves log8(n) times.

    Whoosh's own rule lets segments of mere deletions pile up; here they go, and half-deleted ones.
    """

    def tier(segment: Any) -> int:
        return int(segment.doc_count()).bit_length() // 3  # a step is a factor of 8

    counts = Counter(map(tier, segments))
    full = max((one for one, count in counts.items() if count >= _TIER_LIMIT), default=-1)
    kept = []
    for segment in segments:
        live = segment.doc_count()
        if tier(segment) > full and 2 * live > segment.doc_count_all():
            kept.append(segment)
        elif live:
            reader = reading.SegmentReader(writer.storage, writer.schema, segment)
            try:
                writer.add_reader(reader)
            finally:
                reader.close()
    return kept


class Folder:
    """Opens readers and writers on one folder, for one process of possibly many."""

    def __init__(self, path: Path) -> None:
        self.path = path

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

    def reader(self) -> Any:
        """A new reader of the newest generation."""
        with _telling():
            self._check_version()
            for _ in range(_TRIES):
                # A commit may have deleted what was listed; what it put there comes next.
                with suppress(FileNotFoundError, index.EmptyIndexError):
                    return self._opened()
                time.sleep(_PAUSE)
            return self._opened()

    def _opened(self) -> Any:
        storage = Storage(self.path)
        try:
            contents = index.TOC.read(storage, _NAME, schema=SCHEMA)
            return index.FileIndex._reader(storage, SCHEMA, contents.segments, contents.generation)
        except BaseException:
            storage.close_streams()
            raise

    def _check_version(self) -> None:
        try:
            version = (self.path / _VERSION_FILE).read_text("utf-8")
        except FileNotFoundError:
            raise Unavailable("index", why="missing") from None
        if version != _VERSION:
            raise Unavailable("index", why="version")

    @contextmanager
    def _locked(self) -> Iterator[Storage]:
        storage = Storage(self.path)
        lock = storage.lock(_LOCK_FILE)
        with _telling():
            if not lock.acquire():
                raise Unavailable("index", why="locked")
        try:
            yield storage
        finally:
            lock.release()

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A writer whose work is committed at the end, or dropped where anything fails."""
        with _telling():
            self._check_version()
        with self._locked() as storage, _telling():
            writer = None
            try:
                writer = index.FileIndex(storage, SCHEMA).writer(_lk=False)
                yield writer
                writer.commit(mergetype=_merged)
            finally:
                if writer is not None and not writer.is_closed:
                    # A half-way commit may fail to cancel; its streams are closed below.
                    with suppress(OSError, *_DAMAGE):
                        writer.cancel()
                storage.close_streams()

    def clear(self) -> None:
        """An empty index of the present version, in a private folder."""
        with _telling():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
        with self._locked() as storage, _telling():
            # The version goes first and comes last: a crash in between leaves it to be made anew.
            (self.path / _VERSION_FILE).unlink(missing_ok=True)
            for path in self.path.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name != _LOCK_FILE:
                    path.unlink()
            index.FileIndex.create(storage, SCHEMA)
            storage.close_streams()
            (self.path / _VERSION_FILE).write_text(_VERSION, "utf-8")


class Readers:
    """The readers of one process, each lent to one search at a time."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._idle: list[tuple[tuple[int, int, int] | None, Any]] = []
        self._keeps = True

    @contextmanager
    def lent(self) -> Iterator[Any]:
        """A reader of the newest generation."""
        stamp = self._folder.stamp()
        reader = self._taken(stamp) or self._folder.reader()
        well = False
        try:
            with _telling():
                yield reader
            well = True
        finally:
            with self._lock:
                keep = well and self._keeps and stamp is not None
                if keep:
                    self._idle.append((stamp, reader))
            if not keep:
                reader.close()

    def _taken(self, stamp: tuple[int, int, int] | None) -> Any:
        with self._lock:
            stale = [reader for of, reader in self._idle if of != stamp]
            self._idle = [(of, reader) for of, reader in self._idle if of == stamp]
            reader = self._idle.pop()[1] if self._idle else None
        for old in stale:
            old.close()
        return reader

    def close(self) -> None:
        """Close what is idle now, and what is lent when it comes back."""
        with self._lock:
            self._keeps = False
            idle, self._idle = self._idle, []
        for _, reader in idle:
            reader.close()
