"""Photos that a form brings: large bodies where they are allowed, and what is read of them."""

from collections.abc import Mapping
from itertools import zip_longest
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from flask import Request, request
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from microshare import media, photos
from microshare.errors import Refused
from microshare.photos import Chosen, Said, Upload

# Four photos at their limit, and as much again to tell who sends more what is wrong with it,
# with the typed text kept. What is over a photo's limit is read and forgotten.
LARGEST_BODY = 2 * photos.LIMIT * media.LARGEST_FILE  # bytes
WITH_PHOTOS = ("posts.publish", "posts.edit")
_BEGINNING = 128 * 1024  # bytes
_IN_MEMORY = 512 * 1024  # bytes; a larger file goes to the disk while it is read


class _Held(SpooledTemporaryFile[bytes]):
    """A file of which no more is held than tells that it is too large."""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        room = media.LARGEST_FILE + 1 - self.tell()
        super().write(data[: max(0, room)])
        return len(data)


class _Texts(MultiPartParser):
    """Reads a multipart form; `is_broken` when one of its texts is no UTF-8."""

    is_broken = False

    def get_part_charset(self, headers: Headers) -> str:
        return "iso-8859-1"  # every byte as it is; the real one is read below

    def parse(
        self, *body: Any
    ) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
        form, files = super().parse(*body)
        return self.cls([(name, self._read(v)) for name, v in form.items(multi=True)]), files

    def _read(self, value: str) -> str:
        raw = value.encode("iso-8859-1")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.is_broken = True
            return raw.decode(errors="replace")


class _Forms(FormDataParser):
    """Tells by `is_broken` of the form whether bytes in it were no text."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        boundary = (options or {}).get("boundary", "")
        if mimetype != "multipart/form-data" or not boundary.isascii():
            return super().parse(stream, mimetype, content_length, options)
        parser = _Texts(
            self.stream_factory, self.max_form_memory_size, self.cls,
            max_form_parts=self.max_form_parts,
        )  # fmt: skip
        try:
            form, files = parser.parse(stream, boundary.encode(), content_length)
        except ValueError:  # no form at all
            return stream, self.cls(), self.cls()
        form.is_broken = parser.is_broken  # type: ignore[attr-defined]
        return stream, form, files


class PhotoRequest(Request):
    """A request whose files are held as far as they can be photos.

    A HEAD is a GET of which the head alone is wanted: to a view that knows a page and its form it
    must never be the form, which nobody sent and whose token was not looked at.
    """

    form_data_parser_class = _Forms

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        if self.method == "HEAD":
            self.method = "GET"

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return cast(IO[bytes], _Held(max_size=_IN_MEMORY))


def allow_photos() -> None:
    """Let the forms that bring photos be large; before any form is read."""
    if request.endpoint in WITH_PHOTOS and request.mimetype == "multipart/form-data":
        request.max_content_length = LARGEST_BODY


def beginning() -> Mapping[str, str]:
    """The texts that a form too large to be read begins with; a browser sends files after them."""
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary:
        return {}
    decoder = MultipartDecoder(boundary.encode(errors="replace"))
    texts: dict[str, bytes] = {}
    try:
        decoder.receive_data(request.environ["wsgi.input"].read(_BEGINNING))
        name = ""
        while not isinstance(event := decoder.next_event(), NeedData | Epilogue | File):
            if isinstance(event, Field):
                name = event.name
            elif isinstance(event, Data):
                texts[name] = texts.get(name, b"") + event.data
    except (ValueError, OSError):  # no form at all, or its sender is gone
        pass
    return {name: text.decode(errors="replace") for name, text in texts.items()}


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
