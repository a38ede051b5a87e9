"""Letters on disk: those that are held, in hand, or could not be handled.

Each is a file of bytes as they came, `<name>.eml`, and a line of JSON beside it. It is on the disk
before anybody is told that we have it, and only the owner of the instance reads it.
"""

import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from microshare import config
from microshare.errors import Missing

HELD, FAILED, IN_HAND = "held", "failed", "in-hand"
_NAME = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True)
class Told:
    """What is known of a letter beside its bytes."""

    recipient: str
    at: str  # when it came, in ISO 8601
    why: str = ""
    tries: int = 0

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


def keep(where: str, name: str, raw: bytes, told: Told) -> None:
    """Put a letter on the disk; one of this name is replaced."""
    _write(_file(where, name, ".json"), json.dumps(asdict(told)).encode())
    _write(_file(where, name, ".eml"), raw)


def note(where: str, name: str, told: Told) -> None:
    """Change what is known of a letter that is there."""
    _write(_file(where, name, ".json"), json.dumps(asdict(told)).encode())


def has(where: str, name: str) -> bool:
    return _file(where, name, ".eml").exists()


def raw(where: str, name: str) -> bytes:
    """The letter, or `Missing`: it is on another host, or gone."""
    try:
        return _file(where, name, ".eml").read_bytes()
    except FileNotFoundError as error:
        raise Missing("letter") from error


def told(where: str, name: str) -> Told:
    """What is known of it; where that is lost or broken, as good as nothing."""
    try:
        return Told(**json.loads(_file(where, name, ".json").read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return Told("", "1970-01-01T00:00:00+00:00")


def drop(where: str, name: str) -> None:
    """Remove a letter: its bytes first, so that no letter is without what is known of it."""
    for ending in (".eml", ".json"):
        _file(where, name, ending).unlink(missing_ok=True)


def names(where: str) -> Iterator[str]:
    """The letters that are there, the oldest first."""
    folder = _folder(where)
    found = []
    for path in folder.glob("*.eml"):
        try:
            found.append((path.stat().st_mtime, path.stem))
        except FileNotFoundError:
            continue  # somebody else was quicker
    yield from (name for _, name in sorted(found))


def tidy(where: str, before: datetime) -> None:
    """Remove what a killed process left half written."""
    for path in _folder(where).glob(".*"):
        try:
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
        except FileNotFoundError:
            continue


def _folder(where: str) -> Path:
    folder = config.current().instance / "mail" / where
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _file(where: str, name: str, ending: str) -> Path:
    if not _NAME.fullmatch(name):
        raise Missing("letter")
    return _folder(where) / f"{name}{ending}"


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name too
    finally:
        os.close(folder)
