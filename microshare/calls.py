"""Calls of clients, summed over all servers that share the database.

A server counts by itself (`tallies`) and adds here now and then; nobody writes for each call.
"""

import hashlib
import hmac
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, delete
from sqlalchemy.dialects import postgresql, sqlite

from microshare import signing
from microshare.db import db
from microshare.models import CallCount


def add(connection: Connection, name: str, number: int, until: datetime) -> int:
    """Add to the count of this name that ends then; gives the sum of all servers."""
    values = {"key": _key(name, until), "used": number, "until": until}
    return int(connection.execute(_add(connection.dialect.name), values).scalar_one())


@cache
def _add(dialect: str) -> Executable:
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(CallCount)
    return insert.on_conflict_do_update(
        index_elements=[CallCount.key], set_={"used": CallCount.used + insert.excluded.used}
    ).returning(CallCount.used)


def _key(name: str, until: datetime) -> str:
    # Keyed, so that the table tells nobody who called, or from where.
    named = f"calls {name} {until.timestamp():.0f}".encode()
    return hmac.new(signing.key().encode(), named, hashlib.sha256).hexdigest()


def forget_old(now: datetime) -> None:
    """Drop the counts that ended."""
    db.session.execute(delete(CallCount).where(CallCount.until <= now))
