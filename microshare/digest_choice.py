"""Which posts of a week a reader's digest has: the most useful, and at most two of each author."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge

from microshare import use
from microshare.digest_week import Ids, Week

PER_AUTHOR = 2  # lines in one letter, and beside those as many open questions
# How much more use a post is by how the reader stands to it: under an own tag, known already.
_MORE = {
    (is_own, is_familiar): use.of(0, 0, by_own_tag=is_own, is_familiar=is_familiar)
    for is_own in (True, False)
    for is_familiar in (True, False)
}


@dataclass
class Choice:
    """The lines of one letter, as they are chosen from a week.

    `own`: the posts under the reader's own tags; `familiar`: of threads that the reader opened.
    """

    week: Week
    own: Ids
    familiar: Ids
    _taken: Counter[int] = field(default_factory=Counter)  # lines by author

    def best(self, ids: Ids, limit: int) -> list[int]:
        """The most useful of these to the reader, best first, beside what is chosen already."""
        # The week is ranked once for all its readers. What the reader adds is the same for all
        # posts of a kind, so each kind keeps that order, and the best is at the head of one.
        streams = [self._by_use(kind, more) for kind, more in self._kinds(ids)]
        return self._first((-negative for _, negative in merge(*streams)), limit, self._taken)

    def newest(self, ids: Ids, hidden: Ids, limit: int) -> list[int]:
        """The newest open questions of these: what is asked now waits for an answer."""
        asked = (i for i in self.week.newest(ids) if i not in hidden)
        return self._first(asked, limit, Counter())

    def _kinds(self, ids: Ids) -> list[tuple[Ids, int]]:
        """The posts by how the reader stands to them, and how much more use that makes them."""
        kinds = []
        for is_own, some in ((True, ids & self.own), (False, ids - self.own)):
            known = some & self.familiar
            some.difference_update(known)
            kinds += [(known, _MORE[is_own, True]), (some, _MORE[is_own, False])]
        return [(kind, more) for kind, more in kinds if kind]

    def _by_use(self, ids: Ids, more: int) -> Iterator[tuple[int, int]]:
        """What sorts these: their use, the most first, and then their age."""
        return ((-self.week.use[i] - more, -i) for i in self.week.ranked(ids))

    def _first(self, ids: Iterable[int], limit: int, taken: Counter[int]) -> list[int]:
        """The first of these, passing over those whose author has had enough lines."""
        found: list[int] = []
        for i in ids:
            author_id = self.week.origin[i].author_id
            if taken[author_id] == PER_AUTHOR:
                continue
            taken[author_id] += 1
            found.append(i)
            if len(found) == limit:
                break
        return found
