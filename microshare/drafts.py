"""What a post may say: the line and the note, tidied, counted and taken apart.

The only place that knows these rules; `posts` publishes and edits by them, and `bulk` stores by
them what comes in by the thousand.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import regex

from microshare import config, markup, people, spoken, text
from microshare.errors import Forbidden, Refused

LINE_BYTES, NOTE_BYTES = 4096, 16384  # ceilings against endless URLs and marks
TAG_LIMIT, MENTION_LIMIT, KEY_LIMIT = 30, 30, 200
_VISIBLE = regex.compile(r"[^\p{C}\p{Z}\p{M}\u2800]")  # U+2800 is a braille cell without dots
KINDS = ("update", "question")
PAGE_LIMIT = 200  # characters of a client's page


class Via(NamedTuple):
    """The client that a post came by, and the language that it says the post is in."""

    name: str = ""
    page: str = ""
    language: str = ""

    def columns(self) -> dict[str, str]:
        """What is stored of the client; a page of a longer address is none."""
        return {"via": self.name, "via_page": self.page if len(self.page) <= PAGE_LIMIT else ""}


NO_CLIENT = Via()


class Draft(NamedTuple):
    """A line and a note that a post may have."""

    line: str
    note: str
    kind: str
    tags: dict[str, str]  # folded name: spelling, in order
    mentioned: dict[str, int]  # folded username: user id

    def columns(self, language: str = "") -> dict[str, str]:
        """What is stored of the text itself, with its safe HTML and its language: `language` is it
        where the text does not tell."""
        return {
            "kind": self.kind,
            "line": self.line,
            "note": self.note,
            "line_html": markup.line_html(self.line, self.mentioned),
            "note_html": markup.note_html(self.note, self.mentioned) if self.note else "",
            "language": spoken.of(f"{self.line}\n{self.note}") or language,
        }


class Words(NamedTuple):
    """A line and a note that keep the rules, before anybody looked up whom they name."""

    line: str
    note: str
    kind: str
    tags: dict[str, str]  # folded name: spelling, in order
    names: frozenset[str]  # folded usernames, which may be nobody's

    def naming(self, known: Mapping[str, int]) -> Draft:
        """The draft, where these (folded username: user id) are the colleagues."""
        mentioned = {name: known[name] for name in sorted(self.names) if name in known}
        return Draft(self.line, self.note, self.kind, self.tags, mentioned)


def drafted(line: str, note: str, kind: str | None, *, is_reply: bool, beside: int = 0) -> Draft:
    """The draft of a post, or the `Refused` that says what its text breaks.

    `kind` overrules the question mark; `beside` tags are not in the text and count too.
    """
    words = read(line, note, kind, is_reply=is_reply, beside=beside)
    return words.naming(people.known(words.names))


def read(line: str, note: str, kind: str | None, *, is_reply: bool, beside: int = 0) -> Words:
    """As `drafted`, without looking anything up."""
    line, note = _checked_line(line), _checked_note(note)
    if kind is not None and kind not in KINDS:
        raise Refused("kind-unknown", kind=kind)
    written = dict(text.written_tags(line) + text.written_tags(note))
    if len(written) + beside > TAG_LIMIT:
        raise Refused("too-many-tags", count=len(written) + beside, limit=TAG_LIMIT)
    names = frozenset(text.mentions(line) + text.mentions(note))
    if len(names) > MENTION_LIMIT:
        raise Refused("too-many-mentions", count=len(names), limit=MENTION_LIMIT)
    # A reply that ends in a question mark asks inside its thread; the board is for the company.
    asks = text.is_question(line) and not is_reply
    return Words(line, note, kind or ("question" if asks else "update"), written, names)


def may_publish(*, suspended: bool, withdrawn: bool) -> None:
    """Whether somebody may write a post: who is `suspended` not, nor below one `withdrawn`."""
    if suspended:
        raise Forbidden("suspended")
    if withdrawn:
        raise Refused("reply-withdrawn")


def check_key(key: str) -> None:
    """The writer's own key for a post, by which one that is sent twice is known."""
    if len(key) > KEY_LIMIT:
        raise Refused("key-too-long", limit=KEY_LIMIT)


def check_same(first: str, line: str) -> None:
    """Another text under a key that is used, from a page gone back to, is refused.

    `first` is what the post said at first.
    """
    if first != text.tidy(line):
        raise Refused("key-used")


def beside(draft: Draft, tagged: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the (folded, spelling) pairs that are not in the text already."""
    return [pair for pair in tagged if pair[0] not in draft.tags]


def note_html(note: str) -> str:
    """The safe HTML that a note would get; `Refused` as when it is posted."""
    note = _checked_note(note)
    return markup.note_html(note, people.known(text.mentions(note))) if note else ""


def _checked_line(line: str) -> str:
    limit = config.current().line_limit
    if len(line) > LINE_BYTES or len(line.encode("utf-8", "replace")) > LINE_BYTES:
        # Counted only so far as it may be: a megabyte of nonsense is not worth a count.
        raise Refused("post-too-large", limit=LINE_BYTES)
    if text.has_control(line):
        raise Refused("post-control")
    line = text.tidy(line)
    count = text.count(line)
    if count == 0 or not (line[0].isalnum() or _VISIBLE.search(line)):
        raise Refused("post-empty")
    if count > limit:
        raise Refused("post-too-long", over=count - limit, limit=limit)
    return line


def _checked_note(note: str) -> str:
    if not note:
        return ""
    limit = config.current().note_limit
    if len(note) > NOTE_BYTES or len(note.encode("utf-8", "replace")) > NOTE_BYTES:
        raise Refused("note-too-large", limit=NOTE_BYTES)
    if text.has_control(note):
        raise Refused("note-control")
    note = text.tidy_note(note)
    if len(note) > limit:
        raise Refused("note-too-long", over=len(note) - limit, limit=limit)
    return note
