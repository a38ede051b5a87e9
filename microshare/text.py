"""What a line of text is: how long, on which tags, naming whom, pointing where.

One scanner, `spans`, finds code, links, URLs, tags and mentions in the raw line. The database reads
its tags from it and `markup` draws its links with it, so that a tag on the page is a tag in the
database, always. Every pattern here is possessive or bounded and so takes linear time. The rules
in words, and where they leave the public conformance cases: `docs/text.md`.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import regex

from microshare import addresses
from microshare.addresses import Place

URL_COUNTS = 23  # at most; what a shortener's URL takes, so that a long address costs no words

# Unicode's White_Space and U+FEFF, a blank to JavaScript too: the browser counts the same.
_BLANKS = regex.compile(r"[\p{White_Space}\ufeff]+")
_NEWLINES = regex.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_CLUSTER = regex.compile(r"\X")

# XML 1.0 (2.2) has no place for most of these, so one would break the Atom feeds; PostgreSQL
# stores no NUL and UTF-8 no lone surrogate. U+202D and U+202E show other words than are stored.
# The other bidi marks stay, balanced or not: chat programs paste them along, the writer cannot
# see them, and a browser ends their reach with the block.
_CONTROL = regex.compile(r"(?![\t\n\r])[\p{Cc}\p{Cs}\p{NChar}\u202d\u202e]")


def tidy(text: str) -> str:
    """A line as it is stored: NFC, no blanks at its ends, one space where there were blanks.

    >>> tidy("  new\\u00a0 pump\\n")
    'new pump'
    """
    text = unicodedata.normalize("NFC", text)
    if text.isprintable() and "  " not in text:  # its blanks are single spaces: nearly always so
        return text.strip(" ")
    return str(_BLANKS.sub(" ", text)).strip(" ")


def tidy_note(text: str) -> str:
    """A note as it is stored: NFC, `\\n` ends a line, no blanks there, one empty line at most.

    Indentation stays, the first line's too: it is Markdown.

    >>> tidy_note("seen:  \\r\\n\\r\\n\\r\\n    code\\r\\n")
    'seen:\\n\\n    code'
    """
    lines = _NEWLINES.sub("\n", unicodedata.normalize("NFC", text)).split("\n")
    ended = "\n".join(line.rstrip() for line in lines)
    return str(regex.sub(r"\n{3,}", "\n\n", ended)).strip("\n")


def has_control(text: str) -> bool:
    """Whether a text holds what no post may: control characters, lone surrogates, bidi overrides.

    Tab, newline and carriage return are blanks. U+FEFF is one too, as nobody can see to remove it.

    >>> has_control("a\\x00b"), has_control("a\\tb")
    (True, False)
    """
    return not text.isprintable() and bool(_CONTROL.search(text))


def visible(text: str) -> str:
    """A text without what `has_control` finds, for texts that nobody types anew: letters.

    >>> visible("a\\x00b\\tc")
    'ab\\tc'
    """
    return text if text.isprintable() else str(_CONTROL.sub("", text))


def count(line: str) -> int:
    """How many of its 140 characters a line takes: the one rule, which every door uses.

    >>> count(" a  b "), count("🇳🇱"), count("http://wiki/" + "x" * 99)
    (3, 1, 23)
    """
    line = tidy(line)
    total = at = 0
    for start, end in addresses.places(line):
        total += _clusters(line[at:start]) + min(URL_COUNTS, _clusters(line[start:end]))
        at = end
    return total + _clusters(line[at:])


def _clusters(text: str) -> int:
    # Below the first combining mark each code point stands alone; a tidied text has no CR LF.
    is_simple = text.isascii() or max(text) < "\u0300"
    return len(text) if is_simple else len(_CLUSTER.findall(text))


def fold(name: str) -> str:
    """The form in which tags, usernames and e-mail addresses are compared: NFKC, case folded.

    A name is one word: without blanks (NFKC makes some), and what no database can look up.

    >>> fold("Ｐumps"), fold("STRASSE") == fold("Straße")
    ('pumps', True)
    """
    if name.isascii():  # which neither form of Unicode changes
        if name.isidentifier():  # without blanks: nearly always so
            return name.lower()
        return "".join(name.replace("\0", " ").split()).lower()
    storable = name.replace("\0", " ").encode("utf-8", "ignore").decode()
    whole = "".join(unicodedata.normalize("NFKC", storable).split())
    return unicodedata.normalize("NFKC", whole.casefold())


class Span(NamedTuple):
    """A part of a line that is more than words."""

    kind: Literal["code", "link", "url", "tag", "mention"]
    start: int
    end: int
    inner: Place  # what is read of it: a tag's name, a link's label, the code
    target: str = ""  # of a link: where it points, unchecked


def spans(line: str) -> Sequence[Span]:
    """Everything in a raw line that is more than words, by place; only a link's label holds others.

    >>> [(span.kind, span.start, span.end) for span in spans("#a `#b` @c")]
    [('tag', 0, 2), ('code', 3, 7), ('mention', 8, 10)]
    """
    return _spans(line)


# Without one of these a line is words alone.
_SIGN = regex.compile(r"[`\[#＃@＠]|://")


@lru_cache(maxsize=8)  # a line that is published is asked for its tags, names, mark and links
def _spans(line: str) -> tuple[Span, ...]:
    if not _SIGN.search(line):
        return ()
    codes = list(_codes(line)) if "`" in line else []
    coded = [(span.start, span.end) for span in codes]
    urls = list(_outside(coded, addresses.places(line)))
    links = list(_links(line, sorted(coded + urls))) if "](" in line else []
    targets = [(link.inner[1], link.end) for link in links]
    found = codes + links + [Span("url", *at, inner=at) for at in _outside(targets, urls)]
    silent = sorted(coded + urls + targets)
    named = (match.span() for match in _NAMED.finditer(line))
    for start, stop in _outside(silent, named) if silent else named:
        kind: Literal["tag", "mention"] = "mention" if line[start] in "@＠" else "tag"
        end = start + len(line[start:stop].rstrip(_JOINERS_INSIDE))
        found.append(Span(kind, start, end, (start + 1, end)))
    if silent:  # names alone are in order
        found.sort(key=lambda span: span.start)
    return tuple(found)


def tags(line: str) -> list[str]:
    """The tags of a line, in order, each once, folded.

    >>> tags("Noisy #Pumps at #acme, PR #42 #pumps")
    ['pumps', 'acme']
    """
    return [folded for folded, _ in written_tags(line)]


def written_tags(line: str) -> list[tuple[str, str]]:
    """As `tags`, each with the spelling of its writer.

    >>> written_tags("#Pumps")
    [('pumps', 'Pumps')]
    """
    first: dict[str, str] = {}
    for written in _inner("tag", line):
        first.setdefault(fold(written), written)
    return list(first.items())


def mentions(line: str) -> list[str]:
    """The usernames that a line mentions, in order, each once, folded; they may be nobody's.

    >>> mentions("@Ada and @grace, not linus@example.com")
    ['ada', 'grace']
    """
    return list(dict.fromkeys(fold(written) for written in _inner("mention", line)))


def urls(line: str) -> list[str]:
    """The URLs of a line as written, in order, each once; also those in code and behind links.

    >>> urls("See http://wiki/pumps, (https://example.com/a_(b)).")
    ['http://wiki/pumps', 'https://example.com/a_(b)']
    """
    return list(dict.fromkeys(line[start:end] for start, end in addresses.places(line)))


def is_question(line: str) -> bool:
    """Whether a line asks: its sentence ends in a question mark.

    >>> is_question("Who knows this pump? #pumps"), is_question("Which? This one.")
    (True, False)
    """
    if "?" not in line and "？" not in line and "؟" not in line:
        return False
    # A tag addresses the question and an emoji colours it; neither is part of the sentence.
    found = spans(line)
    named = [(span.start, span.end) for span in found if span.kind in ("tag", "mention")]
    targets = [(span.inner[1], span.end) for span in found if span.kind == "link"]
    said, at = [], 0
    for start, end in sorted(named + targets):
        said.append(line[at:start])
        at = end
    return bool(_ASKS.search("".join(said) + line[at:]))


_ASKS = regex.compile(
    r"[?？؟][\p{White_Space}\p{Pe}\p{Pf}\p{Pi}\"'*_\p{Extended_Pictographic}\p{Emoji_Modifier}"
    r"\p{Regional_Indicator}\u200d\ufe0e\ufe0f\u20e3]*+$"
)


def _inner(kind: str, line: str) -> list[str]:
    return [line[span.inner[0] : span.inner[1]] for span in _spans(line) if span.kind == kind]


def _outside(silent: list[Place], places: Iterable[Place]) -> Iterator[Place]:
    """Those places that do not start in a silent one. Both are in order."""
    at = 0
    for start, end in places:
        while at < len(silent) and silent[at][1] <= start:
            at += 1
        if at == len(silent) or start < silent[at][0]:
            yield start, end


# `#` and `@` with the name behind them. A variation selector is a mark to Unicode, but it belongs
# to the emoji before it. `RT@name` is how people forward, and `**@name**` how they stress.
_WRITTEN = r"\p{L}\p{Nd}\p{M}_"
# What joins two halves of a word in some script: ZWNJ, ZWJ, the middle dot, maqaf, wave dashes,
# katakana dots. A few more may also end it: geresh, gershayim, tsheg, ditto, voicing marks.
_JOINERS_INSIDE = "\u200c\u200d\u00b7\u05be\uff5e\u301c\u30a0\u30fb"
_JOINERS = _JOINERS_INSIDE + "\u05f3\u05f4\u0f0b\u0f0c\u3003\u309b\u309c\ua67e"
_NAMED = regex.compile(rf"""(?x)
    (?: (?<![{_WRITTEN}&/\#＃@＠]) | (?<=[\ufe0e\ufe0f]) )
    [\#＃] (?![\ufe0f\u20e3])
    (?=[{_WRITTEN}]) (?=[\p{{Nd}}\p{{M}}_{_JOINERS}]*+\p{{L}})
    [{_WRITTEN}{_JOINERS}]++ (?!://)
    | (?: (?<![A-Za-z0-9_!\#＃$%&*@＠/\p{{Latin}}\p{{Greek}}\p{{Cyrillic}}])
        | (?<=(?<![A-Za-z0-9_+~.\-])[Rr][Tt]:?)
        | (?<=(?<![^\s(\["'])\*{{1,3}}) )
    [@＠] [A-Za-z0-9_]{{1,30}}+ (?![A-Za-z0-9_@＠\p{{Latin}}\p{{M}}]|://)
    """)


_BACKTICKS = regex.compile(r"`++")


def _codes(line: str) -> Iterator[Span]:
    """Code as Markdown has it: from a run of backticks to the next run of the same length."""
    runs = [match.span() for match in _BACKTICKS.finditer(line)]
    later: dict[int, list[int]] = {}  # by length: where the runs start that are still to come
    for start, end in reversed(runs):
        later.setdefault(end - start, []).append(start)
    at = 0
    for start, end in runs:
        later[end - start].pop()
        escaped = line[start - 1 : start] == "\\"
        if start >= at and not escaped and later[end - start]:
            closing = later[end - start][-1]
            at = closing + end - start
            yield Span("code", start, at, (end, closing))


_BRACKETS = regex.compile(r"""(?x)
    \\[\[\]!] | !?\[ | \](?:\(\ *+(?P<target>[^\s()<>`]*+(?:\([^\s()<>`]*+\)[^\s()<>`]*+)*+)\ *+\))?
    """)


def _links(line: str, silent: list[Place]) -> Iterator[Span]:
    """`[label](target)`, an image too. Links hold no links: the innermost wins."""
    brackets = {match.span(): match["target"] for match in _BRACKETS.finditer(line)}
    opened: list[Place] = []
    for start, end in _outside(silent, brackets):
        target = brackets[start, end]
        if line[end - 1] == "[" and line[start] != "\\":
            opened.append((start, end))
        elif line[start] == "]" and opened:
            first, inner = opened.pop()
            if target is not None:
                yield Span("link", first, end, (inner, start), target)
                opened.clear()
