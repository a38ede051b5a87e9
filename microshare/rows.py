"""The rows of a file of posts: JSON Lines or CSV, read with care.

A row has `author`, `department`, `line`, and may have `note`, `tags`, `time`, `id`, `key`,
`reply_to` (the id of an earlier row), `kind` and `name`.
"""

import csv
import io
import json
import os
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from microshare import config
from microshare.errors import Refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PIECE = 2**16  # bytes
_BLANKS = b" \t\r\n\xef\xbb\xbf"
NEEDED = ("author", "line")
COLUMNS = (
    "id",
    "key",
    "author",
    "name",
    "department",
    "line",
    "note",
    "tags",
    "time",
    "kind",
    "reply_to",
)


@dataclass(frozen=True)
class Row:
    """One row of a file, as it was read."""

    number: int  # its line in the file, from 1
    values: dict[str, Any]
    broken: str = ""  # why it could not be read


class Rows:
    """The rows of a file in the order of their times; those without a time keep their place.

    Feeds are ordered by when a post came in, so what happened first goes in first. Read twice, and
    never kept: of a row its time and its place in the file are remembered, 24 bytes.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        weakref.finalize(self, file.close)
        placed = cast(BinaryIO, io.BufferedReader(_Placed(file.fileno()), _PIECE))
        self._parse = _Csv(placed, name) if _is_csv(name) else _Json(placed)
        self.replied: set[str] = set()  # the ids that rows reply to
        times, places, numbers = array("q"), array("q"), array("q")
        last = -(2**62)
        for place, row in self._parse.rows():
            last = _time_of(row, last)
            times.append(last)
            places.append(place)
            numbers.append(row.number)
            if isinstance(replied := row.values.get("reply_to"), str | int):
                self.replied.add(str(replied))
        self._places, self._numbers = places, numbers
        self._order: Sequence[int] = range(len(times))
        if any(later < earlier for earlier, later in pairwise(times)):
            self._order = array("q", sorted(self._order, key=times.__getitem__))

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Row]:
        return self.within(range(len(self)))

    def within(self, places: range) -> Iterator[Row]:
        """The rows at these places of the order; also in a fork, while another reads others."""
        for at in self._order[places.start : places.stop]:
            yield self._parse.row(self._places[at], self._numbers[at])


class _Placed(io.RawIOBase):
    """An open file, read at a place of our own: that of the system is shared by all forks."""

    def __init__(self, file: int) -> None:
        self._file, self._at = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, to: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            to += self._at
        elif whence == os.SEEK_END:
            to += os.fstat(self._file).st_size
        self._at = to
        return to

    def readinto(self, buffer: Any) -> int:
        count = os.preadv(self._file, [buffer], self._at)
        self._at += count
        return count


def read(path: Path) -> Rows:
    """The rows of a file, or `Refused("file-format")`."""
    file: BinaryIO = path.open("rb")
    if not file.seekable():  # a pipe
        file = _kept(iter(partial(file.read, _PIECE), b""), file)
    head = file.read(_PIECE)
    file.seek(0)
    if b"\r" in head and b"\n" not in head:  # lines of an old Macintosh
        file = _kept((piece.replace(b"\r", b"\n") for piece in file), file)
    return Rows(file, path.name)


def _kept(pieces: Iterable[bytes], source: BinaryIO) -> BinaryIO:
    """A temporary file of these pieces."""
    file = cast(BinaryIO, TemporaryFile())  # noqa: SIM115 - closed with its rows
    with source:
        file.writelines(pieces)
    file.seek(0)
    return file


def _is_csv(name: str) -> bool:
    return name.lower().endswith(".csv")


def _time_of(row: Row, otherwise: int) -> int:
    """The microseconds since 1970 of a row's time."""
    written = row.values.get("time")
    if not written:
        return otherwise
    try:
        return (parse_time(str(written)) - _EPOCH) // timedelta(microseconds=1)
    except Refused:
        return otherwise


class _Json:
    """JSON Lines: a row a line. Places are bytes from the start of the file."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def rows(self) -> Iterator[tuple[int, Row]]:
        self.file.seek(0)
        place = 0
        for number, line in enumerate(self.file, 1):
            if line.strip(_BLANKS):
                yield place, self._row(line, number)
            place += len(line)

    def row(self, place: int, number: int) -> Row:
        if self.file.tell() != place:
            self.file.seek(place)
        return self._row(self.file.readline(), number)

    def _row(self, line: bytes, number: int) -> Row:
        try:
            values = json.loads(line.decode("utf-8-sig", "surrogateescape"))
        except (ValueError, RecursionError) as error:
            return Row(number, {}, str(error))
        return Row(number, values) if isinstance(values, dict) else Row(number, {}, "not an object")


class _Csv:
    """CSV with a head; a row may be several lines. Places are bytes from the start of the file."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file, self.name, self.place = file, name, 0
        head = file.readline().decode("utf-8-sig", "surrogateescape")
        file.seek(0)
        # Where the comma is a decimal sign, spreadsheets write semicolons.
        self.delimiter = ";" if head.count(";") > head.count(",") else ","
        self.lines = 0
        with self._refusing():
            self.columns = next(self._reader(), [])
        missing = set(NEEDED) - set(self.columns)
        if missing:
            why = "no column " + ", ".join(sorted(missing))
            raise Refused("file-format", name=name, why=why)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self.delimiter)

    def _lines(self) -> Iterator[str]:
        encoding = "utf-8-sig" if self.file.tell() == 0 else "utf-8"
        while line := self.file.readline():
            self.place += len(line)
            self.lines += 1
            yield line.decode(encoding, "surrogateescape")
            encoding = "utf-8"

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise Refused("file-format", name=self.name, why=str(error)) from error

    def rows(self) -> Iterator[tuple[int, Row]]:
        reader = self._reader()
        while True:
            place = self.place
            with self._refusing():
                cells = next(reader, None)
            if cells is None:
                return
            if cells:
                yield place, self._row(cells, self.lines)

    def row(self, place: int, number: int) -> Row:
        if self.file.tell() != place:
            self.file.seek(place)
        with self._refusing():
            return self._row(next(self._reader(), []), number)

    def _row(self, cells: list[str], number: int) -> Row:
        return Row(number, {k: v for k, v in zip(self.columns, cells, strict=False) if k and v})


def parse_time(written: str) -> datetime:
    """A time as people and files write it; without a zone it is the company's local time."""
    try:
        moment = datetime.fromisoformat(written.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=config.current().zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("time-malformed", value=written[:40]) from None
