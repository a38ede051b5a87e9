"""What stands in a reader's digest: the most useful of a week, and why each line is there.

The rule of what is useful is `use.of`. What the reader opened, thanked for or answered is
left out, and no colleague has more than two lines. Beyond the reader's follows, what other
departments found useful is offered with a tag to follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from microshare import digest_week, feeds, interests
from microshare.cards import Author, Card, Label
from microshare.digest_beside import Aim
from microshare.digest_choice import Choice
from microshare.digest_week import Ids, Week
from microshare.feeds import Item
from microshare.interests import Interests, Reason
from microshare.letter_links import Links
from microshare.models import User
from microshare.periods import Period
from microshare.readers import AnyAddressee
from microshare.words import Word

YOURS, ELSEWHERE, QUESTIONS, THANKED, GOALS = 7, 3, 5, 5, 3  # lines in each part


class Entry(NamedTuple):
    """A line of the letter: a post, why it is there, and what its reader can do with it.

    The addresses are whole ones. `thank` and `follow` open a page with one button.
    """

    post: Card
    reasons: tuple[Reason, ...] = ()
    thanked: bool = False  # by this reader; on the page alone, for a letter leaves those out
    saved: bool = False
    thank: str = ""
    reply: str = ""  # `mailto:…` where the mail door is open, else the page of the post
    tag: Label | None = None  # what `follow` follows: in `elsewhere`, always one
    follow: str = ""


@dataclass(frozen=True)
class Thanked:
    """A post of the reader, who thanked for it this week, and from how many departments."""

    post: Card
    givers: Sequence[Author]
    department_count: int


@dataclass(frozen=True)
class Contents:
    """The parts of one letter; each may be empty."""

    period: Period
    yours: Sequence[Entry] = ()
    yours_total: int = 0
    elsewhere: Sequence[Entry] = ()  # what other departments found useful; each with a tag
    questions: Sequence[Entry] = ()
    thanked: Sequence[Thanked] = ()
    goals: Sequence[Aim] = ()
    word: Word | None = None  # of the community manager: `line`, and the `name` under it
    # What stands before the path of every page in this letter: `{site}/posts/7`, `{site}/@ada`.
    # It lets in, to read, whoever never chose a password. Not before `thank`, `follow`, `reply`,
    # which are whole, nor before the link that ends the digest.
    site: str = ""
    letters: Sequence[date] = ()  # the days of those that the reader got; on the page alone

    @property
    def is_empty(self) -> bool:
        """Nothing happened for this reader. Goals and the word, the same to all, are no letter."""
        return not (self.yours or self.elsewhere or self.questions or self.thanked)


def compose(reader: User, period: Period, now: datetime) -> Contents:
    """The reader's digest of this period, in a number of queries that does not grow."""
    week = digest_week.load(period, reader_id=reader.id)
    return chosen(reader, week, interests.of(reader, now), week.beside.opened)


def chosen(reader: AnyAddressee, week: Week, wants: Interests, opened: Ids) -> Contents:
    """The same, for who knows what the reader wants, and opened of the week.

    Many readers may share the week; their items then tell no marks of the reader.
    """
    own = week.of(week.by_tag, wants.tags - wants.muted_tags)
    brought, hidden = _brought(own, wants, week), _hidden(reader, opened, wants, week)
    mine = week.told & brought
    mine -= hidden
    choice = Choice(week, own, week.familiar(opened))
    yours = choice.best(mine, YOURS)
    elsewhere = choice.best(week.reached - brought - hidden, ELSEWHERE)
    asked = choice.newest(brought, hidden, QUESTIONS)
    thanked = _widest(reader, week)
    told = [*yours, *elsewhere, *asked, *thanked]
    found = _items(reader, wants, week, list(dict.fromkeys(told)))
    links = Links(reader, week.period.day)
    return Contents(
        week.period,
        [_entry(found[i], links) for i in yours if i in found],
        len(mine),
        [
            _entry(found[i], links, _offered(found[i].post, week))
            for i in elsewhere
            if i in found
        ],
        [_entry(found[i], links) for i in asked if i in found],
        [_thanked(found[i].post, givers, week) for i, givers in thanked.items() if i in found],
        week.beside.goals[:GOALS],
        week.beside.word,
        links.site,
        week.beside.letters,
    )


def _items(
    reader: AnyAddressee, wants: Interests, week: Week, ids: Sequence[int]
) -> dict[int, Item]:
    """What these lines show, and why each is there; from what readers share, where they do."""
    if week.is_shared:
        items = [Item(post) for post in week.posts(ids).values()]
    else:
        items = list(feeds.of(reader, ids).items)
    searches = wants.all_searches
    found = {}
    for post, _, thanked, saved in items:
        by = week.found_by(searches, post.id) if searches else ()
        found[post.id] = Item(post, wants.reasons(post, by), thanked, saved)
    return found


def _entry(item: Item, links: Links, tag: Label | None = None) -> Entry:
    return Entry(
        *item,
        thank=links.to_thank(item.post.id),
        reply=links.to_reply(item.post.id),
        tag=tag,
        follow=links.to_follow(tag.id) if tag else "",
    )


def _offered(post: Card, week: Week) -> Label | None:
    """Which of the post's tags to follow: the one under which most is written."""
    tags = (tie.tag for tie in post.tags)
    return max(tags, key=lambda tag: len(week.by_tag.get(tag.id, ())), default=None)


def _brought(own: set[int], wants: Interests, week: Week) -> set[int]:
    """What the follows of the reader, and of the department, bring of the week."""
    return own.union(
        *week.among(week.by_tag, wants.department_tags - wants.muted_tags),
        *week.among(week.by_author, wants.people),
        *week.among(week.by_department, wants.departments),
        *week.among(week.by_search, wants.all_searches),
    )


def _hidden(reader: AnyAddressee, opened: set[int], wants: Interests, week: Week) -> set[int]:
    """What the reader wrote, opened, thanked for, answered or muted of the week."""
    return opened.union(
        *week.among(week.by_author, {*wants.muted_people, reader.id}),
        *week.among(week.by_tag, wants.muted_tags),
        *week.among(week.by_thread, wants.muted_threads),
        *week.among(week.thanked, (reader.id,)),
        *week.among(week.answered, (reader.id,)),
    )


def _widest(reader: AnyAddressee, week: Week) -> dict[int, list[tuple[int, int]]]:
    """The reader's posts that were thanked for in the period, widest first: givers, departments."""
    given: dict[int, list[tuple[int, int]]] = {}
    for post_id, giver_id, department_id in week.beside.thanks.get(reader.id, ()):
        given.setdefault(post_id, []).append((giver_id, department_id))
    widest = sorted(given, key=lambda i: (_reach(given[i]), len(given[i]), i), reverse=True)
    return {i: given[i] for i in widest[:THANKED]}


def _reach(given: Sequence[tuple[int, int]]) -> int:
    return len({department_id for _, department_id in given})


def _thanked(post: Card, given: Sequence[tuple[int, int]], week: Week) -> Thanked:
    return Thanked(post, [week.beside.givers[giver_id] for giver_id, _ in given], _reach(given))
