"""The terms of posts and searches, written as PostgreSQL's `tsvector` and `tsquery`.

PostgreSQL parses no text and stems no word here: each lexeme is one of our terms, behind a sign of
its kind. `=pumps` is an exact word with its places, `~pump` a root and `@tag:pumps` a fact. Every
lexeme is quoted, so no text is a syntax error.
"""

import hashlib
from collections.abc import Iterable

from microshare.search.terms import Forms, Terms

NOTHING = "'!'"  # no post has this lexeme
_PLACES = 16_383  # PostgreSQL counts no further
_BYTES = 1000  # of a lexeme: PostgreSQL takes 2046


def vector(terms: Terms) -> str:
    """The `tsvector` of a post.

    >>> vector(Terms([("it's", 0), ("a", 1), ("it's", 2)], ["it"], ["is:open"]))
    "'=it''s':1,3 '=a':2 '~it' '@is:open'"
    """
    places: dict[str, list[str]] = {}
    for word, place in terms.exact:
        known = places.setdefault(_lexeme("=", word), [])
        if place < _PLACES:
            known.append(str(place + 1))
    said = [f"{lexeme}:{','.join(known)}" if known else lexeme for lexeme, known in places.items()]
    said += [_lexeme("~", root) for root in terms.roots]
    said += [_lexeme("@", fact) for fact in terms.facts]
    return " ".join(said)


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


def any_fact(names: Iterable[str]) -> str:
    """What asks for one of these facts at least."""
    return any_of(_lexeme("@", name) for name in names)


def any_of(asked: Iterable[str]) -> str:
    """What asks for one of these at least."""
    return " | ".join(f"({one})" for one in asked)


def all_of(asked: Iterable[str]) -> str:
    """What asks for all of these."""
    return " & ".join(f"({one})" for one in asked)
