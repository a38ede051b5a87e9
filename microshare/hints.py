"""What helps a writer while typing: how a tag or a name goes on, which tags fit, what doubles one.

Hints are asked for while somebody types: each takes a counted few queries and gives a short
answer, and where one cannot be given the writer just goes on.
"""

from collections.abc import Sequence
from typing import NamedTuple

from microshare import aliases, doubles, people, search, tags, text
from microshare.errors import Unavailable

OFFERS = 8  # ways to go on
FITTING = 4  # tags that fit a line
CHECKED = 5  # new tags of a line for which doubles are looked for
NEAR = 2  # doubles of one
LONGEST = 500  # characters of a line that are read
_LONGEST_NAME = 60  # characters of a name that is being typed
_ALIKE = 20  # posts that are looked at for their tags
_WORTH = 2  # words without which a line is like anything


class Offer(NamedTuple):
    """A way for a tag to go on."""

    spelling: str
    uses: int  # posts of the newest
    is_near: bool  # it does not begin so, but may well be meant


class Double(NamedTuple):
    """A new tag of a line, as it is written there, and the tags that it is near."""

    written: str
    near: Sequence[str]


class LineHints(NamedTuple):
    """What there is to say of a line; tags by their spelling."""

    doubles: Sequence[Double]
    fitting: Sequence[str]


def tags_for(start: str) -> list[Offer]:
    """The tags that begin so, most used first; then those that a new tag of that name is near.

    Three queries at most.
    """
    begun = text.fold(start.lstrip("#＃"))[:_LONGEST_NAME]
    near: set[str] = set()
    if len(begun) >= doubles.SHORTEST:
        found = doubles.near([begun], aliases.all_names())
        near = {name for name, _ in found.get(begun, ())}
    return [
        Offer(tag.spelling, uses, not tag.name.startswith(begun))
        for tag, uses in tags.suggest(begun, OFFERS, beside=near)
    ]


def people_for(start: str) -> Sequence[tuple[str, str, str]]:
    """Colleagues whose username or name begins so: (username, name, department). One query."""
    begun = text.tidy(start.replace("\0", "")).lstrip("@＠")[:_LONGEST_NAME]
    return people.suggest(begun, OFFERS) if begun else []


def for_line(line: str) -> LineHints:
    """New tags of the line that are near others, and tags of posts like it. Three queries."""
    line = line[:LONGEST]
    written = dict(text.written_tags(line))
    groups = aliases.all_names()
    found = doubles.near(list(written)[:CHECKED], groups)
    twins = [
        Double(written[new], [spelling for _, spelling in near[:NEAR]])
        for new, near in found.items()
        if near
    ]
    return LineHints(twins, _fitting(line, written, groups))


def _fitting(line: str, written: dict[str, str], groups: Sequence[aliases.Group]) -> list[str]:
    if len(line.split()) < _WORTH:
        return []
    try:
        ids = search.similar(line, limit=_ALIKE, known=groups)
    except Unavailable:  # the index is being made anew: the line is posted without
        return []
    there = {*written, *(name for new in written for name in aliases.standing_for(new, groups))}
    shared = tags.shared(ids, FITTING + len(there))
    return [spelling for name, spelling in shared if name not in there][:FITTING]
