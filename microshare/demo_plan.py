"""When what happens in the demonstration: the moments, the kinds of posts, the fates of questions.

All of it is drawn from one `random.Random`, so that the same seed gives the same three months.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from zoneinfo import ZoneInfo

from microshare import demo_content as content

SPAN, LONG_SPAN = timedelta(days=91), timedelta(days=3 * 365)
ZONE = ZoneInfo("Europe/Amsterdam")
REPLIES, QUESTIONS = 0.25, 0.08  # of all posts
OPEN = 1 / 3  # of the questions

# How busy each local hour is, from midnight, and each weekday, from Monday.
_HOURS = (0, 0, 0, 0, 0, 0, 0.2, 2, 7, 9, 10, 9, 4, 6, 8, 9, 9, 6, 2, 1, 1, 0.5, 0, 0)
_WEEKDAYS = (1.0, 1.1, 1.0, 1.05, 0.8, 0.05, 0.03)
_KINDS, _OFTEN = list(content.KINDS), list(accumulate(content.KINDS.values()))
# How readily colleagues reply to a kind of post.
_TALKED_ABOUT = {"fault": 3.0, "complaint": 2.0, "lab": 1.5, "rival": 1.3, "shop": 1.0,
                 "visit": 1.0, "tip": 1.0, "win": 0.8, "order": 0.8, "market": 0.7, "office": 0.6}
# How many replies a question has, by its fate.
_ANSWERED = {"open": (0, 0, 1, 2), "accepted": (1, 2, 2, 3), "solved": (0, 1, 1, 2)}


class Calendar:
    """What is still to happen, soonest first; of two things at one moment the one noted first."""

    def __init__(self) -> None:
        self._number = count()
        self._notes: list[tuple[datetime, int, Callable[[datetime], None]]] = []

    def note(self, at: datetime, act: Callable[[datetime], None]) -> None:
        """`act` will be called with this moment."""
        heapq.heappush(self._notes, (at, next(self._number), act))

    def play_until(self, moment: datetime) -> None:
        """Let everything happen that is due, and what follows from it."""
        while self._notes and self._notes[0][0] <= moment:
            at, _, act = heapq.heappop(self._notes)
            act(at)


@dataclass
class Opening:
    """When a thread begins, with what kind of post, and how it goes on."""

    at: datetime
    kind: str
    replies: int = 0
    fate: str = ""  # of a question: open, accepted, solved


def openings(number: int, dice: random.Random, now: datetime) -> list[Opening]:
    """The beginnings of all threads in order of time; with their replies they are `number`."""
    replies = round(number * REPLIES)
    found = [Opening(at, "") for at in moments(number - replies, dice, now)]
    asking = set(dice.sample(range(len(found)), min(len(found), round(number * QUESTIONS))))
    kinds = dice.choices(list(content.KINDS), list(content.KINDS.values()), k=len(found))
    for place, opening in enumerate(found):
        opening.kind = "question" if place in asking else kinds[place]
    asked = [opening for opening in found if opening.kind == "question"]
    replies -= _decide(asked, replies, dice)
    others = [opening for opening in found if opening.kind != "question"] or asked
    weights = [min(dice.paretovariate(1.5), 4) * _TALKED_ABOUT.get(opening.kind, 1)
               for opening in others]
    for opening in dice.choices(others, weights, k=replies) if others else ():
        opening.replies += 1
    return found


def _decide(asked: Sequence[Opening], replies: int, dice: random.Random) -> int:
    """What becomes of the questions; how many of the replies they take."""
    # The newer a question, the more likely it is still open.
    order = sorted(range(len(asked)), key=lambda place: place + dice.random() * 1.2 * len(asked))
    still_open = set(order[len(asked) - round(len(asked) * OPEN):])
    taken = 0
    for place, question in enumerate(asked):
        question.fate = ("open" if place in still_open
                         else "accepted" if dice.random() < 0.7 else "solved")
        question.replies = min(dice.choice(_ANSWERED[question.fate]), replies - taken)
        taken += question.replies
    return taken


def moments(number: int, dice: random.Random, now: datetime) -> list[datetime]:
    """So many moments of the last three months, mostly in working hours, in order."""
    today = now.astimezone(ZONE).date()
    days = [today - timedelta(days=back) for back in range(SPAN.days + 1)]
    day_weights = list(accumulate(_WEEKDAYS[day.weekday()] for day in days))
    hours = list(accumulate(_HOURS))
    found: list[datetime] = []
    while len(found) < number:
        [day] = dice.choices(days, cum_weights=day_weights)
        [hour] = dice.choices(range(24), cum_weights=hours)
        moment = datetime(day.year, day.month, day.day, hour, dice.randrange(60),
                          dice.randrange(60), tzinfo=ZONE).astimezone(UTC)
        if now - SPAN < moment <= now:
            found.append(moment)
    return sorted(found)


def opening(at: datetime, now: datetime, dice: random.Random) -> Opening:
    """One beginning, drawn by itself: a company of a million posts is not planned as a whole."""
    if dice.random() < QUESTIONS / (1 - REPLIES):
        is_new = now - at < timedelta(days=30)
        fate = ("open" if dice.random() < (0.6 if is_new else OPEN / 2)
                else "accepted" if dice.random() < 0.7 else "solved")
        return Opening(at, "question", dice.choice(_ANSWERED[fate]), fate)
    [kind] = dice.choices(_KINDS, cum_weights=_OFTEN)
    keen = min(dice.paretovariate(1.5), 4) * _TALKED_ABOUT.get(kind, 1)
    return Opening(at, kind, int(keen * 0.12 + dice.random()))


def paced(number: int, dice: random.Random, now: datetime, span: timedelta) -> Iterator[datetime]:
    """So many moments, spread over the days up to now as `moments` are, in order, a day at once."""
    today = now.astimezone(ZONE).date()
    days = [today - timedelta(days=back) for back in range(span.days, -1, -1)]
    weights = [_WEEKDAYS[day.weekday()] for day in days]
    midnight = datetime(today.year, today.month, today.day, tzinfo=ZONE)
    weights[-1] *= (now - midnight) / timedelta(days=1)
    hours, reached, done = list(accumulate(_HOURS)), 0.0, 0
    for day, weight in zip(days, weights, strict=True):
        reached += weight
        due = number if day == today else round(number * reached / sum(weights))
        start = datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)
        drawn = dice.choices(range(24), cum_weights=hours, k=due - done)
        seconds = [hour * 3600 + int(dice.random() * 3600) for hour in drawn]
        if day == today:
            room = min(now - start, timedelta(hours=23)).total_seconds()
            seconds = [int(min(second, room * dice.random())) for second in seconds]
        for second in sorted(seconds):
            yield start + timedelta(seconds=second)
        done = due


def later(at: datetime, hours: float, dice: random.Random) -> datetime:
    """After so many hours, put off to a time at which people work.

    >>> friday = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
    >>> later(friday, 1, random.Random(1)).strftime("%A")
    'Monday'
    """
    then = (at + timedelta(hours=hours)).astimezone(ZONE)
    while not 7 <= then.hour < 21 or (then.weekday() > 4 and dice.random() < 0.97):
        then += timedelta(hours=dice.uniform(2, 7))
    return then.astimezone(UTC)


def soon(at: datetime, hours: float, now: datetime, dice: random.Random) -> datetime:
    """As `later`, but never after the present moment."""
    then = later(at, hours, dice)
    return then if then <= now else at + (now - at) * dice.random()
