"""What we have of Markdown: blocks and marks, chosen from Python-Markdown's."""

import string
import threading
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

import regex
from markdown import Markdown, blockprocessors, inlinepatterns, preprocessors, treeprocessors
from markdown.blockparser import BlockParser
from markdown.extensions.sane_lists import SaneOListProcessor, SaneUListProcessor
from markdown.util import Registry

DEEPEST = 9  # lists and quotes in each other; what is deeper is a paragraph


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


class Dialect(Markdown):  # type: ignore[misc]
    """What we have of Markdown: what is not named here does not exist."""

    def __init__(self, *, blocks: bool) -> None:
        self.kinds = [*(_BLOCKS if blocks else ()), blockprocessors.ParagraphProcessor]
        super().__init__(tab_length=2)  # blanks that indent a list in a list, at least

    def build_parser(self) -> "Dialect":
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


class _Ours(threading.local):
    """What each thread keeps for itself."""

    def __init__(self) -> None:
        self.kept: dict[bool, Dialect] = {}  # with blocks, and without


_ours = _Ours()


def convert(written: str, *, blocks: bool) -> str:
    """The HTML of a text, with blocks or without.

    A Markdown keeps in itself what it reads, so that each thread has its own; to build one takes
    as long as to read a line. One that failed is half read and not used again.
    """
    dialect = _ours.kept.pop(blocks, None) or Dialect(blocks=blocks)
    marked = str(dialect.reset().convert(written))
    _ours.kept[blocks] = dialect
    return marked


def _registry(*ordered: object) -> Registry:
    registry = Registry()
    for number, item in enumerate(ordered):
        registry.register(item, str(number), -number)
    return registry
