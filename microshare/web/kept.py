"""Parts of pages that stay the same for many readers, kept as they were rendered.

A page shows thirty posts, and the same posts are shown to everybody: rendering them is most of the
time that a page takes. A part is a template that sees nothing but the facts it is given, and the
facts are its key. So what is kept is never stale: other facts are another part.
"""

from collections.abc import Callable, Hashable
from datetime import tzinfo
from functools import lru_cache

from flask import Flask
from flask_babel import get_locale, get_timezone
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from microshare import markup
from microshare.cards import Card
from microshare.feeds import Item
from microshare.web import moments

KEPT = 6000  # parts, of a kilobyte or two

Spoken = tuple[str, tzinfo]  # the language and the zone of a reader
Facts = tuple[tuple[str, Hashable], ...]
Matcher = Callable[[str], bool]


def init_app(app: Flask) -> None:
    """Give templates `kept` and `post_item`."""
    parts = _Parts(app)
    app.jinja_env.globals.update(kept=parts.kept, post_item=parts.post_item)


def spoken() -> Spoken:
    """In which language and zone this answer is."""
    return str(get_locale()), get_timezone()


def _spoken(context: Context) -> Spoken:
    known: Spoken | None = context.get("spoken")  # asked once a page, not once a part
    return known or spoken()


class _Parts:
    """The parts of one application."""

    def __init__(self, app: Flask) -> None:
        self._environment = app.jinja_env
        self._once = lru_cache(KEPT)(self._rendered)

    def _rendered(self, template: str, spoken: Spoken, facts: Facts) -> Markup:
        said = self._environment.get_template(f"partials/{template}.html").render(facts)
        return Markup(said.strip())  # noqa: S704

    @pass_context
    def kept(self, context: Context, template: str, **facts: Hashable) -> Markup:
        """The part that this template makes of these facts: plain values, no markup."""
        return self._once(template, _spoken(context), tuple(facts.items()))

    @pass_context
    def post_item(
        self,
        context: Context,
        item: Item,
        matcher: Matcher | None = None,
        thread: int = 0,
        is_current: bool = False,
        is_anchored: bool = False,
        extra: str = "",
    ) -> Markup:
        """A post, in every list the same.

        `matcher` marks what a search found; in its own `thread` a post does not repeat that it
        replies to the first one; `extra` is markup before its buttons.
        """
        card, reader_id, spoken = item.post, context["reader_id"], _spoken(context)
        parent = card.reply_to
        facts: Facts = (
            ("card", card),
            ("told", moments.told(card.created_at, context["now"], *spoken)),
            ("is_reply", parent is not None and parent.id != thread),
            ("is_current", is_current),
            ("is_anchored", is_anchored),
        )
        if matcher is None:
            parts = [self._once("_card", spoken, facts)]
        else:  # marked for this search alone
            parts = [self._rendered("_card", spoken, facts + _marked(card, matcher))]
        if card.is_tagged_on:
            parts.append(self._once("_tagged_on", spoken, _tagged_on(card, context)))
        if item.reasons:
            parts.append(self._once("_reasons", spoken, (("reasons", item.reasons),)))
        parts += [Markup(extra), self._once("_actions", spoken, _acts(item, reader_id))]  # noqa: S704
        return Markup("").join(parts)


def _marked(card: Card, matcher: Matcher) -> Facts:
    marked = {"line": card.line_html, "note": card.note_html}
    return tuple(
        (name, Markup(markup.highlight(html, matcher)))  # noqa: S704
        for name, html in marked.items()
    )


def _tagged_on(card: Card, context: Context) -> Facts:
    reader_id: int = context["reader_id"]
    may_all = card.author_id == reader_id or context["current_user"].manages
    ties = tuple(tie for tie in card.tags if tie.added_by)
    return ("id", card.id), ("ties", ties), ("may", "all" if may_all else reader_id)


def _acts(item: Item, reader_id: int) -> Facts:
    card = item.post
    return (
        ("id", card.id),
        ("replies", card.reply_count),
        ("thanks", card.thanks_count),
        ("author", "" if card.author.id == reader_id else card.author.name),
        ("thanked", item.thanked),
        ("saved", item.saved),
    )
