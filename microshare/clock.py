"""The time. The only place that asks for it, so that everything else can be told.

Verbs take `now` as an argument; doors and jobs call `clock.now()` once and pass it down.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
