"""Near-doubles: a new tag so like one that is there that it may well have been meant.

A tag is near a new one when it is the same word in another form (`#pump`, `#pumps`), the same but
for one letter, a blank or an accent (`#noisypump`, `#noisy_pump`), or what the new one is another
name of, such as the word in the other language.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

import regex
from sqlalchemy import Select, or_, select

from microshare import aliases
from microshare.db import db
from microshare.models import Tag
from microshare.search import analysis, spelling

SHORTEST = 4  # letters; shorter names are one slip away from anything
_ALIKE = 2  # letters with which most doubles begin
_SLIPS = 3  # letters in which a slip is looked for by itself, as the beginning may be another then
_LONGER = 4  # letters by which another form of a word is longer or shorter, at most
_READ = 1000  # tags that begin alike, at most
_DIGITS = regex.compile(r"\p{N}+")


def near(
    names: Collection[str], groups: Sequence[aliases.Group]
) -> dict[str, list[tuple[str, str]]]:
    """Of these folded names those that are no tags yet, each with the tags that it is near.

    Each tag is its (name, spelling), other names first. One query, none without names.
    """
    if not names:
        return {}
    there = dict(db.session.connection().execute(_candidates(names, groups)).all())
    return {
        new: [(tag, there[tag]) for tag in _ordered(new, there, groups)]
        for new in names
        if new not in there
    }


def _candidates(names: Collection[str], groups: Sequence[aliases.Group]) -> Select[str, str]:
    slips = {slip + name[_SLIPS:] for name in names for slip in spelling.one_slip(name[:_SLIPS])}
    named = {name for new in names for name in _other_names(new, groups)}
    begun = (Tag.name.startswith(name[:_ALIKE], autoescape=True) for name in names)
    exactly = Tag.name.in_({*names, *slips, *named})
    # Those that are known by their whole name first, should too many others begin so.
    return (
        select(Tag.name, Tag.spelling)
        .where(or_(exactly, *begun))
        .order_by(exactly.desc(), Tag.name)
        .limit(_READ)
    )


def _ordered(
    new: str, there: Collection[str], groups: Sequence[aliases.Group]
) -> list[str]:
    named = _other_names(new, groups)
    found = [tag for tag in there if tag in named or is_near(new, tag)]
    return sorted(found, key=lambda tag: (tag not in named, tag))


def _other_names(new: str, groups: Sequence[aliases.Group]) -> set[str]:
    """The names that stand for a name which is the new one, or near it and begins alike."""
    return {
        name
        for group in groups
        if any(one[:1] == new[:1] and is_near(one, new) for one in group)
        for name in group
    } - {new}


def is_near(one: str, other: str) -> bool:
    """Whether two folded names are nearly the same; names with other digits never are.

    >>> is_near("pomp", "pompen"), is_near("r_and_d", "randd"), is_near("pmup", "pump")
    (True, True, True)
    >>> is_near("m8x20", "m8x25"), is_near("pump", "valve"), is_near("atx", "atex")
    (False, False, False)
    """
    if abs(len(one) - len(other)) > _LONGER:
        return False
    mine, its = _look(one), _look(other)
    if mine.digits != its.digits:
        return False
    if not mine.roots.isdisjoint(its.roots):
        return True
    return min(len(mine.plain), len(its.plain)) >= SHORTEST and _is_one_slip(mine.plain, its.plain)


class _Look(NamedTuple):
    """What is compared of a name."""

    plain: str  # without `_` and accents
    digits: tuple[str, ...]
    roots: frozenset[str]


@lru_cache(maxsize=10_000)  # the same tags are looked at whenever somebody types
def _look(name: str) -> _Look:
    plain = analysis.joined(name)
    return _Look(plain, tuple(_DIGITS.findall(name)), analysis.roots(plain))


def _is_one_slip(one: str, other: str) -> bool:
    """Whether they differ by one letter more, less or other, or by two swapped."""
    same = next((i for i, pair in enumerate(zip(one, other, strict=False)) if len({*pair}) > 1),
                min(len(one), len(other)))  # fmt: skip
    mine, its = one[same:], other[same:]
    swapped = mine[1::-1] + mine[2:] == its
    return swapped or mine[1:] == its[1:] or mine[1:] == its or mine == its[1:]
