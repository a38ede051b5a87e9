"""The safe HTML of a line and of a note: with its templates the only place that makes any.

Markdown's, as Python-Markdown reads it, and cleaned by nh3. What `text.spans` finds in the raw text
is hidden from Markdown and put back behind it: so a tag on the page is a tag in the database and
nothing else is, no emphasis reaches into a URL, and Markdown's own patterns for links, which take
half a second for two kilobytes of `[`, are not needed. nh3 closes what crosses, such as a link over
two paragraphs.
"""

import html
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from urllib.parse import quote

import nh3
import regex

from microshare import dialect, text

SHOWN_URL = 40  # characters of a bare URL; but always its whole host, which tells whose page it is
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
    line = _storable(line)
    drawn = sorted(_drawn(line, people))
    if _is_plain(line, drawn):
        return _woven(line, drawn)
    return str(_EMPTY.sub("", _LINE.clean(_html(line, drawn))))


def note_html(note: str, people: Collection[str]) -> str:
    """The safe HTML of a note: Markdown's blocks, in which a new line stays a new line.

    >>> note_html("# Seen\\n- <b>leak</b>", ())
    '<p><strong>Seen</strong></p><ul><li>&lt;b&gt;leak&lt;/b&gt;</li></ul>'
    """
    note = _storable(note)
    drawn = sorted(_drawn(note, people))
    if _PARAGRAPHS.fullmatch(note) and _is_plain(note.replace("\n", " "), drawn):
        blocks = _woven(note, drawn).replace("\n\n", "</p><p>").replace("\n", "<br>")
        return f"<p>{blocks}</p>"
    return str(_EMPTY.sub("", _NOTE.clean(_html(note, drawn, blocks=True))))


def plain_line(line: str) -> str:
    """A line without the marks of Markdown, for the subjects of letters and the titles of pages.

    >>> plain_line("**Hi** [x](http://a.b) & http://wiki/a")
    'Hi x & http://wiki/a'
    """
    if "<" not in line and not _MARKS.search(line):
        return line.strip()
    line = _storable(line)
    drawn = sorted(_drawn(line, (), whole_urls=True))
    if _is_plain(line, drawn):
        return line
    return html.unescape(_TAG.sub("", _html(line, drawn)))


_TAG = regex.compile(r'<(?:"[^"]*+"|[^">])*+>')
_PART = regex.compile(rf"({_TAG.pattern}|&[#\w]++;|[\p{{L}}\p{{M}}\p{{N}}_]++)")


def highlight(safe: str, is_match: Callable[[str], bool]) -> str:
    """Our own safe HTML with those words in `<mark>` that match; tags and entities stay as is.

    >>> highlight('<em>pump</em> R&amp;D', {"pump", "amp"}.__contains__)
    '<em><mark>pump</mark></em> R&amp;D'
    """
    pieces: list[str] = _PART.split(safe)  # every second one is a tag, an entity or a word
    found = {one for one in {*pieces[1::2]} if one[0] not in "<&" and is_match(one)}
    if not found:
        return safe
    pieces[1::2] = [f"<mark>{one}</mark>" if one in found else one for one in pieces[1::2]]
    return "".join(pieces)


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


Drawn = tuple[int, int, str]  # from where to where in a text, and the HTML to show there


def _html(written: str, drawn: Sequence[Drawn], *, blocks: bool = False) -> str:
    seen, at = "", 0
    for number, (start, end, _) in enumerate(drawn):
        seen += f"{written[at:start].translate(_SEEN)}\ufdd0{number}\ufdd1"
        at = end
    marked = dialect.convert(seen + written[at:].translate(_SEEN), blocks=blocks)
    return str(_HIDDEN.sub(lambda hidden: drawn[int(hidden[1])][2], marked))


# What Markdown or an HTML parser could read as more than itself: marks, labels and code, blanks
# other than the space, what nobody sees.
_MARKS = regex.compile(r"[\\*_`\[\p{C}\u00a0\u2028\u2029]")
# Lines that each begin with a letter, as those of no block but a paragraph do.
_PARAGRAPHS = regex.compile(r"(?:\p{L}[^\n]*+\n{1,2}+)*+\p{L}[^\n]*+")
_QUOTED = regex.compile(r"[^!-~]|[\"'&<>]")  # what an address would be rewritten for


def _is_plain(line: str, drawn: Sequence[Drawn]) -> bool:
    """Whether Markdown and nh3 would change nothing in a line but escape it.

    Where that is in doubt they are asked: it takes a twentieth of their time to know.
    """
    if not line or line != line.strip() or "`" in line or "[" in line:
        return False
    rest, at = "", 0
    for start, end, shown in drawn:
        if shown.startswith("<a href") and _QUOTED.search(line, start, end):
            return False
        rest += line[at:start]
        at = end
    rest += line[at:]
    if rest.isprintable():  # which leaves three of the marks to look for
        return "\\" not in rest and "*" not in rest and "_" not in rest
    return not _MARKS.search(rest)


def _woven(line: str, drawn: Sequence[Drawn]) -> str:
    """The words of a plain line, escaped, with what is drawn between them."""
    woven, at = "", 0
    for start, end, shown in drawn:
        woven += _text(line[at:start]) + shown
        at = end
    return woven + _text(line[at:])


_LEADS = regex.compile(r"(?i)https?://[^\s/]|mailto:[^\s]")


def _drawn(written: str, people: Collection[str], *, whole_urls: bool = False) -> Iterator[Drawn]:
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
            tag = _tag(inner, whole)
            yield span.start, span.end, f"{link and '</a>'}{tag}{link}"
        elif span.kind == "mention" and (name := text.fold(inner)) in people:
            mention = f'<a class="mention" href="/@{name}">{whole}</a>'
            yield span.start, span.end, f"{link and '</a>'}{mention}{link}"
        elif span.kind == "url" and link:
            yield span.start, span.end, whole
        elif span.kind == "url":
            angled = written[: span.start].endswith("<") and written.startswith(">", span.end)
            shown = whole if whole_urls else _text(short_url(inner))
            yield span.start - angled, span.end + angled, f"{_to(inner)}{shown}</a>"
        elif span.kind == "link" and _LEADS.match(span.target):
            label, link = span.inner[1], _to(span.target)
            yield span.start, span.inner[0], link
            unlabelled = "" if inner.strip() else _text(short_url(span.target))
            yield span.inner[1], span.end, f"{unlabelled}</a>"


@lru_cache(maxsize=4096)  # a company has some hundred tags that are written again and again
def _tag(name: str, shown: str) -> str:
    return f'<a class="tag" href="/tags/{quote(text.fold(name), safe="")}">{shown}</a>'


def _storable(written: str) -> str:
    """UTF-8 holds no lone surrogate, and posts none; this keeps a preview of one from failing."""
    return written if written.isascii() else written.encode("utf-8", "replace").decode()


def _text(words: str) -> str:
    if "&" not in words and "<" not in words and ">" not in words:
        return words
    return html.escape(words, quote=False)


def _to(target: str) -> str:
    return f'<a href="{html.escape(target)}" rel="{_REL}">'


def short_url(url: str) -> str:
    """As much of an address as is shown: always its whole host."""
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
