"""What a searcher typed, understood: words, phrases and filters.

Every text is a valid search. What looks like a filter and is none (`foo:bar`, `after:soon`) is
taken as words, so that nobody has to learn a grammar to paste a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import regex

from microshare.slugs import slug_of
from microshare.text import fold

LENGTH_LIMIT = 500  # characters of a search that are read
TERM_LIMIT = 32  # words, phrases and filters of a search that count

_BEGUN = 2  # letters that tell something of the word being typed

Kind = Literal["word", "phrase", "prefix"]
Names = tuple[tuple[str, bool], ...]  # a folded name, and whether posts with it are unwanted


@dataclass(frozen=True, slots=True)
class Term:
    """Something that a post says, or (`negated`) does not say. Its words are case folded.

    A post with one of the `tags` says it too: they are another name for the word. A word that is
    `unfinished` is also the beginning of the one being typed.
    """

    kind: Kind
    words: tuple[str, ...]
    negated: bool = False
    tags: tuple[str, ...] = ()
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search. A flag of None does not care; dates are days in the searcher's time zone.

    `after` is from the start of its day, `before` up to the start of its day. `alike` are groups
    of tags that stand for each other.
    """

    terms: tuple[Term, ...] = ()
    tags: Names = ()
    people: Names = ()
    departments: Names = ()
    after: date | None = None
    before: date | None = None
    question: bool | None = None
    open: bool | None = None
    photo: bool | None = None
    note: bool | None = None
    alike: tuple[tuple[str, ...], ...] = ()

    def names_of(self, tag: str) -> tuple[str, ...]:
        """The tags that a post may have where the search asks for this one: itself, or another.

        >>> Query(tags=(("pomp", False),), alike=(("pumps", "pomp"),)).names_of("pomp")
        ('pumps', 'pomp')
        """
        return next((names for names in self.alike if tag in names), (tag,))

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing: an empty search finds nothing, not everything."""
        return self == Query()


# A piece: perhaps a minus, perhaps the name of a filter, then a quoted text or all up to a blank.
_PIECE = regex.compile(
    r'(?P<minus>-?)(?P<name>(?>[a-z]*:)?)"(?P<quoted>[^"]*+)"?|(?P<plain>\S++)', regex.IGNORECASE
)
_TAG = regex.compile(r"#(?P<name>(?=[\p{M}\p{N}_]*+\p{L})[\p{L}\p{M}\p{N}_]++)")
_PERSON = regex.compile(r"@(?P<name>[\p{L}\p{M}\p{N}_]++(?:[.-]++[\p{L}\p{M}\p{N}_]++)*+)")
_DAY = regex.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", regex.ASCII)
_SAYS_SOMETHING = regex.compile(r"[\p{L}\p{N}]")
_FLAGS = {"is": ("question", "open"), "has": ("photo", "note")}


def parse(raw: str, *, typing: bool = False) -> Query:
    """Read what was typed. Never fails; what is beyond the limits is not read.

    While the searcher is still typing, the last word may be the beginning of another.

    >>> query = parse('pump* -"new seal" #ATEX is:open')
    >>> [(term.kind, term.words, term.negated) for term in query.terms], query.tags
    ([('prefix', ('pump',), False), ('phrase', ('new', 'seal'), True)], (('atex', False),))
    """
    text = raw[:LENGTH_LIMIT].encode("utf-8", "ignore").decode("utf-8").replace("\0", " ")
    query = Query()
    for piece in _PIECE.finditer(text):
        if piece["quoted"] is None:
            query = _with_plain(query, piece["plain"])
        else:
            name, negated = piece["name"][:-1].casefold(), bool(piece["minus"])
            query = _with_filter(query, name, piece["quoted"], negated) or _with_phrase(
                query, f"{name} {piece['quoted']}" if name else piece["quoted"], negated
            )
        if _size(query) >= TERM_LIMIT:
            break
    return _with_unfinished(query, text) if typing else query


def _with_unfinished(query: Query, text: str) -> Query:
    """With its last term as the beginning of a word, where the text ends in that very word."""
    last = query.terms[-1] if query.terms else None
    if not last or last.kind != "word" or last.negated or len(last.words[0]) < _BEGUN:
        return query
    if not text.casefold().endswith(last.words[0]):
        return query
    return replace(query, terms=(*query.terms[:-1], replace(last, unfinished=True)))


def respelt(raw: str, better: Mapping[str, str]) -> str:
    """What was typed with other words in the place of some, which are case folded.

    >>> respelt("(Pmup), noisy", {"pmup": "pump"})
    '(pump), noisy'
    """
    pieces = regex.split(r"(\s+)", raw[:LENGTH_LIMIT])
    for place, piece in enumerate(pieces):
        word = _bare(piece)
        if word.casefold() in better and not piece.startswith(("#", "@", "-")):
            pieces[place] = piece.replace(word, better[word.casefold()])
    return "".join(pieces)


def pieces(raw: str) -> list[str]:
    """What was typed, piece by piece: words, phrases and filters.

    >>> pieces('noisy from:"Ada L" #acme')
    ['noisy', 'from:"Ada L"', '#acme']
    """
    return [piece[0] for piece in _PIECE.finditer(raw[:LENGTH_LIMIT])]


def is_filter(piece: str) -> bool:
    """Whether a piece is a filter, and no word that a post says.

    >>> [is_filter(piece) for piece in ("#acme", "is:open", "-from:ada", "is:it", '"a b"')]
    [True, True, True, False, False]
    """
    query = parse(piece)
    return not query.is_empty and not query.terms


def _with_plain(query: Query, piece: str) -> Query:
    negated = piece.startswith("-")
    piece = piece.removeprefix("-")
    if tag := _TAG.match(piece):
        if not piece.endswith("*"):
            return _with_name(query, "tags", fold(tag["name"]), negated)
    elif person := _PERSON.match(piece):
        return _with_name(query, "people", fold(person["name"]), negated)
    name, colon, value = piece.partition(":")
    filtered = _with_filter(query, name.casefold(), value, negated) if colon else None
    return filtered or _with_words(query, piece, negated)


def _with_filter(query: Query, name: str, value: str, negated: bool) -> Query | None:
    """The query with `name:value`, or None where that is no filter."""
    value = value.strip()
    if name == "from" and fold(value):
        return _with_name(query, "people", fold(value.removeprefix("@")), negated)
    if name == "tag" and (tag := _TAG.fullmatch("#" + value.removeprefix("#"))):
        return _with_name(query, "tags", fold(tag["name"]), negated)
    if name == "dept" and slug_of(value):
        return _with_name(query, "departments", slug_of(value), negated)
    if name in _FLAGS and value.casefold() in _FLAGS[name]:
        return _with(query, value.casefold(), not negated)
    if name in ("after", "before") and (day := _day(value)):
        # What is not after a day's start is before it.
        return _with_day(query, day, after=(name == "after") != negated)
    return None


def _with_name(query: Query, field: str, name: str, negated: bool) -> Query:
    names: Names = getattr(query, field)
    known = not name or (name, negated) in names
    return query if known else _with(query, field, (*names, (name, negated)))


def _with(query: Query, field: str, value: Names | bool) -> Query:
    changes: dict[str, Any] = {field: value}
    return replace(query, **changes)


def _with_day(query: Query, day: date, *, after: bool) -> Query:
    if after:
        return replace(query, after=max(day, query.after or day))
    return replace(query, before=min(day, query.before or day))


def _day(value: str) -> date | None:
    found = _DAY.fullmatch(value)
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None


def _with_words(query: Query, piece: str, negated: bool) -> Query:
    """With a word, or with those of `foo:bar`; what is excluded that way is the pair together."""
    if negated and ":" in piece:
        return _with_phrase(query, piece.replace(":", " "), negated)
    for word in piece.split(":"):
        kind: Kind = "prefix" if word.endswith("*") else "word"
        query = _with_term(query, kind, [word], negated)
    return query


def _with_phrase(query: Query, text: str, negated: bool) -> Query:
    return _with_term(query, "phrase", text.split(), negated)


def _with_term(query: Query, kind: Kind, words: list[str], negated: bool) -> Query:
    said = tuple(_bare(word).casefold() for word in words if _SAYS_SOMETHING.search(word))
    term = Term(kind, said, negated)
    full = _size(query) >= TERM_LIMIT
    if not said or full or term in query.terms:
        return query
    return replace(query, terms=(*query.terms, term))


def _bare(word: str) -> str:
    """Without the punctuation around it: `(pump),` is `pump`."""
    return str(regex.sub(r"\A[^\p{L}\p{N}]++|[^\p{L}\p{M}\p{N}]++\Z", "", word))


def _size(query: Query) -> int:
    named = len(query.tags) + len(query.people) + len(query.departments)
    return len(query.terms) + named
