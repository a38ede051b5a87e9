"""Which posts of one segment of the embedded index a search finds, as sets of document numbers.

Sets are taken per word instead of Whoosh's trees of matchers: short posts need no more, a set
takes a whole block of postings at a time, and each set serves both finding and ranking.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from whoosh.reading import TermNotFound

from microshare.search import analysis
from microshare.search.document import Document
from microshare.search.query import Query, Term
from microshare.text import fold

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GAP = 1000  # positions between line, note, tags and author, so that no phrase runs across


def fields_of(document: Document) -> Mapping[str, Any]:
    """What is written for a post. Of the author's name only the exact words count.

    `Vries` is no form of `vriezen`; tags are words like those of the line.
    """
    texts = (document.line, document.note, *document.tags, document.author_name)
    spoken = [list(analysis.tokens(text)) for text in texts]
    exact: list[tuple[str, int]] = []
    start = 0
    for tokens in spoken:
        exact += [(analysis.bare(token.word), start + token.position) for token in tokens]
        start += len(tokens) + _GAP
    said = {token.word for tokens in spoken[:-1] for token in tokens}
    roots: set[str] = set().union(*map(analysis.roots, said))
    return {
        "number": str(document.id),
        "id": document.id,
        "created_at": _microseconds(document.created_at),
        "exact": exact,
        "roots": sorted(roots),
        "facts": sorted(_facts_of(document)),
    }


def _facts_of(document: Document) -> Iterable[str]:
    yield from (f"tag:{tag}" for tag in document.tags)
    yield from {f"by:{document.author}", f"by:{fold(document.author_name)}"}
    yield f"dept:{document.department}"
    flags = {"question": document.question, "open": document.open, "photo": document.photo}
    yield from (f"is:{name}" for name, holds in flags.items() if holds)
    if document.note.strip():
        yield "is:note"


def _facts_wanted(query: Query) -> Iterable[tuple[list[str], bool]]:
    """The facts of which a search asks for one, and whether all of them must be absent."""
    for name, negated in query.tags:
        yield _tagged(query.names_of(name)), negated
    for kind, names in (("by", query.people), ("dept", query.departments)):
        yield from (([f"{kind}:{name}"], negated) for name, negated in names)
    for name in ("question", "open", "photo", "note"):
        flag: bool | None = getattr(query, name)
        if flag is not None:
            yield [f"is:{name}"], not flag


def _tagged(names: Iterable[str]) -> list[str]:
    return [f"tag:{name}" for name in names]


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _start_of(day: date, zone: tzinfo) -> int:
    return _microseconds(datetime.combine(day, time.min, zone))


class Leaf:
    """One segment, read by one search at a time."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.count = int(reader.doc_count_all())
        self.words = int(reader.field_length("exact"))
        self.ids = reader.column_reader("id", translate=False)
        self._created = reader.column_reader("created_at", translate=False)

    def all_ids(self) -> Iterable[int]:
        """The ids of all its posts."""
        return (self.ids[number] for number in self._reader.all_doc_ids())

    def length(self, number: int) -> int:
        """How many words a post has, about."""
        return int(self._reader.doc_field_length(number, "exact", 1))

    def allowed(self, found: set[int] | None, query: Query, zone: tzinfo) -> set[int]:
        """Of these posts (None: of all) those that pass the filters and say nothing excluded."""
        for facts, negated in _facts_wanted(query):
            if not negated:
                having = self._having("facts", facts)
                found = having if found is None else found & having
        if found is None:
            found = set(self._reader.all_doc_ids())
        for facts, negated in _facts_wanted(query):
            if negated:
                found -= self._having("facts", facts)
        for term in query.terms:
            if term.negated:
                found -= self.saying(term)
        return self._within(found, query, zone)

    def _within(self, found: set[int], query: Query, zone: tzinfo) -> set[int]:
        created = self._created
        if query.after:
            start = _start_of(query.after, zone)
            found = {number for number in found if created[number] >= start}
        if query.before:
            end = _start_of(query.before, zone)
            found = {number for number in found if created[number] < end}
        return found

    def saying(self, term: Term) -> set[int]:
        """The posts that say this, in any form."""
        return set().union(*self.forms(term))

    def forms(self, term: Term) -> list[set[int]]:
        """The posts that say this literally, and by each root; as many sets in every segment."""
        if term.kind == "prefix":
            return [self._beginning(term)]
        tokens = list(analysis.tokens(" ".join(term.words)))
        parts = [analysis.bare(token.word) for token in tokens if not token.joined]
        literal = self._phrase(parts)
        whole = [token.word for token in tokens if token.joined == (len(parts) > 1)]
        if term.kind == "phrase" or len(whole) != 1 or analysis.bare(whole[0]) != "".join(parts):
            # Such as `and/or` is no compound, and is taken as a phrase.
            return [literal, *self._otherwise(term)]
        roots = sorted(analysis.roots(whole[0]))
        forms = [self._having("roots", [root]) for root in roots]
        return [literal, *forms, *self._otherwise(term)]

    def _otherwise(self, term: Term) -> Iterable[set[int]]:
        """The posts that say a term by a tag of another name, or by more of a word begun."""
        if term.tags:
            yield self._having("facts", _tagged(term.tags))
        if term.unfinished:
            yield self._beginning(term)

    def _having(self, field: str, texts: Iterable[str]) -> set[int]:
        found: set[int] = set()
        for text in texts:
            try:
                found.update(self._reader.postings(field, text).all_ids())
            except TermNotFound:
                continue
        return found

    def _beginning(self, term: Term) -> set[int]:
        prefix = analysis.joined("".join(term.words))
        words = list(self._reader.expand_prefix("exact", prefix)) if prefix else []
        return self._having("exact", words)

    def _phrase(self, words: list[str]) -> set[int]:
        """The posts that have these words in this order, with nothing in between."""
        if not words:
            return set()
        common = set.intersection(*(self._having("exact", [word]) for word in words))
        if len(words) == 1 or not common:
            return common
        starts = self._places(words[0], common)
        for distance, word in enumerate(words[1:], start=1):
            places = self._places(word, starts.keys())
            starts = {
                number: kept
                for number, begun in starts.items()
                if (kept := {place for place in begun if place + distance in places[number]})
            }
        return set(starts)

    def _places(self, word: str, numbers: Iterable[int]) -> dict[int, set[int]]:
        places = {}
        matcher = self._reader.postings("exact", word)
        for number in sorted(numbers):
            matcher.skip_to(number)
            places[number] = set(matcher.value_as("positions"))
        return places
