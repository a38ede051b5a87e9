"""The end of what somebody wrote: signature, disclaimer, `Sent from my iPhone`, all taken off."""

import re

from microshare.mail import phrases

_SIGNATURE_LINES = 14  # with words in them; a longer text under two dashes is one
_LONGEST_DELIMITER, _LONGEST_ENDING = 12, 400  # characters of a line
_MOST_ENDINGS = 6  # one before another: a greeting, a telephone, a disclaimer
_LONGEST_DISCLAIMER = 4_000  # characters
_LONGEST_CONTACT = 300  # characters of a line
_CONTACT = re.compile(
    r"(?i)\d[\d ()./-]{6,30}\d|[^\s@]{1,64}@[^\s@]{1,99}\.\w|\bwww\.|https?://|"
    r"\b(?:tel|mob|fax|phone|telefoon|kvk|btw)\b"
)


def joined(parts: list[list[str]]) -> str:
    """The parts of a text that stood between quotes, each without its ending.

    >>> joined([["Seen it.", "", "Sent from my iPhone"], ["-- ", "Anna"]])
    'Seen it.'
    """
    ended = ["\n".join(_ended(part)).strip("\n") for part in parts]
    return "\n\n".join(part for part in ended if part.strip()).strip()


def _ended(lines: list[str]) -> list[str]:
    lines = _stripped(_without_banner(_stripped(list(lines))))
    for _ in range(_MOST_ENDINGS):
        shorter = _stripped(_without_ending(lines))
        if len(shorter) == len(lines):
            break
        lines = shorter
    return lines


def _stripped(lines: list[str]) -> list[str]:
    first, last = 0, len(lines)
    while first < last and not lines[first].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return lines[first:last]


def _without_banner(lines: list[str]) -> list[str]:
    """Takes off the paragraph on top by which a company warns of letters from outside."""
    end = next((place for place, line in enumerate(lines) if not line.strip()), len(lines))
    paragraph = " ".join(lines[:end])
    return lines[end:] if end < len(lines) and phrases.BANNER.fullmatch(paragraph) else lines


def _without_ending(lines: list[str]) -> list[str]:
    said = [place for place, line in enumerate(lines) if line.strip()]
    for number, place in enumerate(said):
        if _is_delimiter(lines[place], lines, said[number + 1 :][: _SIGNATURE_LINES + 1]):
            return lines[:place]
    for place in reversed(said[-_SIGNATURE_LINES:]):
        rest = [lines[later] for later in said[-_SIGNATURE_LINES:] if later > place]
        if len(lines[place]) < _LONGEST_ENDING and _begins_ending(lines[place], rest):
            return lines[:place]
    return _without_disclaimer(lines)


def _begins_ending(line: str, rest: list[str]) -> bool:
    """Whether a line is none of the text's any more, nor what follows it: `rest`."""
    if _is_device(line) and len(rest) <= 6 and all(len(each) < 80 for each in rest):
        return True
    if phrases.RULE.fullmatch(line) and len(rest) <= 10:
        return True
    if phrases.GREEN.fullmatch(line) or phrases.DISCLAIMER_TITLE.fullmatch(line):
        return True
    return phrases.CLOSING.fullmatch(line) is not None and _is_block(line, rest)


def _is_delimiter(line: str, lines: list[str], below: list[int]) -> bool:
    """Whether a signature follows a line; `below`: the next lines with words in them."""
    if len(line) > _LONGEST_DELIMITER:
        return False
    is_short = len(below) <= _SIGNATURE_LINES
    if phrases.DASH.fullmatch(line):
        return is_short and any(_has_contact(lines[place]) for place in below)
    return bool(phrases.DELIMITER.fullmatch(line)) and (is_short or line.strip() == "--")


def _has_contact(line: str) -> bool:
    return bool(_CONTACT.search(line[:_LONGEST_CONTACT]))


def _is_device(line: str) -> bool:
    bare = re.sub(r"\s?[<(\[]+https?://[^\s>)\]]{1,400}[>)\]]+", "", line).strip()
    return len(bare) < 120 and bool(phrases.DEVICE.fullmatch(bare))


def _is_block(closing: str, rest: list[str]) -> bool:
    """Whether a greeting begins a signature: a name and how to reach it, no more of the letter."""
    if len(rest) > 10 or any(len(line) > 100 for line in rest):
        return False
    if phrases.DUTCH_CLOSING.fullmatch(closing.strip(" *_")):
        return True
    return len(rest) > 2 and any(map(_has_contact, rest))


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Takes off a last paragraph that tells whom the letter is not for."""
    start = len(lines)
    while start and lines[start - 1].strip():
        start -= 1
    paragraph = " ".join(lines[start:])[:_LONGEST_DISCLAIMER]
    kinds = sum(bool(pattern.search(paragraph)) for pattern in phrases.DISCLAIMS)
    return lines[:start] if kinds >= 3 and len(paragraph) > 80 else lines
