"""The rows of a file of posts: JSON Lines or CSV, read with care.

A row has `author`, `department`, `line`, and may have `note`, `tags`, `time`, `id`, `key`,
`reply_to` (the id of an earlier row), `kind` and `name`.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from microshare import config
from microshare.errors import Refused

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


def read(path: Path) -> list[Row]:
    """The rows of a file, in the order of their times; rows without a time keep their place.

    Feeds are ordered by when a post came in, so what happened first goes in first.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        parse = _csv_rows if path.suffix.lower() == ".csv" else _json_rows
        rows = list(parse(file, path.name))
    last = datetime.min.replace(tzinfo=UTC)
    keyed = []
    for row in rows:
        last = _time_of(row) or last
        keyed.append((last, row.number, row))
    return [row for _, _, row in sorted(keyed, key=lambda entry: entry[:2])]


def _time_of(row: Row) -> datetime | None:
    try:
        return parse_time(str(row.values.get("time", "")))
    except Refused:
        return None


def _json_rows(file: TextIO, name: str) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            yield Row(number, {}, str(error))
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            yield Row(number, {}, "not an object")


def _csv_rows(file: TextIO, name: str) -> Iterator[Row]:
    head = file.readline()
    file.seek(0)
    # Where the comma is a decimal sign, spreadsheets write semicolons.
    reader = csv.DictReader(file, delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        missing = set(NEEDED) - set(reader.fieldnames or ())
        if missing:
            raise Refused("file-format", name=name, why="no column " + ", ".join(sorted(missing)))
        for values in reader:
            yield Row(reader.line_num, {k: v for k, v in values.items() if k and v})
    except csv.Error as error:
        raise Refused("file-format", name=name, why=str(error)) from error


def parse_time(written: str) -> datetime:
    """A time as people and files write it; without a zone it is the company's local time."""
    try:
        moment = datetime.fromisoformat(written.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=config.current().zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("time-malformed", value=written[:40]) from None
