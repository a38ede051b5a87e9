"""One company for a whole file of tests: to make it anew for each takes longer than they do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from microshare import create_app, grants, people
from microshare.config import Settings
from microshare.db import db, saving
from tests.conftest import NOON, Browser, furnish, running


@contextmanager
def company(folder: Path, installed: Path, **settings: Any) -> Iterator[Flask]:
    """The application with ada, grace and linus in it."""
    shutil.copytree(installed, folder / "instance")
    app = create_app(
        Settings(
            **{
                "instance": folder / "instance",
                "password_memory": 8,
                "company": "Acme",
                "url": "http://localhost",
                **settings,
            }
        )
    )
    app.test_client_class = Browser
    with running(app):
        with app.app_context():
            furnish()
            db.session.remove()
        yield app


class Caller:
    """A program that calls with a colleague's own token."""

    def __init__(self, app: Flask, username: str) -> None:
        with app.app_context(), saving():
            self.token = grants.create(people.get(username), "api", "test", NOON)
        self.client = FlaskClient(app)

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self("GET", f"/api/v1/{path}", **more)

    def post(self, path: str, **more: Any) -> Any:
        return self("POST", f"/api/v1/{path}", **more)
