"""Where the embedded index keeps its files.

Whoosh itself does not wait for the disk. The database would then remember that a post was indexed,
and after a power failure the index would not.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile


class _Raw:
    """An open file that closes itself with the last search that reads it, and never complains."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self._at = 0

    def fileno(self) -> int:
        return self._descriptor

    def tell(self) -> int:
        return self._at

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size()}[whence]
        self._at = base + position
        return self._at

    def read(self, length: int = -1) -> bytes:
        wanted = length if length >= 0 else max(0, self._size() - self._at)
        read = os.pread(self._descriptor, wanted, self._at)
        self._at += len(read)
        return read

    def readline(self) -> bytes:
        line = b""
        while not line.endswith(b"\n") and (byte := self.read(1)):
            line += byte
        return line

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def __del__(self) -> None:
        with suppress(AttributeError):  # where it could not be opened
            self.close()


class _File(StructFile):  # type: ignore[misc]
    """A file that is read anywhere without moving a position, so that threads may share it.

    Nothing is mapped: what was read once does not stay in the memory of each process, and a file
    that was cut is an error instead of a signal.
    """

    def get(self, position: int, length: int) -> bytes:
        read = os.pread(self.fileno(), length, position)
        if len(read) != length:
            raise EOFError(self._name)
        return read


class Storage(FileStorage):  # type: ignore[misc]
    """Files that are on the disk before a commit counts, and closed after a failure."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._made: list[str] = []
        self._streams: list[Any] = []

    def create_file(self, name: str, *args: Any, **kwargs: Any) -> Any:
        self._made.append(name)
        self._streams.append(super().create_file(name, *args, **kwargs))
        return self._streams[-1]

    def open_file(self, name: str, *args: Any, **kwargs: Any) -> Any:
        self._streams.append(_File(_Raw(self._fpath(name)), name=name))
        return self._streams[-1]

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        # Whoosh renames one file only, the contents, when all others are complete.
        for name in [*self._made, "."]:
            if self.file_exists(name):
                _sync(self._fpath(name))
        super().rename_file(oldname, newname, safe)
        _sync(self._fpath("."))
        self._made.clear()

    def close_streams(self) -> None:
        for stream in self._streams:
            if not stream.is_closed:
                stream.close()
        self._streams.clear()


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
