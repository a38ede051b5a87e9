"""Tags: the addresses of posts. Found by their folded name, shown as first spelt."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import regex
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from microshare import text
from microshare.db import add_missing, db
from microshare.errors import Missing, Refused
from microshare.models import (
    Department,
    DepartmentTag,
    Follow,
    Goal,
    Post,
    PostTag,
    Tag,
    Thanks,
    User,
)

NAME_LIMIT = 500  # code points: 140 letters, each with the marks that some scripts put on them
DESCRIPTION_LIMIT = 280
WHO_KNOWS = 5  # people named on a tag's page


@dataclass(frozen=True)
class About:
    """What a tag's page tells beside its posts."""

    tag: Tag
    follower_count: int
    departments: Sequence[Department]  # that follow it for their people, by name
    open_question_count: int
    who_knows: Sequence[User]  # thanked most widely under it first
    goals: Sequence[Goal]  # the open ones, soonest end first


def named(written: Iterable[tuple[str, str]], now: datetime) -> dict[str, Tag]:
    """The tags of these (folded name, spelling) pairs by folded name, made where new."""
    wanted = dict(written)
    check(wanted.items())
    found = _by_name(wanted)
    if len(found) == len(wanted):
        return found
    make({name: (spelling, now) for name, spelling in wanted.items() if name not in found})
    return _by_name(wanted)


def make(written: Mapping[str, tuple[str, datetime]]) -> None:
    """New tags: folded name to spelling and moment; those that are there stay as they are."""
    rows = [
        {"name": name, "spelling": spelling, "description": "", "created_at": at}
        for name, (spelling, at) in sorted(written.items())
    ]
    if rows:
        add_missing(Tag, rows)


def ids(names: Collection[str]) -> dict[str, int]:
    """Which of these folded names are tags: name to id. Up to 30,000 names."""
    if not names:
        return {}
    return dict(db.session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(names))).all())


def check(written: Iterable[tuple[str, str]]) -> None:
    """Whether these (folded name, spelling) pairs can be kept."""
    for name, spelling in written:
        if max(len(name), len(spelling)) > NAME_LIMIT:
            raise Refused("tag-too-long", limit=NAME_LIMIT)


def _by_name(names: Iterable[str]) -> dict[str, Tag]:
    names = list(names)
    if not names:
        return {}
    return {tag.name: tag for tag in db.session.scalars(select(Tag).where(Tag.name.in_(names)))}


def get(name: str) -> Tag:
    """The tag of this name, however it is spelt, or `Missing`."""
    folded = text.fold(name.strip().lstrip("#＃"))
    found = db.session.scalars(select(Tag).filter_by(name=folded)).one_or_none()
    if found is None:
        raise Missing("tag", name=name)
    return found


def parse(written: str) -> list[tuple[str, str]]:
    """The tags in what somebody typed into a field for tags, with or without their signs.

    >>> parse("Pumps, #R_D acme")
    [('pumps', 'Pumps'), ('r_d', 'R_D'), ('acme', 'acme')]
    """
    found: dict[str, str] = {}
    for word in written.replace(",", " ").replace(";", " ").split():
        found.setdefault(*_parsed(word))
    return list(found.items())


def mended(words: Iterable[str]) -> list[tuple[str, str]]:
    """Tags from another system's list: what no tag can have becomes `_`, or goes at the ends.

    >>> mended(["Noisy pump!", "#R&D"])
    [('noisy_pump', 'Noisy_pump'), ('r_d', 'R_D')]
    """
    found: dict[str, str] = {}
    for word in words:
        if pair := _mended(word) if len(word) <= NAME_LIMIT else _mended.__wrapped__(word):
            found.setdefault(*pair)
    return list(found.items())


_NO_TAG = regex.compile(r"[^\p{L}\p{N}\p{M}_]+")


@lru_cache(maxsize=5000)  # other systems' lists name the same ones again and again
def _mended(word: str) -> tuple[str, str] | None:
    bare = _NO_TAG.sub("_", word).strip("_")
    return _parsed(bare) if bare else None


def _parsed(word: str) -> tuple[str, str]:
    """The folded name and the spelling of one tag."""
    signed = word if word[0] in "#＃" else "#" + word
    pairs = text.written_tags(signed)
    if len(pairs) != 1 or len(pairs[0][1]) != len(signed) - 1:
        raise Refused("tag-malformed", tag=word[:80])
    return pairs[0]


def suggest(start: str, limit: int = 10) -> Sequence[tuple[Tag, int]]:
    """Tags that begin so, with how many posts they have, most used first."""
    folded = text.fold(start.lstrip("#＃"))
    return [
        (tag, uses)
        for tag, uses in db.session.execute(
            _with_uses().where(Tag.name.startswith(folded, autoescape=True)).limit(limit)
        )
    ]


def most_used(limit: int = 200) -> Sequence[tuple[Tag, int]]:
    """Tags with how many posts they have, most used first."""
    return [(tag, uses) for tag, uses in db.session.execute(_with_uses().limit(limit))]


def _with_uses() -> Select[Tag, int]:
    uses = func.count(Post.id)
    return (
        select(Tag, uses)
        .join(PostTag, PostTag.tag_id == Tag.id)
        .join(Post, (Post.id == PostTag.post_id) & Post.withdrawn_at.is_(None))
        .group_by(Tag.id)
        .order_by(uses.desc(), Tag.name)
    )


def describe(tag: Tag, description: str) -> None:
    """What the tag is for, in a sentence; any colleague may mend it."""
    tidied = text.tidy(description)
    if len(tidied) > DESCRIPTION_LIMIT or text.has_control(tidied):
        raise Refused("description-too-long", limit=DESCRIPTION_LIMIT)
    tag.description = tidied


def about(tag: Tag) -> About:
    """Everything a tag's page tells beside its posts, in five queries."""
    follower_count = db.session.scalar(
        select(func.count()).select_from(Follow).filter_by(kind="tag", target_id=tag.id)
    )
    departments = db.session.scalars(
        select(Department)
        .join(DepartmentTag, DepartmentTag.department_id == Department.id)
        .where(DepartmentTag.tag_id == tag.id)
        .order_by(Department.name)
    ).all()
    open_questions = db.session.scalar(
        select(func.count())
        .select_from(Post)
        .join(PostTag, PostTag.post_id == Post.id)
        .where(
            PostTag.tag_id == tag.id,
            Post.kind == "question",
            Post.solved_at.is_(None),
            Post.withdrawn_at.is_(None),
        )
    )
    goals = db.session.scalars(
        select(Goal).filter_by(tag_id=tag.id, state="open").order_by(Goal.ends_on)
    ).all()
    return About(tag, follower_count or 0, departments, open_questions or 0, who_knows(tag), goals)


def who_knows(tag: Tag) -> Sequence[User]:
    """The people whose posts under the tag were thanked by the most departments, widest first.

    Only the order is told, never the counts: there are no rankings of people.
    """
    width = func.count(Thanks.department_id.distinct())
    return db.session.scalars(
        select(User)
        .options(joinedload(User.department))
        .join(Post, Post.author_id == User.id)
        .join(PostTag, (PostTag.post_id == Post.id) & (PostTag.tag_id == tag.id))
        .join(Thanks, Thanks.post_id == Post.id)
        .where(Post.withdrawn_at.is_(None), User.suspended_at.is_(None))
        .group_by(User.id)
        .order_by(width.desc(), func.max(Post.id).desc())
        .limit(WHO_KNOWS)
    ).all()
