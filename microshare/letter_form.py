"""How letters look: rules of style on every element, and text in lines that fit.

Mail programs cut off style sheets or parts of them, so the rules of `templates/mail/inlined.css` go
onto the elements. What cannot stand there (dark mode, small screens) is a sheet in the frame.
"""

import functools
from email.header import Header
from importlib.resources import files

import css_inline

WIDTH = 74  # characters of a line of text


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    rules = files("microshare").joinpath("templates/mail/inlined.css").read_text("utf-8")
    return css_inline.CSSInliner(
        extra_css=rules,
        keep_style_tags=True,
        minify_css=True,
        load_remote_stylesheets=False,  # nothing is fetched
    )


def inlined(html: str) -> str:
    """The HTML of a letter with its rules on the elements, and without blanks that count bytes."""
    return _inliner().inline(_without_blanks(html))


def inlined_part(html: str) -> str:
    """A part of a letter in the same way, as it is put among others."""
    return _inliner().inline_fragment(_without_blanks(html), "")


def _without_blanks(html: str) -> str:
    return "\n".join(line for line in html.split("\n") if line.strip())


def in_html(text: str) -> str:
    """A text as `inlined` writes it, to be put into what is inlined already.

    >>> in_html("R&D's <\\u00a0>")
    "R&amp;D's &lt;&nbsp;&gt;"
    """
    return in_attribute(text, quotes=False).replace("<", "&lt;").replace(">", "&gt;")


def in_attribute(text: str, *, quotes: bool = True) -> str:
    """The same within an attribute, which is an address or the like."""
    told = text.replace("&", "&amp;").replace("\u00a0", "&nbsp;")
    return told.replace('"', "&quot;") if quotes else told


def folded(text: str, first: str = "", rest: str | None = None) -> str:
    """A text in lines; `first` stands before it, `rest` before its other lines.

    An address is never broken, however long.

    >>> print(folded("word " * 16, "* ", "  "))
    * word word word word word word word word word word word word word word
      word word
    """
    first, rest = str(first), str(first if rest is None else rest)
    lines, line = [], first
    for word in str(text).split():
        if len(line) + len(word) >= WIDTH and line.strip(" *"):
            lines.append(line.rstrip())
            line = rest
        line += f"{word} "
    return "\n".join([*lines, line.rstrip()])


def shortened(text: str, limit: int) -> str:
    """A text of at most so many characters, cut between two words.

    >>> shortened("Quieter seal tested at Acme", 21), shortened("Quieter", 21)
    ('Quieter seal tested…', 'Quieter')
    """
    if len(text) <= limit:
        return text
    kept = text[:limit].rpartition(" ")[0] or text[: limit - 1]
    return kept.rstrip(" ,;:.–-#(") + "…"


def phrase(name: str) -> str:
    """A name as it stands before an address in a header (RFC 5322, 3.2.5).

    >>> phrase("Acme, Inc."), phrase("Acmé")
    ('"Acme, Inc."', '=?utf-8?b?QWNtw6k=?=')
    """
    if not name.isascii():
        return Header(name, "utf-8").encode()
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
