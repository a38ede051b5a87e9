"""What stands in a reader's digest: the most useful of a week, and why each line is there.

Useful is what people of several departments thanked for, then what was talked about, then what
is newest: `3 × departments that thanked + replies`. One department's applause should not drown
what three departments could use. What the reader opened, thanked for or answered is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from microshare import digest_week, feeds, interests, searches
from microshare.cards import Card
from microshare.digest_week import Week
from microshare.feeds import Item
from microshare.interests import Interests
from microshare.models import Goal, User
from microshare.periods import Period

YOURS, OTHERS, QUESTIONS, THANKED, GOALS = 7, 3, 5, 5, 3  # lines in each part


@dataclass(frozen=True)
class Thanked:
    """A post of the reader, who thanked for it this week, and from how many departments."""

    post: Card
    givers: Sequence[User]
    department_count: int


@dataclass(frozen=True)
class Digest:
    """The five parts of one letter; each may be empty."""

    period: Period
    yours: Sequence[Item] = ()
    yours_total: int = 0
    others: Sequence[Item] = ()
    questions: Sequence[Item] = ()
    thanked: Sequence[Thanked] = ()
    goals: Sequence[Goal] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Nothing happened for this reader. Goals alone, the same every week, are no letter."""
        return not (self.yours or self.others or self.questions or self.thanked)


def compose(reader: User, period: Period, now: datetime, week: Week | None = None) -> Digest:
    """The reader's digest of this period, in a number of queries that does not grow.

    `week`: the period's, where many readers share it; their items tell no marks of the reader.
    """
    shared, week = week, week or digest_week.load(period, reader_id=reader.id)
    wants = interests.of(reader, now)
    brought, hidden = _brought(wants, week), _hidden(reader, wants, week)
    mine = (week.told & brought) - hidden
    reached = week.reached - brought - hidden
    yours, others = week.best(mine, YOURS), week.best(reached, OTHERS)
    asked = sorted((week.asked & brought) - hidden, reverse=True)[:QUESTIONS]
    ids = [*yours, *others, *asked]
    if shared:
        by = searches.found_by(wants.all_searches, ids)
        found = {
            i: Item(post, wants.reasons(post, by.get(i, ()))) for i, post in week.posts(ids).items()
        }
    else:
        found = {item.post.id: item for item in feeds.of(reader, ids, wants).items}
    return Digest(
        period,
        [found[i] for i in yours if i in found],
        len(mine),
        [found[i] for i in others if i in found],
        [found[i] for i in asked if i in found],
        _thanked(reader, week),
        week.goals[:GOALS],
    )


def _brought(wants: Interests, week: Week) -> set[int]:
    """What the follows of the reader, and of the department, bring of the week."""
    return (
        week.of(week.by_tag, wants.all_tags)
        | week.of(week.by_author, wants.people)
        | week.of(week.by_department, wants.departments)
        | week.of(week.by_search, wants.all_searches)
    )


def _hidden(reader: User, wants: Interests, week: Week) -> set[int]:
    """What the reader wrote, opened, thanked for, answered or muted of the week."""
    return (
        week.of(week.by_author, wants.muted_people | {reader.id})
        | week.of(week.by_tag, wants.muted_tags)
        | week.of(week.by_thread, wants.muted_threads)
        | week.of(week.thanked, {reader.id})
        | week.of(week.answered, {reader.id})
        | week.opened(reader.id)
    )


def _thanked(reader: User, week: Week) -> list[Thanked]:
    """The reader's posts that were thanked for in the period, widest first."""
    givers: dict[int, list[int]] = {}
    reached: dict[int, set[int]] = {}
    for post_id, giver_id, department_id in week.thanks.get(reader.id, ()):
        givers.setdefault(post_id, []).append(giver_id)
        reached.setdefault(post_id, set()).add(department_id)
    widest = sorted(givers, key=lambda i: (len(reached[i]), len(givers[i]), i), reverse=True)
    told = widest[:THANKED]
    posts = week.posts(told)
    users = week.users({giver_id for i in told for giver_id in givers[i]})
    return [
        Thanked(posts[i], [users[giver_id] for giver_id in givers[i]], len(reached[i]))
        for i in told
        if i in posts
    ]
