"""How the words of a text are found again, in Dutch and in English, whatever the searcher writes.

Nobody says in which language a post is, and many are in both. So every word is kept under all its
*roots*: itself, and what the stemmers of both languages make of it. A search finds a post when
the two have a root in common. One namespace for all roots finds more than one for each stemmer,
with less than half the postings.

Measured on 1,396 rare inflected forms in 4,617 Dutch sentences (`nl_inflection_ud`), recall@10
with PyStemmer 3.1.0: the word itself 0.32; with the stem of `dutch` (Kraaij-Pohlmann) 0.72; with
those of `english` and `dutch_porter` 0.77; with `inflection` 0.86. Of all that is found then, 0.81
is the same lemma. Stems are taken of the accented word and lose their accents afterwards, which
finds a little more. The steps one by one are in `docs/search.md`.
"""

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple, Protocol

import regex
import Stemmer

from microshare.search import compounds, inflection

ANALYSIS_VERSION = 2  # an index remembers it, and is made anew when it differs

WORD_LIMIT = 64  # characters of a word that count
_PARTS_LIMIT = 4  # of a compound that is findable joined

# Letters, digits and marks; within a number `.` or `,`; at the end of a word `'s`, `'t` or `'ll`.
_WORD = (
    r"[\p{L}\p{N}\p{M}]++"
    r"(?:(?<=\d)[.,](?=\d)[\p{L}\p{N}\p{M}]++|['’]\p{L}{1,2}(?![\p{L}\p{N}\p{M}'’]))*+"
)
_COMPOUND = regex.compile(rf"{_WORD}(?:[-‐_&'’]{_WORD})*+")
_PART = regex.compile(_WORD)
_INVISIBLE = regex.compile(r"[\p{Cf}]+")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_ACCENTS = re.compile(r"[\u0300-\u036f]+")
_LIKE = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "’": "'"})


class Token(NamedTuple):
    """A word at its place. A `joined` one is a whole compound, at the place of its first part."""

    position: int
    word: str
    joined: bool = False


def tokens(text: str) -> Iterator[Token]:
    """The words of a text, case folded, with their accents.

    A compound is there by its parts and joined, so that `sales-rapport` and `salesrapport` find
    each other; a decimal comma is a point.

    >>> [token.word for token in tokens("Ventiel M8, 3,5 bar: ATEX-42")]
    ['ventiel', 'm8', '3.5', 'bar', 'atex', 'atex42', '42']
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    position = 0
    for compound in _COMPOUND.finditer(unicodedata.normalize("NFKC", text)):
        parts = [plain for part in _PART.findall(compound[0]) if bare(plain := _plain(part))]
        for place, part in enumerate(parts):
            yield Token(position + place, part)
            if place == 0 and 1 < len(parts) <= _PARTS_LIMIT:
                yield Token(position, "".join(parts)[:WORD_LIMIT], joined=True)
        position += len(parts)


def _plain(word: str) -> str:
    straight = word[:WORD_LIMIT].replace("’", "'")
    return _DECIMAL_COMMA.sub(".", straight) if "," in straight else straight


@lru_cache(maxsize=50_000)
def bare(word: str) -> str:
    """The exact form of a folded word: without accents and apostrophes.

    >>> bare("geïnteresseerd"), bare("café's"), bare("ørsted")
    ('geinteresseerd', 'cafes', 'orsted')
    """
    if word.isascii():
        return word.replace("'", "")
    apart = unicodedata.normalize("NFD", word.translate(_LIKE))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart)).replace("'", "")


class _Stemmers(threading.local):
    """One set for each thread: a PyStemmer object is not thread-safe."""

    def __init__(self) -> None:
        self.dutch = Stemmer.Stemmer("dutch")
        self.porter = Stemmer.Stemmer("dutch_porter")
        self.english = Stemmer.Stemmer("english")


_stemmers = _Stemmers()


def stems(word: str) -> tuple[str, str]:
    """What the Dutch stemmer makes of a word, and the English one.

    >>> stems("gevaren"), stems("companies")
    (('gevaar', 'gevaren'), ('companie', 'compani'))
    """
    return bare(_stemmers.dutch.stemWord(word)), bare(_stemmers.english.stemWord(word))


@lru_cache(maxsize=50_000)
def roots(word: str) -> frozenset[str]:
    """All that a folded word is a form of; two words match when they share one.

    >>> bool(roots("liep") & roots("lopen")), bool(roots("gevaar") & roots("gevaren"))
    (True, True)
    """
    more = {_stemmers.dutch.stemWord(base) for base in inflection.bases(word)}
    porter = _stemmers.porter.stemWord(word)
    # It shortens vowels, and a short stem is another word then: `met` of `meet`, `bom` of `boom`.
    if word.startswith(porter) or len(porter) > 5:
        more.add(porter)
    return frozenset({bare(word), *stems(word), *map(bare, more)} - {""})


@lru_cache(maxsize=50_000)
def kept(word: str) -> frozenset[str]:
    """All that a folded word of a post is kept under: its roots, and those of its parts.

    A search asks for the roots of its words alone: `pomp` finds `pompgeluid`, and not the other
    way round.

    >>> bool(kept("pompgeluiden") & roots("geluid")), bool(roots("pompgeluid") & kept("geluid"))
    (True, False)
    """
    return roots(word).union(*map(roots, compounds.parts(word)))


class _Said(Protocol):
    """As `query.Term`, which stands on the same floor."""

    @property
    def kind(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def negated(self) -> bool: ...
    @property
    def unfinished(self) -> bool: ...


def matcher(terms: Iterable[_Said]) -> Callable[[str], bool]:
    """Whether a word of a text is one that a search asks for: to mark it where it is shown.

    The word may come as it stands in the text, with capitals, and may be a compound. Of a phrase
    each word counts by itself, literally.

    >>> from microshare.search.query import parse
    >>> is_match = matcher(parse('pompen lek* -"de heeft"').terms)
    >>> [word for word in "De Pomp heeft lekkage".split() if is_match(word)]
    ['Pomp', 'lekkage']
    """
    wanted: set[str] = set()
    exact: set[str] = set()
    begins: tuple[str, ...] = ()
    for term in terms:
        if term.negated:
            continue
        words = [token.word for text in term.words for token in tokens(text)]
        if term.kind == "word":
            wanted.update(*map(roots, words))
        elif term.kind == "phrase":
            exact.update(map(bare, words))
        if term.kind == "prefix" or term.unfinished:
            begins += tuple(filter(None, [joined("".join(term.words))]))

    @cache  # of the words of a page most stand in several posts
    def matches(word: str) -> bool:
        for form, found_by in _shown(word):
            if form in exact or form.startswith(begins) or not wanted.isdisjoint(found_by):
                return True
        return False

    return matches


@lru_cache(maxsize=20_000)  # a page of finds shows a thousand words, most of them common ones
def _shown(word: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """A word as it is shown: the exact form of each of its parts, and what that is found by."""
    return tuple((bare(token.word), kept(token.word)) for token in tokens(word))


def joined(text: str) -> str:
    """The exact form of a text as one word, for a prefix.

    >>> joined("Sales-rap")
    'salesrap'
    """
    return "".join(bare(token.word) for token in tokens(text) if not token.joined)
