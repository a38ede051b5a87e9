"""The HTML of a letter as text, with what it tells of quotes and signatures.

The standard library's reader gives tags and texts one by one and builds no tree: mail comes nested
ten thousand deep. It is shown only tags that are whole, since broken ones cost it a look at all
that follows.
"""

import re
from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote

from microshare.mail import marks

MOST_HTML = 1_500_000  # characters; a long chain of Outlook's letters comes to half of it
MOST_TAGS = 40_000
_MOST_OPEN = 2_000
_NEAR = 40  # elements that one end tag may end
_MOST_QUOTES = 9  # `>` before a line

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,4000}+>")
# After these the reader would take all for text up to their end.
_RAW = re.compile(
    r"(?i)</?(?:script|style|title|textarea|xmp|iframe|noembed|noframes|noscript|plaintext)\b"
)
_INLINE_DATA = re.compile(r"data:[^\s\"'<>]{64,}+")
_SILENT = re.compile(r"(?i)<(script|style|head|title|template|xml)\b[^<>]{0,2000}+>")
_LEFT_OPEN = ("head", "title", "xml")  # the text goes on behind one that has no end
_DECLARED = re.compile(r"<[!?][^<>]{0,2000}+>")

_HIDDEN = re.compile(r"(?i)display\s?:\s?none|font-size\s?:\s?0(?:px|pt|em)?\s?(?:;|$)")
_BLOCKS = frozenset({
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "html", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", "blockquote",
})  # fmt: skip
_APART = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "blockquote",
})  # fmt: skip  # an empty line around
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
})  # fmt: skip

# What programs call the parts that they make: the line before a quote, all that follows, a
# signature. In prefixes of words, since Outlook writes `x_` before a name, and Hotmail `ecx`.
_HEADS = ("gmail_attr", "moz-cite-prefix", "moz-email-headers-table", "reply-intro",
          "zmail_extra_hr", "quoteheader", "wrote-line")  # fmt: skip
_WRAPS = ("gmail_quote", "protonmail_quote", "tutanota_quote", "moz-forward-container",
          "hey_quote", "front-blockquote", "zmail_extra")  # fmt: skip
_HISTORIES = ("divrplyfwdmsg", "appendonsend", "stopspelling", "olk_src_body_section",
              "mail-editor-reference-message-container", "yahoo_quoted", "yahooquoted",
              "replysplit", "lia-quilt", "skype_quoted", "mailbox_signature_quote",
              "outlookmessageheader", "previousmessage", "isforwardcontent",
              "isreplycontent", "ydpyahoo_quoted")  # fmt: skip
_SIGNATURES = ("gmail_signature", "moz-signature", "protonmail_signature_block",
               "ms-outlook-mobile-signature", "applemailsignature", "signature", "emailsignature",
               "lineboxsignature", "mailbox_signature", "tutanota_signature")  # fmt: skip
_KNOWN = ((marks.SIGNATURE, _SIGNATURES), (marks.HISTORY, _HISTORIES), (marks.HEAD, _HEADS),
          (marks.WRAP, _WRAPS))  # fmt: skip
_PREFIX = re.compile(r"^(?:x_|ecx|ydp[0-9a-f]*|m_-?[0-9]+)+")


@dataclass
class _Open:
    tag: str
    mark: str  # what the lines in it are, where it tells; else what those around it are
    quotes: int
    is_hidden: bool
    target: str = ""
    label: tuple[int, int] = (0, 0)  # in which line it begins, and where in that


def text_of(html: str, most_tags: int = MOST_TAGS) -> str:
    """The text, a line a line; before a line stands a mark where the HTML tells what it is.

    No more is read of it than so many tags.

    >>> text_of("<p>Yes&nbsp;<b>we</b> do</p><blockquote>Do<br>you?</blockquote>")
    'Yes we do\\n\\n> Do\\n> you?'
    """
    reader = _Reader()
    reader.feed(_whole_tags(html[:MOST_HTML], most_tags))
    reader.close()
    return reader.text()


def _whole_tags(html: str, most_tags: int) -> str:
    """The HTML without comments, scripts and styles, its broken tags as text."""
    html = _INLINE_DATA.sub("data:", _without(html, "<!--", "-->"))
    said, at = [], 0
    endless: set[str] = set()
    for silent in _SILENT.finditer(html):
        name = silent[1].lower()
        if silent.start() < at or name in endless:
            continue
        end = re.compile(rf"(?i)</{name}\b").search(html, silent.end())
        if end is None and name in _LEFT_OPEN:
            endless.add(name)
            continue
        said.append(html[at : silent.start()])
        at = end.start() if end else len(html)
    html = _DECLARED.sub("", "".join(said) + html[at:])
    out: list[str] = []
    at = 0
    for count, match in enumerate(_TAG.finditer(html)):
        if count >= most_tags:
            return "".join(out)
        out.append(html[at : match.start()].replace("<", "&lt;"))
        if not _RAW.match(match[0]):
            out.append(match[0])
        at = match.end()
    return "".join(out) + html[at:].replace("<", "&lt;")


def _without(text: str, opening: str, closing: str) -> str:
    said, at = [], 0
    while (start := text.find(opening, at)) >= 0:
        said.append(text[at:start])
        end = text.find(closing, start + len(opening))
        if end < 0:
            return "".join(said)
        at = end + len(closing)
    return "".join(said) + text[at:]


class _Reader(HTMLParser):
    """Writes lines as the tags and texts come by."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line: list[str] = []
        self.ended = 0  # lines
        self.opened: Counter[str] = Counter()
        self.open: list[_Open] = [_Open("", "", 0, False)]
        self.is_pre = 0
        self.lists: list[int] = []
        self.wants_empty = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        top = self.open[-1]
        if tag == "br":
            self._end_line(even_empty=True)
            return
        mark, quotes = _told(tag, given, top)
        if tag in _BLOCKS or mark != top.mark:
            self._end_line()
            self.wants_empty |= tag in _APART
        if mark == marks.HISTORY and top.mark != mark:
            self.lines.append(marks.HISTORY)
            mark = top.mark
        if tag == "hr":
            self.line.append(marks.RULE)
            self._end_line()
        elif tag == "li":
            self.line.append("- ")
        elif tag in ("td", "th") and self.line:
            self.line.append(" ")
        elif tag == "img":
            self._picture(given.get("alt") or "", given.get("src") or "")
        if tag not in _VOID and len(self.open) < _MOST_OPEN:
            target = (given.get("href") or "").strip() if tag == "a" else ""
            is_hidden = top.is_hidden or bool(_HIDDEN.search(given.get("style") or ""))
            label = (self.ended, len(self.line))
            self.open.append(_Open(tag, mark, quotes, is_hidden, target, label))
            self.opened[tag] += 1
            self.is_pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if not self.opened[tag] or all(one.tag != tag for one in self.open[-_NEAR:]):
            if tag == "p":
                self._end_line()
            return
        while True:
            closed = self.open[-1]
            if closed.tag == "a":
                self._name_target(closed)
            if closed.tag in _BLOCKS or closed.mark != self.open[-2].mark:
                self._end_line()
                self.wants_empty |= closed.tag in _APART
            self.open.pop()
            self.opened[closed.tag] -= 1
            self.is_pre -= closed.tag == "pre"
            if closed.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        if self.open[-1].is_hidden:
            return
        if self.is_pre:
            first, *rest = data.split("\n")
            self.line.append(first)
            for more in rest:
                self._end_line(even_empty=True)
                self.line.append(more)
            return
        said = re.sub(r"[ \t\n\f\xa0]+", " ", data)
        if said.strip() or self.line:
            self.line.append(said)

    def _picture(self, alt: str, source: str) -> None:
        """Where a picture of the letter stands; an emoji is often one, with itself for its name."""
        if source[:4].lower() == "cid:":
            self.line.append(f"{marks.PICTURE}{unquote(source[4:304]).strip()}{marks.PICTURED}")
        elif 0 < len(alt) <= 8 and not alt.isascii():
            self.line.append(alt)

    def _name_target(self, link: _Open) -> None:
        line, place = link.label
        label = "".join(self.line[place if line == self.ended else 0 :]).strip()
        target = link.target
        if not re.match(r"(?i)https?://", target) or not label or len(target) > 500:
            return
        bare = re.sub(r"(?i)^https?://(?:www\.)?|/$", "", target)
        said = re.sub(r"(?i)^https?://(?:www\.)?|/$", "", label)
        if said != bare and not said.startswith(("http", "www.")) and "." not in said[:-1]:
            self.line.append(f" <{target}>")

    def _end_line(self, *, even_empty: bool = False) -> None:
        said = "".join(self.line)
        said = said.rstrip() if self.is_pre else re.sub(r"  +", " ", said).strip()
        self.line = []
        self.ended += 1
        if not said and not even_empty:
            return
        top = self.open[-1]
        before = top.mark + "> " * min(top.quotes, _MOST_QUOTES)
        last = self.lines[-1].lstrip(marks.ALL) if self.lines else ""
        if self.wants_empty and last.strip(" >"):
            self.lines.append(before.rstrip() if last.startswith(">") and top.quotes else "")
        self.wants_empty = False
        self.lines.append(before + said if said else before.rstrip())

    def text(self) -> str:
        self._end_line()
        return "\n".join(self.lines)


def _told(tag: str, given: dict[str, str | None], around: _Open) -> tuple[str, int]:
    """What an element says of the lines in it, and how many quotes they lie in."""
    is_quote = tag == "blockquote" or (tag == "div" and given.get("type") == "cite")
    quotes = around.quotes + is_quote
    if around.mark == marks.SIGNATURE:
        return around.mark, quotes
    mark = _named(given, is_quote=is_quote) if given else ""
    return mark or ("" if is_quote else around.mark), quotes


def _named(given: dict[str, str | None], *, is_quote: bool) -> str:
    """What the names tell that the program gave an element."""
    names = f"{given.get('class') or ''} {given.get('id') or ''}".lower().split()[:12]
    if "data-signatureblock" in given:
        names.append("signature")
    for mark, known in _KNOWN:
        if any(_PREFIX.sub("", name).startswith(known) for name in names):
            return "" if is_quote and mark == marks.WRAP else mark
    return ""
