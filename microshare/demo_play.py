"""The posts of the demonstration, and all that colleagues do with them in three months.

They are played and not drawn up: what follows from a post is put on a calendar when the post is
written, and everything happens through the verbs, in the order of time. So ids, inboxes and counts
are as if people had done it, and only what is still to come is kept in memory.
"""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate, cycle

from microshare import demo_content as content
from microshare import demo_plan as plan
from microshare import posts, questions, saves, thanks
from microshare.db import db
from microshare.models import Post, User

DUTCH = 0.6  # of the threads
FOREIGN = 0.06  # how likely somebody writes who prefers the other language
NOTED = 0.45  # of the posts that have a note to go with them
EDITED, TAGGED_ON, SAVED = 0.025, 0.03, 0.04  # of all posts; only first posts are tagged on
WITHDRAWN = 0.01  # of the posts that nothing follows
MOST_THANKS = 24
TOLD_EVERY = 50  # posts

# How useful colleagues find a kind of post.
_USEFUL = {"tip": 2.4, "win": 2.0, "lab": 1.8, "rival": 1.6, "fault": 1.5, "visit": 1.2,
           "shop": 1.0, "order": 0.9, "complaint": 0.9, "market": 0.8, "office": 0.7,
           "question": 0.5, "reply": 0.4, "answer": 1.8}
_AUTHOR_COMES_BACK = {"fault", "complaint", "visit", "rival"}
_BY_AUTHOR = {"author", "answered", "solved"}


def play(
    number: int, staff: Sequence[User], tags: Sequence[str], dice: random.Random, now: datetime,
    told: Callable[[int], None],
) -> None:
    """Let so many posts be written, and thanked, saved, tagged on, edited and withdrawn."""
    stage = _Play(dice, now, staff, tags, told)
    for opening in plan.openings(number, dice, now):
        stage.calendar.play_until(opening.at)
        stage.begin(opening)
    stage.calendar.play_until(now)
    told(stage.untold)


@dataclass
class _Thread:
    """What a thread is about, who began it, and what may still be said in it."""

    template: content.Template
    known: dict[str, str]  # the facts that fill its templates
    author: User
    fitting: list[str]  # replies that go with its first post, the best last
    ids: list[int] = field(default_factory=list)  # of its posts
    answers: list[int] = field(default_factory=list)  # the posts among them that answer
    heard: set[int] = field(default_factory=set)  # ids of who replied
    said: set[str] = field(default_factory=set)  # so that no reply is said twice


class _Play:
    """The stage: who is on it, and what they do there."""

    def __init__(self, dice: random.Random, now: datetime, staff: Sequence[User],
                 tags: Sequence[str], told: Callable[[int], None]) -> None:
        self.dice, self.now, self.staff, self.tags, self.told = dice, now, staff, tags, told
        self.untold = 0  # posts
        self.calendar = plan.Calendar()
        self._written: set[str] = set()  # lines
        self._decks: dict[tuple[str, str], Iterator[content.Template]] = {}
        self._casts: dict[tuple[tuple[str, ...], str], tuple[list[User], list[float]]] = {}
        # A few write much and most write now and then; the first three are there to be looked at.
        ranks = dice.sample(range(len(staff)), len(staff))
        self._busy = {user.id: 0.7 if place < 3 else 1 / (1 + rank) ** 0.8
                      for place, (user, rank) in enumerate(zip(staff, ranks, strict=True))}

    def begin(self, opening: plan.Opening) -> None:
        """Write the first post of a thread and note what follows."""
        dice, language = self.dice, "nl" if self.dice.random() < DUTCH else "en"
        for _ in range(4):  # most lines without a slot are written once
            thread, line = self.draft(language, opening.kind)
            if line not in self._written:
                break
        self._written.add(line)
        author, wanted = thread.author, thread.template.note
        note = (content.filled(content.NOTES[language, wanted], thread.known, dice)
                if wanted and dice.random() < NOTED else "")
        post = self.write(thread, author, line, opening.at, note=note)
        roles = self.roles(opening)
        if not roles and not opening.fate and dice.random() < WITHDRAWN:
            self.regret(post.id, author, opening.at)
            return
        self.welcome(post.id, author, opening.kind, opening.at)
        if dice.random() < TAGGED_ON:
            self.calendar.note(self.soon(opening.at, dice.expovariate(1 / 6)),
                               partial(self.tag_on, post.id, author, opening.kind))
        self.go_on(thread, roles, opening.at)

    def draft(self, language: str, kind: str) -> tuple[_Thread, str]:
        """A thread to be and its line."""
        template = self.deal(language, kind)
        thread = _Thread(template, content.facts(language, self.tags, self.dice),
                         self.someone(template.writers, language), self.fitting(template))
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
        general = content.REPLIES.get((template.language, template.kind), ())
        return [*self.dice.sample(general, len(general)), *reversed(template.replies)]

    def someone(self, works: tuple[str, ...], language: str, but: Collection[int] = ()) -> User:
        """A colleague of these departments, likely a busy one who writes the language."""
        if (works, language) not in self._casts:
            cast = [user for user in self.staff if not works or user.department.name in works]
            cast = cast or list(self.staff)
            self._casts[works, language] = cast, list(accumulate(
                self._busy[user.id] * (1 if user.language == language else FOREIGN)
                for user in cast))
        cast, weights = self._casts[works, language]
        for _ in range(20):
            [user] = self.dice.choices(cast, cum_weights=weights)
            if user.id not in but:
                return user
        return self.dice.choice([user for user in self.staff if user.id not in but])

    def name_colleague(self, thread: _Thread, author: User) -> None:
        """Somebody else to mention in the next post."""
        named = self.someone((), thread.template.language, {author.id, thread.author.id})
        thread.known["colleague"] = f"@{named.username}"

    def soon(self, at: datetime, hours: float) -> datetime:
        return plan.soon(at, hours, self.now, self.dice)

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

    def go_on(self, thread: _Thread, roles: Sequence[str], at: datetime) -> None:
        if roles:
            self.calendar.note(self.soon(at, self.dice.lognormvariate(0.6, 1.2)),
                               partial(self.take_turn, thread, roles))

    def take_turn(self, thread: _Thread, roles: Sequence[str], at: datetime) -> None:
        """The first of these roles is played; the others follow."""
        if roles[0] == "accept":
            # Mostly the first: it knew.
            answer = self.post(thread.answers[int(len(thread.answers) * self.dice.random() ** 2)])
            questions.accept(self.post(thread.ids[0]), answer, thread.author, at)
            thanks.give(thread.author, answer, at)
            thread.answers = [answer.id]
        elif roles[0] == "solve":
            questions.solve(self.post(thread.ids[0]), thread.author, at)
        else:
            self.reply(thread, roles[0], at, last=len(roles) == 1)
        self.go_on(thread, roles[1:], at)

    def reply(self, thread: _Thread, role: str, at: datetime, *, last: bool) -> None:
        language, to = thread.template.language, thread.ids[0]
        if role in _BY_AUTHOR:
            author = thread.author
            to = (thread.answers or thread.ids)[-1]
        else:
            heard = {thread.author.id, *thread.heard}
            author = self.someone(thread.template.responders, language,
                                  heard if len(heard) < len(self.staff) else {thread.author.id})
            thread.heard.add(author.id)
            to = thread.ids[-1] if role == "reply" and self.dice.random() < 0.12 else to
        self.name_colleague(thread, author)
        line = content.filled(self.words(thread, role), thread.known, self.dice)
        post = self.write(thread, author, line, at, reply_to=self.post(to))
        if role == "answer":
            thread.answers.append(post.id)
        if last and role == "reply" and self.dice.random() < WITHDRAWN:
            self.regret(post.id, author, at)
        else:
            self.welcome(post.id, author, role, at)

    def words(self, thread: _Thread, role: str) -> str:
        """A template for this role that was not used in the thread, while there is one."""
        language, kind = thread.template.language, thread.template.kind
        if role in ("answer", "reply") and thread.fitting:
            return thread.fitting.pop()
        pool = content.REPLIES[language, {"answer": "puzzled", "reply": kind}.get(role, role)]
        chosen = self.dice.choice([words for words in pool if words not in thread.said] or pool)
        thread.said.add(chosen)
        return chosen

    def write(self, thread: _Thread, author: User, line: str, at: datetime, *, note: str = "",
              reply_to: Post | None = None) -> Post:
        """Publish, now and then with a slip that is mended a little later."""
        mended = at + timedelta(minutes=self.dice.uniform(2, 25))
        slipped = content.slip(line, self.dice) if self.dice.random() < EDITED else line
        if slipped != line and mended <= self.now:
            self.calendar.note(mended, partial(self.mend, len(thread.ids), thread, author, line))
            line = slipped
        post = posts.publish(author, line, note=note, reply_to=reply_to, now=at)
        thread.ids.append(post.id)
        self.untold += 1
        if self.untold == TOLD_EVERY:
            self.told(self.untold)
            self.untold = 0
        return post

    def mend(self, place: int, thread: _Thread, author: User, line: str, at: datetime) -> None:
        post = self.post(thread.ids[place])
        if post.withdrawn_at is None:
            posts.edit(post, author, line, note=post.note, kind=post.kind, now=at)

    def regret(self, post_id: int, author: User, at: datetime) -> None:
        """The author will withdraw the post within the hour."""
        self.calendar.note(
            self.soon(at, self.dice.uniform(0.1, 1)),
            lambda then: posts.withdraw(self.post(post_id), author, then),
        )

    def welcome(self, post_id: int, author: User, role: str, at: datetime) -> None:
        """Note who will thank for the post, and who will save it: a few posts reach many."""
        dice = self.dice
        number = int(_USEFUL.get(role, 0) * (dice.paretovariate(1.5) - 0.55) + dice.random() / 2)
        givers = dice.sample(self.staff, min(number, MOST_THANKS, len(self.staff) // 2))
        for giver in givers:
            then = plan.later(at, dice.expovariate(1 / 9), dice)
            if giver is not author and then <= self.now:
                self.calendar.note(then, partial(self.thank, giver, post_id))
        keeper, then = dice.choice(self.staff), plan.later(at, dice.expovariate(1 / 20), dice)
        if dice.random() < SAVED and then <= self.now:
            self.calendar.note(then, lambda when: saves.save(keeper, self.post(post_id), when))

    def thank(self, giver: User, post_id: int, at: datetime) -> None:
        thanks.give(giver, self.post(post_id), at)

    def tag_on(self, post_id: int, author: User, kind: str, at: datetime) -> None:
        """A colleague brings the post to the followers of another tag."""
        post = posts.get(post_id)
        there = {tie.tag.name for tie in post.tags}
        fresh = [name for name in content.TAG_ONS[kind] if name in self.tags and name not in there]
        if fresh:
            name = self.dice.choice(fresh)
            posts.tag_on(post, self.someone((), "en", {author.id}), [(name, name)], at)

    def post(self, post_id: int) -> Post:
        """The post, loaded when it is needed: kept ones would fill the memory."""
        return db.session.get_one(Post, post_id)
