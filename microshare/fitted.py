"""A text of any length as a line and a note: what does not fit into the line stands in the note."""

from bisect import bisect_right

import regex

from microshare import text

ENDS = "…"
_LOOKED_AT = 4096  # characters, of which no line has more
_BLANK = regex.compile(r"\p{White_Space}+")


def fitted(written: str, limit: int) -> tuple[str, str]:
    """The line, of at most `limit` characters, and the note.

    The first paragraph that has words is the line and the rest the note; where that is too long,
    the line is cut at a word, and the whole text is the note.

    >>> fitted("Build 7 failed\\n\\nin the tests", 20)
    ('Build 7 failed', 'in the tests')
    >>> fitted("Build 7 failed in the tests", 20)
    ('Build 7 failed in…', 'Build 7 failed in the tests')
    """
    whole = text.tidy_note(written).strip()
    first, _, rest = whole.partition("\n")
    if len(first) <= _LOOKED_AT and text.count(first) <= limit:
        return text.tidy(first), rest.strip("\n")
    return _cut(text.tidy(first[:_LOOKED_AT]), limit), whole


def _cut(line: str, limit: int) -> str:
    ends = [match.start() for match in _BLANK.finditer(line)]
    fits = bisect_right(ends, limit, key=lambda end: text.count(line[:end] + ENDS))
    inside = [(span.start, span.end) for span in text.spans(line) if span.kind in ("code", "link")]
    for end in reversed(ends[:fits]):
        if not any(start < end < stop for start, stop in inside):
            return line[:end].rstrip(" ,;:–-") + ENDS
    letters = regex.findall(r"\X", line[: 40 * limit])
    return "".join(letters[: limit - 1]) + ENDS
