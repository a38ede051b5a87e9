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
    """A line and what stands under it; in the text a blank line follows."""

    html: str
    text: str


def said(items: Sequence[Entry], words: Words, site: str) -> Said:
    """The lines of a part for one reader."""
    html, text = [], []
    for item in items:
        reason = item.reasons[0] if item.reasons else None
        line, plain = _said(item.post, reason, item.tag, words)
        line = line.replace(THANK, in_attribute(item.thank))
        line = line.replace(REPLY, in_attribute(item.reply))
        if item.tag:
            line = line.replace(FOLLOW, in_attribute(item.follow))
            plain = plain.replace(FOLLOW, item.follow)
        html.append(line)
        text.append(plain)
    return Said("".join(html).replace(SITE, in_attribute(site)), "".join(text).replace(SITE, site))


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
