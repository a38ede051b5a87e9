"""The key that signs sessions and unsubscribe links: the same on every host.

`MICROSHARE_SECRET_KEY` wins. Else it is a file of the instance on one machine with SQLite, and a
row of the database on PostgreSQL, made once, so that a web host needs nothing but the address.
"""

import secrets
from typing import cast

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from microshare import clock, config
from microshare.db import db
from microshare.models import SigningKey

_CACHED = "microshare.signing"
NAME = "sessions"


def key() -> str:
    """The key; looked up once in the life of a process: a letter signs dozens of addresses."""
    settings = config.current()
    if settings.secret_key:
        return settings.secret_key
    if _CACHED not in current_app.extensions:
        is_file = db.engine.dialect.name == "sqlite"
        found = config.secret_key(settings.instance) if is_file else _of_database()
        current_app.extensions[_CACHED] = found
    return cast(str, current_app.extensions[_CACHED])


def _of_database() -> str:
    # On a connection of its own: the caller may be in the middle of its saving.
    stored = select(SigningKey.value).where(SigningKey.name == NAME)
    with db.engine.connect() as connection:
        found = connection.scalar(stored)
        if found is None:
            # Of two hosts that start at once one is first, and both read the same row.
            connection.execute(
                insert(SigningKey)
                .values(name=NAME, value=secrets.token_hex(32), made_at=clock.now())
                .on_conflict_do_nothing()
            )
            connection.commit()
            found = connection.scalar(stored)
        return cast(str, found)


def take_over(of_elsewhere: str) -> None:
    """Let the key of a database that was copied be this one's too."""
    settings = config.current()
    if settings.secret_key or key() == of_elsewhere:
        return
    if db.engine.dialect.name == "sqlite":
        config.keep_secret_key(settings.instance, of_elsewhere)
        current_app.extensions[_CACHED] = of_elsewhere
        return
    with db.engine.begin() as connection:
        connection.execute(update(SigningKey).values(value=of_elsewhere))
    current_app.extensions[_CACHED] = of_elsewhere
