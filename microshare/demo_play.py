"""The posts of the demonstration, and all that colleagues do with them in three months.

They are played and not drawn up: what follows from a post is put on a calendar when the post is
written, and everything happens through the verbs, in the order of time. So ids, inboxes and counts
are as if people had done it, and only what is still to come is kept in memory.
"""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from microshare import demo_content as content
from microshare import demo_plan as plan
from microshare import posts, questions, saves, thanks
from microshare.db import db
from microshare.demo_script import (
    BY_AUTHOR,
    EDITED,
    SAVED,
    TAGGED_ON,
    TO_THE_LAST,
    WITHDRAWN,
    Script,
    Thread,
)
from microshare.models import Post, User

TOLD_EVERY = 50  # posts


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


class _Play(Script[User]):
    """The stage: who is on it, and what they do there."""

    def __init__(self, dice: random.Random, now: datetime, staff: Sequence[User],
                 tags: Sequence[str], told: Callable[[int], None]) -> None:
        super().__init__(dice, staff, tags)
        self.now, self.told = now, told
        self.untold = 0  # posts
        self.calendar = plan.Calendar()
        self._written: set[str] = set()  # lines

    def begin(self, opening: plan.Opening) -> None:
        """Write the first post of a thread and note what follows."""
        dice, language = self.dice, self.language()
        for _ in range(4):  # most lines without a slot are written once
            thread, line = self.draft(language, opening.kind)
            if line not in self._written:
                break
        self._written.add(line)
        author = thread.author
        post = self.write(thread, author, line, opening.at, note=self.note(thread))
        roles = self.roles(opening)
        if not roles and not opening.fate and dice.random() < WITHDRAWN:
            self.regret(post.id, author, opening.at)
            return
        self.welcome(post.id, author, opening.kind, opening.at)
        if dice.random() < TAGGED_ON:
            self.calendar.note(self.soon(opening.at, dice.expovariate(1 / 6)),
                               partial(self.tag_on, post.id, author, opening.kind))
        self.go_on(thread, roles, opening.at)

    def soon(self, at: datetime, hours: float) -> datetime:
        return plan.soon(at, hours, self.now, self.dice)

    def go_on(self, thread: Thread[User], roles: Sequence[str], at: datetime) -> None:
        if roles:
            self.calendar.note(self.soon(at, self.dice.lognormvariate(0.6, 1.2)),
                               partial(self.take_turn, thread, roles))

    def take_turn(self, thread: Thread[User], roles: Sequence[str], at: datetime) -> None:
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

    def reply(self, thread: Thread[User], role: str, at: datetime, *, last: bool) -> None:
        author, line = self.turn(thread, role)
        to = thread.ids[0]
        if role in BY_AUTHOR:
            to = (thread.answers or thread.ids)[-1]
        elif role == "reply" and self.dice.random() < TO_THE_LAST:
            to = thread.ids[-1]
        post = self.write(thread, author, line, at, reply_to=self.post(to))
        if role == "answer":
            thread.answers.append(post.id)
        if last and role == "reply" and self.dice.random() < WITHDRAWN:
            self.regret(post.id, author, at)
        else:
            self.welcome(post.id, author, role, at)

    def write(self, thread: Thread[User], author: User, line: str, at: datetime, *, note: str = "",
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

    def mend(self, place: int, thread: Thread[User], author: User, line: str, at: datetime) -> None:
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
        for giver in self.givers(role):
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
        if name := self.tag_on_with(kind, there):
            posts.tag_on(post, self.someone((), "en", {author.id}), [(name, name)], at)

    def post(self, post_id: int) -> Post:
        """The post, loaded when it is needed: kept ones would fill the memory."""
        return db.session.get_one(Post, post_id)
