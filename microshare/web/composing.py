"""The composer on a page of its own, with what was typed: for every view that ends up there."""

from collections.abc import Sequence

from flask import render_template, request

from microshare import feeds
from microshare.web.asked import number, reader

FIELDS = ("line", "note", "reply_to", "key", "kind")  # as `page` takes them


def page(
    line: str,
    note: str,
    reply_to: str,
    key: str,
    kind: str = "",
    *,
    photos: Sequence[tuple[str, str]] = (),
) -> str:
    """For a new post, or a reply to one; `photos`: what was said of each, to be chosen again."""
    parent = None
    if (parent_id := number(reply_to)) is not None:
        parent = next(iter(feeds.of(reader(), [parent_id]).items), None)
    return render_template(
        "compose.html",
        line=line,
        note=note,
        parent=parent,
        reply_to=reply_to,
        key=key,
        kind=kind,
        photos=tuple(photos),
    )


def typed() -> dict[str, str]:
    """What this form brings of a post; empty without a line."""
    form = request.form
    return {name: form[name] for name in FIELDS if form.get(name)} if form.get("line") else {}
