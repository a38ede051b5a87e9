"""Photos that a form brings: large bodies where they are allowed, and what is read of them."""

from itertools import zip_longest
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from flask import Request, request

from microshare import media, photos
from microshare.errors import Refused
from microshare.photos import Chosen, Said, Upload

# Four photos at their limit, and as much again to tell who sends more what is wrong with it,
# with the typed text kept. What is over a photo's limit is read and forgotten.
LARGEST_BODY = 2 * photos.LIMIT * media.LARGEST_FILE  # bytes
WITH_PHOTOS = ("posts.publish", "posts.edit")
_IN_MEMORY = 512 * 1024  # bytes; a larger file goes to the disk while it is read


class _Held(SpooledTemporaryFile[bytes]):
    """A file of which no more is held than tells that it is too large."""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        room = media.LARGEST_FILE + 1 - self.tell()
        super().write(data[: max(0, room)])
        return len(data)


class PhotoRequest(Request):
    """A request whose files are held as far as they can be photos."""

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return cast(IO[bytes], _Held(max_size=_IN_MEMORY))


def allow_photos() -> None:
    """Let the forms that bring photos be large; before any form is read."""
    if request.endpoint in WITH_PHOTOS and request.mimetype == "multipart/form-data":
        request.max_content_length = LARGEST_BODY


def _fields() -> list[tuple[str, str, IO[bytes] | None]]:
    """What the form says of each photo, in order, and its file if one was chosen."""
    form = request.form
    sent = zip_longest(
        request.files.getlist("photo"), form.getlist("alt"), form.getlist("plain")
    )
    read = [
        (alt or "", plain or "", file.stream if file is not None and file.filename else None)
        for file, alt, plain in sent
    ]
    return [(alt, plain, file) for alt, plain, file in read if file is not None or alt.strip()]


def has_files() -> bool:
    """Whether the form brings any file."""
    return any(file.filename for file in request.files.values())


def words() -> list[tuple[str, str]]:
    """What was typed about each photo: its description, and `1` where it is decoration.

    Fields without a file or a word are none: without a script the form has four of everything.
    """
    return [(alt, plain) for alt, plain, _ in _fields()]


def said() -> list[Said]:
    """What an edit says of the photos that the post has, each by its name."""
    form = request.form
    removed = set(form.getlist("remove"))
    fields = zip(
        form.getlist("kept"), form.getlist("kept_alt"), form.getlist("kept_plain"), strict=False
    )
    return [Said(name, alt, plain == "1", name in removed) for name, alt, plain in fields]


def chosen(first: int = 1) -> list[Chosen]:
    """The photos of this form, fit to show; or the refusal of the first that cannot be.

    `first` is the place on the post of the first one.
    """
    uploads = []
    for number, (alt, plain, file) in enumerate(_fields(), first):
        if file is None:
            raise Refused("photo-missing", number=number)
        uploads.append(Upload(file, alt, plain == "1"))
    return photos.chosen(uploads, first)
