"""How often a client may call: so many in five minutes a colleague, and without a token an address.

The processes of a server count together, in memory, and exactly. Servers that share a database
count together through a sum in it, to which each adds a fiftieth of the limit at a time: with `n`
of them a caller gets at most `limit + n × limit / 50`. A usual call writes nothing for this, and
a client that has gone wild some fifty times in a window.
"""

from datetime import UTC, datetime, timedelta
from typing import cast

from flask import Flask, current_app

from microshare import calls, config
from microshare.db import OUTAGES, at_once
from microshare.errors import Refused
from microshare.tallies import Tallies

WINDOW = timedelta(minutes=5)
LONG_WINDOW = timedelta(minutes=30)  # of what is dear: photos
REGISTRATIONS = 100  # of clients, in a window, from one address
PARTS = 50  # a limit is told to other servers in so many parts
WRITES = 20  # a second and server for this at most, however many call
_TALLIES = "microshare.tallies"


class Rate:
    """How a caller stands after a call."""

    def __init__(self, limit: int, used: int, reset: datetime) -> None:
        self.limit = limit
        self.remaining = max(0, limit - used)
        self.is_over = used > limit
        self.reset = reset

    def headers(self) -> dict[str, str]:
        """As clients read it: they sleep until `reset` where nothing remains."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": f"{self.reset.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        }


def init_app(app: Flask) -> None:
    """Make what the processes share that this one will be forked into."""
    app.extensions[_TALLIES] = Tallies()


def count(kind: str, whom: str, limit: int, window: timedelta, now: datetime) -> Rate:
    """Count a call of this kind."""
    tallies = cast(Tallies, current_app.extensions[_TALLIES])
    name, at, length = f"{kind} {whom}", int(now.timestamp()), int(window.total_seconds())
    until = (at // length + 1) * length
    reset = datetime.fromtimestamp(until, UTC)
    used, others, unsent = tallies.count(name, at, until, every=max(1, limit // PARTS), limit=limit)
    if unsent:
        total = _sum(name, unsent, reset) if _may_write(tallies, at) else None
        others = max(others, tallies.settle(name, at, until, sent=unsent, total=total))
    return Rate(limit, used + others, reset)


def _may_write(tallies: Tallies, at: int) -> bool:
    """Whether this second has room for one more; a crowd of addresses is no flood of writes."""
    return tallies.count("writes", at, at + 1, every=WRITES * 2, limit=WRITES).used <= WRITES


def _sum(name: str, unsent: int, until: datetime) -> int | None:
    """Tell the other servers, and hear of them; None where the database has no time for it now."""
    try:
        with at_once() as connection:
            return calls.add(connection, name, unsent, until)
    except OUTAGES:
        return None  # it goes with the next part


def count_call(whom: str, now: datetime) -> Rate:
    """A call of whatever kind."""
    return count("call", whom, config.current().api_rate, WINDOW, now)


def count_photo(whom: str, now: datetime) -> None:
    """A photo, which takes a second of a processor; `Refused` where they are too many."""
    limit = max(1, config.current().api_rate // 5)
    if count("photo", whom, limit, LONG_WINDOW, now).is_over:
        raise Refused("too-many-calls")


def count_registration(address: str, now: datetime) -> None:
    """A client that registers, or a colleague; `Refused` where they are too many from one address,
    which may be that of a whole company."""
    limit = max(REGISTRATIONS, config.current().api_rate // 5)
    if count("registration", address, limit, WINDOW, now).is_over:
        raise Refused("too-many-calls")
