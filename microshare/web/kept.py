"""Parts of pages that stay the same for many readers, kept as they were rendered.

A page shows thirty posts, and the same posts are shown to everybody: rendering them is most of the
time that a page takes. A part is a template that sees nothing but the facts it is given, and the
facts are its key. So what is kept is never stale: other facts are another part.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import NamedTuple

from flask import Flask, g
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from microshare import markup
from microshare.cards import Card
from microshare.feeds import Item
from microshare.web import moments
from microshare.web.looking import Looking, Spoken, spoken

KEPT = 5000  # parts, and as many posts put together of them, of a kilobyte or two

_ID = "{id}"  # stands for the id of a post, and in no template

Facts = tuple[tuple[str, Hashable], ...]
Matcher = Callable[[str], bool]


def init_app(app: Flask) -> None:
    """Give templates `kept`, `post_item` and `post_items`."""
    parts = _Parts(app)
    app.jinja_env.globals.update(
        kept=parts.kept, post_item=parts.post_item, post_items=parts.post_items
    )


def _spoken(context: Context) -> Spoken:
    known: Looking | None = context.get("looking") or g.get("looking")  # macros see the latter
    return known.spoken if known else spoken()


class _Look(NamedTuple):
    """How a post looks to a reader, beside what it says and what the reader did with it."""

    spoken: Spoken
    told: str  # when it was written, in words
    is_own: bool = False
    may_take_off: str | int = 0  # whose tags the reader may take off: all, or those of this id
    is_reply: bool = False  # it shows to what
    is_current: bool = False
    is_anchored: bool = False


class _Parts:
    """The parts of one application."""

    def __init__(self, app: Flask) -> None:
        self._environment = app.jinja_env
        self._once = lru_cache(KEPT)(self._rendered)
        self._post = lru_cache(KEPT)(self._put_together)

    def _rendered(self, template: str, spoken: Spoken, facts: Facts) -> Markup:
        said = self._environment.get_template(f"partials/{template}.html").render(facts)
        return Markup(said.strip())  # noqa: S704

    @pass_context
    def kept(self, context: Context, template: str, **facts: Hashable) -> Markup:
        """The part that this template makes of these facts: plain values, no markup."""
        return self._once(template, _spoken(context), tuple(facts.items()))

    def post_items(
        self,
        looking: Looking,
        items: Iterable[Item],
        matcher: Matcher | None = None,
        read_up_to: int = 0,
        is_below: bool = False,
    ) -> Markup:
        """The posts of a list, with a line between those that are newer than `read_up_to`, 0 for
        none, and the others. `is_below`: newer posts stand on the page before this one.

        `matcher` marks what a search found.
        """
        spoken = looking.spoken
        parts: list[str] = []
        for item in items:
            card = item.post
            if read_up_to:
                if is_below and card.id <= read_up_to:
                    parts.append(self._once("_left_off", spoken, ()))
                is_below = card.id > read_up_to
            look = _Look(
                spoken,
                moments.told(card.created_at, looking.now, *spoken),
                card.author_id == looking.reader_id,
                looking.may_take_off() if card.is_tagged_on else 0,
                card.reply_to_id is not None,
            )
            parts.append(self._post(item, look) if matcher is None else
                         self._put_together(item, look, matcher))  # fmt: skip
        return Markup("\n".join(parts))  # noqa: S704

    def post_item(
        self,
        looking: Looking,
        item: Item,
        thread: int | None,
        is_current: bool = False,
        extra: str = "",
    ) -> Markup:
        """A post in its thread, where it does not repeat that it replies to the post `thread`.

        `extra` is markup before its buttons.
        """
        card, spoken = item.post, looking.spoken
        look = _Look(
            spoken,
            moments.told(card.created_at, looking.now, *spoken),
            card.author_id == looking.reader_id,
            looking.may_take_off() if card.is_tagged_on else 0,
            card.reply_to_id not in (None, thread),
            is_current,
            is_anchored=True,
        )
        return self._put_together(item, look, extra=extra) if extra else self._post(item, look)

    def _put_together(
        self, item: Item, look: _Look, matcher: Matcher | None = None, extra: str = ""
    ) -> Markup:
        card, spoken = item.post, look.spoken
        facts: Facts = (
            ("card", card),
            ("told", look.told),
            ("is_reply", look.is_reply),
            ("is_current", look.is_current),
            ("is_anchored", look.is_anchored),
        )
        parts: list[str] = [self._once("_card", spoken, facts)]
        if matcher is not None:
            parts = [_marked(parts[0], card, matcher)]
        if card.is_tagged_on:
            may = "all" if look.is_own else look.may_take_off
            ties = tuple(tie for tie in card.tags if tie.added_by_id)
            on: Facts = ("id", card.id), ("ties", ties), ("may", may)
            parts.append(self._once("_tagged_on", spoken, on))
        if item.reasons:
            parts.append(self._once("_reasons", spoken, (("reasons", item.reasons),)))
        # The same for many posts but for the id in it, which takes a hundredth of rendering it.
        acts = str(self._once("_actions", spoken, _acts(item, look.is_own)))
        acts = acts.replace(_ID, str(card.id))
        return Markup("".join((*parts, extra, acts)))  # noqa: S704


def _marked(said: str, card: Card, matcher: Matcher) -> str:
    """The kept part of a post, with what this search found marked in its line and its note."""
    said = str(said)  # no markup for a moment, that what is put in stays as it is
    for place, html in ('<p class="line"', card.line_html), ('<div class="prose"', card.note_html):
        if html and (at := said.find(place)) >= 0:
            inside = said.index(">", at) + 1
            found = said[inside:].replace(html, markup.highlight(html, matcher), 1)
            said = said[:inside] + found
    return said


def _acts(item: Item, is_own: bool) -> Facts:
    card = item.post
    return (
        ("id", _ID),
        ("replies", card.reply_count),
        ("thanks", card.thanks_count),
        ("is_own", is_own),
        ("thanked", item.thanked),
        ("saved", item.saved),
    )
