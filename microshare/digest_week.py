"""What happened in a period, as the digest's choice needs it: loaded once for many readers.

Ten thousand readers share one week. Its posts are sets of ids, by tag, author, department and
thread, so that what one reader follows and leaves out is a union and a difference of sets.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import and_, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from microshare import digest_beside, feeds, use
from microshare.among import among
from microshare.bulk import in_parts
from microshare.cards import Card
from microshare.db import db
from microshare.digest_beside import Beside
from microshare.interests import Finders
from microshare.models import Find, Post, PostTag, SavedSearch, Thanks
from microshare.periods import Period

QUESTION_AGE = timedelta(days=90)  # older questions have become archaeology
FEW = 200  # posts of which the best are sought; of more they soon turn up among the best of all
LIKELY = 1000  # posts, and questions, that are loaded before a letter shows them

Ids = set[int]


class Origin(NamedTuple):
    """Who wrote a post, and in which thread it stands."""

    author_id: int
    root_id: int


_VISIBLE = select(Post.id).where(among(Post.id, "ids"), Post.withdrawn_at.is_(None))


_ASKED = aliased(Post)


def _sets() -> dict[int, Ids]:
    return defaultdict(set)


@dataclass
class Week:
    """The posts of a period and the questions that are open at its end; ids of posts, all of it."""

    period: Period
    told: Ids = field(default_factory=set)  # in the period, but for questions that are open
    asked: Ids = field(default_factory=set)  # open questions, up to 90 days old
    use: dict[int, int] = field(default_factory=dict)  # to any reader: what all of them share
    origin: dict[int, Origin] = field(default_factory=dict)
    width: dict[int, int] = field(default_factory=dict)  # departments, other than the author's
    replies: dict[int, int] = field(default_factory=dict)
    answers: Ids = field(default_factory=set)  # what its asker took as the answer
    by_tag: dict[int, Ids] = field(default_factory=_sets)
    by_author: dict[int, Ids] = field(default_factory=_sets)
    by_department: dict[int, Ids] = field(default_factory=_sets)
    by_thread: dict[int, Ids] = field(default_factory=_sets)
    by_search: dict[int, Ids] = field(default_factory=_sets)
    thanked: dict[int, Ids] = field(default_factory=_sets)  # by giver
    answered: dict[int, Ids] = field(default_factory=_sets)  # by who replied
    searches: dict[int, str] = field(default_factory=dict)  # the words of those that found a post
    beside: Beside = field(default_factory=Beside)
    is_shared: bool = False
    _posts: dict[int, Card] = field(default_factory=dict)

    def of(self, by: dict[int, Ids], keys: Iterable[int]) -> Ids:
        """The posts under any of these keys."""
        return set[int]().union(*self.among(by, keys))

    def among(self, by: dict[int, Ids], keys: Iterable[int]) -> list[Ids]:
        """The same as the sets they are in, for who unites more of them."""
        return [by[key] for key in keys if key in by]

    @cached_property
    def _order(self) -> list[int]:
        """All posts, the most useful first, ties to the newest."""
        return sorted(self.use, key=lambda i: (self.use[i], i), reverse=True)

    @cached_property
    def _rank(self) -> dict[int, int]:
        return {i: place for place, i in enumerate(self._order)}

    @cached_property
    def _asked(self) -> list[int]:
        return sorted(self.asked, reverse=True)

    @cached_property
    def reached(self) -> Ids:
        """Of the period, what another department than the author's thanked for.

        Only what has a tag: a reader is offered to follow it.
        """
        return {i for i in self.of(self.by_tag, self.by_tag) if i in self.told and self.width[i]}

    def ranked(self, ids: Ids) -> Iterable[int]:
        """These posts, the most useful to anybody first, of equals the newest."""
        if len(ids) < FEW:
            return sorted(ids, key=self._rank.__getitem__)
        return (i for i in self._order if i in ids)

    def newest(self, ids: Ids) -> Iterable[int]:
        """The open questions among these posts, the newest first."""
        if len(ids) < FEW:
            return sorted(ids & self.asked, reverse=True)
        return (i for i in self._asked if i in ids)

    def familiar(self, opened: Ids) -> Ids:
        """The posts in the threads of these."""
        return self.of(self.by_thread, {self.origin[i].root_id for i in opened if i in self.origin})

    @cached_property
    def lowest(self) -> int:
        return min(self.origin, default=0)

    def found_by(self, searches: Iterable[int], post_id: int) -> Finders:
        """Which of these searches, by id and words, found the post."""
        found = (i for i in sorted(searches) if post_id in self.by_search.get(i, ()))
        return [(i, self.searches[i]) for i in found]

    def posts(self, ids: Collection[int]) -> dict[int, Card]:
        """These posts with what a letter shows of them, but for those withdrawn meanwhile."""
        missing = set(ids) - self._posts.keys()
        if self.is_shared and not self._posts:
            likely = (i for i in self._order if i in self.told)
            missing.update(islice(likely, LIKELY), self._asked[:LIKELY])
        if missing:
            with _apart(self.is_shared):
                for part in in_parts(missing, 500):
                    loaded = feeds.of(None, part).items
                    self._posts.update((item.post.id, item.post) for item in loaded)
        there = ids
        if ids and self.is_shared:  # since the week was loaded some may have been withdrawn
            there = set(db.session.connection().scalars(_VISIBLE, {"ids": ids}))
        return {i: self._posts[i] for i in ids if i in there and i in self._posts}


@contextmanager
def _apart(is_shared: bool) -> Iterator[None]:
    """What is shared is loaded in a session of its own, which ends at once.

    It outlives the transactions of the run, at the end of which a session forgets what it holds.
    """
    if is_shared:
        with current_app.app_context():
            yield
    else:
        yield


def load(period: Period, *, reader_id: int | None = None) -> Week:
    """The week of this period; for one reader, or (None) to be shared by all."""
    week = Week(period, is_shared=reader_id is None)
    with _apart(week.is_shared):
        _place(week)
        for part in in_parts(week.told | week.asked):
            _tie(week, part)
        week.use = {
            i: use.of(week.width[i], replies, is_answer=i in week.answers)
            for i, replies in week.replies.items()
        }
        week.beside = digest_beside.load(period, week.lowest, reader_id)
    return week


def _place(week: Week) -> None:
    until: datetime = week.period.until
    is_open = and_(Post.kind == "question", Post.solved_at.is_(None))
    columns = (
        Post.id,
        Post.author_id,
        Post.department_id,
        Post.thread_id,
        Post.reply_count,
    )
    there = and_(Post.withdrawn_at.is_(None), Post.created_at < until)
    rows = db.session.execute(
        union_all(
            select(literal(0).label("asks"), *columns).where(
                there, Post.created_at >= week.period.since, ~is_open
            ),
            select(literal(1), *columns).where(
                there, Post.created_at >= until - QUESTION_AGE, is_open
            ),
        )
    )
    for asks, post_id, author_id, department_id, thread_id, replies in rows:
        (week.asked if asks else week.told).add(post_id)
        week.replies[post_id], week.width[post_id] = replies, 0
        week.origin[post_id] = Origin(author_id, thread_id or post_id)
        week.by_author[author_id].add(post_id)
        week.by_department[department_id].add(post_id)
        week.by_thread[thread_id or post_id].add(post_id)


def _tie(week: Week, ids: Sequence[int]) -> None:
    """Who thanked for these posts and answered them, their tags, what found them: one query."""
    none = literal("")
    rows: Iterable[Any] = db.session.execute(
        union_all(
            select(literal("tag"), PostTag.post_id, PostTag.tag_id, literal(0), none).where(
                PostTag.post_id.in_(ids)
            ),
            select(literal("found"), Find.post_id, Find.search_id, literal(0), SavedSearch.words)
            .join(SavedSearch, SavedSearch.id == Find.search_id)
            .where(Find.post_id.in_(ids)),
            select(literal("answered"), Post.reply_to_id, Post.author_id, literal(0), none).where(
                Post.reply_to_id.in_(ids)
            ),
            select(literal("answer"), Post.id, _ASKED.id, literal(0), none)
            .join(_ASKED, or_(_ASKED.id == Post.thread_id, _ASKED.id == Post.reply_to_id))
            .where(Post.id.in_(ids), _ASKED.answer_id == Post.id),
            select(
                literal("thanked"), Thanks.post_id, Thanks.giver_id, Thanks.department_id, none
            ).where(Thanks.post_id.in_(ids)),
        )
    )
    found = {
        "tag": week.by_tag,
        "found": week.by_search,
        "answered": week.answered,
        "thanked": week.thanked,
    }
    reached: dict[int, Ids] = _sets()
    for kind, post_id, key, department_id, said in rows:
        if kind == "answer":
            week.answers.add(post_id)
            continue
        found[kind][key].add(post_id)
        if kind == "found":
            week.searches[key] = said
        if kind == "thanked" and post_id not in week.by_department[department_id]:
            reached[post_id].add(department_id)
    for post_id, departments in reached.items():
        week.width[post_id] = len(departments)


class Shared:
    """The week that the readers of a run share: loaded anew for another, and now and then."""

    READERS = 10_000

    def __init__(self) -> None:
        self._week: Week | None = None
        self._left = 0

    def week(self, period: Period) -> Week:
        if self._week is None or self._week.period != period or not self._left:
            self._week = None  # before the next one is there: never two in memory
            self._week, self._left = load(period), self.READERS
        self._left -= 1
        return self._week
