"""How often a client may call: so many in five minutes a colleague, and without a token an address.

Each web process counts by itself, in memory: this keeps a client that has gone wild from taking
everybody's turn, and is no secret worth a write for each call.
"""

from datetime import UTC, datetime, timedelta
from threading import Lock

from microshare import config
from microshare.errors import Refused

WINDOW = timedelta(minutes=5)
LONG_WINDOW = timedelta(minutes=30)  # of what is dear: photos
REGISTRATIONS = 100  # of clients, in a window, from one address
_KEPT = 20_000  # counts; beyond these all begin anew

_counts: dict[tuple[str, str], tuple[int, int]] = {}
_turn = Lock()


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


def count(kind: str, whom: str, limit: int, window: timedelta, now: datetime) -> Rate:
    """Count a call of this kind."""
    number = int(now.timestamp() // window.total_seconds())
    with _turn:
        if len(_counts) >= _KEPT:
            _counts.clear()
        began, used = _counts.get((kind, whom), (number, 0))
        used = used + 1 if began == number else 1
        _counts[kind, whom] = number, used
    reset = datetime.fromtimestamp((number + 1) * window.total_seconds(), UTC)
    return Rate(limit, used, reset)


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
