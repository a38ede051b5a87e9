"""Work that is made ready in processes of its own while the work before it is done."""

import os
import pickle
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any, BinaryIO, NoReturn, Self, TypeVar

Item = TypeVar("Item")
# Whose work takes about as long as that of their reader. Fixed: a company is drawn for so many,
# and the same seed is the same company on every machine.
MAKERS = 2


def made(makers: Sequence[Iterator[Item]]) -> Iterator[Item]:
    """The items of the makers by turns, until the one whose turn it is has no more.

    Each maker runs in a fork of this process, with its settings, and so knows nothing of the
    database's connections: what it needs of the database it is given beforehand. It is a few items
    ahead at most, since it waits until the one before is read. What making an item raises is raised
    where that item would be used. For a process without other threads, whose locks nobody would
    open in the fork.

    A maker ends with its reader: when that is content, fails, or is killed.
    """
    running: list[_Maker] = []
    try:
        for maker in makers:
            running.append(_Maker(maker, [one.items for one in running]))
        for one in cycle(running):
            kind, value = one.told()
            if kind == "ended":
                return
            if kind == "raised":
                raise value
            yield value
    finally:
        for one in running:
            one.end()


class _Maker:
    """A process that makes items, and the pipe that they come from."""

    def __init__(self, maker: Iterator[Any], others: Sequence[BinaryIO]) -> None:
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _make(maker, write, [read, *(one.fileno() for one in others)])
        os.close(write)
        self.items = os.fdopen(read, "rb")

    def told(self) -> tuple[str, Any]:
        """`item`, `raised` or `ended`, with the item or the error."""
        try:
            told: tuple[str, Any] = pickle.load(self.items)  # noqa: S301 - our own process wrote it
        except (EOFError, pickle.UnpicklingError) as error:
            raise ChildProcessError("what was made ahead ended before its end") from error
        return told

    def end(self) -> None:
        """It may be in the midst of an item, which nobody will read."""
        self.items.close()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _make(maker: Iterator[Any], write: int, strange: Sequence[int]) -> NoReturn:
    """All that the forked process does. It leaves at once and tidies nothing: what it has of
    connections, files and buffers is its parent's."""
    try:
        # Ctrl-C goes to both: the reader decides. It also goes unheard in a worker's handlers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for one in strange:
            os.close(one)  # a pipe that nobody reads any more tells its writer so
        with suppress(BrokenPipeError), os.fdopen(write, "wb") as pipe, _Teller(pipe) as teller:
            for item in maker:
                teller.tell("item", item)
    except BaseException:
        traceback.print_exc()  # what cannot be told by the pipe
        raise
    finally:
        os._exit(0)


class _Teller:
    """The writing end of the pipe; at the end it tells whether all went well."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.pipe = pipe

    def tell(self, kind: str, value: Any) -> None:
        pickle.dump((kind, value), self.pipe, pickle.HIGHEST_PROTOCOL)
        self.pipe.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None:
            self.tell("ended", None)
        else:
            error.add_note(traceback.format_exc())  # which is not told with it
            self.tell("raised", error)
        return True
