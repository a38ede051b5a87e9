"""What a post may say: the line and the note, tidied, counted and taken apart.

The only place that knows these rules; `posts` publishes and edits by them.
"""

from dataclasses import dataclass

import regex

from microshare import config, markup, people, text
from microshare.errors import Refused

LINE_BYTES, NOTE_BYTES = 4096, 16384  # ceilings against endless URLs and marks
TAG_LIMIT, MENTION_LIMIT = 30, 30
_VISIBLE = regex.compile(r"[^\p{C}\p{Z}\p{M}\u2800]")  # U+2800 is a braille cell without dots
KINDS = ("update", "question")


@dataclass(frozen=True)
class Draft:
    """A line and a note that a post may have."""

    line: str
    note: str
    kind: str
    tags: dict[str, str]  # folded name: spelling, in order
    mentioned: dict[str, int]  # folded username: user id

    def columns(self) -> dict[str, str]:
        """What is stored of the text itself, with its safe HTML."""
        return {
            "kind": self.kind,
            "line": self.line,
            "note": self.note,
            "line_html": markup.line_html(self.line, self.mentioned),
            "note_html": markup.note_html(self.note, self.mentioned) if self.note else "",
        }


def drafted(line: str, note: str, kind: str | None, *, is_reply: bool, beside: int = 0) -> Draft:
    """The draft of a post, or the `Refused` that says what its text breaks.

    `kind` overrules the question mark; `beside` tags are not in the text and count too.
    """
    line, note = _checked_line(line), _checked_note(note)
    if kind is not None and kind not in KINDS:
        raise Refused("kind-unknown", kind=kind)
    written = dict(text.written_tags(line) + text.written_tags(note))
    if len(written) + beside > TAG_LIMIT:
        raise Refused("too-many-tags", count=len(written) + beside, limit=TAG_LIMIT)
    names = set(text.mentions(line) + text.mentions(note))
    if len(names) > MENTION_LIMIT:
        raise Refused("too-many-mentions", count=len(names), limit=MENTION_LIMIT)
    # A reply that ends in a question mark asks inside its thread; the board is for the company.
    asks = text.is_question(line) and not is_reply
    return Draft(
        line, note, kind or ("question" if asks else "update"), written, people.known(names)
    )


def _checked_line(line: str) -> str:
    limit = config.current().line_limit
    if len(line) > LINE_BYTES or len(line.encode("utf-8", "replace")) > LINE_BYTES:
        # Counted only so far as it may be: a megabyte of nonsense is not worth a count.
        raise Refused("post-too-large", limit=LINE_BYTES)
    if text.has_control(line):
        raise Refused("post-control")
    line = text.tidy(line)
    count = text.count(line)
    if count == 0 or not _VISIBLE.search(line):
        raise Refused("post-empty")
    if count > limit:
        raise Refused("post-too-long", over=count - limit, limit=limit)
    return line


def _checked_note(note: str) -> str:
    limit = config.current().note_limit
    if len(note) > NOTE_BYTES or len(note.encode("utf-8", "replace")) > NOTE_BYTES:
        raise Refused("note-too-large", limit=NOTE_BYTES)
    if text.has_control(note):
        raise Refused("note-control")
    note = text.tidy_note(note)
    if len(note) > limit:
        raise Refused("note-too-long", over=len(note) - limit, limit=limit)
    return note
