"""Many digests, composed and rendered as a run of the product does it, but handed to nobody."""

import os
import time
from typing import Any

from bench import processes
from bench.company import END
from microshare import digest, digest_letter, garbage, people, periods
from microshare.db import db
from microshare.digest_week import Shared

WARM = 20  # letters before the first measure of memory


def write(count: int, users: int, longest: float) -> dict[str, Any]:
    """Letters to so many readers, the same ones again where there are fewer; stops when it is long.

    `seconds` are those that 10,000 would take at this pace; memory in MB before and after.
    """
    mine, shared = [os.getpid()], Shared()
    garbage.settle()  # as a worker does
    for number in range(WARM):
        _letter(number % users + 1, shared)
    before = processes.memory(mine)["rss"]
    began, cpu = time.monotonic(), processes.cpu(mine)
    done = letters = 0
    while done < count and time.monotonic() - began < longest:
        letters += _letter(done % users + 1, shared)
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


def _letter(reader_id: int, shared: Shared) -> bool:
    """Compose and render one reader's letter; whether there was anything to say."""
    reader = people.by_id(reader_id)
    if reader is None:
        raise processes.Ended(f"there is no reader {reader_id}")
    period = periods.newest(END, reader.digest_weekday, reader.digest_hour, people.zone_of(reader))
    contents = digest.compose(reader, period, END, shared.week(period))
    if not contents.is_empty:
        digest_letter.render(reader, contents)
    db.session.rollback()
    db.session.expunge_all()
    return not contents.is_empty
