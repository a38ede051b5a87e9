"""A small lively company to look at, or a large one to measure: Van Dalen Pompen.

Here are its people, tags, follows and goals; `demo_play` plays its three months of posts through
the verbs of the product, `demo_large` stores those of a large one in bulk. The same seed builds the
same company, up to the present moment.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from microshare import demo_content as content
from microshare import (
    demo_large,
    demo_plan,
    demo_play,
    departments,
    feeds,
    follows,
    goals,
    inbox,
    inserts,
    mutes,
    passwords,
    people,
    steps,
    tags,
)
from microshare.db import db, saving
from microshare.models import Follow, InboxItem, Post, Tag, User

PASSWORD = "welcome-2-microshare"  # noqa: S105 - printed for who looks at the demonstration
PLAYED = 20_000  # posts: more would take minutes one by one
MOST_PEOPLE, MOST_FOLLOWS = 10_000, 200
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
        "reads in English, keeps tags, goals and open questions",
        "writes in Dutch after each visit, and is thanked by other departments",
    ), strict=False)
)


@dataclass(frozen=True)
class Company:
    """What was built: whom to sign in as, to see what."""

    sign_in: list[SignIn]


def build(
    *, people: int | None = None, posts: int = 1500, tags: int | None = None, seed: int = 1,
    now: datetime, password: str = PASSWORD, told: Callable[[int], None] = lambda count: None,
    played: int = PLAYED,
) -> Company:
    """Fill an empty database with a company; the three standing people are always in it.

    Up to `played` posts all of it goes through the verbs, in one transaction; more are stored in
    bulk, over three years, batch by batch. `told` hears how many posts were written since it was
    last told. Without their numbers, there are as many people and tags as go with the posts.
    """
    dice = random.Random(seed)  # noqa: S311 - a play, no secret
    is_large = posts > played
    start = now - (demo_plan.LONG_SPAN if is_large else demo_plan.SPAN)
    if people is None:
        people = min(max(40, posts // 200), MOST_PEOPLE) if is_large else 40
    with saving():
        staff = _hire(people, password, start)
        named = _name(content.tag_names(tags or (300 if is_large else 60)), staff, start)
        db.session.flush()
        for each in (*staff, *named):
            # The verbs ask no more than their columns, and the session looks at all that it holds
            # whenever it counts thanks.
            db.session.expunge(each)
        if is_large:
            _follow_widely(staff, named, dice, start)
        else:
            _follow(staff, named, dice, start)
            demo_play.play(posts, staff, [tag.name for tag in named], dice, now, told)
            _finish(staff, named, dice, now)
            _catch_up(staff, dice, now)
    if is_large:
        demo_large.play(posts, staff, {tag.name: tag.id for tag in named}, dice, now, told)
        with saving():
            _finish(staff, named, dice, now)
    return Company(list(SIGN_IN))


def _finish(staff: Sequence[User], named: Sequence[Tag], dice: random.Random,
            now: datetime) -> None:
    _mute(staff, named, dice, now)
    _set_goals(named, staff[1], now)


def _hire(number: int, password: str, now: datetime) -> list[User]:
    works = {name: departments.named(name, now) for name in content.DEPARTMENTS}
    password_hash = passwords.hashed(password)  # once: it is made to be slow
    staff = []
    with db.session.no_autoflush:  # their passwords are stored together
        for place, person in enumerate(content.colleagues(max(number, len(content.STANDING)))):
            department = content.DEPARTMENT_TURNS[place % len(content.DEPARTMENT_TURNS)]
            user = people.join(
                email=f"{person.username}@{content.MAIL_DOMAIN}", username=person.username,
                name=person.name, department=works[department], now=now,
                role=_ROLES.get(person.username, "member"), language=person.language,
                time_zone=demo_plan.ZONE.key,
            )
            user.password_hash = password_hash
            steps.finish(user, now)
            if place % 3 != 1:  # not everybody tells something
                user.about = content.ABOUT[person.language, department]
            staff.append(user)
    return staff


def _name(names: Sequence[str], staff: Sequence[User], now: datetime) -> list[Tag]:
    """The tags, some described, and those that each department follows."""
    known = tags.named([(name, name) for name in names], now)
    for name, description in content.DESCRIPTIONS.items():
        if name in known:
            tags.describe(known[name], description)
    for department in departments.every():
        for name in content.DEPARTMENT_TAGS[department.name]:
            if name in known:
                departments.follow_tag(department, known[name], staff[0], now)
    return [known[name] for name in names]


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


def _follow_widely(
    staff: Sequence[User], named: Sequence[Tag], dice: random.Random, start: datetime
) -> None:
    """From 5 to 200 follows each, most of them few; general tags and the first people the most."""
    works = departments.every()
    rows: list[dict[str, Any]] = []
    for reader in staff:
        wanted = min(int(4 + dice.paretovariate(0.9)), MOST_FOLLOWS)
        targets: dict[tuple[str, int], None] = {}
        for _ in range(wanted * 2):
            drawn, rank = dice.random(), dice.random() ** 1.6
            if drawn < 0.65:
                target = "tag", named[int(len(named) * rank)].id
            elif drawn < 0.93:
                target = "person", staff[int(len(staff) * rank)].id
            else:
                target = "department", dice.choice(works).id
            if len(targets) < wanted and target != ("person", reader.id):
                targets[target] = None
        rows += [
            {"reader_id": reader.id, "kind": kind, "target_id": target_id, "since": start}
            for kind, target_id in targets
        ]
    inserts.many(Follow, rows)


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
        goals.set_goal(tag, sentence, (now + timedelta(weeks=weeks)).date(), setter,
                  now - timedelta(weeks=weeks))


def _catch_up(staff: Sequence[User], dice: random.Random, now: datetime) -> None:
    """Everybody has read until some days ago, so that there is something new for each."""
    for reader in staff:
        kept = db.session.get_one(User, reader.id)
        last_read = now - timedelta(days=dice.uniform(2, 7))
        newest = select(func.max(Post.id)).where(Post.created_at <= last_read)
        feeds.mark_read(kept, db.session.scalar(newest) or 0)
        told = select(func.max(InboxItem.id)).where(
            InboxItem.reader_id == reader.id, InboxItem.at <= last_read)
        inbox.mark_seen(kept, db.session.scalar(told) or 0)
