"""Many digests, composed and rendered as a run of the product does it, but handed to nobody."""

import os
import time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bench import processes
from bench.company import END
from microshare import digest_writing, garbage, periods
from microshare.db import db
from microshare.digest_week import Shared
from microshare.models import User
from microshare.periods import Period

WARM = 20  # letters before the first measure of memory


def write(count: int, users: int, longest: float) -> dict[str, Any]:
    """Letters to so many readers, the same ones again where there are fewer; stops when it is long.

    `seconds` are those that 10,000 would take at this pace; memory in MB before and after.
    """
    mine, shared, due = [os.getpid()], Shared(), _due(users)
    garbage.settle()  # as a worker does
    for number in range(WARM):
        _letter(due[number % users], shared)
    before = processes.memory(mine)["rss"]
    began, cpu = time.monotonic(), processes.cpu(mine)
    done = letters = 0
    while done < count and time.monotonic() - began < longest:
        letters += _letter(due[done % users], shared)
        done += 1
    seconds, cpu = time.monotonic() - began, processes.cpu(mine) - cpu
    return {
        "count": done,
        "letters": letters,
        "seconds": seconds / done * 10_000,
        "cpu": cpu / done * 10_000,
        "rss_before": before,
        "rss_after": processes.memory(mine)["rss"],
    }


def _due(users: int) -> list[tuple[int, Period]]:
    """The readers and their periods, which a run looks up before it writes the first letter."""
    rows = db.session.execute(
        select(User.id, User.digest_weekday, User.digest_hour, User.time_zone).order_by(User.id)
    )
    due = [(i, periods.newest(END, day, hour, ZoneInfo(zone))) for i, day, hour, zone in rows]
    if len(due) < users:
        raise processes.Ended(f"there are {len(due)} readers, and not {users}")
    return due


def _letter(due: tuple[int, Period], shared: Shared) -> bool:
    """Write one reader's letter; whether there was anything to say."""
    reader_id, period = due
    return digest_writing.write(reader_id, shared.week(period), END) is not None
