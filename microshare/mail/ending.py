"""The end of what somebody wrote: signature, disclaimer, `Sent from my iPhone`, all taken off."""

import re

from microshare.mail import phrases

_SIGNATURE_LINES = 14  # with words in them; a longer text under two dashes is one
_CONTACT = re.compile(
    r"(?i)(?:\+|\b00)?\(?\d[\d ()./-]{6,}\d|[^\s@]+@[^\s@]+\.\w|\bwww\.|https?://|"
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
    lines = _stripped(list(lines))
    while True:
        shorter = _stripped(_without_ending(lines))
        if len(shorter) == len(lines):
            return lines
        lines = shorter


def _stripped(lines: list[str]) -> list[str]:
    first, last = 0, len(lines)
    while first < last and not lines[first].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return lines[first:last]


def _without_ending(lines: list[str]) -> list[str]:
    for place, line in enumerate(lines):
        if _is_delimiter(line, lines[place + 1 :]):
            return lines[:place]
    said = [place for place, line in enumerate(lines) if line.strip()]
    for place in reversed(said[-_SIGNATURE_LINES:]):
        if _begins_ending(lines[place], [lines[later] for later in said if later > place]):
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


def _is_delimiter(line: str, below: list[str]) -> bool:
    said = [each for each in below if each.strip()]
    if phrases.DASH.fullmatch(line):
        return len(said) <= _SIGNATURE_LINES and any(_CONTACT.search(each) for each in said)
    is_one = phrases.DELIMITER.fullmatch(line) is not None
    return is_one and (len(said) <= _SIGNATURE_LINES or line.strip() == "--")


def _is_device(line: str) -> bool:
    bare = re.sub(r"\s?[<(\[]+https?://[^\s>)\]]{1,400}[>)\]]+", "", line).strip()
    return len(bare) < 120 and bool(phrases.DEVICE.fullmatch(bare))


def _is_block(closing: str, rest: list[str]) -> bool:
    """Whether a greeting begins a signature: a name and how to reach it, no more of the letter."""
    if len(rest) > 10 or any(len(line) > 100 for line in rest):
        return False
    if phrases.DUTCH_CLOSING.fullmatch(closing.strip(" *_")):
        return True
    return len(rest) > 2 and any(_CONTACT.search(line) for line in rest)


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Takes off a last paragraph that tells whom the letter is not for."""
    start = len(lines)
    while start and lines[start - 1].strip():
        start -= 1
    paragraph = " ".join(lines[start:])
    kinds = sum(bool(pattern.search(paragraph[:4000])) for pattern in phrases.DISCLAIMS)
    return lines[:start] if kinds >= 3 and len(paragraph) > 80 else lines
