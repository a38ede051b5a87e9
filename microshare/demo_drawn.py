"""What is drawn of a large demonstration before it is stored: posts, and what becomes of each.

By makers that work beside each other (`ahead`): each draws every so many-th post, in threads of its
own. A post is known by its number, from 0 in the order of time over all makers; its id is
given where it is stored, by `demo_large`.
"""

import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from microshare import ahead, drafts, notices, text
from microshare import demo_content as content
from microshare import demo_plan as plan
from microshare.demo_script import (
    BY_AUTHOR,
    EDITED,
    SAVED,
    TAGGED_ON,
    TO_THE_LAST,
    WITHDRAWN,
    Player,
    Script,
    Thread,
)
from microshare.drafts import Draft

# Posts in one transaction, those of all makers: nobody else waits to write, and a page of an index
# that many posts change is written once for all of them.
BATCH = 8000
_NOTHING_YET = {"thanks_count": 0, "edited_at": None, "withdrawn_at": None}


class Said(NamedTuple):
    """What a reply needs to know of the post above it."""

    number: int
    author_id: int
    root: int  # the number of the post that begins the thread


class Drawn(NamedTuple):
    """A post that is to be stored."""

    said: Said
    department_id: int
    at: datetime
    draft: Draft
    columns: Mapping[str, str]  # of the draft
    reply_to: Said | None
    more: Mapping[str, Any]  # columns that later acts have set


class Batch(NamedTuple):
    """Posts that are stored together, and what became of them; first of each the post's number."""

    posts: list[Drawn]
    tied: list[tuple[int, int, int, int, datetime]]  # the tag, its place, who, when
    slips: list[tuple[int, str, str, str, str, int, datetime]]  # as the history has them
    thanked: list[tuple[int, int, int, datetime]]  # the giver, the department, when
    saved: list[tuple[int, int, datetime]]  # the reader, when
    told: list[tuple[int, int, str, int, datetime]]  # the reader, the kind, who did it, when
    settled: list[tuple[int, int | None, datetime]]  # the answer's number, when


def _empty() -> Batch:
    return Batch([], [], [], [], [], [], [])


def batches(
    turn: int,
    number: int,
    staff: Sequence[Player],
    tags: Mapping[str, int],
    seed: int,
    now: datetime,
) -> Iterator[Batch]:
    """The part of the maker of this turn (from 0) in so many posts of the last three years.

    `tags` are names with their ids. All makers have the same batches, of the same moments: the
    `turn`-th post and each `ahead.MAKERS` further on is this one's.
    """
    stage = _Stage(random.Random(seed), now, staff, tags)  # noqa: S311 - a play, no secret
    stage.dice.seed(f"{seed} {turn}")
    moments = plan.paced(number, random.Random(seed), now, plan.LONG_SPAN)  # noqa: S311
    for place, at in enumerate(moments):
        if place % ahead.MAKERS == turn:
            stage.write_something(place, at)
        if (place + 1) % BATCH == 0:
            yield stage.batch
            stage.batch = _empty()
    yield stage.batch


@dataclass(slots=True)
class _Talk:
    """A thread with its posts."""

    thread: Thread[Player]
    posts: list[Said]
    answers: list[Said] = field(default_factory=list)


class _Stage(Script[Player]):
    """Writes a post a call, into the batch that is to be stored next."""

    def __init__(
        self, dice: random.Random, now: datetime, staff: Sequence[Player], tags: Mapping[str, int]
    ) -> None:
        super().__init__(dice, staff, list(tags))
        self.now, self.tag_ids = now, tags
        self.known = {text.fold(player.username): player.id for player in staff}
        self.batch = _empty()
        self.due: list[tuple[datetime, int, _Talk, Sequence[str]]] = []  # replies to come
        self.number = 0  # of the post that is written now

    def write_something(self, number: int, at: datetime) -> None:
        """The reply whose time has come, or else the first post of a thread."""
        self.number = number
        if self.due and self.due[0][0] <= at:
            _, _, talk, roles = heapq.heappop(self.due)
            self.reply(talk, roles[0], at)
            self.go_on(talk, roles[1:], at)
        else:
            self.begin(at)

    def begin(self, at: datetime) -> None:
        opening = plan.opening(at, self.now, self.dice)
        thread, line = self.draft(self.language(), opening.kind)
        roles = self.roles(opening)
        is_over = not roles and not opening.fate and self.dice.random() < WITHDRAWN
        more = {"withdrawn_at": at + timedelta(minutes=20)} if is_over else {}
        post = self.write(thread.author, line, at, opening.kind, note=self.note(thread), more=more)
        if not is_over and self.dice.random() < TAGGED_ON:
            self.tag_on(post, opening.kind)
        self.go_on(_Talk(thread, [post.said]), roles, at)

    def go_on(self, talk: _Talk, roles: Sequence[str], at: datetime) -> None:
        """What is done without words is done at once; for what is said the time will come."""
        while roles and roles[0] in ("accept", "solve"):
            answer = self.answer(talk, at) if roles[0] == "accept" else None
            self.batch.settled.append((talk.posts[0].number, answer and answer.number, at))
            roles = roles[1:]
        if roles:
            then = at + timedelta(hours=self.dice.lognormvariate(0.6, 1.2))
            heapq.heappush(self.due, (then, self.number, talk, roles))

    def answer(self, talk: _Talk, at: datetime) -> Said:
        """The reply that the asker accepts."""
        talk.answers = talk.answers[:1]
        [answer] = talk.answers
        self.tell(answer.number, answer.author_id, "answer", talk.thread.author.id, at)
        return answer

    def reply(self, talk: _Talk, role: str, at: datetime) -> None:
        author, line = self.turn(talk.thread, role)
        to = talk.posts[0]
        if role in BY_AUTHOR:
            to = (talk.answers or talk.posts)[-1]
        elif role == "reply" and self.dice.random() < TO_THE_LAST:
            to = talk.posts[-1]
        said = self.write(author, line, at, role, reply_to=to).said
        talk.posts.append(said)
        if role == "answer":
            talk.answers.append(said)

    def write(
        self,
        author: Player,
        line: str,
        at: datetime,
        role: str,
        *,
        note: str = "",
        reply_to: Said | None = None,
        more: Mapping[str, Any] = _NOTHING_YET,
    ) -> Drawn:
        """A post with its thanks, who saved it, and the slip that was mended in it."""
        draft = self.drafted(line, note, reply_to)
        said = Said(self.number, author.id, reply_to.root if reply_to else self.number)
        columns: dict[str, Any] = {**_NOTHING_YET, **more}
        if columns["withdrawn_at"] is None:
            columns["thanks_count"] = self.thank(said, role, at)
            if self.dice.random() < SAVED:
                reader = self.dice.choice(self.staff)
                self.batch.saved.append((said.number, reader.id, at))
            if self.dice.random() < EDITED:
                columns |= self.mend(line, note, at)
        post = Drawn(said, author.department_id, at, draft, draft.columns(), reply_to, columns)
        self.batch.posts.append(post)
        return post

    def drafted(self, line: str, note: str, reply_to: Said | None) -> Draft:
        words = drafts.read(line, note, None, is_reply=reply_to is not None)
        return words.naming(self.known)

    def mend(self, line: str, note: str, at: datetime) -> dict[str, Any]:
        """The post had a slip at first, which its history keeps."""
        slipped = content.slip(line, self.dice)
        if slipped == line:
            return {}
        kept = self.drafted(slipped, note, None).columns()
        texts = kept["line"], kept["line_html"], kept["note"], kept["note_html"]
        self.batch.slips.append((self.number, *texts, 1, at))
        return {"edited_at": min(at + timedelta(minutes=15), self.now)}

    def thank(self, said: Said, role: str, at: datetime) -> int:
        """Note who thanked, and how many they are."""
        count = 0
        for giver in self.givers(role):
            then = at + timedelta(hours=self.dice.expovariate(1 / 9))
            if giver.id != said.author_id and then <= self.now:
                self.batch.thanked.append((said.number, giver.id, giver.department_id, then))
                self.tell(said.number, said.author_id, "thanks", giver.id, then)
                count += 1
        return count

    def tell(self, number: int, reader_id: int, kind: str, actor_id: int, at: datetime) -> None:
        if notices.concerns(reader_id, actor_id):
            self.batch.told.append((number, reader_id, kind, actor_id, at))

    def tag_on(self, post: Drawn, kind: str) -> None:
        if name := self.tag_on_with(kind, post.draft.tags):
            who = self.someone((), "en", {post.said.author_id}).id
            self.batch.tied.append((post.said.number, self.tag_ids[name], 0, who, post.at))
