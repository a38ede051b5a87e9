"""Posts on a terminal, in at most 80 columns; and, for a pipe, one on a line."""

import os
import shutil
import textwrap
from collections.abc import Mapping
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import click

WIDEST = 80  # columns
_BREAKS = ("p", "br", "li", "pre", "blockquote", "ul", "ol", "hr")


class _Text(HTMLParser):
    """The words of HTML, a block a line."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in _BREAKS:
            self.said.append("\n")
        if tag == "li":
            self.said.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def text_of(markup: str) -> str:
    r"""The words of a post's HTML, without signs that could steer a terminal.

    >>> text_of("<p>Noisy <b>&amp;</b> \x1b[31mloud</p><p>more</p>")
    'Noisy &  [31mloud\nmore'
    """
    reading = _Text()
    reading.feed(markup)
    reading.close()
    lines = (" ".join(line.split()) for line in "".join(reading.said).split("\n"))
    return "\n".join(plain(line) for line in lines if line)


def plain(words: str) -> str:
    """One line that steers no terminal."""
    return "".join(c if c.isprintable() else " " for c in words).strip()


def show(status: Mapping[str, Any], *, now: datetime, is_terminal: bool) -> None:
    """Print a post."""
    click.echo(block(status, now) if is_terminal else row(status))


def row(status: Mapping[str, Any]) -> str:
    """A post on a line, with tabs: id, moment, author, line."""
    line, _ = _parts(status)
    author = plain(str(status["account"]["acct"]))
    return f"{status['id']}\t{status['created_at'][:19]}Z\t@{author}\t{line}"


def block(status: Mapping[str, Any], now: datetime) -> str:
    """A post as it is read: who, when and where; the line; the note; the address."""
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    line, note = _parts(status)
    account, ours = status["account"], status.get("microshare") or {}
    place = plain(str((ours.get("department") or {}).get("name", "")))
    at = datetime.fromisoformat(status["created_at"]).astimezone()
    when = f"{at:%H:%M}" if at.date() == now.astimezone().date() else f"{at:%Y-%m-%d %H:%M}"
    who = plain(str(account["display_name"] or account["acct"]))
    head = " · ".join(part for part in (who, when, place) if part)
    said = [_styled(textwrap.shorten(head, width, placeholder="…"), bold=True)]
    said += _wrapped(line, width, "  ")
    for paragraph in note.split("\n") if note else ():
        said += _wrapped(paragraph, width, "  │ ")
    said.append(_styled("  " + plain(str(status["url"])), dim=True))
    return "\n".join(said) + "\n"


def _styled(words: str, **how: bool) -> str:
    """Words with some weight, where the reader and the terminal can do with it (no-color.org)."""
    is_bare = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return words if is_bare else click.style(words, **how)


def _wrapped(words: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        words, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _parts(status: Mapping[str, Any]) -> tuple[str, str]:
    """The line and the note."""
    content = text_of(str(status["content"]))
    if status.get("spoiler_text"):
        return plain(str(status["spoiler_text"])), content
    return plain(content.replace("\n", " ")), ""
