"""Photos on posts: up to four, each described or marked as decoration.

What a list tells of them is one value of the post's own row, so that a card needs no look for its
photos. The files are rows of their own, which only a page that shows a photo asks for.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import IO, NamedTuple

import regex
from sqlalchemy import delete, insert, select

from microshare import media
from microshare.db import db
from microshare.errors import Missing, Refused
from microshare.media import Picture
from microshare.models import PhotoFile, Post
from microshare.text import tidy

LIMIT = 4  # photos on a post
ALT_LIMIT = 500  # characters
_HIDDEN = regex.compile(r"[\p{Cc}\p{Cs}\p{NChar}\u202d\u202e]+")


class Photo(NamedTuple):
    """A photo as it is shown; sizes in pixels. Without `alt` it is decoration."""

    name: str
    width: int
    height: int
    alt: str
    preview: str  # a blurred WebP of some pixels, base64

    @property
    def number(self) -> int:
        """What its name writes: the id by which clients name a photo of a post."""
        return int(self.name, 16)

    def within(self, width: int, height: int) -> tuple[int, int]:
        """The size at which it fits, never larger than it is.

        >>> Photo("x", 2048, 1024, "", "").within(640, 480)
        (640, 320)
        """
        share = min(1, width / self.width, height / self.height)
        return max(1, round(self.width * share)), max(1, round(self.height * share))

    def sources(self) -> list[tuple[str, int]]:
        """The smaller files that there are, and their widths, the smallest first.

        >>> Photo("x", 1000, 2000, "", "").sources()
        [('x-480', 240), ('x-1280', 640)]
        """
        longest = max(self.width, self.height)
        return [
            (f"{self.name}-{edge}", max(1, round(self.width * edge / longest)))
            for edge in reversed(media.SMALL_EDGES)
            if longest > edge
        ]


@dataclass(frozen=True)
class Upload:
    """A file that a writer sends, and what they say of it."""

    file: IO[bytes]
    alt: str
    is_decoration: bool


class Said(NamedTuple):
    """What its writer says anew of a photo that a post has."""

    name: str
    alt: str
    is_decoration: bool
    is_removed: bool


@dataclass(frozen=True)
class Chosen:
    """A photo that a post may have."""

    picture: Picture
    alt: str

    @property
    def shown(self) -> Photo:
        one = self.picture
        return Photo(one.name, one.width, one.height, self.alt, one.preview)


def chosen(uploads: Sequence[Upload], first: int = 1) -> list[Chosen]:
    """The photos of these files, fit to show; or the `Refused` that says what is wrong with one.

    `first` is the place on the post of the first one.

    Takes a second or so for a photo: never inside `saving()`.
    """
    if len(uploads) > LIMIT:
        raise Refused("too-many-photos", count=len(uploads), limit=LIMIT)
    alts = [_alt(upload, number) for number, upload in enumerate(uploads, first)]
    pictures = [media.made(upload.file, number) for number, upload in enumerate(uploads, first)]
    return [Chosen(picture, alt) for picture, alt in zip(pictures, alts, strict=True)]


def _alt(upload: Upload | Said, number: int) -> str:
    return "" if upload.is_decoration else checked_alt(upload.alt, number)


def checked_alt(alt: str, number: int) -> str:
    """What is said of the photo at this place, as it is kept; `Refused` where it says nothing."""
    alt = tidy(_HIDDEN.sub(" ", alt))
    if not alt:
        raise Refused("photo-undescribed", number=number)
    if len(alt) > ALT_LIMIT:
        raise Refused("alt-too-long", number=number, over=len(alt) - ALT_LIMIT, limit=ALT_LIMIT)
    return alt


def changed(
    photos: Iterable[Photo], said: Iterable[Said], added: Sequence[Chosen]
) -> list[Photo | Chosen]:
    """The photos of a post after an edit: those it had, as is said of them now, and more.

    Of which nothing is said stays as it is.
    """
    words = {one.name: (number, one) for number, one in enumerate(said, 1)}
    kept: list[Photo | Chosen] = []
    for photo in photos:
        number, new = words.get(photo.name, (0, None))
        if new is None:
            kept.append(photo)
        elif not new.is_removed:
            kept.append(photo._replace(alt=_alt(new, number)))
    if len(kept) + len(added) > LIMIT:
        raise Refused("too-many-photos", count=len(kept) + len(added), limit=LIMIT)
    return kept + list(added)


def told(photos: Iterable[Photo | Chosen]) -> str:
    """What the row of a post tells of its photos; nothing where it has none."""
    shown = [one.shown if isinstance(one, Chosen) else one for one in photos]
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")) if shown else ""


def saying(photo: Photo | Chosen, alt: str, number: int) -> Photo | Chosen:
    """The photo at this place, described anew; an empty description marks it as decoration."""
    alt = checked_alt(alt, number) if alt.strip() else ""
    return replace(photo, alt=alt) if isinstance(photo, Chosen) else photo._replace(alt=alt)


def are_the_same(told: str, other: str) -> bool:
    """Whether two such values tell of the same photos in the same order, however described."""
    return [one.name for one in read(told)] == [one.name for one in read(other)]


def read(told: str) -> tuple[Photo, ...]:
    """The photos of which such a row tells, in order."""
    return tuple(Photo._make(one) for one in json.loads(told)) if told else ()


def store(post_id: int, photos: Iterable[Chosen]) -> None:
    """Keep the files of a new post's photos; one that it has twice is kept once."""
    files = {
        one.picture.name + end: content
        for one in photos
        for end, content in one.picture.files.items()
    }
    if files:
        db.session.execute(
            insert(PhotoFile),
            [{"name": n, "post_id": post_id, "content": content} for n, content in files.items()],
        )


def store_anew(post: Post, photos: Sequence[Photo | Chosen]) -> None:
    """Give a post these photos: keep the files of those that it had not yet, and no more those
    of the ones it has no more."""
    had = {one.name for one in read(post.photos_json)}
    added = [one for one in photos if isinstance(one, Chosen) and one.picture.name not in had]
    has = {one.shown.name if isinstance(one, Chosen) else one.name for one in photos}
    gone = [
        name + end
        for name in had - has
        for end in ("", *(f"-{edge}" for edge in media.SMALL_EDGES))
    ]
    if gone:
        db.session.execute(
            delete(PhotoFile).where(PhotoFile.post_id == post.id, PhotoFile.name.in_(gone))
        )
    store(post.id, added)
    post.photos_json = told(photos)


def content(name: str) -> bytes:
    """The JPEG of this name, or `Missing`: also where every post that has it is withdrawn."""
    found = db.session.scalar(
        select(PhotoFile.content)
        .join(Post, Post.id == PhotoFile.post_id)
        .where(PhotoFile.name == name, Post.withdrawn_at.is_(None))
        .limit(1)
    )
    if found is None:
        raise Missing("photo")
    return found
