"""A note's paragraphs, lists, quotes and code, as Markdown has them, in HTML.

Our own and small, because Python-Markdown 3.11 raises RecursionError on a kilobyte of `- `, takes
half a second for two kilobytes of `>`, makes a heading of `#pumps` and no list of dashes right
below a sentence. What is said inside a paragraph is left to the caller. Containers nest at most
`DEEPEST` deep, so that time and stack stay bounded; raw HTML, tables and references are only text.
"""

import html
from collections.abc import Callable

import regex  # type: ignore[import-untyped]

DEEPEST = 8  # lists and quotes in each other; what is deeper is a paragraph

_KIND = regex.compile(r"""(?x)
    (?P<blank>\s*+$) | (?P<code>\ {4}) | \ {0,3} (?:
      (?P<fence>`{3,}+(?=[^`]*+$)|~{3,}+) | (?P<heading>\#{1,6}+\ ++(?=\S))
    | (?P<rule>(?:-\ *+){3,}+$|(?:_\ *+){3,}+$|(?:\*\ *+){3,}+$)
    | (?P<quote>>) | (?P<item>(?:[-*+]|\d{1,9}+[.)])(?=\ |$)) )
    """)
_UNDERLINE = regex.compile(r" {0,3}(?:={3,}+|-{3,}+) *$")
# A number that begins a line may belong to the sentence: only 1 begins a list below one.
_ITEM_BELOW_TEXT = regex.compile(r" *(?:[-*+]|1[.)]) +\S")


def blocks_html(note: str, inline: Callable[[str], str]) -> str:
    """The HTML of a note, unsanitised; `inline` makes that of one paragraph's words.

    Headings are bold paragraphs: a note is no page of its own.

    >>> blocks_html("Seen:\\n- *leak*\\n- noise", str.upper)
    '<p>SEEN:</p><ul><li>*LEAK*</li><li>NOISE</li></ul>'
    """
    return _Blocks(inline).html(note.expandtabs(4).split("\n"))


def _kind(line: str) -> str:
    match = _KIND.match(line)
    return str(match.lastgroup) if match else "text"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


class _Blocks:
    """One reading of a note. Each block's method is told where it starts and tells where it ends."""

    def __init__(self, inline: Callable[[str], str]) -> None:
        self.inline = inline

    def html(self, lines: list[str], *, tight: bool = False, depth: int = 0) -> str:
        """The blocks of these lines; in a tight list item, words stand without a paragraph."""
        parts: list[str] = []
        at = 0
        while at < len(lines):
            if not lines[at].strip():
                at += 1
                continue
            kind = _kind(lines[at]) if depth <= DEEPEST else "text"
            if kind == "item":
                part, at = self.items(lines, at, depth)
            elif kind == "quote":
                part, at = self.quote(lines, at, depth)
            elif kind == "fence":
                part, at = self.fence(lines, at)
            elif kind == "code":
                part, at = self.code(lines, at)
            elif kind == "rule":
                part, at = "<hr>", at + 1
            elif kind == "heading":
                part, at = self.heading(lines[at]), at + 1
            else:
                part, at = self.paragraph(lines, at, tight, depth)
            parts.append(part)
        return "".join(parts)

    def paragraph(self, lines: list[str], at: int, tight: bool, depth: int) -> tuple[str, int]:
        end = at + 1
        while end < len(lines) and lines[end].strip():
            kind = _kind(lines[end]) if depth <= DEEPEST else "text"
            if kind != "item" and _UNDERLINE.match(lines[end]):
                return self.bold("\n".join(lines[at:end])), end + 1
            if kind not in ("text", "code", "item"):
                break
            if kind == "item" and _ITEM_BELOW_TEXT.match(lines[end]):
                break
            end += 1
        words = self.inline("\n".join(line.strip() for line in lines[at:end]))
        return words if tight else f"<p>{words}</p>", end

    def heading(self, line: str) -> str:
        return self.bold(regex.sub(r"^ *#{1,6}+|(?: #++)? *$", "", line))

    def bold(self, words: str) -> str:
        return f"<p><strong>{self.inline(words.strip())}</strong></p>"

    def code(self, lines: list[str], at: int) -> tuple[str, int]:
        end = at
        while end < len(lines) and _kind(lines[end]) in ("code", "blank"):
            end += 1
        return _code("\n".join(line[4:] for line in lines[at:end])), end

    def fence(self, lines: list[str], at: int) -> tuple[str, int]:
        """Code between fences; one that is never closed runs to the end, as in CommonMark."""
        indent = _indent(lines[at])
        opening = regex.match(r"`++|~++", lines[at], pos=indent)[0]
        end = at + 1
        while end < len(lines):
            closing = lines[end].strip()
            if set(closing) == {opening[0]} and len(closing) >= len(opening):
                break
            end += 1
        inside = [line[min(indent, _indent(line)) :] for line in lines[at + 1 : end]]
        return _code("\n".join(inside)), end + 1

    def quote(self, lines: list[str], at: int, depth: int) -> tuple[str, int]:
        end = at
        while end < len(lines) and _kind(lines[end]) == "quote":
            end += 1
        inside = [line.lstrip(" ")[1:].removeprefix(" ") for line in lines[at:end]]
        return f"<blockquote>{self.html(inside, depth=depth + 1)}</blockquote>", end

    def items(self, lines: list[str], at: int, depth: int) -> tuple[str, int]:
        first, listed, loose = _marker(lines[at]), [], False
        while at < len(lines) and _continues(lines[at], first):
            item, at, blank = _item(lines, at)
            listed.append(item)
            loose = loose or blank
        inner = [self.html(item, tight=not loose, depth=depth + 1) for item in listed]
        kept = "".join(f"<li>{one}</li>" for one in inner)
        if first in "-*+":
            return f"<ul>{kept}</ul>", at
        number = int(first[:-1])
        return f'<ol start="{number}">{kept}</ol>' if number != 1 else f"<ol>{kept}</ol>", at


def _marker(line: str) -> str:
    return str(_KIND.match(line)["item"])


def _continues(line: str, marker: str) -> bool:
    """Whether a line is one more item of the list of this marker: bullets or numbers of a kind."""
    return _kind(line) == "item" and _marker(line)[-1] == marker[-1]


def _item(lines: list[str], at: int) -> tuple[list[str], int, bool]:
    """The lines of one list item, where it ends, and whether an empty line is in or behind it."""
    marker = _indent(lines[at]) + len(_marker(lines[at]))
    rest = lines[at][marker:]
    width = marker + (_indent(rest) if rest.strip() and _indent(rest) < 5 else 1)
    item, end, blank = [lines[at][width:]], at + 1, False
    while end < len(lines):
        after = end
        while after < len(lines) and not lines[after].strip():
            after += 1
        if after == len(lines):
            return item, after, blank
        inside = _indent(lines[after]) >= width
        lazy = after == end and _kind(lines[after]) == "text"
        if not inside and not lazy:
            again = after > end and _continues(lines[after], lines[at][:marker])
            return item, after, blank or again
        blank = blank or after > end
        item += [""] * (after - end) + [lines[after][width if inside else 0 :]]
        end = after + 1
    return item, end, blank


def _code(code: str) -> str:
    return f"<pre><code>{html.escape(code.rstrip(), quote=False)}\n</code></pre>"
