"""What the sender of a letter wrote anew: the body without what was there before.

Rules by how such letters are built, not by what stands in them: the line that tells who wrote what
follows; the header that is repeated above an older letter; lines with `>` before them; what HTML
tells (`marks`). Answers between quotes are kept. A letter with nothing new above an older one hands
that on, so the older one is its text.
"""

from dataclasses import dataclass

from microshare.mail import ending, marks, phrases
from microshare.mail.heads import Line, head, history, is_quoted, next_said

MOST_LINES = 4_000
_LONGEST_LINE = 20_000  # characters
_LONGEST_SHARED = 400
_FORWARDS = 4


@dataclass(frozen=True)
class Own:
    """What is new in a letter, or what was handed on in it."""

    text: str
    is_handed_on: bool


def newest(body: str) -> str:
    """The text without quoted letters, signature and disclaimer; empty where nothing is left.

    >>> newest("Yes.\\n\\nOp ma 3 nov 2026 om 10:12 schreef Anna <anna@acme.nl>:\\n> Is it?")
    'Yes.'
    """
    return read(body).text


def read(body: str) -> Own:
    """The same, and whether it is the sender's own."""
    lines = [_line(part) for written in body.split("\n")[:MOST_LINES]
             for part in _shared(written.rstrip())]  # fmt: skip
    return _newest(lines, _FORWARDS)


def _shared(written: str) -> list[str]:
    """A line in two where a program wrote `On … wrote:` behind the sender's own words."""
    may = len(written) < _LONGEST_SHARED and written.endswith(":")
    match = phrases.SHARED.fullmatch(written) if may else None
    return [match[1], match[2]] if match else [written]


def _line(written: str) -> Line:
    text = written[:_LONGEST_LINE].replace("\xa0", " ").rstrip()
    mark = ""
    while text[:1] and text[0] in marks.ALL:
        mark += text[0]
        text = text[1:]
    depth, at = 0, 0
    for place, character in enumerate(text[:200]):
        if character == ">":
            depth, at = depth + 1, place + 1
        elif character != " " or place - at > 2:
            break
    inner = text[at:].removeprefix(" ") if depth else text
    if text.startswith(">From "):
        depth = 0  # as mailboxes keep a line that would begin a letter
    return Line(inner, depth, mark, text)


def _newest(lines: list[Line], forwards: int) -> Own:
    """The sender's own of these lines; where there is none, what is handed on in them."""
    kept: list[list[Line]] = [[]]  # what is the sender's, between what is not
    is_headed, answered = False, _answered_until(lines)
    at = 0
    while at < len(lines):
        line = lines[at]
        if history(lines, at):
            if not _says(kept):
                return _forwarded(lines, at, at, forwards)
            break
        if after := head(lines, at):
            following = next_said(lines, after)
            quotes = following < len(lines) and is_quoted(lines[following])
            if not quotes and marks.WRAP not in line.mark and marks.HEAD not in line.mark:
                if not _says(kept):
                    return _forwarded(lines, at, after, forwards)
                break
            is_headed = True
            at = _after_quote(lines, following)
            kept.append([])
        elif line.depth and (is_headed or at > answered):
            at = _after_quote(lines, at)
            kept.append([])
        else:
            kept[-1].append(line)
            at += 1
    if not is_headed and not _says(kept):
        kept = [lines]  # lines with `>` before them, and nothing that says whose they are
    unsigned = [[one for one in part if marks.SIGNATURE not in one.mark] for part in kept]
    return Own(_joined(unsigned) or _joined(kept), False)  # people write into a signature too


def _joined(kept: list[list[Line]]) -> str:
    return ending.joined([[one.whole for one in part if one.mark != marks.RULE] for part in kept])


def _says(kept: list[list[Line]]) -> bool:
    said = [[marks.without_pictures(one.whole) for one in part if not one.mark] for part in kept]
    return bool(ending.joined(said))


def _after_quote(lines: list[Line], at: int) -> int:
    """Where a quote ends, with the ends of its lines that a program broke off."""
    while at < len(lines):
        if is_quoted(lines[at]):
            at += 1
            continue
        following = next_said(lines, at)
        if following < len(lines) and is_quoted(lines[following]):
            at = following
        elif _is_broken_off(lines, at):
            at += 1
        else:
            return at
    return at


def _is_broken_off(lines: list[Line], at: int) -> bool:
    """Whether a line among quoted ones is the end of the one above it, which was too long."""
    said = lines[at].text.strip()
    among = 0 < at < len(lines) - 1 and lines[at - 1].depth and lines[at + 1].depth
    return bool(among and said and (
        (len(lines[at - 1].whole) > 60 and not said[0].isupper())
        or (len(lines[at - 1].whole) > 30 and " " not in said)
    ))  # fmt: skip


def _answered_until(lines: list[Line]) -> int:
    """The last line of a quote under which the sender says something; -1 where none is."""
    quoted = [place for place, line in enumerate(lines) if line.depth]
    if not quoted or ending.joined([[line.whole for line in lines[quoted[-1] + 1 :]]]):
        return len(lines) if quoted else -1
    said = [at for at in range(quoted[-1]) if not lines[at].depth and lines[at].text.strip()]
    return said[-1] if said else -1


def _forwarded(lines: list[Line], at: int, after: int, forwards: int) -> Own:
    """A letter that is handed on without a word: its header and what its sender wrote."""
    begins = max(after, history(lines, at))
    if not forwards:
        return Own("", True)
    depth = max((line.depth for line in lines[at:begins]), default=0)
    inner = [
        Line(line.text, line.depth - depth, "", line.text) if depth and line.depth >= depth
        else Line(line.text, line.depth, "", line.whole)
        for line in lines[after:]
    ]  # fmt: skip
    header = [line.text for line in inner[: begins - after]]
    text = _newest(inner[begins - after :], forwards - 1).text
    return Own("\n".join([*header, "", text]).strip() if text else "", True)
