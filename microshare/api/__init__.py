"""The Mastodon client API: one door among several. It reads, calls a verb and answers."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from microshare.api import (
    accounts,
    around,
    instance,
    joining,
    marked,
    media,
    notifications,
    oauth,
    openapi,
    quiet,
    reports,
    search,
    statuses,
    tags,
    timelines,
)
from microshare.api.door import api

# Each makes its routes when it is imported.
GROUPS = (
    accounts,
    instance,
    joining,
    marked,
    media,
    notifications,
    oauth,
    openapi,
    quiet,
    reports,
    search,
    statuses,
    tags,
    timelines,
)


def init_app(app: Flask) -> None:
    """Open this door of the application; after the pages, whose forms carry tokens."""
    csrf: CSRFProtect = app.extensions["csrf"]
    csrf.exempt(api)  # no call is made by a cookie
    app.register_blueprint(api)
    around.init_app(app)
