"""Three years without the words: who wrote when, in reply to what, and what became of it.

Small arrays, a million long: what a post's row says at the end (replies, thanks, answer) is known
before its first words are made.
"""

import random
from array import array

from bench.company import SPAN, VARIANTS, Company
from bench.words import zipf

REPLIES, QUESTIONS, WITHDRAWN, THANKED, SOLVED = 0.25, 0.08, 0.01, 0.15, 0.6  # shares
RECENT = 300  # threads that are still talked in
LONG = 30  # replies of the threads that are measured


class History:
    """Every post by its place; ids are places + 1, and an id of 0 is none."""

    def __init__(self, company: Company) -> None:
        self.count = company.size.posts
        self._dice = random.Random(f"{company.seed} history")
        users = company.size.users
        # Whoever writes much is not among the first rows: those are the readers that we measure.
        ranks = list(range(users))
        self._dice.shuffle(ranks)
        drawn = self._dice.choices(ranks, cum_weights=zipf(users, 0.8), k=self.count)
        self.author = array("i", (place + 1 for place in drawn))
        zeros = [0] * self.count
        self.reply_to, self.thread, self.answer = (array("i", zeros) for _ in range(3))
        self.replies, self.thanks = array("i", zeros), array("b", zeros)
        self.asks, self.withdrawn = bytearray(self.count), bytearray(self.count)
        self.at, self.solved = array("d", zeros), array("d", zeros)  # seconds since START
        self.long_threads = self._long_threads()
        self._roots: list[int] = []
        self._last: dict[int, int] = {}
        self._happen()

    def _long_threads(self) -> list[int]:
        """Places of the first posts of long threads, in the second half."""
        number = max(1, min(VARIANTS, self.count // 1000))
        return [self.count // 2 + one * self.count // (2 * number) for one in range(number)]

    def _happen(self) -> None:
        step = SPAN.total_seconds() / self.count
        beginnings = set(self.long_threads)
        talked: list[int] = []  # the threads of the next replies, where these are long ones
        for place in range(self.count):
            drawn = self._dice.random()
            self.at[place] = (place + self._dice.random() * 0.9) * step
            if place in beginnings:
                talked += [place] * LONG
            elif place > 20 and drawn < REPLIES:
                self._reply(place, talked.pop(0) if talked else self._recent())
            else:
                self.asks[place] = drawn < REPLIES + QUESTIONS
            if not self.thread[place]:
                self._roots.append(place)
            if self._dice.random() < THANKED:
                self.thanks[place] = min(6, int(self._dice.paretovariate(1.3)))
            if self._dice.random() < WITHDRAWN and place not in beginnings:
                self._withdraw(place)

    def _recent(self) -> int:
        """A thread, the newest the likeliest."""
        back = int(self._dice.random() ** 2 * min(RECENT, len(self._roots)))
        return self._roots[-1 - back]

    def _reply(self, place: int, root: int) -> None:
        last = self._last.get(root, root)
        parent = root if self._dice.random() < 0.7 or self.withdrawn[last] else last
        self._last[root] = place
        if len(self._last) > 4 * RECENT:
            del self._last[next(iter(self._last))]
        self.reply_to[place], self.thread[place] = parent + 1, root + 1
        self.replies[parent] += 1
        if self.asks[root] and not self.solved[root] and self._dice.random() < SOLVED:
            self.solved[root] = self.at[place] + 60
            if self._dice.random() < 0.7:
                self.answer[root] = place + 1

    def _withdraw(self, place: int) -> None:
        self.withdrawn[place] = 1
        if parent := self.reply_to[place]:
            self.replies[parent - 1] -= 1
        if (root := self.thread[place]) and self.answer[root - 1] == place + 1:
            self.answer[root - 1] = 0
