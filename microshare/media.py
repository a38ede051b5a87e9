"""Photos as they come in, made fit to show: checked, turned upright, stripped, shrunk.

Nothing of a file goes on but its pixels: they are written anew, so that no place, no camera, no
colour profile and no second meaning of the file (a script, an archive) is ever stored or served.
"""

import base64
import hashlib
import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import IO

from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from microshare.errors import Refused, Unavailable

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
LARGEST_FILE = 12 * 1024 * 1024  # bytes
LARGEST_AREA = 36_000_000  # pixels; as RGBA they are 144 MB of memory
EDGE, SMALL_EDGES = 2048, (1280, 480)  # the longest edge, in pixels
_PREVIEW_EDGE = 8
_DRAWN = ("PNG", "GIF")  # often screens with letters, which want their colours sharp
# A progressive JPEG is drawn over and over; a small file can ask for that thousands of times.
_MOST_SCANS = 40  # 0.1 s each at 36 megapixels; cameras make ten
# How files begin: a drawing in XML, and the formats above.
_DRAWING = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:svg|\?xml|!doctype svg)", re.I)
_PHOTO = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|....ftyp(?:hei|hev|mif1|msf1)", re.S)
_PATIENCE = 30  # seconds
_LARGEST_PROFILE = 16 * 1024  # bytes; what it says is read by a library in C
# What Pillow and its libraries raise at files that are damaged, by accident or on purpose.
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, AttributeError, ArithmeticError, LookupError,
    EOFError, RuntimeError, MemoryError, struct.error, zlib.error,
)  # fmt: skip
_SRGB = ImageCms.createProfile("sRGB")
# One photo at a time in a process: the memory that large ones take is bounded, whoever sends them.
_turn = BoundedSemaphore()

register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
Image.MAX_IMAGE_PIXELS = LARGEST_AREA
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """A photo that is fit to show. `files` are JPEGs by the ends of their names: `""` the largest,
    `"-480"` the one whose longest edge is 480. `preview` is a blurred WebP of some pixels, base64.
    """

    name: str  # made from the content: the same name is the same picture
    width: int
    height: int
    preview: str
    files: Mapping[str, bytes]


def made(file: IO[bytes], number: int) -> Picture:
    """The picture in this file, or the `Refused` that says what is wrong with it.

    `number` is its place on the post, from 1. A film is its first picture. Takes from 0.1 s for
    what a phone has shrunk to 1 s for 36 megapixels.
    """
    _check_size(file, number)
    if not _turn.acquire(timeout=_PATIENCE):
        raise Unavailable("photos")
    try:
        with _opened(file, number) as image:
            kind = image.format
            upright = _upright(image)
        return _picture(upright, is_drawn=kind in _DRAWN)
    finally:
        _turn.release()


def _check_size(file: IO[bytes], number: int) -> None:
    if file.seek(0, io.SEEK_END) > LARGEST_FILE:
        raise Refused("photo-too-large", number=number, limit=LARGEST_FILE // 1024**2)
    file.seek(0)


@contextmanager
def _opened(file: IO[bytes], number: int) -> Iterator[Image.Image]:
    """The image of a file whose head has been read, and little else."""
    start = file.read(512)
    if _DRAWING.match(start):
        raise Refused("photo-drawing", number=number)
    file.seek(0)
    try:
        try:
            image = Image.open(file, formats=FORMATS)
        except UnidentifiedImageError:
            if _PHOTO.match(start):
                raise Refused("photo-broken", number=number) from None
            raise Refused("photo-unknown", number=number) from None
        with image:
            _check(image, file, number)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("photo-too-many-pixels", number=number, limit=LARGEST_AREA // 10**6) from None
    except _BROKEN:
        raise Refused("photo-broken", number=number) from None


def _check(image: Image.Image, file: IO[bytes], number: int) -> None:
    width, height = image.size
    if width * height > LARGEST_AREA:
        raise Refused("photo-too-many-pixels", number=number, limit=LARGEST_AREA // 10**6)
    if image.format in ("JPEG", "MPO"):
        at = file.tell()
        file.seek(0)
        scans = file.read(LARGEST_FILE).count(b"\xff\xda")
        file.seek(at)
        if scans > _MOST_SCANS:
            raise Refused("photo-broken", number=number)


def _upright(image: Image.Image) -> Image.Image:
    """The pixels, in the colours of every screen, at most 2,048 a side and the right way up."""
    orientation, profile = _orientation(image), image.info.get("icc_profile", b"")
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
    elif image.mode not in ("RGB", "RGBA", "L", "CMYK"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((EDGE, EDGE), reducing_gap=2.0)  # a JPEG is read at a half or a quarter
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    plain = _in_colour(image, profile)
    plain.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(plain)


def _orientation(image: Image.Image) -> int:
    """How the camera was held (EXIF 2.32, 4.6.4); 1 is upright, and told where it is unreadable."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except _BROKEN:
        return 1


def _in_colour(image: Image.Image, profile: bytes) -> Image.Image:
    """In sRGB; the profile of a phone (a few hundred bytes) is heeded, any other dropped."""
    if profile and len(profile) <= _LARGEST_PROFILE:
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(image, theirs, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, *_BROKEN):
            turned = None
        if turned is not None:
            image = turned
    bare = Image.new("RGB", image.size)
    bare.paste(image.convert("RGB"))
    return bare


def _picture(upright: Image.Image, *, is_drawn: bool) -> Picture:
    files = {"": _jpeg(upright, is_drawn)}
    smaller = upright
    for edge in SMALL_EDGES:
        if max(upright.size) > edge:
            smaller = smaller.copy()
            smaller.thumbnail((edge, edge), reducing_gap=2.0)
            files[f"-{edge}"] = _jpeg(smaller, is_drawn)
    name = hashlib.blake2b(files[""], digest_size=10).hexdigest()
    return Picture(name, *upright.size, _preview(smaller), files)


def _jpeg(image: Image.Image, is_drawn: bool) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=82, optimize=True, subsampling=0 if is_drawn else 2)
    return written.getvalue()


def _preview(image: Image.Image) -> str:
    tiny = image.copy()
    tiny.thumbnail((_PREVIEW_EDGE, _PREVIEW_EDGE), reducing_gap=2.0)
    written = io.BytesIO()
    tiny.save(written, "WEBP", quality=30, method=6)
    return base64.b64encode(written.getvalue()).decode()
