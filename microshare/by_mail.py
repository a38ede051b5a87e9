"""What a letter says, as a post says it: one line, a note, and what fitted into neither.

Nothing here asks a database or a clock. The rules of a post stay in `drafts`; this cuts a letter so
that it keeps them, and says what was cut, so that the sender gets it back and nothing is lost.
"""

from dataclasses import dataclass

import regex

from microshare import config, drafts, text

ELLIPSIS = "…"
_LONGEST_SENTENCE = 2000  # characters; a longer one is cut in any case
_GREETING = regex.compile(
    r"(?i)\s*(?:hoi|hallo|hai|hi|hello|hey|heey|dag|beste|lieve|geachte|dear|ls|l\.s\.|all(?:en)?"
    r"|goede?n?\s?(?:morgen|middag|avond|dag)|good\s(?:morning|afternoon|evening|day)"
    r"|collega'?s|colleagues|team)\b[^\n.!?:;\d]{0,60}[,!.]?[ \t]*(?:\n|$)"
)
# Where a sentence ends: its mark, what closes behind it, and a blank before what begins the next.
_STOP = regex.compile(r"[.!?…。！？؟]++[\"'”’»)\]]*+(?=\s|$)|\n\s*\n|$")
# A full stop behind these ends no sentence.
_NO_END = regex.compile(r"""(?xi) (?:^|[\s(]) (?: \p{L} | \p{L}(?:\.\p{L})+
    | bijv|bv|ca|dhr|mevr|mw|nrs?|tel|incl|excl|max|min|resp|evt|ivm|afd|art|ing|ir|drs?|mrs?|ms
    | prof|st|vs|approx|fig|no|jan|feb|mrt|apr|jun|jul|aug|sept?|okt|oct|nov|dec ) \.$""")
_BREAKS = (regex.compile(r"\n\s*\n"), regex.compile(r"\n|(?<=[.!?…])\s"), regex.compile(r"\s"))


@dataclass(frozen=True)
class Said:
    """The parts of a letter. `rest` is what did not fit into the note, to be sent back."""

    line: str
    note: str
    rest: str
    kind: str | None = None  # where the mark of a question was cut off with the line's end


def post(subject: str, body: str) -> Said:
    """A letter to everyone: its subject is the line, what it says is the note.

    A subject that is too long is cut at a word and opens the note whole. Without a subject the
    first sentence is the line. `subject` comes without Re: and the like.
    """
    subject, body = text.tidy(text.visible(subject)), text.tidy_note(text.visible(body))
    if not subject:
        return reply(body)
    if fits(subject):
        return _said(subject, body)
    kind = "question" if text.is_question(subject) else None
    return _said(cut(subject), f"{subject}\n\n{body}", kind)


def reply(body: str) -> Said:
    """A letter without a subject of its own: the line if it fits, else its first sentence."""
    body = text.tidy_note(text.visible(body))
    whole = text.tidy(body)
    if fits(whole):
        return Said(whole, "", "")
    sentence, others = first_sentence(body)
    if fits(sentence):
        return _said(sentence, others)
    return _said(cut(sentence), body, "question" if text.is_question(sentence) else None)


def proposal(subject: str, body: str) -> Said:
    """What could be said of a letter to others: its subject, and its first words while they fit."""
    subject, body = text.tidy(text.visible(subject)), text.tidy_note(text.visible(body))
    sentence, _ = first_sentence(body)
    parts = [part for part in (subject.rstrip(" :"), sentence) if part]
    whole = ": ".join(parts)
    if not fits(whole):
        return _said(cut(whole), body)
    return _said(whole, "" if sentence == text.tidy(body) else body)


def _said(line: str, note: str, kind: str | None = None) -> Said:
    kept, rest = split_note(text.tidy_note(note))
    return Said(line, kept, rest, kind)


def fits(line: str) -> bool:
    """Whether it may be the line of a post, by the one rule of counting."""
    is_small = len(line.encode("utf-8", "replace")) <= drafts.LINE_BYTES
    return is_small and text.count(line) <= config.current().line_limit


def cut(line: str) -> str:
    """The first words of a line that fit, with an ellipsis; a word alone is cut between letters.

    >>> from flask import Flask
    >>> app = Flask("x")
    >>> app.config["MICROSHARE"] = config.Settings(line_limit=20)
    >>> with app.app_context():
    ...     cut("The quieter seal was tested"), cut("Donaudampfschifffahrtsgesellschaft")
    ('The quieter seal…', 'Donaudampfschifffah…')
    """
    words = text.tidy(line).split(" ")
    # No more words can fit than there are characters in a line.
    shown = words[: config.current().line_limit]
    while shown and not fits(_closed(" ".join(shown))):
        shown.pop()
    if shown:
        return _closed(" ".join(shown))
    letters = regex.findall(r"\X", words[0])[: config.current().line_limit - 1]
    while letters and not fits("".join(letters) + ELLIPSIS):
        letters.pop()
    return "".join(letters) + ELLIPSIS


def _closed(words: str) -> str:
    return words.rstrip(" ,;:.-–—…") + ELLIPSIS


def first_sentence(body: str) -> tuple[str, str]:
    """The first sentence of a text, tidied, and the text without it; a greeting is none.

    >>> first_sentence("Hi all,\\n\\nIt takes ca. 3 weeks. Plan for it.")
    ('It takes ca. 3 weeks.', 'Hi all,\\n\\nPlan for it.')
    """
    greeting = _GREETING.match(body)
    start = greeting.end() if greeting and body[greeting.end() :].strip() else 0
    end = len(body)
    for stop in _STOP.finditer(body, start, start + _LONGEST_SENTENCE):
        said = body[start : stop.start()].strip()
        if said and not _goes_on(body[start : stop.end()]):
            end = stop.end()
            break
    before = body[:start].strip()
    behind = body[end:].strip()
    others = f"{before}\n\n{behind}" if before and behind else behind
    return text.tidy(body[start:end]), others


def _goes_on(said: str) -> bool:
    """Whether the full stop that these words end in belongs to a short form."""
    return bool(_NO_END.search(said[-20:]))


def split_note(note: str) -> tuple[str, str]:
    """As much of a note as may be kept, up to a paragraph, a sentence or a word; and the rest.

    >>> from flask import Flask
    >>> app = Flask("x")
    >>> app.config["MICROSHARE"] = config.Settings(note_limit=20)
    >>> with app.app_context():
    ...     split_note("One and two.\\n\\nThree and four.")
    ('One and two.', 'Three and four.')
    """
    limit = config.current().note_limit
    head = note[:limit]
    while len(head.encode("utf-8", "replace")) > drafts.NOTE_BYTES:
        head = head[: len(head) * 3 // 4]
    if head == note:
        return note, ""
    at = _break(note, len(head))
    kept = text.tidy_note(note[:at])
    return kept, text.tidy_note(note[at:].lstrip())


def _break(note: str, limit: int) -> int:
    """The best place to cut within the limit: never so early that most of the note is lost."""
    for pattern in _BREAKS:
        last = max((found.start() for found in pattern.finditer(note, 0, limit + 1)), default=0)
        if last > limit // 2:
            return int(last)
    at = limit
    while at > limit // 2 and regex.match(r"\X", note, pos=at - 1).end() != at:
        at -= 1  # not between a letter and its marks
    return at
