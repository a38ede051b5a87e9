"""microshare: an internal microblog that replaces cc-e-mail."""

from collections.abc import Callable, MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment
from flask_migrate import Migrate

from microshare import config, db, seals, web
from microshare.api import init_app as init_api
from microshare.config import Settings
from microshare.db import db as database

__all__ = ["create_app"]


class _Templates(Environment):
    """Flask's templates, each with one mapping of what all of them see, all of it known by now.

    Jinja chains two, and goes through both for each part of a page that is imported.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


class _Application(Flask):
    """Flask, without its look at each function of each request: none of ours is a coroutine."""

    jinja_environment = _Templates

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None, *, patient: bool = False) -> Flask:
    """The application with these settings, or with those of the environment.

    `patient`: its statements may take as long as they take; for jobs and commands.
    """
    settings = settings or config.read()
    seals.check(settings)
    settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    app = _Application(__name__, instance_path=str(settings.instance.absolute()))
    app.config["MICROSHARE"] = settings
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600  # asset addresses carry a fingerprint
    db.init_app(app, patient=patient)
    Migrate(app, database, directory=f"{app.root_path}/migrations")
    web.init_app(app)
    init_api(app)
    return app
