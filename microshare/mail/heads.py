"""Where an older letter begins: the line above a quote, the header that is repeated above it."""

import re
from dataclasses import dataclass

from microshare.mail import marks, phrases

_WRAPPED = 5  # lines that one line of a program may be broken into
_HEADER_LINES = 16
_LONGEST_HEAD, _LONGEST_HEADER = 500, 1_200  # characters


@dataclass
class Line:
    """A line and how it stands: `depth` quotes deep, with the marks that HTML gave it."""

    text: str  # without the signs of quotes
    depth: int
    mark: str
    whole: str  # as it came, without marks


def is_quoted(line: Line) -> bool:
    return line.depth > 0


def next_said(lines: list[Line], at: int) -> int:
    while at < len(lines) and not lines[at].text.strip():
        at += 1
    return at


def head(lines: list[Line], at: int) -> int:
    """Where a line such as `On … wrote:` ends that begins here, else 0."""
    if at == len(lines) or not lines[at].text.strip():
        return 0
    line = lines[at]
    in_wrap = marks.WRAP in line.mark and not line.depth and _is_before_quote(lines, at)
    if marks.HEAD in line.mark or in_wrap:
        return at + 1
    return _written(lines, at) if _may_open(line.text) else 0


def _written(lines: list[Line], at: int) -> int:
    """The same, by the words of the line and of those that it is broken into."""
    said, place = "", at
    for _ in range(_WRAPPED):
        if place < len(lines) and not lines[place].text.strip():
            place = next_said(lines, place)
            if place == len(lines) or lines[place].text[:1] != "<":
                break
        if place == len(lines):
            break
        if said.endswith((".", "!", "?")):  # a sentence of the sender's own
            break
        said = f"{said} {lines[place].text.strip()}".strip()
        place += 1
        if len(said) > _LONGEST_HEAD or phrases.OF_ONESELF.search(said):
            break
        if _is_head(said, lines, place):
            return place
    return 0


def _is_before_quote(lines: list[Line], at: int) -> bool:
    """Whether a line in a program's wrapping is one of those before the quote, and no answer."""
    for before in range(at - 1, max(at - _HEADER_LINES, 0) - 1, -1):
        if lines[before].depth:
            return False
        if lines[before].text.strip() and not lines[before].mark:
            return True
    return at < _HEADER_LINES


def _may_open(text: str) -> bool:
    text = text.strip(" *_-")
    return bool(
        phrases.OPENS.match(text) or phrases.DATED.search(text[:200])
        or phrases.ADDRESSED.search(text[:300]) or phrases.WROTE.search(text[:300])
    )  # fmt: skip


def _is_head(said: str, lines: list[Line], after: int) -> bool:
    said = phrases.INVISIBLE.sub("", said).strip(" *_-")
    dated, addressed = phrases.DATED.search(said), phrases.ADDRESSED.search(said)
    wrote = phrases.WROTE.search(said)
    ends = said.endswith((":", "："))
    following = next_said(lines, after)
    quotes = following < len(lines) and lines[following].depth > lines[after - 1].depth
    if ends and wrote and (dated or addressed) and (quotes or phrases.OPENS.match(said)
                                                    or (dated and addressed)):  # fmt: skip
        return True
    if ends and dated and addressed and (quotes or said.rstrip(":： ").endswith((">", ")", "]"))):
        return True
    if wrote and dated and addressed and not ends and said.endswith(wrote[0]):
        return True
    if ends and wrote and addressed and _header(lines, following):
        return True
    tells = ends or dated or (wrote and said.endswith(wrote[0]))
    return bool(quotes and wrote and tells and len(said) < 200)


def history(lines: list[Line], at: int) -> int:
    """Where the header of an older letter ends that begins here, else 0."""
    line = lines[at]
    if marks.HISTORY in line.mark or phrases.REPLY_ABOVE.fullmatch(line.text):
        following = next_said(lines, at + 1)
        return (_header(lines, following) if following < len(lines) else 0) or at + 1
    if not line.text.strip():
        return 0
    following = next_said(lines, at + 1)
    introduced = phrases.SEPARATOR.fullmatch(line.text) or phrases.FORWARDED.fullmatch(line.text)
    if introduced:
        return _header(lines, following) or head(lines, following) or at + 1
    if phrases.RULE.fullmatch(line.text) or marks.RULE in line.mark:
        return _header(lines, following)
    return _header(lines, at)


def _header(lines: list[Line], at: int) -> int:
    """Where the lines `From: …`, `Sent: …`, `Subject: …` end that begin here, else 0."""
    kinds: set[str] = set()
    valued = ""
    last = at
    wrapped = 0
    if at == len(lines) or not phrases.LABEL.match(lines[at].text[:_LONGEST_HEADER]):
        return 0
    if phrases.FLATTENED.fullmatch(lines[at].text[:_LONGEST_HEADER]):
        return at + 1
    looked = [line.text[:_LONGEST_HEADER] for line in lines[at : at + _HEADER_LINES + 1]]
    for place, text in enumerate(looked[:_HEADER_LINES], at):
        match = phrases.LABEL.match(text)
        if match:
            kinds.add(_kind(match))
            valued += match["value"]
            last, wrapped = place + 1, 0
        elif text.strip():
            wrapped += 1
            if wrapped > 2:
                break
        elif not any(map(phrases.LABEL.match, looked[place - at + 1 : place - at + 2])):
            break
    told = kinds - {"other"}
    if "from" not in told and not {"sent", "to", "subject"} <= told:
        return 0
    telling = phrases.ADDRESSED.search(valued) or phrases.DATED.search(valued)
    return last if len(told) >= (2 if telling else 3) else 0


def _kind(match: re.Match[str]) -> str:
    told = (name for name, value in match.groupdict().items() if value is not None)
    return next(name for name in told if name != "value")
