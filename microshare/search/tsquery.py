"""The terms of posts and searches, written as PostgreSQL's `tsvector` and `tsquery`.

PostgreSQL parses no text and stems no word here: each lexeme is one of our terms, behind a sign of
its kind. `=pumps` is an exact word with its places, `~pump` a root and `@tag:pumps` a fact; `#3d`
and `%3` are the blocks of ids that the post is of, `^2026` and `^2026-11` tell when it was written.
Every lexeme is quoted, so no text is a syntax error.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from microshare.search.terms import Forms, Terms

# The ids of a block share all but so many of their last bits; each kind of blocks has its sign. GIN
# gives all posts of a word in no order; with a block it gives, and reads, those of some ids alone.
BLOCKS = {"#": 12, "%": 16}

NOTHING = "'!'"  # no post has this lexeme
_PLACES = 16_383  # PostgreSQL counts no further
_BYTES = 1000  # of a lexeme: PostgreSQL takes 2046


def vector(post_id: int, moment: int, terms: Terms) -> str:
    """The `tsvector` of a post that was written at a moment, in microseconds since 1970.

    >>> vector(70_000, 0, Terms([("it's", 0), ("a", 1), ("it's", 2)], ["it"], ["is:open"]))
    "'=it''s':1,3 '=a':2 '~it' '@is:open' '#11' '%1' '^1970' '^1970-01'"
    """
    places: dict[str, list[str]] = {}
    for word, place in terms.exact:
        known = places.setdefault(_lexeme("=", word), [])
        if place < _PLACES:
            known.append(str(place + 1))
    said = [f"{lexeme}:{','.join(known)}" if known else lexeme for lexeme, known in places.items()]
    said += [_lexeme("~", root) for root in terms.roots]
    said += [_lexeme("@", fact) for fact in terms.facts]
    said += [f"'{sign}{post_id >> bits:x}'" for sign, bits in BLOCKS.items()]
    written = _utc(moment)
    said += [f"'^{written:%Y}'", f"'^{written:%Y-%m}'"]
    return " ".join(said)


def _utc(moment: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)


def periods(first: int, last: int) -> str:
    """What asks for a month between these moments: whole years, and months where they begin or end.

    >>> from microshare.search.terms import microseconds
    >>> moments = [datetime(2024, 11, 30, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)]
    >>> periods(*map(microseconds, moments))
    "('^2024-11') | ('^2024-12') | ('^2025') | ('^2026-01') | ('^2026-02')"
    """
    begins, ends = _utc(first), _utc(last)
    asked = []
    for year in range(begins.year, ends.year + 1):
        low = begins.month if year == begins.year else 1
        high = ends.month if year == ends.year else 12
        months = [f"'^{year:04}-{month:02}'" for month in range(low, high + 1)]
        asked += [f"'^{year:04}'"] if len(months) == 12 else months
    return any_of(asked) or NOTHING


def _lexeme(sign: str, term: str) -> str:
    """A quoted lexeme; a longer one than PostgreSQL takes is known by its digest."""
    whole = (sign + term).replace("\0", "")
    encoded = whole.encode("utf-8", "replace")
    if len(encoded) > _BYTES:
        whole = f"{sign}{hashlib.sha256(encoded).hexdigest()}"
    return quoted(whole)


def quoted(lexeme: str) -> str:
    """A lexeme as it is written in a `tsvector` or `tsquery`."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def exactly(word: str) -> str:
    """The lexeme of a word in its exact form.

    >>> exactly("it's")
    "'=it''s'"
    """
    return _lexeme("=", word)


def each_form(forms: Forms) -> list[str]:
    """What asks for each form of a term: the one that says it literally comes first.

    >>> each_form(Forms(["new", "seal"], ["newseal"], [])), each_form(Forms([], [], [], "lek"))
    (["'=new' <-> '=seal'", "'~newseal'"], ["'=lek':*"])
    """
    asked = [" <-> ".join(_lexeme("=", word) for word in forms.words)] if forms.words else []
    asked += [_lexeme("~", root) for root in forms.roots]
    if forms.facts:
        asked.append(any_fact(forms.facts))
    if 0 < len(forms.prefix.encode()) < _BYTES:
        asked.append(_lexeme("=", forms.prefix) + ":*")
    return asked or [NOTHING]


def is_plain(asked: str) -> bool:
    """Whether an index of lexemes alone tells who fits: no order, no beginning."""
    return " <-> " not in asked and ":*" not in asked


def any_fact(names: Iterable[str]) -> str:
    """What asks for one of these facts at least."""
    return any_of(_lexeme("@", name) for name in names)


def any_of(asked: Iterable[str]) -> str:
    """What asks for one of these at least."""
    return " | ".join(f"({one})" for one in asked)


def all_of(asked: Iterable[str]) -> str:
    """What asks for all of these."""
    return " & ".join(f"({one})" for one in asked)
