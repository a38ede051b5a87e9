"""Which of many searches a new post answers, without an index: for the searches that are followed.

The same terms as every engine's, asked the other way round. Each search is filed under the terms
of one thing that it asks for, so that a post is held against the few that it could answer.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from microshare.search import terms
from microshare.search.document import Document
from microshare.search.query import Query
from microshare.search.terms import Forms


class _Post(NamedTuple):
    """What a post says, ready to be asked."""

    places: dict[str, set[int]]  # of each exact word
    words: Sequence[str]  # the exact ones, in order
    others: frozenset[str]  # roots and facts, with their signs
    created: int  # microseconds since 1970


class _Search(NamedTuple):
    """What one search asks of a post."""

    said: Sequence[Forms]  # each of these, in one of its forms
    unsaid: Sequence[Forms]
    facts: Sequence[frozenset[str]]  # of each of these, one
    without: frozenset[str]  # none of these facts
    after: int | None  # microseconds since 1970
    before: int | None


class Searches:
    """Searches by their ids, filed."""

    def __init__(self, asked: Iterable[tuple[int, Query, tzinfo]]) -> None:
        self._filed: dict[str, list[tuple[int, _Search]]] = defaultdict(list)
        self._others: list[tuple[int, _Search]] = []  # what is looked at for every post
        for search_id, query, zone in asked:
            if query.is_empty:
                continue
            search = _search(query, zone)
            entry = search_id, search
            keys = _keys(search)
            if keys is None:
                self._others.append(entry)
            else:
                for key in keys:
                    self._filed[key].append(entry)

    def answered_by(self, document: Document) -> set[int]:
        """The ids of the searches that find this post."""
        post = _post(document)
        keys = {f"={word}" for word in post.words} | post.others
        perhaps = [entry for key in keys & self._filed.keys() for entry in self._filed[key]]
        return {i for i, search in (*perhaps, *self._others) if _finds(search, post)}


def _search(query: Query, zone: tzinfo) -> _Search:
    facts = [(frozenset(_signed("@", names)), gone) for names, gone in terms.facts_wanted(query)]
    return _Search(
        [terms.forms(term) for term in query.terms if not term.negated],
        [terms.forms(term) for term in query.terms if term.negated],
        [names for names, gone in facts if not gone],
        frozenset[str]().union(*(names for names, gone in facts if gone)),
        terms.start_of(query.after, zone) if query.after else None,
        terms.start_of(query.before, zone) if query.before else None,
    )


def _signed(sign: str, names: Iterable[str]) -> Iterator[str]:
    return (sign + name for name in names)


def _keys(search: _Search) -> set[str] | None:
    """The terms of which a post must have one to be found; None where that cannot be told.

    A word tells more than a fact, as `is:question` does of half of all posts.
    """
    for forms in search.said:
        if not forms.prefix:
            return {*_signed("=", forms.words[:1]), *_signed("~", forms.roots),
                    *_signed("@", forms.facts)}  # fmt: skip
    return set(search.facts[0]) if search.facts else None


def _post(document: Document) -> _Post:
    found = terms.of(document)
    places: dict[str, set[int]] = defaultdict(set)
    for word, place in found.exact:
        places[word].add(place)
    others = {*_signed("~", found.roots), *_signed("@", found.facts)}
    created = terms.microseconds(document.created_at)
    return _Post(dict(places), sorted(places), frozenset(others), created)


def _finds(search: _Search, post: _Post) -> bool:
    if search.after is not None and post.created < search.after:
        return False
    if search.before is not None and post.created >= search.before:
        return False
    if not search.without.isdisjoint(post.others):
        return False
    if any(names.isdisjoint(post.others) for names in search.facts):
        return False
    return all(_says(post, forms) for forms in search.said) and not any(
        _says(post, forms) for forms in search.unsaid
    )


def _says(post: _Post, forms: Forms) -> bool:
    others = (*_signed("~", forms.roots), *_signed("@", forms.facts))
    if not post.others.isdisjoint(others) or (forms.words and _in_a_row(post, forms.words)):
        return True
    if not forms.prefix:
        return False
    at = bisect_left(post.words, forms.prefix)
    return at < len(post.words) and post.words[at].startswith(forms.prefix)


def _in_a_row(post: _Post, words: Sequence[str]) -> bool:
    places = [post.places.get(word, set()) for word in words]
    return any(all(start + n in stands for n, stands in enumerate(places)) for start in places[0])
