"""The composer on a page of its own, with what was typed: for every view that ends up there."""

from collections.abc import Mapping, Sequence

from flask import render_template, request

from microshare import feeds, photos, revisions
from microshare.models import Post
from microshare.photos import Photo, Said
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


def edit_page(
    post: Post,
    typed: Mapping[str, str] | None = None,
    said: Sequence[Said] = (),
    added: Sequence[tuple[str, str]] = (),
) -> str:
    """The form to edit a post: with what it says, or with what was typed into it before.

    `said` is what was typed of the photos it has; `added`: of others, to be chosen again.
    """
    says = {"line": post.line, "note": post.note, "kind": post.kind} if typed is None else typed
    return render_template(
        "edit.html",
        post=post,
        line=says.get("line", ""),
        note=says.get("note", ""),
        kind=says.get("kind", ""),
        version=revisions.version_of(post),
        had=said_anew(photos.read(post.photos_json), said),
        photos=tuple(added),
    )


def said_anew(shown: Sequence[Photo], said: Sequence[Said]) -> list[tuple[Photo, Said]]:
    """The photos of a post, each with what is said of it anew, or what the post says."""
    anew = {one.name: one for one in said}
    return [
        (photo, anew.get(photo.name) or Said(photo.name, photo.alt, not photo.alt, False))
        for photo in shown
    ]


def typed() -> dict[str, str]:
    """What this form brings of a post; empty without a line."""
    form = request.form
    return {name: form[name] for name in FIELDS if form.get(name)} if form.get("line") else {}
