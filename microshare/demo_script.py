"""Who says what in the demonstration: threads, their words and their casts.

Nothing of it is stored here: `demo_play` plays it through the verbs, `demo_large` by the thousand.
"""

import random
from bisect import bisect
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, cycle
from typing import Generic, NamedTuple, TypeVar

from microshare import demo_content as content
from microshare import demo_plan as plan
from microshare.models import User

DUTCH = 0.6  # of the threads
FOREIGN = 0.06  # how likely somebody writes who prefers the other language
NOTED = 0.45  # of the posts that have a note to go with them
EDITED, TAGGED_ON, SAVED = 0.025, 0.03, 0.04  # of all posts; only first posts are tagged on
WITHDRAWN = 0.01  # of the posts that nothing follows
TO_THE_LAST = 0.12  # of the replies: not to the first post of the thread
MOST_THANKS = 24
BY_AUTHOR = {"author", "answered", "solved"}  # what the author of a thread says in it

# How useful colleagues find a kind of post.
_USEFUL = {"tip": 2.4, "win": 2.0, "lab": 1.8, "rival": 1.6, "fault": 1.5, "visit": 1.2,
           "shop": 1.0, "order": 0.9, "complaint": 0.9, "market": 0.8, "office": 0.7,
           "question": 0.5, "reply": 0.4, "answer": 1.8}
_AUTHOR_COMES_BACK = {"fault", "complaint", "visit", "rival"}


class Player(NamedTuple):
    """As much of a colleague as is needed to draw what happens: plain and quick."""

    id: int
    username: str
    language: str
    department_id: int
    work: str  # the department's name

    @classmethod
    def of(cls, user: User) -> "Player":
        return cls(user.id, user.username, user.language, user.department_id, user.department.name)


Somebody = TypeVar("Somebody", User, Player)


@dataclass
class Thread(Generic[Somebody]):
    """What a thread is about, who began it, and what may still be said in it."""

    template: content.Template
    known: dict[str, str]  # the facts that fill its templates
    author: Somebody
    fitting: list[str] | None = None  # replies to its first post, the best last; drawn when needed
    ids: list[int] = field(default_factory=list)  # of its posts
    answers: list[int] = field(default_factory=list)  # the posts among them that answer
    heard: set[int] = field(default_factory=set)  # ids of who replied
    said: set[str] = field(default_factory=set)  # so that no reply is said twice


class Script(Generic[Somebody]):
    """Draws all that is said: from one `random.Random`, for this staff and these tags."""

    def __init__(self, dice: random.Random, staff: Sequence[Somebody],
                 tags: Sequence[str]) -> None:
        self.dice, self.tags = dice, tags
        self.staff: Sequence[Somebody] = staff
        self._decks: dict[tuple[str, str], Iterator[content.Template]] = {}
        self._casts: dict[tuple[tuple[str, ...], str], tuple[list[Somebody], list[float]]] = {}
        # A few write much and most write now and then; the first three are there to be looked at.
        ranks = dice.sample(range(len(staff)), len(staff))
        self._busy = {user.id: 0.7 if place < 3 else 1 / (1 + rank) ** 0.8
                      for place, (user, rank) in enumerate(zip(staff, ranks, strict=True))}

    def language(self) -> str:
        """The language of a thread to be."""
        return "nl" if self.dice.random() < DUTCH else "en"

    def draft(self, language: str, kind: str) -> tuple[Thread[Somebody], str]:
        """A thread to be and its line."""
        template = self.deal(language, kind)
        thread = Thread(template, content.facts(language, self.tags, self.dice),
                         self.someone(template.writers, language))
        self.name_colleague(thread, thread.author)
        return thread, content.line_of(template, thread.known, self.tags, self.dice)

    def deal(self, language: str, kind: str) -> content.Template:
        """The next template; none comes back before all of its kind have been used."""
        if (language, kind) not in self._decks:
            deck = [template for template in content.TEMPLATES
                    if (template.language, template.kind) == (language, kind)]
            self._decks[language, kind] = cycle(self.dice.sample(deck, len(deck)))
        return next(self._decks[language, kind])

    def fitting(self, template: content.Template) -> list[str]:
        """The replies that fit, in turn from the end: those of its own, then those of its kind."""
        general: Sequence[str] = content.REPLIES.get((template.language, template.kind), ())
        return [*self.dice.sample(general, len(general)), *reversed(template.replies)]

    def someone(self, works: tuple[str, ...], language: str, but: Collection[int] = ()) -> Somebody:
        """A colleague of these departments, likely a busy one who writes the language."""
        if (works, language) not in self._casts:
            cast = [user for user in self.staff if not works or _work(user) in works]
            cast = cast or list(self.staff)
            self._casts[works, language] = cast, list(accumulate(
                self._busy[user.id] * (1 if user.language == language else FOREIGN)
                for user in cast))
        cast, weights = self._casts[works, language]
        for _ in range(20):
            # As `choices` draws one, which is made for many.
            user = cast[bisect(weights, self.dice.random() * weights[-1], hi=len(cast) - 1)]
            if user.id not in but:
                return user
        return self.dice.choice([user for user in self.staff if user.id not in but])

    def name_colleague(self, thread: Thread[Somebody], author: Somebody) -> None:
        """Somebody else to mention in the next post."""
        named = self.someone((), thread.template.language, {author.id, thread.author.id})
        thread.known["colleague"] = f"@{named.username}"

    def note(self, thread: Thread[Somebody]) -> str:
        """The note of a thread's first post, or nothing."""
        wanted = thread.template.note
        if not wanted or self.dice.random() >= NOTED:
            return ""
        words = content.NOTES[thread.template.language, wanted]
        return content.filled(words, thread.known, self.dice)

    def givers(self, role: str) -> list[Somebody]:
        """Who thanks for a post: a few posts reach many."""
        dice = self.dice
        number = int(_USEFUL.get(role, 0) * (dice.paretovariate(1.5) - 0.55) + dice.random() / 2)
        most = min(number, MOST_THANKS, len(self.staff) // 2)
        return content.some_of(self.staff, most, dice)

    def roles(self, opening: plan.Opening) -> list[str]:
        """What is said and done in the thread, in order; `accept` and `solve` write no post."""
        left, fate = opening.replies, opening.fate
        if fate == "accepted":
            closing = int(left > 1 and self.dice.random() < 0.6)
            return ["answer"] * (left - closing) + ["accept"] + ["answered"] * closing
        if fate == "solved":
            return ["puzzled"] * (left - 1) + ["solved"] * min(left, 1) + ["solve"]
        if fate == "open":
            return ["answer" if self.dice.random() < 0.3 else "puzzled" for _ in range(left)]
        back = int(left > 1 and opening.kind in _AUTHOR_COMES_BACK and self.dice.random() < 0.5)
        return ["reply"] * (left - back) + ["author"] * back

    def turn(self, thread: Thread[Somebody], role: str) -> tuple[Somebody, str]:
        """Who says something in this role, and what."""
        if role in BY_AUTHOR:
            author = thread.author
        else:
            heard = {thread.author.id, *thread.heard}
            author = self.someone(thread.template.responders, thread.template.language,
                                  heard if len(heard) < len(self.staff) else {thread.author.id})
            thread.heard.add(author.id)
        self.name_colleague(thread, author)
        return author, content.filled(self.words(thread, role), thread.known, self.dice)

    def tag_on_with(self, kind: str, there: Collection[str]) -> str:
        """A tag to bring a post of this kind to more followers; empty: none is left."""
        fresh = [name for name in content.TAG_ONS[kind] if name in self.tags and name not in there]
        return self.dice.choice(fresh) if fresh else ""

    def words(self, thread: Thread[Somebody], role: str) -> str:
        """A template for this role that was not used in the thread, while there is one."""
        language, kind = thread.template.language, thread.template.kind
        if role in ("answer", "reply"):
            if thread.fitting is None:
                thread.fitting = self.fitting(thread.template)
            if thread.fitting:
                return thread.fitting.pop()
        pool = content.REPLIES[language, {"answer": "puzzled", "reply": kind}.get(role, role)]
        chosen = self.dice.choice([words for words in pool if words not in thread.said] or pool)
        thread.said.add(chosen)
        return chosen


def _work(who: User | Player) -> str:
    return who.work if isinstance(who, Player) else who.department.name
