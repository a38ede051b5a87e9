"""The lines of a digest letter, as HTML and as text: each is made once for all its readers.

Thousands have the same line for the same reason. What differs from reader to reader are addresses;
marks that no post can contain stand in their place until a letter takes the line.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from flask import current_app

from microshare import letter_form, markup, sentences
from microshare.cards import Card, Label
from microshare.digest import Entry
from microshare.interests import Reason
from microshare.letter_form import in_attribute

KEPT = 2000  # lines, of some two kilobytes
SITE, THANK, REPLY, FOLLOW = "\x01", "\x02", "\x03", "\x04"


class Words(NamedTuple):
    """What stands under the lines of one part, in one language."""

    locale: str
    thank: str
    reply: str
    follow: str
    reason: str = ""  # where a line has none of its own


class Said(NamedTuple):
    """A line and what stands under it."""

    html: str
    text: str


def html(items: Sequence[Entry], words: Words, site: str) -> str:
    """The lines of a part of the HTML for one reader."""
    told = []
    for item in items:
        line = said(item, words).html
        line = line.replace(THANK, in_attribute(item.thank))
        line = line.replace(REPLY, in_attribute(item.reply))
        told.append(line.replace(FOLLOW, in_attribute(item.follow)) if item.tag else line)
    return "".join(told).replace(SITE, in_attribute(site))


def text(items: Sequence[Entry], words: Words, site: str) -> str:
    """The lines of a part of the text for one reader, each with a blank line after it."""
    told = []
    for item in items:
        line = said(item, words).text
        told.append(line.replace(FOLLOW, item.follow) if item.tag else line)
    return "".join(told).replace(SITE, site)


def said(item: Entry, words: Words) -> Said:
    """The line as all its readers have it."""
    return _said(item.post, item.reasons[0] if item.reasons else None, item.tag, words)


@lru_cache(KEPT)
def _said(post: Card, reason: Reason | None, tag: Label | None, words: Words) -> Said:
    """The line with its marks."""
    why = sentences.why_in(words.locale, reason) if reason else ""
    module = current_app.jinja_env.get_template("mail/_parts.html").module
    told: str = module.entry(post, reason, why, tag, words)  # type: ignore[attr-defined]
    lines = [
        letter_form.folded(markup.plain_line(post.line), "* ", "  "),
        letter_form.folded(_under(post, why or words.reason), "  "),
        f"  {SITE}/posts/{post.id}",
    ]
    if tag:
        lines.append(f"  {words.follow} #{tag.spelling}: {FOLLOW}")
    return Said(letter_form.inlined_part(str(told)), "\n".join([*lines, "", ""]))


def _under(post: Card, why: str) -> str:
    who = f"{post.author_name}, {post.department_name}"
    return f"{who} ({why})" if why else who
