"""A small lively company to look at, or a large one to measure: three months of Van Dalen Pompen.

It is played and not drawn up: what follows from a post is put on a calendar when the post is
written, and everything happens through the verbs of the product, in the order of time. So ids,
inboxes and counts are as if people had done it, and only what is still to come is kept in memory.
The same seed plays the same company, up to the present moment.
"""

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate, count
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from microshare import demo_content as content
from microshare import (
    departments,
    feeds,
    follows,
    goals,
    inbox,
    mutes,
    passwords,
    people,
    posts,
    questions,
    saves,
    tags,
    thanks,
)
from microshare.db import db
from microshare.models import InboxItem, Post, Tag, User

PASSWORD = "welcome-2-microshare"  # noqa: S105 - printed for who looks at the demonstration
SPAN = timedelta(days=91)
ZONE = ZoneInfo("Europe/Amsterdam")
REPLIES, QUESTIONS, OPEN, DUTCH = 0.25, 0.08, 1 / 3, 0.6  # parts; OPEN is one of the questions
TOLD_EVERY = 50  # posts

# How busy each local hour is, from midnight, and each weekday, from Monday.
_HOURS = (0, 0, 0, 0, 0, 0, 0.2, 2, 7, 9, 10, 9, 4, 6, 8, 9, 9, 6, 2, 1, 1, 0.5, 0, 0)
_WEEKDAYS = (1.0, 1.1, 1.0, 1.05, 0.8, 0.05, 0.03)
# How useful colleagues find a kind of post, and how readily they reply to it.
_USEFUL = {"tip": 1.6, "win": 1.3, "lab": 1.2, "rival": 1.1, "fault": 1.0, "visit": 0.8,
           "shop": 0.7, "order": 0.6, "complaint": 0.6, "market": 0.5, "office": 0.5,
           "question": 0.35, "reply": 0.35, "answer": 1.2}
_TALKED_ABOUT = {"fault": 3.0, "complaint": 2.0, "lab": 1.5, "rival": 1.3, "shop": 1.0,
                 "visit": 1.0, "tip": 1.0, "win": 0.8, "order": 0.8, "market": 0.7, "office": 0.6}
_AUTHOR_COMES_BACK = {"fault", "complaint", "visit", "rival"}
_ROLES = {"ada": "administrator", "grace": "community_manager"}


class SignIn(NamedTuple):
    """Somebody to sign in as, and why."""

    username: str
    role: str
    department: str
    why: str

    def __str__(self) -> str:
        return f"{self.username:6} {self.role.replace('_', ' ')}, {self.department}: {self.why}"


SIGN_IN = tuple(
    SignIn(person.username, _ROLES.get(person.username, "member"), department, why)
    for person, department, why in zip(content.STANDING, content.DEPARTMENT_TURNS, (
        "reads in Dutch what the field reports, and keeps the installation",
        "reads in English, keeps tags, goals and open questions, and sees the insights",
        "writes in Dutch after each visit, and is thanked by other departments",
    ), strict=False)
)


@dataclass(frozen=True)
class Company:
    """What was built: whom to sign in as, to see what."""

    sign_in: list[SignIn]


def build(
    *, people: int = 40, posts: int = 1500, tags: int = 60, seed: int = 1, now: datetime,
    password: str = PASSWORD, told: Callable[[int], None] = lambda count: None,
) -> Company:
    """Fill an empty database with a company; the three standing people are always in it.

    `told` hears how many posts were written since it was last told.
    """
    dice = random.Random(seed)
    start = now - SPAN
    staff = _hire(people, password, start)
    named = _name(content.tag_names(tags), staff, start)
    _follow(staff, named, dice, start)
    play = _Play(dice, now, staff, [tag.name for tag in named], told)
    play.run(_openings(posts, dice, now))
    _mute(staff, named, dice, now)
    _set_goals(named, staff[1], now)
    _catch_up(staff, dice, now)
    return Company(list(SIGN_IN))


def _hire(number: int, password: str, now: datetime) -> list[User]:
    works = {name: departments.named(name, now) for name in content.DEPARTMENTS}
    password_hash = passwords.hashed(password)  # once: it is made to be slow
    staff = []
    for place, person in enumerate(content.colleagues(max(number, len(content.STANDING)))):
        department = content.DEPARTMENT_TURNS[place % len(content.DEPARTMENT_TURNS)]
        user = people.join(
            email=f"{person.username}@{content.MAIL_DOMAIN}", username=person.username,
            name=person.name, department=works[department], now=now,
            role=_ROLES.get(person.username, "member"), language=person.language,
            time_zone=ZONE.key,
        )
        user.password_hash = password_hash
        if place % 3 != 1:  # not everybody tells something
            user.about = content.ABOUT[person.language, department]
        staff.append(user)
    db.session.flush()
    return staff


def _name(names: Sequence[str], staff: Sequence[User], now: datetime) -> list[Tag]:
    """The tags, some described, and those that each department follows."""
    named = list(tags.named([(name, name) for name in names], now).values())
    known = {tag.name: tag for tag in named}
    for tag in named:
        tags.describe(tag, content.DESCRIPTIONS.get(tag.name, ""))
    for department in departments.every():
        for name in content.DEPARTMENT_TAGS[department.name]:
            if name in known:
                departments.follow_tag(department, known[name], staff[0], now)
    return sorted(named, key=lambda tag: names.index(tag.name))


def _follow(staff: Sequence[User], named: Sequence[Tag], dice: random.Random,
            start: datetime) -> None:
    """From 5 to 25 follows each, in the first three weeks; general tags are followed more."""
    works = departments.every()
    for reader in staff:
        wanted = dice.randint(5, 25)
        found: dict[str, follows.Target] = {}
        for _ in range(wanted * 2):
            drawn = dice.random()
            target: follows.Target = (
                named[int(len(named) * dice.random() ** 1.6)] if named and drawn < 0.65
                else dice.choice(staff) if drawn < 0.93 else dice.choice(works)
            )
            if len(found) < wanted and target is not reader:
                found[f"{type(target).__name__} {target.id}"] = target
        for target in found.values():
            follows.follow(reader, target, start + timedelta(hours=dice.uniform(1, 500)))


def _mute(staff: Sequence[User], named: Sequence[Tag], dice: random.Random,
          now: datetime) -> None:
    """One in eight leaves something out."""
    for reader in staff[3::8]:
        someone = dice.choice(staff)
        target: mutes.Target | None = (
            dice.choice(named) if named and dice.random() < 0.6
            else someone if someone is not reader else None
        )
        if target is not None:
            mutes.mute(reader, target, dice.choice(("week", "good")),
                       now - timedelta(days=dice.uniform(0, 5)))


def _set_goals(named: Sequence[Tag], setter: User, now: datetime) -> None:
    """Two goals that are still open."""
    known = {tag.name: tag for tag in named}
    chosen = [(known[name], sentence) for name, sentence in content.GOALS if name in known][:2]
    for weeks, (tag, sentence) in enumerate(chosen, start=3):
        goals.set(tag, sentence, (now + timedelta(weeks=weeks)).date(), setter,
                  now - timedelta(weeks=weeks))


def _catch_up(staff: Sequence[User], dice: random.Random, now: datetime) -> None:
    """Everybody has read until some days ago, so that there is something new for each."""
    for reader in staff:
        last_read = now - timedelta(days=dice.uniform(0.5, 5))
        newest = select(func.max(Post.id)).where(Post.created_at <= last_read)
        feeds.mark_read(reader, db.session.scalar(newest) or 0)
        told = select(func.max(InboxItem.id)).where(
            InboxItem.reader_id == reader.id, InboxItem.at <= last_read)
        inbox.mark_seen(reader, db.session.scalar(told) or 0)


@dataclass
class _Opening:
    """When a thread begins, with what kind of post, and how it goes on."""

    at: datetime
    kind: str
    replies: int = 0
    fate: str = ""  # of a question: open, accepted, solved


def _openings(number: int, dice: random.Random, now: datetime) -> list[_Opening]:
    """The beginnings of all threads in order of time; with their replies they are `number`."""
    replies = round(number * REPLIES)
    found = [_Opening(at, "") for at in _moments(number - replies, dice, now)]
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


def _decide(asked: Sequence[_Opening], replies: int, dice: random.Random) -> int:
    """What becomes of the questions; how many of the replies they take."""
    # The newer a question, the more likely it is still open.
    order = sorted(range(len(asked)), key=lambda place: place + dice.random() * 1.2 * len(asked))
    still_open = set(order[len(asked) - round(len(asked) * OPEN):])
    taken = 0
    for place, question in enumerate(asked):
        question.fate = ("open" if place in still_open
                         else "accepted" if dice.random() < 0.7 else "solved")
        wanted = {"open": (0, 0, 1, 2), "accepted": (1, 2, 2, 3), "solved": (0, 1, 1, 2)}
        question.replies = min(dice.choice(wanted[question.fate]), replies - taken)
        if question.fate == "accepted" and not question.replies:
            question.fate = "solved"
        taken += question.replies
    return taken


def _moments(number: int, dice: random.Random, now: datetime) -> list[datetime]:
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
