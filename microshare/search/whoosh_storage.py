"""Where the embedded index keeps its files.

Whoosh itself does not wait for the disk. The database would then remember that a post was indexed,
and after a power failure the index would not.
"""

import os
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile


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

    def __del__(self) -> None:
        self.file.close()  # with the last search that reads it


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
        opened = Path(self._fpath(name)).open("rb")  # noqa: SIM115 - closed with the last reader
        self._streams.append(_File(opened, name=name))
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
