"""The digest as a page, and leaving it with one click."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from microshare import (
    absence,
    clock,
    digest,
    digest_letter,
    people,
    periods,
    words,
)
from microshare.db import saving
from microshare.errors import Missing
from microshare.models import User
from microshare.web.asked import by_letter, public, user, whole

pages = Blueprint("digests", __name__)


@pages.get("/digest")
@by_letter
@whole
def current() -> str:
    """What the next letter would say of the seven days up to now."""
    who, now = user(), clock.now()
    period = periods.up_to(now, people.zone_of(who))
    due = absence.next_letter(who, now)
    return _page(who, replace(period, day=due.day), due=due.until)


@pages.get("/digest/<day>")
@by_letter
@whole
def of_day(day: str) -> str:
    """The digest of any period, named by its day."""
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise Missing("digest", day=day[:20]) from None
    if not date(2000, 1, 1) <= on < clock.now().date() + timedelta(weeks=words.AHEAD):
        raise Missing("digest", day=day)
    who = user()
    return _page(who, periods.ending(on, who.digest_hour, people.zone_of(who)))


def _page(user: User, period: periods.Period, *, due: datetime | None = None) -> str:
    """`due`: when the letter comes of which this is the present state; None: of a named day."""
    return render_template(
        "digest.html",
        digest=digest.compose(user, period, clock.now()),
        is_current=due is not None,
        due=due if user.digest_on else None,
        paused_until=absence.until(user, clock.now()),
        week_before=period.day - periods.WEEK,
    )


@pages.get("/digest/unsubscribe/<token>")
@public
def ask_to_leave(token: str) -> str:
    """A page with a button: a scanner that follows the link changes nothing."""
    return render_template("unsubscribe.html", user=_user(token), done=False)


@pages.post("/digest/unsubscribe/<token>")
@public
def leave(token: str) -> str | Response:
    """One click, without a session (RFC 8058): the signed link is the permission."""
    with saving():
        _user(token).digest_on = False
    return render_template("unsubscribe.html", user=_user(token), done=True)


def _user(token: str) -> User:
    user = people.by_id(digest_letter.unsubscriber(token))
    if user is None:
        raise Missing("person", name="")
    return user
