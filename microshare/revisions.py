"""What posts said before they were edited."""

import html
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from microshare import changes, photos, spoken
from microshare.changes import Words
from microshare.db import add_once, db
from microshare.errors import Refused
from microshare.models import Post, Revision


class PhotoThen(NamedTuple):
    """A photo in the history: there, added or removed by that edit, and its description in HTML."""

    happened: str
    alt_html: str
    is_decoration: bool


class Version(NamedTuple):
    """What a post said at a time, as safe HTML, marked with what changed since."""

    written_at: datetime
    language: str
    line_html: str
    note_html: str
    photos: Sequence[PhotoThen]


def keep(post: Post, now: datetime) -> None:
    """What the post says until now becomes a part of its history; `Refused` where another edit of
    the same text was first."""
    if not add_once(
        Revision,
        post_id=post.id,
        version=post.version,
        line=post.line,
        line_html=post.line_html,
        note=post.note,
        note_html=post.note_html,
        photos_json=post.photos_json,
        written_at=written_at(post, of(post)),
        replaced_at=now,
    ):
        raise Refused("edited-meanwhile")


def of(post: Post) -> Sequence[Revision]:
    """What the post said before, oldest first."""
    return db.session.scalars(
        select(Revision).filter_by(post_id=post.id).order_by(Revision.version)
    ).all()


def written_at(post: Post, before: Sequence[Revision]) -> datetime:
    """When the post began to say what it says now, after all `of` it.

    Not the same as when it was edited, which photos that are only described anew are not. A host
    of a version before tells no more than that.
    """
    began = before[-1].replaced_at if before else None
    return began or post.edited_at or post.created_at


def version_of(post: Post) -> int:
    """The version that an editor sees: tags and answers of others do not count as edits."""
    return len(of(post)) + 1


def versions(post: Post, words: Words) -> list[Version]:
    """All that the post said, the newest first; `words` tell changes to who does not see them."""
    before: Post | Revision | None = None
    was = ""
    told: list[Version] = []
    past = of(post)
    says: list[Post | Revision] = [*past, post]
    for one in says:
        line, note = one.line_html, one.note_html
        language = one.language if isinstance(one, Post) else spoken.of(f"{one.line}\n{one.note}")
        if before is not None:
            other = was if was != language else ""
            line = changes.marked(before.line_html, line, words, other)
            note = changes.marked(before.note_html, note, words, other)
        told.append(
            Version(
                written_at(one, past) if isinstance(one, Post) else one.written_at,
                language,
                line,
                note,
                _photos(before, one, words),
            )
        )
        before, was = one, language
    return told[::-1]


def _photos(
    before: Post | Revision | None, one: Post | Revision, words: Words
) -> list[PhotoThen]:
    now = photos.read(one.photos_json)
    alts = {photo.name: photo.alt for photo in photos.read(before.photos_json if before else "")}
    told = [
        PhotoThen(
            "there" if photo.name in alts or before is None else "added",
            changes.marked(
                html.escape(alts.get(photo.name, photo.alt)), html.escape(photo.alt), words
            ),
            not photo.alt,
        )
        for photo in now
    ]
    has = {photo.name for photo in now}
    gone = [alt for name, alt in alts.items() if name not in has]
    return told + [PhotoThen("removed", html.escape(alt), not alt) for alt in gone]
