"""Making an instance ready: folders, key, tables. Safe to repeat; a second time changes nothing."""

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from microshare import config
from microshare.db import db, exclusive
from microshare.errors import Unavailable


def install() -> bool:
    """Bring the tables up to date; true if there was anything to do."""
    config.secret_key(config.current().instance)
    if is_current():
        return False
    with exclusive("install") as mine:
        if not mine:
            raise Unavailable("database", why="locked")
        flask_migrate.upgrade()
    return True


def is_current() -> bool:
    """Whether the tables are those that this version needs."""
    with db.engine.connect() as connection:
        have = set(MigrationContext.configure(connection).get_current_heads())
    scripts = ScriptDirectory(f"{current_app.root_path}/migrations")
    return have == set(scripts.get_heads())
