"""What the tests of the verbs do again and again: publish, thank, and race."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import Flask

from microshare import posts, tags, thanks
from microshare.db import db, saving
from microshare.models import Post, Tag, User
from tests.conftest import NOON


def publish(author: User, line: str, now: datetime = NOON, **more: Any) -> Post:
    """A post, saved."""
    with saving():
        return posts.publish(author, line, now=now, **more)


def thank(post: Post, *givers: User, now: datetime = NOON) -> None:
    """Thanks from each of these, saved."""
    with saving():
        for giver in givers:
            thanks.give(giver, post, now)


def tag(name: str) -> Tag:
    """The tag of this name, made where it is new."""
    with saving():
        return tags.named([(name.casefold(), name)], NOON)[name.casefold()]


def ids(page: Any) -> list[int]:
    """The posts of a page, in its order."""
    return [item.post.id for item in page.items]


def raced(app: Flask, *acts: Callable[[], Any]) -> Sequence[Any]:
    """What each act gave or raised when all began at the same moment, each in its own session."""
    ready = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                ready.wait()
                results[place] = act()
            except Exception as error:  # noqa: BLE001 - handed to the test
                results[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(i, act)) for i, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return results
