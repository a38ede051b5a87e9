"""Counts that the web processes of one server share, in memory that is made before they are forked.

It is a table of a fixed size, so that no crowd of callers fills the machine: where a group of its
places is full, whoever called least is forgotten. A count belongs to a name and ends at a moment.
"""

import fcntl
import hashlib
import mmap
import secrets
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

GROUPS, PLACES = 4096, 8  # 32,768 counts, of 40 bytes each
_FORM = struct.Struct("=16s5I4x")
_threads = Lock()


class Tally(NamedTuple):
    """How a count stands after one more."""

    used: int  # counted here
    elsewhere: int  # counted by other servers, as far as is known
    unsent: int  # what whoever counted is now to add to the sum of all servers


class _Row(NamedTuple):
    mark: bytes  # a hash of the name and of the end
    until: int  # seconds of the epoch; what ended is as free as what never was
    used: int  # counted here
    sent: int  # of these, what stands in the sum of all servers or is on its way there
    tried: int  # counted here when that was last tried
    elsewhere: int  # counted by other servers, as far as is known


@cache
def _file() -> int:
    """A file that is there to be locked: the system unlocks what a process held that was killed."""
    file, path = tempfile.mkstemp()
    Path(path).unlink()
    return file


@contextmanager
def turn() -> Iterator[None]:
    """One thread of one process at a time; for a few microseconds."""
    with _threads:  # the file's lock is the process's, whichever thread asks
        fcntl.lockf(_file(), fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(_file(), fcntl.LOCK_UN)


class Tallies:
    """The counts of one server; what is forked from the process that made it shares them."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, GROUPS * PLACES * _FORM.size)
        self._key = secrets.token_bytes(16)  # nobody chooses names that meet in one group
        _file()  # before the fork: a lock on another file would keep nobody out

    def count(self, name: str, now: int, until: int, *, every: int, limit: int) -> Tally:
        """Count one more, at `now`, of what ends at `until`.

        `unsent` comes with every so many, and with the one that goes over the limit; with none
        after that, since everybody else who counts on to there finds enough in the sum.
        """
        mark = self._mark(name, until)
        with turn():
            place, row = self._find(mark, now)
            row = row or _Row(mark, until, 0, 0, 0, 0)
            row = row._replace(used=row.used + 1)
            total = row.used + row.elsewhere
            is_due = total <= limit and row.used - row.tried >= every
            unsent = row.used - row.sent if is_due or total == limit + 1 else 0
            if unsent:
                row = row._replace(sent=row.used, tried=row.used)
            _FORM.pack_into(self._memory, place, *row)
        return Tally(row.used, row.elsewhere, unsent)

    def settle(self, name: str, now: int, until: int, *, sent: int, total: int | None) -> int:
        """What became of `sent`: the sum of all servers, or None where it did not get there.

        Gives what other servers counted. A sum that was read before another is no step back.
        """
        with turn():
            place, row = self._find(self._mark(name, until), now)
            if row is None:  # forgotten meanwhile
                return 0
            if total is None:
                row = row._replace(sent=row.sent - min(sent, row.sent))
            else:
                row = row._replace(elsewhere=max(row.elsewhere, total - row.sent))
            _FORM.pack_into(self._memory, place, *row)
        return row.elsewhere

    def _mark(self, name: str, until: int) -> bytes:
        named = f"{name} {until}".encode()
        return hashlib.blake2b(named, key=self._key, digest_size=16).digest()

    def _find(self, mark: bytes, now: int) -> tuple[int, _Row | None]:
        """Where the count stands, or None and the place that it may have."""
        group = int.from_bytes(mark[:4], "little") % GROUPS
        first = group * PLACES * _FORM.size
        free, least = first, (True, 2**32)
        for place in range(first, first + PLACES * _FORM.size, _FORM.size):
            row = _FORM.unpack_from(self._memory, place)
            if row[0] == mark:
                return place, _Row._make(row)
            if (worth := (row[1] > now, row[2])) < least:
                free, least = place, worth
        return free, None
