"""Making an instance ready: folders, key, tables. Safe to repeat; a second time changes nothing."""

import functools
from typing import Literal

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from microshare import connections, signing
from microshare.db import db
from microshare.errors import Refused
from microshare.turns import exclusive

_USABLE = "microshare.usable"


def install() -> bool:
    """Bring the tables up to date; true if there was anything to do.

    Hosts that start at once take turns: the first one does the work. `Refused("schema-newer")`
    where a later version has been.
    """
    connections.make_file(db.engine)
    if changed := not is_current():
        with exclusive("install", wait=True):
            if schema() == "newer":
                raise Refused("schema-newer")
            if changed := not is_current():
                flask_migrate.upgrade()
    signing.key()
    return changed


def is_current() -> bool:
    """Whether the tables are those that this version needs."""
    return schema() == "current"


def is_usable() -> bool:
    """Whether this version can serve these tables; once it could, the database is not asked again.

    A later version's may do: while hosts are replaced one by one, the old ones go on.
    """
    if not current_app.extensions.get(_USABLE):
        current_app.extensions[_USABLE] = schema() in ("current", "newer")
    return bool(current_app.extensions[_USABLE])


def schema() -> Literal["older", "current", "newer"]:
    """How the tables stand to this version; none at all are older."""
    file = connections.sqlite_file(db.engine)
    if file is not None and not file.exists():
        return "older"
    with db.engine.connect() as connection:
        have = set(MigrationContext.configure(connection).get_current_heads())
    heads, known = _revisions(current_app.root_path)
    if have == heads:
        return "current"
    return "newer" if have - known else "older"


@functools.cache
def _revisions(root: str) -> tuple[set[str], set[str]]:
    """The newest revisions that this version has, and all of them."""
    scripts = ScriptDirectory(f"{root}/migrations")
    return set(scripts.get_heads()), {script.revision for script in scripts.walk_revisions()}
