"""What the sender of a letter wrote anew: the body without what was there before.

Rules by how such letters are built, not by what stands in them: the line that tells who wrote what
follows; the header that is repeated above an older letter; lines with `>` before them; what HTML
tells (`marks`). Answers between quotes are kept. A letter with nothing new above an older one hands
that on, so the older one is its text.
"""

from dataclasses import dataclass

from microshare.mail import ending, marks, phrases

MOST_LINES = 6_000
_LONGEST_LINE = 20_000  # characters
_WRAPPED = 5  # lines that one line of a program may be broken into
_HEADER_LINES = 16
_FORWARDS = 4


@dataclass
class Line:
    """A line and how it stands: `depth` quotes deep, with the marks that HTML gave it."""

    text: str  # without the signs of quotes
    depth: int
    mark: str
    whole: str  # as it came, without marks


def newest(body: str) -> str:
    """The text without quoted letters, signature and disclaimer; empty where nothing is left.

    >>> newest("Yes.\\n\\nOp ma 3 nov 2026 om 10:12 schreef Anna <anna@acme.nl>:\\n> Is it?")
    'Yes.'
    """
    lines = [_line(part) for written in body.split("\n")[:MOST_LINES] for part in _shared(written)]
    return _newest(lines, _FORWARDS)


def _shared(written: str) -> list[str]:
    """A line in two where a program wrote `On … wrote:` behind the sender's own words."""
    match = phrases.SHARED.fullmatch(written) if len(written) < 400 else None
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
    if depth and inner.startswith("From ") and not text.startswith("> "):
        depth, inner = 0, inner  # `>From`, as mailboxes keep it
    return Line(inner, depth, mark, text)


def _newest(lines: list[Line], forwards: int) -> str:
    """The sender's own of these lines; where there is none, what is handed on in them."""
    kept: list[list[Line]] = [[]]  # what is the sender's, between what is not
    is_headed = False
    at = 0
    while at < len(lines):
        line = lines[at]
        if after := _history(lines, at):
            if not _says(kept):
                return _forwarded(lines, at, at, forwards)
            break
        if after := _head(lines, at):
            following = _next_said(lines, after)
            if following == len(lines) or not _is_quoted(lines[following]):
                if marks.WRAP not in line.mark and marks.HEAD not in line.mark:
                    if not _says(kept):
                        return _forwarded(lines, at, after, forwards)
                    break
            is_headed = True
            at = _after_quote(lines, following) if following < len(lines) else len(lines)
            kept.append([])
        elif line.depth and (is_headed or not _is_answered(lines, at)):
            at = _after_quote(lines, at)
            kept.append([])
        else:
            kept[-1].append(line)
            at += 1
    if not is_headed and not _says(kept):
        kept = [lines]  # lines with `>` before them, and nothing that says whose they are
    return ending.joined([[one.whole for one in part if one.mark != marks.RULE and
                           marks.SIGNATURE not in one.mark] for part in kept])


def _says(kept: list[list[Line]]) -> bool:
    return bool(ending.joined([[line.whole for line in part if not line.mark] for part in kept]))


def _is_quoted(line: Line) -> bool:
    return line.depth > 0


def _next_said(lines: list[Line], at: int) -> int:
    while at < len(lines) and not lines[at].text.strip():
        at += 1
    return at


def _after_quote(lines: list[Line], at: int) -> int:
    """Where a quote ends, with the ends of its lines that a program broke off."""
    while at < len(lines):
        if _is_quoted(lines[at]):
            at += 1
            continue
        following = _next_said(lines, at)
        if following < len(lines) and _is_quoted(lines[following]):
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


def _is_answered(lines: list[Line], at: int) -> bool:
    """Whether something of the sender's stands under a quote."""
    under = [line for line in lines[at:] if not line.depth]
    return bool(ending.joined([[line.whole for line in under]]))


def _head(lines: list[Line], at: int) -> int:
    """Where a line such as `On … wrote:` ends that begins here, else 0."""
    line = lines[at]
    if not line.text.strip():
        return 0
    if marks.HEAD in line.mark or (marks.WRAP in line.mark and not line.depth):
        if marks.HEAD in line.mark or _is_before_quote(lines, at):
            return at + 1
    if not _may_open(line.text):
        return 0
    said, place = "", at
    for _ in range(_WRAPPED):
        if place < len(lines) and not lines[place].text.strip():
            place = _next_said(lines, place)
            if place == len(lines) or lines[place].text[:1] != "<":
                return 0
        if place == len(lines):
            return 0
        said = f"{said} {lines[place].text.strip()}".strip()
        place += 1
        if len(said) > 500:
            return 0
        if _is_head(said, lines, place):
            return place
    return 0


def _is_before_quote(lines: list[Line], at: int) -> bool:
    """Whether a line in a program's wrapping is that before the quote, no answer after it."""
    first = at
    while first and marks.WRAP in lines[first - 1].mark:
        if lines[first - 1].depth:
            return False
        first -= 1
    return True


def _may_open(text: str) -> bool:
    text = text.strip(" *_-")
    return bool(
        phrases.OPENS.match(text) or phrases.DATED.search(text[:200])
        or phrases.ADDRESSED.search(text[:300]) or phrases.WROTE.search(text[:300])
    )  # fmt: skip


def _is_head(said: str, lines: list[Line], after: int) -> bool:
    said = said.strip(" *_-")
    dated, addressed = phrases.DATED.search(said), phrases.ADDRESSED.search(said)
    wrote = phrases.WROTE.search(said)
    ends = said.endswith((":", "："))
    following = _next_said(lines, after)
    quotes = following < len(lines) and lines[following].depth > lines[after - 1].depth
    if ends and wrote and (dated or addressed) and (quotes or phrases.OPENS.match(said)
                                                    or (dated and addressed)):  # fmt: skip
        return True
    if ends and dated and addressed and (quotes or said.rstrip(":： ").endswith((">", ")", "]"))):
        return True
    if wrote and dated and addressed and not ends and said.endswith(wrote[0]):
        return True
    tells = ends or dated or (wrote and said.endswith(wrote[0]))
    return bool(quotes and wrote and tells and len(said) < 200)


def _history(lines: list[Line], at: int) -> int:
    """Where the header of an older letter ends that begins here, else 0."""
    line = lines[at]
    if marks.HISTORY in line.mark or phrases.REPLY_ABOVE.fullmatch(line.text):
        following = _next_said(lines, at + 1)
        return (_header(lines, following) if following < len(lines) else 0) or at + 1
    if not line.text.strip():
        return 0
    following = _next_said(lines, at + 1)
    introduced = phrases.SEPARATOR.fullmatch(line.text) or phrases.FORWARDED.fullmatch(line.text)
    if introduced:
        return _header(lines, following, least=1) or _head_at(lines, following) or at + 1
    if phrases.RULE.fullmatch(line.text) or marks.RULE in line.mark:
        return _header(lines, following)
    return _header(lines, at)


def _head_at(lines: list[Line], at: int) -> int:
    return _head(lines, at) if at < len(lines) else 0


def _header(lines: list[Line], at: int, least: int = 2) -> int:
    """Where the lines `From: …`, `Sent: …`, `Subject: …` end that begin here, else 0."""
    kinds: set[str] = set()
    valued = ""
    last = at
    wrapped = 0
    for place in range(at, min(len(lines), at + _HEADER_LINES)):
        text = lines[place].text
        match = phrases.LABEL.match(text[:1200])
        if match:
            kinds.add(str(match.lastgroup if match.lastgroup != "value" else _kind(match)))
            valued += match["value"]
            last, wrapped = place + 1, 0
        elif place == at:
            return 0
        elif text.strip():
            wrapped += 1
            if wrapped > 2:
                break
        elif not (place + 1 < len(lines) and phrases.LABEL.match(lines[place + 1].text[:1200])):
            break
    told = kinds - {"other"}
    if "from" not in told and not {"sent", "to", "subject"} <= told:
        return 0
    enough = len(told) >= 3 or (
        len(told) >= least and bool(phrases.ADDRESSED.search(valued) or phrases.DATED.search(valued))
    )
    return last if enough else 0


def _kind(match: object) -> str:
    groups = match.groupdict()  # type: ignore[attr-defined]
    return next(name for name, value in groups.items() if value is not None and name != "value")


def _forwarded(lines: list[Line], at: int, after: int, forwards: int) -> str:
    """A letter that is handed on without a word: its header and what its sender wrote."""
    begins = max(after, _history(lines, at))
    if not forwards:
        return ""
    depth = max((line.depth for line in lines[at:begins]), default=0)
    inner = [
        Line(line.text, line.depth - depth, "", line.text) if depth and line.depth >= depth
        else Line(line.text, line.depth, "", line.whole)
        for line in lines[after:]
    ]  # fmt: skip
    header = [line.text for line in inner[: begins - after]]
    text = _newest(inner[begins - after :], forwards - 1)
    return "\n".join([*header, "", text]).strip() if text else ""
