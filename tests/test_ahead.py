"""Batches are made by processes beside the one that uses them."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from microshare import ahead, config
from microshare.errors import Refused


def test_the_items_of_all_makers_come_by_turns_until_one_has_no_more() -> None:
    assert list(ahead.made([iter([3, None, 1])])) == [3, None, 1]
    assert list(ahead.made([iter("abc"), iter("ABC")])) == [*"aAbBcC"]
    assert list(ahead.made([iter("ab"), iter("A")])) == [*"aAb"]
    assert list(ahead.made([iter(""), iter("")])) == []


def test_they_are_made_in_processes_that_end_with_their_reader() -> None:
    def items() -> Iterator[int]:
        while True:
            yield os.getpid()

    coming = ahead.made([items(), items()])
    first, second = next(coming), next(coming)
    assert len({first, second, os.getpid()}) == 3
    assert next(coming) == first
    coming.close()  # type: ignore[attr-defined]
    for pid in (first, second):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_making_raises_is_raised_behind_those_before() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise Refused("file-format", name="posts.csv", why="broken")

    coming = ahead.made([items()])
    assert next(coming) == 1
    with pytest.raises(Refused, match="file-format") as raised:
        next(coming)
    assert raised.value.facts == {"name": "posts.csv", "why": "broken"}
    assert "in items" in raised.value.__notes__[0]


def test_a_maker_that_is_killed_is_no_end_of_the_items() -> None:
    def items() -> Iterator[bytes]:
        yield b"whole"
        os.kill(os.getpid(), signal.SIGKILL)

    coming = ahead.made([items()])
    assert next(coming) == b"whole"
    with pytest.raises(ChildProcessError):
        next(coming)


def test_a_maker_lives_no_longer_than_a_reader_that_is_killed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """All that tells it is its pipe, which has no reader then: not even the maker begun after it."""
    told = tmp_path / "pids"

    def items() -> Iterator[bytes]:
        with told.open("a") as file:
            file.write(f"{os.getpid()}\n")
        while True:
            yield bytes(100_000)

    reader = os.fork()
    if reader == 0:
        try:
            coming = ahead.made([items(), items()])
            next(coming), next(coming)
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]) == -signal.SIGKILL
    makers = [int(pid) for pid in told.read_text().split()]
    assert len(makers) == 2
    until = time.monotonic() + 20
    try:
        while any(_runs(pid) for pid in makers):
            assert time.monotonic() < until
            os.sched_yield()
    finally:
        for pid in filter(_runs, makers):
            os.kill(pid, signal.SIGKILL)
    assert capfd.readouterr().err == ""


def _runs(pid: int) -> bool:
    """Whether a process runs: one that has ended, and that nobody waits for, does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_ctrl_c_is_left_to_the_reader() -> None:
    def items() -> Iterator[int]:
        os.kill(os.getpid(), signal.SIGINT)
        yield 1

    assert list(ahead.made([items()])) == [1]


def test_the_settings_are_known_where_they_are_made(app: Flask) -> None:
    with app.app_context():
        wanted = config.current().company
        coming = ahead.made([(config.current().company for _ in range(2))])
        assert list(coming) == [wanted] * 2
