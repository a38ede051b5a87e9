"""How quickly letters go out: at most so many a minute, whoever sends them, over all hosts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import sleep

from sqlalchemy import select

from microshare import clock, config
from microshare.db import add_once, db
from microshare.models import MailPace

THE_ROW = 1
LOOK = 1.0  # seconds between two looks at whether to go on


def reserve(now: datetime) -> datetime:
    """Take the next place in the row; when it comes. Without a limit that is now, every time.

    Places are as far apart as the limit says: after a pause no crowd goes out at once.
    """
    limit = config.current().mail_per_minute
    if not limit:
        return now
    add_once(MailPace, id=THE_ROW, next_at=now)
    row = db.session.scalars(select(MailPace).filter_by(id=THE_ROW).with_for_update()).one()
    # A clock that was put back must not stop all mail until it has caught up.
    place = now if row.next_at > now + timedelta(hours=1) else max(row.next_at, now)
    row.next_at = place + timedelta(minutes=1) / limit
    db.session.flush()
    return place


def wait(place: datetime, *, goes_on: Callable[[], bool] = lambda: True) -> bool:
    """Wait for a place that was taken; false as soon as we are to stop."""
    while (left := (place - clock.now()).total_seconds()) > 0:
        if not goes_on():
            return False
        sleep(min(left, LOOK))
    return goes_on()
