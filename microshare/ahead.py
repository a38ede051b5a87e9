"""Work that is made ready while the work before it is done."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import current_app

Item = TypeVar("Item")


def made(items: Iterator[Item]) -> Iterator[Item]:
    """The items in their order, each made in a thread of its own while the one before is used.

    One is made ahead and no more, and what making it raises is raised where it would be used. For
    batches that a database stores: while it does, Python has time.
    """
    context = current_app.app_context()
    ended = object()

    def following() -> Item | object:
        with context:
            return next(items, ended)

    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(following)
        while (item := coming.result()) is not ended:
            coming = thread.submit(following)
            yield item  # type: ignore[misc]
