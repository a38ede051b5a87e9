"""What a post is found by, and what a search asks for: the same for every engine.

A post has exact words at their places, the roots of its words, and facts such as `tag:pumps`. A
search asks for forms of words: literally, or by a root.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from microshare.search import analysis
from microshare.search.document import Document
from microshare.search.query import Query, Term
from microshare.text import fold

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Terms(NamedTuple):
    """Everything that a post is found by; places count from 0."""

    exact: list[tuple[str, int]]
    roots: list[str]
    facts: list[str]


class Forms(NamedTuple):
    """How a post can say a term: these words in a row, or one of these roots, facts or beginnings.

    Where all is empty, nothing says it.
    """

    words: list[str]
    roots: list[str]
    facts: list[str]
    prefix: str = ""


def of(document: Document) -> Terms:
    """What a post is found by. Of the author's name only the exact words count.

    `Vries` is no form of `vriezen`; tags are words like those of the line. One place stays free
    between line, note, each tag and author, so that no phrase runs across.
    """
    texts = (document.line, document.note, *document.tags, document.author_name)
    spoken = [list(analysis.tokens(text)) for text in texts]
    exact: list[tuple[str, int]] = []
    start = 0
    for tokens in spoken:
        exact += [(analysis.bare(token.word), start + token.position) for token in tokens]
        start += len(tokens) + 1
    said = {token.word for tokens in spoken[:-1] for token in tokens}
    roots: set[str] = set().union(*map(analysis.roots, said))
    return Terms(exact, sorted(roots), sorted(set(_facts_of(document))))


def _facts_of(document: Document) -> Iterable[str]:
    yield from (f"tag:{tag}" for tag in document.tags)
    yield from (f"by:{document.author}", f"by:{fold(document.author_name)}")
    yield f"dept:{document.department}"
    flags = {"question": document.question, "open": document.open, "photo": document.photo}
    yield from (f"is:{name}" for name, holds in flags.items() if holds)
    if document.note.strip():
        yield "is:note"


def facts_wanted(query: Query) -> Iterable[tuple[list[str], bool]]:
    """The facts of which a search asks for one, and whether all of them must be absent."""
    for name, negated in query.tags:
        yield _tagged(query.names_of(name)), negated
    for kind, names in (("by", query.people), ("dept", query.departments)):
        yield from (([f"{kind}:{name}"], negated) for name, negated in names)
    for name in ("question", "open", "photo", "note"):
        flag: bool | None = getattr(query, name)
        if flag is not None:
            yield [f"is:{name}"], not flag


def forms(term: Term) -> Forms:
    """In which forms a post can say a term of a search."""
    begun = analysis.joined("".join(term.words))
    if term.kind == "prefix":
        return Forms([], [], [], begun)
    tokens = list(analysis.tokens(" ".join(term.words)))
    parts = [analysis.bare(token.word) for token in tokens if not token.joined]
    whole = [token.word for token in tokens if token.joined == (len(parts) > 1)]
    roots: list[str] = []
    if term.kind != "phrase" and len(whole) == 1 and analysis.bare(whole[0]) == "".join(parts):
        roots = sorted(analysis.roots(whole[0]))  # else, as `and/or`, it is taken as a phrase
    return Forms(parts, roots, _tagged(term.tags), begun if term.unfinished else "")


def _tagged(names: Iterable[str]) -> list[str]:
    return [f"tag:{name}" for name in names]


def microseconds(moment: datetime) -> int:
    """An aware moment as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def start_of(day: date, zone: tzinfo) -> int:
    """When a day begins in a zone, in microseconds since 1970; no day is out of range."""
    return microseconds(datetime.combine(day, time.min, zone))
