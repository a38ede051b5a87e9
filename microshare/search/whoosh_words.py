"""The words of some segments of the embedded index: for “did you mean”, see `spelling`."""

from collections.abc import Iterable
from itertools import islice

from microshare.search.whoosh_leaf import Leaf


class Words:
    """What these segments say of their exact words."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self._terms = [leaf.terms for leaf in leaves]

    def counts(self, words: Iterable[str]) -> dict[str, int]:
        """How many posts say each of these words, about; those that none says are left out."""

        def count(word: str) -> int:
            return sum(terms.count("exact", word) for terms in self._terms)

        return {word: many for word in words if (many := count(word))}

    def beginning(self, start: str, limit: int) -> set[str]:
        """Some of the words that begin so, at most so many in each segment."""
        return {
            word
            for terms in self._terms
            for word, _ in islice(terms.beginning("exact", start), limit)
        }
