"""The safe HTML of a line and of a note: with its templates the only place that makes any.

Markdown's, as Python-Markdown reads it, and cleaned by nh3. What `text.spans` finds in the raw text
is hidden from Markdown and put back behind it: so a tag on the page is a tag in the database and
nothing else is, no emphasis reaches into a URL, and Markdown's own patterns for links, which take
half a second for two kilobytes of `[`, are not needed. nh3 closes what crosses, such as a link over
two paragraphs.
"""

import html
import string
from collections.abc import Callable, Collection, Iterator
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

import nh3
import regex
from markdown import Markdown, blockprocessors, inlinepatterns, preprocessors, treeprocessors
from markdown.blockparser import BlockParser
from markdown.extensions.sane_lists import SaneOListProcessor, SaneUListProcessor
from markdown.util import Registry

from microshare import text

SHOWN_URL = 40  # characters of a bare URL; but always its whole host, which tells whose page it is
DEEPEST = 9  # lists and quotes in each other; what is deeper is a paragraph
_REL = "nofollow noopener noreferrer"


def _cleaner(*tags: str) -> nh3.Cleaner:
    # A link of our own carries no rel, so that link_rel may not add one to every link.
    return nh3.Cleaner(
        tags={"a", "code", "em", "strong", *tags},
        attributes={"a": {"href"}, "ol": {"start"}},
        allowed_classes={"a": {"tag", "mention"}},
        tag_attribute_values={"a": {"rel": {_REL}}},
        url_schemes={"http", "https", "mailto"},
        clean_content_tags=set(),
        link_rel=None,
    )


_LINE = _cleaner()
_NOTE = _cleaner("blockquote", "br", "hr", "li", "ol", "p", "pre", "ul")
# What is left where a tag cuts a label in two, or a block of code a paragraph.
_EMPTY = regex.compile(
    r"<p>(?:<br>|<a [^>]*+></a>|\s)*+</p>|<a [^>]*+></a>"
    r"|(?:<br>\s*+)++(?=</p>|<pre>)|(?<=<p>)(?:<br>)++"
)


def line_html(line: str, people: Collection[str]) -> str:
    """The safe HTML of a line, without blocks; `people` are the folded names that may be mentioned.

    >>> line_html("**Leak** <b> says @ada", {"ada"})
    '<strong>Leak</strong> &lt;b&gt; says <a class="mention" href="/@ada">@ada</a>'
    """
    return str(_EMPTY.sub("", _LINE.clean(_html(line, people))))


def note_html(note: str, people: Collection[str]) -> str:
    """The safe HTML of a note: Markdown's blocks, in which a new line stays a new line.

    >>> note_html("# Seen\\n- <b>leak</b>", ())
    '<p><strong>Seen</strong></p><ul><li>&lt;b&gt;leak&lt;/b&gt;</li></ul>'
    """
    return str(_EMPTY.sub("", _NOTE.clean(_html(note, people, blocks=True))))


def plain_line(line: str) -> str:
    """A line without the marks of Markdown, for the subjects of letters and the titles of pages.

    >>> plain_line("**Hi** [x](http://a.b) & http://wiki/a")
    'Hi x & http://wiki/a'
    """
    return html.unescape(_TAG.sub("", _html(line, (), whole_urls=True)))


_TAG = regex.compile(r'<(?:"[^"]*+"|[^">])*+>')
_PART = regex.compile(rf"{_TAG.pattern}|&[#\w]++;|(?P<word>[\p{{L}}\p{{M}}\p{{N}}_]++)")


def highlight(safe: str, is_match: Callable[[str], bool]) -> str:
    """Our own safe HTML with those words in `<mark>` that match; tags and entities stay as is.

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


# No post holds these noncharacters; to Markdown they are neither blanks nor letters.
_HIDDEN = regex.compile("\ufdd0([0-9]++)\ufdd1")
_SEEN = str.maketrans({"\ufdd0": None, "\ufdd1": None, "&": "&amp;"})


def _html(
    written: str, people: Collection[str], *, blocks: bool = False, whole_urls: bool = False
) -> str:
    # UTF-8 holds no lone surrogate, and posts none; this keeps a preview of one from failing.
    written = written.encode("utf-8", "replace").decode()
    drawn = sorted(_drawn(written, people, whole_urls=whole_urls))
    seen, at = "", 0
    for number, (start, end, _) in enumerate(drawn):
        seen += f"{written[at:start].translate(_SEEN)}\ufdd0{number}\ufdd1"
        at = end
    marked = _Dialect(blocks=blocks).convert(seen + written[at:].translate(_SEEN))
    return str(_HIDDEN.sub(lambda hidden: drawn[int(hidden[1])][2], marked))


_LEADS = regex.compile(r"(?i)https?://[^\s/]|mailto:[^\s]")


def _drawn(
    written: str, people: Collection[str], *, whole_urls: bool
) -> Iterator[tuple[int, int, str]]:
    """The places in a text that Markdown shall not read, each with the HTML to show there."""
    label, link = 0, ""  # where the label ends that we are in, and its link: links do not nest
    for span in text.spans(written):
        inner = written[slice(*span.inner)]
        whole = _text(written[span.start : span.end])
        if span.start >= label:
            link = ""
        if span.kind == "code":
            yield span.start, span.end, _code(written, span)
        elif span.kind == "tag":
            tag = f'<a class="tag" href="/tags/{quote(text.fold(inner), safe="")}">{whole}</a>'
            yield span.start, span.end, f"{link and '</a>'}{tag}{link}"
        elif span.kind == "mention" and (name := text.fold(inner)) in people:
            mention = f'<a class="mention" href="/@{name}">{whole}</a>'
            yield span.start, span.end, f"{link and '</a>'}{mention}{link}"
        elif span.kind == "url" and link:
            yield span.start, span.end, whole
        elif span.kind == "url":
            angled = written[: span.start].endswith("<") and written.startswith(">", span.end)
            shown = whole if whole_urls else _text(_short(inner))
            yield span.start - angled, span.end + angled, f"{_to(inner)}{shown}</a>"
        elif span.kind == "link" and _LEADS.match(span.target):
            label, link = span.inner[1], _to(span.target)
            yield span.start, span.inner[0], link
            unlabelled = "" if inner.strip() else _text(_short(span.target))
            yield span.inner[1], span.end, f"{unlabelled}</a>"


def _text(words: str) -> str:
    return html.escape(words, quote=False)


def _to(target: str) -> str:
    return f'<a href="{html.escape(target)}" rel="{_REL}">'


def _short(url: str) -> str:
    bare = url.partition("://")[2] or url.partition(":")[2]
    host = len(bare.partition("/")[0])
    longest = max(SHOWN_URL, host + 2)
    return bare if len(bare) <= longest else bare[: longest - 1] + "…"


_MARKERS = regex.compile(r"(?: *+(?:>|[-*+]\ |\d++\.\ ))*+ *+")
_LANGUAGE = regex.compile(r"\A[\w#+.\-]*+ *+\n")


def _code(written: str, span: text.Span) -> str:
    """Code in its line; or, over several lines between three backticks, a block of its own."""
    code = written[slice(*span.inner)]
    if "\n" not in code or span.inner[0] - span.start < 3:
        padded = code[:1] == code[-1:] == " " and code.strip()
        return f"<code>{_text(code[1:-1] if padded else code)}</code>"
    # Its lines repeat the marks of the quotes, and the indentation of the lists, that it stands in.
    line = written.rfind("\n", 0, span.start) + 1
    lead = _MARKERS.match(written, line, span.start)[0]
    blanks = "[ >]" if ">" in lead else " "
    code = regex.sub(rf"(?m)^{blanks}{{0,{len(lead)}}}", "", _LANGUAGE.sub("", code).strip("\n"))
    return f"</p><pre><code>{_text(code.rstrip())}\n</code></pre><p>"


class _TooDeep(blockprocessors.ParagraphProcessor):  # type: ignore[misc]  # Markdown has no types
    """Stops lists and quotes: `- ` a thousand times is a RecursionError in Markdown 3.11.3."""

    def test(self, parent: Element, block: str) -> bool:
        depth, open_now = 0, self.parser.root
        while open_now is not parent and len(open_now):
            open_now = open_now[-1]
            depth += open_now.tag in ("blockquote", "ol", "ul")
        return bool(depth >= DEEPEST)


class _Heading(blockprocessors.HashHeaderProcessor):  # type: ignore[misc]
    """A heading is a bold paragraph, as a note is no page of its own; `#pumps` is none."""

    RE = regex.compile(r"(?:^|\n)(?P<level>#{1,6}) ++(?P<header>\S[^\n]*+)(?:\n|$)")

    def run(self, parent: Element, blocks: list[str]) -> None:
        super().run(parent, blocks)
        heading = parent[-1]
        SubElement(heading, "strong").text = heading.text
        heading.tag, heading.text = "p", None


class _ListBelowText(blockprocessors.BlockProcessor):  # type: ignore[misc]
    """Begins a list right below a sentence, and one as deep as its writer likes to indent it."""

    # A number that begins a line may belong to the sentence: only 1 begins a list.
    RE = regex.compile(r"(?:^|\n)(?P<indent> *+)(?=(?:[-*+]|1\.) )")

    def test(self, parent: Element, block: str) -> bool:
        return bool(self.RE.search(block))

    def run(self, parent: Element, blocks: list[str]) -> None:
        block = blocks.pop(0)
        found = self.RE.search(block)
        indent = rf"(?m)^ {{0,{len(found['indent'])}}}"
        blocks.insert(0, regex.sub(indent, "", block[found.end() :]))
        if found.start():
            blocks.insert(0, block[: found.start()])


def _emphasis(mark: str, inside: str) -> Iterator[inlinepatterns.InlineProcessor]:
    """The patterns of one mark: two are strong, one is stress; `inside` a word it is only text.

    Not the library's own DelimiterProcessor: that of 3.11.3 loses a letter of `_x *a* b* *c* y`.
    """
    for marks, tag, apart in ((mark * 2, "strong", r"\s"), (mark, "em", rf"\s{mark}")):
        opens = rf"(?<![{inside}{mark}])({marks})(?![{apart}])"
        closes = rf"(?<![{apart}]){marks}(?![{inside}{mark}])"
        # Bounded, as each mark that is never closed looks for its end.
        yield inlinepatterns.SimpleTagInlineProcessor(rf"{opens}(.{{1,500}}?){closes}", tag)


_BLOCKS = [
    blockprocessors.EmptyBlockProcessor,
    _TooDeep,
    blockprocessors.ListIndentProcessor,
    _Heading,
    blockprocessors.HRProcessor,
    SaneOListProcessor,
    SaneUListProcessor,
    _ListBelowText,
    blockprocessors.BlockQuoteProcessor,
]


class _Dialect(Markdown):  # type: ignore[misc]
    """What we have of Markdown: what is not named here does not exist.

    Built anew for each text, in 0.04 ms: a Markdown keeps in itself what it reads, and so no two
    threads may share one.
    """

    def __init__(self, *, blocks: bool) -> None:
        self.kinds = [*(_BLOCKS if blocks else ()), blockprocessors.ParagraphProcessor]
        super().__init__(tab_length=2)  # blanks that indent a list in a list, at least

    def build_parser(self) -> "_Dialect":
        self.ESCAPED_CHARS = list(string.punctuation)
        self.preprocessors = _registry(preprocessors.NormalizeWhitespace(self))
        self.inlinePatterns = _registry(
            inlinepatterns.EscapeInlineProcessor(inlinepatterns.ESCAPE_RE, self),
            *_emphasis(r"\*", "0-9A-Za-z"),
            *_emphasis("_", r"\w"),
            inlinepatterns.SubstituteTagInlineProcessor(r"\n", "br"),
        )
        self.parser = BlockParser(self)
        self.parser.blockprocessors = _registry(*(kind(self.parser) for kind in self.kinds))
        inline = treeprocessors.InlineProcessor(self)
        self.treeprocessors = _registry(inline, treeprocessors.UnescapeTreeprocessor(self))
        self.postprocessors = _registry()
        return self


def _registry(*ordered: object) -> Registry:
    registry = Registry()
    for number, item in enumerate(ordered):
        registry.register(item, str(number), -number)
    return registry
