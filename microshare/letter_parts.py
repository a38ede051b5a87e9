"""The lines of a digest letter, as HTML and as text: each is made once for all its readers.

Thousands have the same line for the same reason. What differs from reader to reader are addresses;
marks that no post can contain stand in their place until a letter takes the line.
"""

from functools import lru_cache
from typing import NamedTuple

from flask import current_app
from markupsafe import Markup, escape

from microshare import letter_form, markup, sentences
from microshare.cards import Card, Label
from microshare.digest import Entry
from microshare.interests import Reason

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


def html(item: Entry, words: Words, site: str) -> Markup:
    """A line of the HTML for one reader."""
    told = _said(item.post, item.reasons[0] if item.reasons else None, item.tag, words).html
    for mark, address in ((THANK, item.thank), (REPLY, item.reply), (FOLLOW, item.follow)):
        told = told.replace(mark, escape(address))
    return Markup(told.replace(SITE, escape(site)))  # noqa: S704 - made by our template


def text(item: Entry, words: Words, site: str) -> str:
    """A line of the text for one reader."""
    told = _said(item.post, item.reasons[0] if item.reasons else None, item.tag, words).text
    return told.replace(FOLLOW, item.follow).replace(SITE, site)


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
    return Said(str(told), "\n".join(lines))


def _under(post: Card, why: str) -> str:
    who = f"{post.author_name}, {post.department_name}"
    return f"{who} ({why})" if why else who
