"""How a search can be narrowed: filters to add, and those it has, each a search with one piece more
or less. They are written in the search's own words, so that one learns them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from microshare.cards import Card
from microshare.readers import AnyReader
from microshare.search.query import is_filter, pieces

EACH = 2  # of tags, people and departments
RECENT = timedelta(days=30)


class Chip(NamedTuple):
    """A filter, and the search that it leads to."""

    words: str  # as it is typed
    search: str
    is_on: bool


def of(raw: str, found: Sequence[Card], reader: AnyReader, today: date) -> list[Chip]:
    """The filters of a search that can be taken off, then those that narrow it further.

    Tags, colleagues and departments are those of the posts that were `found`, the commonest
    first; where there are none, the reader's own.
    """
    typed = pieces(raw)
    on = [piece for piece in typed if is_filter(piece)]
    said = {piece.casefold() for piece in typed}
    chips = [Chip(piece, _without(typed, piece), True) for piece in dict.fromkeys(on)]
    for words in _offered(found, reader, today):
        kind = words.partition(":")[0]
        is_said = words.casefold() in said
        is_dated = kind == "after" and any(one.startswith("after:") for one in said)
        if not is_said and not is_dated:
            chips.append(Chip(words, " ".join((*typed, words)), False))
    return chips


def _without(typed: Sequence[str], piece: str) -> str:
    return " ".join(one for one in typed if one != piece)


def _offered(found: Sequence[Card], reader: AnyReader, today: date) -> Iterator[str]:
    yield from ("is:question", "is:open", "has:note")
    yield f"after:{today - RECENT}"
    yield from _commonest(f"#{tie.spelling}" for card in found for tie in card.tags)
    people = [card.author_username for card in found] or [reader.username]
    yield from _commonest(f"from:{name}" for name in people)
    departments = [card.department_slug for card in found] or [reader.department.slug]
    yield from _commonest(f"dept:{slug}" for slug in departments)


def _commonest(words: Iterable[str]) -> list[str]:
    return [word for word, _ in Counter(words).most_common(EACH)]
