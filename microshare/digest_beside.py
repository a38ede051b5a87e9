"""What a digest tells beside the week's posts: thanks, goals, the word, the letters before.

All of it is one query, for one reader or for all, in rows of one form.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Date, Executable, Select, bindparam, cast, literal, null, select, union_all

from microshare import words
from microshare.cards import Author, Label
from microshare.db import UtcDateTime, db
from microshare.models import Digest, DigestWord, Goal, Opened, Post, Tag, Thanks, User
from microshare.periods import Period
from microshare.words import Word

LETTERS = 60  # that a reader got, the newest


class Aim(NamedTuple):
    """An open goal, as it is told."""

    tag: Label
    sentence: str
    ends_on: date


@dataclass
class Beside:
    """Thanks are those given in the period; goals stand by their end, the soonest first."""

    # By author: post, giver, giver's department; the newest first.
    thanks: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    givers: dict[int, Author] = field(default_factory=dict)
    goals: Sequence[Aim] = ()
    word: Word | None = None
    # Of one reader alone:
    opened: set[int] = field(default_factory=set)  # ids of posts
    letters: Sequence[date] = ()  # the days of those that were sent, newest first


def load(period: Period, lowest: int, reader_id: int | None) -> Beside:
    """What there is for this reader, or (None) for all; of what was opened, from a `lowest` id."""
    asked = {
        "since": period.since, "until": period.until, "week": words.monday(period.day),
        "reader": reader_id, "lowest": lowest,
    }  # fmt: skip
    rows: dict[str, list[Any]] = {}
    for row in db.session.connection().execute(_rows(reader_id is not None), asked):
        rows.setdefault(row.kind, []).append(row)
    found = Beside()
    for row in sorted(rows.get("thanks", ()), key=lambda row: row.at, reverse=True):
        found.thanks.setdefault(row.of, []).append((row.id, row.who, row.place))
        found.givers[row.who] = Author(row.who, row.name, row.label)
    found.goals = [
        Aim(Label(row.of, row.name, row.label), row.said, row.day)
        for row in sorted(rows.get("goal", ()), key=lambda row: (row.day, row.id))
    ]
    for row in rows.get("word", ()):
        found.word = Word(row.day, row.said, row.name)
    found.opened = {row.id for row in rows.get("opened", ())}
    letters = sorted((row.day for row in rows.get("letter", ())), reverse=True)
    found.letters = tuple(letters[:LETTERS])
    return found


def _row(kind: str, **columns: Any) -> Select[Any]:
    """A row of the one form: `columns` are what this kind has, the others are empty."""
    every = {
        "kind": literal(kind), "id": literal(0), "of": literal(0), "who": literal(0),
        "place": literal(0), "at": cast(null(), UtcDateTime()), "day": cast(null(), Date()),
        "said": literal(""), "name": literal(""), "label": literal(""), **columns,
    }  # fmt: skip
    return select(*(column.label(name) for name, column in every.items()))


@cache
def _rows(is_for_one: bool) -> Executable:
    given = (
        _row("thanks", id=Thanks.post_id, of=Post.author_id, who=Thanks.giver_id,
             place=Thanks.department_id, at=Thanks.given_at, name=User.name, label=User.username)
        .select_from(Thanks)
        .join(Post, Post.id == Thanks.post_id)
        .join(User, User.id == Thanks.giver_id)
        .where(
            Post.withdrawn_at.is_(None),
            Thanks.given_at >= bindparam("since"),
            Thanks.given_at < bindparam("until"),
        )
    )  # fmt: skip
    goals = (
        _row("goal", id=Goal.id, of=Tag.id, day=Goal.ends_on, said=Goal.sentence,
             name=Tag.name, label=Tag.spelling)
        .select_from(Goal)
        .join(Tag, Tag.id == Goal.tag_id)
        .where(Goal.state == "open")
    )  # fmt: skip
    word = (
        _row("word", day=DigestWord.week, said=DigestWord.line, name=User.name)
        .select_from(DigestWord)
        .join(User, User.id == DigestWord.written_by_id)
        .where(DigestWord.week == bindparam("week"))
    )
    if not is_for_one:
        return union_all(given, goals, word)
    opened = _row("opened", id=Opened.post_id).where(
        Opened.reader_id == bindparam("reader"), Opened.post_id >= bindparam("lowest")
    )
    letters = _row("letter", day=Digest.period).where(
        Digest.reader_id == bindparam("reader"), Digest.state == "sent"
    )
    given = given.where(Post.author_id == bindparam("reader"))
    return union_all(given, goals, word, opened, letters)
