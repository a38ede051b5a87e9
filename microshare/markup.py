"""The safe HTML of a line and of a note: with its templates the only place that makes any.

What `text.spans` found becomes links; the words between get emphasis by CommonMark's rule of
flanking, less one: a `*` between two letters or digits is a `*`, as in 3*4. Written here and not
with Python-Markdown, whose patterns take half a second for two kilobytes of `[` and look for their
marks inside tags and URLs too. Whatever comes out has passed nh3.
"""

import html
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import takewhile
from unicodedata import category
from urllib.parse import quote

import nh3
import regex

from microshare import blocks, text

SHOWN_URL = 40  # characters of a bare URL; but always its whole host, which tells whose page it is
_REL = "nofollow noopener noreferrer"

# A link of our own carries no rel, so that link_rel may not add one to every link.
_SAFE = nh3.Cleaner(
    tags={"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"},
    attributes={"a": {"href"}, "ol": {"start"}},
    allowed_classes={"a": {"tag", "mention"}},
    tag_attribute_values={"a": {"rel": {_REL}}},
    url_schemes={"http", "https", "mailto"},
    clean_content_tags=set(),
    link_rel=None,
)


def line_html(line: str, people: Collection[str]) -> str:
    """The safe HTML of a line, without blocks; `people` are the folded names that may be mentioned.

    >>> line_html("**Leak** <b> says @ada", {"ada"})
    '<strong>Leak</strong> &lt;b&gt; says <a class="mention" href="/@ada">@ada</a>'
    """
    return _SAFE.clean(_Inline(_spoken(line), people).html())


def note_html(note: str, people: Collection[str]) -> str:
    """The safe HTML of a note: Markdown's blocks, in which a new line stays a new line.

    >>> note_html("# Seen\\n- <b>leak</b>", ())
    '<p><strong>Seen</strong></p><ul><li>&lt;b&gt;leak&lt;/b&gt;</li></ul>'
    """

    def inline(words: str) -> str:
        return _Inline(words, people).html().replace("\n", "<br>")

    return _SAFE.clean(blocks.blocks_html(_spoken(note), inline))


def plain_line(line: str) -> str:
    """A line without the marks of Markdown, for the subjects of letters and the titles of pages.

    >>> plain_line("**Hi** [x](http://a.b) & http://wiki/a")
    'Hi x & http://wiki/a'
    """
    return html.unescape(_TAG.sub("", _Inline(_spoken(line), (), whole_urls=True).html()))


_TAG = regex.compile(r'<(?:"[^"]*+"|[^">])*+>')
_PART = regex.compile(rf"{_TAG.pattern}|&[#\w]++;|(?P<word>[\p{{L}}\p{{M}}\p{{N}}_]++)")


def highlight(safe: str, is_match: Callable[[str], bool]) -> str:
    """Our own safe HTML with those words in `<mark>` that match; tags and entities stay as they are.

    >>> highlight('<em>pump</em> R&amp;D', {"pump", "amp"}.__contains__)
    '<em><mark>pump</mark></em> R&amp;D'
    """

    def marked(part: "regex.Match[str]") -> str:
        word: str = part[0]
        return f"<mark>{word}</mark>" if part["word"] and is_match(word) else word

    return str(_PART.sub(marked, safe))


def absolute(safe: str, base_url: str) -> str:
    """Our own safe HTML with its links into this site made absolute, for Atom and for letters.

    >>> absolute('<a href="/tags/x">#x</a>', "https://share.example/")
    '<a href="https://share.example/tags/x">#x</a>'
    """
    base = html.escape(base_url.rstrip("/"))

    def based(tag: "regex.Match[str]") -> str:
        # Not `//`: that is another site already.
        return str(regex.sub(r' href="(?=/(?!/))', lambda found: found[0] + base, tag[0]))

    return str(_TAG.sub(based, safe))


def _spoken(written: str) -> str:
    """UTF-8 holds no lone surrogate, and posts none; this keeps a preview of one from failing."""
    return written.encode("utf-8", "replace").decode()


@dataclass
class _Mark:
    """A run of `*` or `_`: what it closes, what stays of it, what it opens."""

    char: str
    left: int
    opens: bool
    closes: bool
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return self.before + self.char * self.left + self.after


_WORDS = regex.compile(r"\\(?P<literal>[!-/:-@\[-`{-~])|(?P<mark>\*++|_++)|[^\\*_]++|\\")
_LEADS = regex.compile(r"(?i)https?://[^\s/]|mailto:[^\s]")


class _Inline:
    """One text, of which every part is drawn once."""

    def __init__(self, written: str, people: Collection[str], *, whole_urls: bool = False) -> None:
        self.written = written
        self.people = people
        self.whole_urls = whole_urls

    def html(self) -> str:
        return self.drawn(text.spans(self.written), 0, len(self.written))

    def drawn(self, spans: list[text.Span], start: int, end: int, href: str | None = None) -> str:
        """From start to end. In a label, href is where its words lead, or empty inside its `<a>`."""
        parts: list[str | _Mark] = []
        at = start
        for number, span in enumerate(spans):
            if span.start < at or (shown := self.shown(spans, number, href)) is None:
                continue
            angled = span.kind == "url" and self.written[at : span.start].endswith("<")
            angled = angled and self.written[span.end : span.end + 1] == ">"
            parts += self.words(at, span.start - angled, href)
            parts.append(shown)
            at = span.end + angled
        parts += self.words(at, end, href)
        return "".join(map(str, _emphasised(parts)))

    def shown(self, spans: list[text.Span], number: int, href: str | None) -> str | None:
        """The HTML of a span, or None where it is only words."""
        span = spans[number]
        inner = self.written[slice(*span.inner)]
        whole = _text(self.written[span.start : span.end])
        if span.kind == "code":
            padded = inner[:1] == inner[-1:] == " " and inner.strip()
            return _link(href, f"<code>{_text(inner[1:-1] if padded else inner)}</code>")
        if span.kind == "tag":
            return f'<a class="tag" href="/tags/{quote(text.fold(inner), safe="")}">{whole}</a>'
        if span.kind == "mention":
            name = text.fold(inner)
            known = name in self.people
            return f'<a class="mention" href="/@{name}">{whole}</a>' if known else None
        if span.kind == "url":
            if href is not None:
                return _link(href, whole)
            return _link(inner, whole if self.whole_urls else _text(_short(inner)))
        return self.link(span, spans[number + 1 :])

    def link(self, link: text.Span, following: list[text.Span]) -> str | None:
        """`[label](target)`. Tags and people in the label cut it in pieces, as links do not nest."""
        if not _LEADS.match(link.target):
            return None
        inside = list(takewhile(lambda span: span.start < link.inner[1], following))
        if not self.written[slice(*link.inner)].strip():
            return _link(link.target, _text(_short(link.target)))
        if any(span.kind in ("tag", "mention") for span in inside):
            return self.drawn(inside, *link.inner, link.target)
        return _link(link.target, self.drawn(inside, *link.inner, ""))

    def words(self, start: int, end: int, href: str | None) -> list[str | _Mark]:
        parts: list[str | _Mark] = []
        for part in _WORDS.finditer(self.written, start, end):
            if part["mark"]:
                before = self.written[part.start() - 1 : part.start()] or " "
                after = self.written[part.end() : part.end() + 1] or " "
                parts.append(_mark(part["mark"], before, after))
            else:
                parts.append(_link(href, _text(part["literal"] or part[0])))
        return parts


def _text(words: str) -> str:
    return html.escape(words, quote=False)


def _link(href: str | None, shown: str) -> str:
    return f'<a href="{html.escape(href)}" rel="{_REL}">{shown}</a>' if href else shown


def _short(url: str) -> str:
    bare = url.partition("://")[2] or url.partition(":")[2]
    host = len(bare.partition("/")[0])
    longest = max(SHOWN_URL, host + 2)
    return bare if len(bare) <= longest else bare[: longest - 1] + "…"


def _mark(run: str, before: str, after: str) -> _Mark:
    """A run of `*` or `_` that opens, closes or is text: CommonMark 0.31, 6.2."""
    blank_before, blank_after = before.isspace(), after.isspace()
    point_before, point_after = category(before)[0] in "PS", category(after)[0] in "PS"
    opens = not blank_after and (not point_after or blank_before or point_before)
    closes = not blank_before and (not point_before or blank_after or point_after)
    if run[0] == "_":
        opens, closes = (
            opens and (not closes or point_before),
            closes and (not opens or point_after),
        )
    elif (before + after).isascii() and before.isalnum() and after.isalnum():
        opens = closes = False
    return _Mark(run[0], len(run), opens, closes)


def _emphasised(parts: list[str | _Mark]) -> list[str | _Mark]:
    """Pairs each closing run with the nearest opening one: two marks are strong, one is stress."""
    opened: list[_Mark] = []
    waiting: Counter[str] = Counter()  # how many of each are open, to look only for what is there
    for part in parts:
        if isinstance(part, str):
            continue
        while part.closes and part.left and waiting[part.char]:
            other = opened[-1]
            if other.char == part.char:
                taken = 2 if min(other.left, part.left) > 1 else 1
                name = "strong" if taken == 2 else "em"
                other.after = f"<{name}>{other.after}"
                part.before += f"</{name}>"
                other.left -= taken
                part.left -= taken
            if other.char != part.char or not other.left:
                opened.pop()
                waiting[other.char] -= 1
        if part.opens and part.left:
            opened.append(part)
            waiting[part.char] += 1
    return parts
