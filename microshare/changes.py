"""What an edit changed: safe HTML of our own, with the words that came and went marked in it."""

import html
from difflib import SequenceMatcher
from typing import NamedTuple

import regex

_TAG = r'<(?:"[^"]*+"|[^">])*+>'
_PIECE = regex.compile(
    rf"(?P<tag>{_TAG})|(?P<blank>\s++)|(?P<word>[#@]?+[\p{{L}}\p{{M}}\p{{N}}_]++|&[#\w]++;|.)"
)
_BLOCK = regex.compile(r"</?(?:p|li|ul|ol|pre|blockquote|br|hr)\b")
_ALIKE = 0.3  # of two texts that have less in common the whole is marked, not every other word


class Words(NamedTuple):
    """What who does not see the marks hears before a change, and in which language."""

    added: str
    removed: str
    language: str = ""


def marked(before: str, after: str, words: Words, language: str = "") -> str:
    """The safe HTML `after` with what it says anew in `<ins>`; what it says no more of the safe
    HTML `before` stands in `<del>`, as words only, in this language if it is another.

    >>> marked("a <em>small</em> leak", "a large leak", Words("new", "old"))
    'a <del><span class="unseen">(old </span>small<span class="unseen">)</span></del> \
<ins><span class="unseen">(new </span>large<span class="unseen">)</span></ins> leak'
    """
    old, plain = _words(before)
    pieces = list(_PIECE.finditer(after))
    new = [piece["word"] for piece in pieces if piece["word"] is not None]
    fresh: set[int] = set()  # the places of words that came
    gone: dict[int, str] = {}  # what went, by the place of the word that follows it
    matcher = SequenceMatcher(None, [word for word, _, _ in old], new)
    same = matcher.get_matching_blocks() if matcher.ratio() >= _ALIKE else []
    at_old = at_new = 0
    for place, at, size in [*same, (len(old), len(new), 0)]:
        fresh.update(range(at_new, at))
        if place > at_old:
            gone[at_new] = " ".join(plain[old[at_old][1] : old[place - 1][2]].split())
        at_old, at_new = place + size, at + size
    start, stop = _marks("del", words.removed, words, language)
    removed = {place: start + text + stop for place, text in gone.items()}
    return _woven(pieces, fresh, removed, words)


def _words(safe: str) -> tuple[list[tuple[str, int, int]], str]:
    """The words of an HTML and where they stand in its text, and that text."""
    found, plain = [], ""
    for piece in _PIECE.finditer(safe):
        if piece["word"]:
            found.append((piece[0], len(plain), len(plain) + len(piece[0])))
        if piece["tag"] is None:
            plain += piece[0]
        elif _BLOCK.match(piece[0]):
            plain += " "
    return found, plain


def _marks(tag: str, said: str, words: Words, language: str = "") -> tuple[str, str]:
    """What begins and ends a change; who does not see it hears what it is, and where it ends."""
    spoken, ours = (one and f' lang="{one}"' for one in (language, words.language))
    start = f'<{tag}{spoken}><span class="unseen"{ours}>({html.escape(said)} </span>'
    return start, f'<span class="unseen">)</span></{tag}>'


def _woven(
    pieces: list["regex.Match[str]"], fresh: set[int], removed: dict[int, str], words: Words
) -> str:
    start, stop = _marks("ins", words.added, words)
    last = sum(piece["word"] is not None for piece in pieces)
    woven, blank, end, place = "", "", "", 0  # end: of the mark that is open
    for piece in pieces:
        if piece["blank"]:
            blank = piece[0]
            continue
        is_word = piece["word"] is not None
        went = removed.get(place, "") if is_word else ""
        if end and (went or not is_word or place not in fresh):
            woven, end = woven + end, ""
        woven, blank = woven + blank + (went and went + " "), ""
        if is_word and place in fresh and not end:
            woven, end = woven + start, stop
        woven += piece[0]
        place += is_word
        if is_word and place == last in removed:
            woven, end = f"{woven}{end} {removed[last]}", ""
    return woven + end + blank + ("" if last else removed.get(0, ""))
