"""“Did you mean”: the index's own words that are spelled nearly as a word that finds nothing.

Words one letter away are made and looked up; words two letters away, and for a long word all but
the slips in its beginning, are sought among those that begin alike. Both are bounded, so a search
costs the same in a large index.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

SHORTEST = 3  # letters of a word that is worth a guess
_TWO_SLIPS = 6  # letters from which a word may differ in two
_ALIKE = 3  # letters with which those begin
_LONG = 10  # letters beyond which a word is known by more of its beginning
_LONG_ALIKE = 5
_READ = 5_000  # words that begin alike, at most
_LONGEST = 32  # letters
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Words(Protocol):
    """What an engine knows of the words of its posts, in their exact form."""

    def counts(self, words: Iterable[str]) -> Mapping[str, int]:
        """How many posts say each of these, about; words that none says are left out."""

    def beginning(self, start: str, limit: int) -> Iterable[str]:
        """At most so many of the words that begin so; none where an engine cannot list them."""


def like(word: str, words: Words, limit: int) -> Sequence[str]:
    """The words spelled most nearly as this one, in its exact form; the commonest first.

    Itself is none of them.
    """
    if not SHORTEST <= len(word) <= _LONGEST:
        return []
    begins = _ALIKE if len(word) <= _LONG else _LONG_ALIKE
    # A slip further on in a long word is found among those that begin alike, with fewer looks.
    slips = len(word) if len(word) <= _LONG else begins
    found = words.counts(start + word[slips:] for start in one_slip(word[:slips]))
    if not found and len(word) >= _TWO_SLIPS:
        alike = words.beginning(word[:begins], _READ)
        found = words.counts([one for one in alike if one != word and differ_little(one, word)])
    return sorted(found, key=lambda one: (-found[one], one))[:limit]


def one_slip(word: str) -> set[str]:
    """All that a word becomes by one letter more, less or other, or two letters swapped.

    >>> {"pump", "pomp"} <= one_slip("pmp") | one_slip("popm")
    True
    """
    pairs = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    less = {start + rest[1:] for start, rest in pairs if rest}
    swapped = {start + rest[1] + rest[0] + rest[2:] for start, rest in pairs if len(rest) > 1}
    other = {start + letter + rest[1:] for start, rest in pairs if rest for letter in _LETTERS}
    more = {start + letter + rest for start, rest in pairs for letter in _LETTERS}
    return (less | swapped | other | more) - {word}


def differ_little(one: str, other: str) -> bool:
    """Whether two words are at most two slips apart (optimal string alignment).

    >>> differ_little("centrifugal", "centrifigual"), differ_little("pomp", "prijs")
    (True, False)
    """
    if abs(len(one) - len(other)) > 2:
        return False
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        now = [row]
        for column, its in enumerate(other, start=1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != its))
            if row > 1 < column and letter == other[column - 2] and its == one[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > 2:
            return False
        before, last = last, now
    return last[-1] <= 2
