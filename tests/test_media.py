"""Photos made by Pillow, good and bad, as phones and as people with bad intentions send them."""

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from PIL import ExifTags, Image, ImageCms

from microshare import media
from microshare.errors import Refused, Unavailable

Made = Callable[[], bytes]


def photo(width: int = 64, height: int = 32, mode: str = "RGB") -> Image.Image:
    """A photo whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image.convert(mode)


def written(image: Image.Image, kind: str = "JPEG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)  # type: ignore[arg-type]
    return file.getvalue()


def made(content: bytes) -> media.Picture:
    return media.made(io.BytesIO(content), 1)


def shown(picture: media.Picture, end: str = "") -> Image.Image:
    return Image.open(io.BytesIO(picture.files[end]))


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as told:
        made(content)
    assert told.value.facts["number"] == 1
    return told.value.code


def near(colour: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) < 30 for a, b in zip(colour, wanted, strict=True))


RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF"])
def test_what_phones_and_computers_make_becomes_a_jpeg(kind: str) -> None:
    picture = made(written(photo(), kind))
    assert (picture.width, picture.height) == (64, 32)
    image = shown(picture)
    assert (image.format, image.size) == ("JPEG", (64, 32))
    assert near(image.getpixel((8, 16)), RED)
    assert near(image.getpixel((56, 16)), BLUE)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I;16"]
)
def test_every_kind_of_pixel_can_be_shown(mode: str) -> None:
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")
    if mode == "I;16":
        deep = photo(mode="L").convert("I").point(lambda grey: grey * 257)
        image = deep.convert("I;16")
    else:
        image = photo(mode=mode)
    made_of_it = shown(made(written(image, kind)))
    left, right = (made_of_it.getpixel((x, 16)) for x in (8, 56))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left != right
    assert sum(left) < 3 * 250  # nothing is burnt to white


def test_glass_becomes_white_paper() -> None:
    image = photo(mode="RGBA")
    image.putalpha(0)
    assert near(shown(made(written(image, "PNG"))).getpixel((8, 16)), WHITE)


def test_a_film_is_its_first_picture() -> None:
    frames = [photo(), Image.new("RGB", (64, 32), "green")]
    for kind in ("GIF", "WEBP", "PNG"):
        content = written(frames[0], kind, save_all=True, append_images=frames[1:])
        assert near(shown(made(content)).getpixel((8, 16)), RED), kind


def exif(orientation: int) -> Image.Exif:
    told = Image.Exif()
    told[ExifTags.Base.Orientation] = orientation
    told[ExifTags.Base.Make] = "Camera of Ada"
    told.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (52.0, 22.0, 1.0), 3: "E", 4: (4.0, 53.0, 1.0)}
    )
    return told


# What the photo of the test is turned into by how the camera was held: upright it is red where
# the second says, of (left, top) in shares of its size.
TURNED = {
    1: ((64, 32), (0.1, 0.5)), 2: ((64, 32), (0.9, 0.5)), 3: ((64, 32), (0.9, 0.5)),
    4: ((64, 32), (0.1, 0.5)), 5: ((32, 64), (0.5, 0.1)), 6: ((32, 64), (0.5, 0.1)),
    7: ((32, 64), (0.5, 0.9)), 8: ((32, 64), (0.5, 0.9)),
}  # fmt: skip


@pytest.mark.parametrize("orientation", TURNED)
def test_a_photo_is_turned_upright(orientation: int) -> None:
    size, (x, y) = TURNED[orientation]
    picture = made(written(photo(), exif=exif(orientation)))
    assert (picture.width, picture.height) == size
    image = shown(picture)
    assert near(image.getpixel((int(size[0] * x), int(size[1] * y))), RED)
    assert near(image.getpixel((int(size[0] * (1 - x)), int(size[1] * (1 - y)))), BLUE)


def test_a_heic_is_turned_upright_once() -> None:
    held = photo()
    held.info["exif"] = exif(6).tobytes()
    content = written(held, "HEIF")
    assert b"irot" in content  # the format's own word for it
    picture = made(content)
    assert (picture.width, picture.height) == (32, 64)
    assert near(shown(picture).getpixel((16, 6)), RED)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_nothing_tells_where_or_with_what_it_was_taken(kind: str) -> None:
    content = written(
        photo(3000, 1500), kind, exif=exif(6), xmp=b"<x:xmpmeta>52.36 Ada</x:xmpmeta>",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )  # fmt: skip
    assert b"Camera of Ada" in content
    picture = made(content)
    assert set(picture.files) == {"", "-1280", "-480"}
    for end, file in picture.files.items():
        assert b"Ada" not in file
        assert b"Exif" not in file
        image = shown(picture, end)
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_comment_in_a_file_goes_too() -> None:
    assert b"secret" not in made(written(photo(), comment=b"a secret")).files[""]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_an_exif_that_nobody_can_read_spoils_no_photo() -> None:
    content = written(photo(), exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff" + b"\xff" * 40)
    assert (made(content).width, made(content).height) == (64, 32)


def test_the_colours_of_a_phone_become_those_of_every_screen() -> None:
    # A profile whose red and blue are exchanged: whoever heeds it sees the halves exchanged.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {}
    for i in range(struct.unpack_from(">I", profile, 128)[0]):
        name, at, size = struct.unpack_from(">4sII", profile, 132 + 12 * i)
        tags[name] = (132 + 12 * i, at, size)
    for ours, other in ((b"rXYZ", b"bXYZ"), (b"bXYZ", b"rXYZ")):
        struct.pack_into(">II", profile, tags[ours][0] + 4, *tags[other][1:])
    image = shown(made(written(photo(), icc_profile=bytes(profile))))
    assert near(image.getpixel((8, 16)), BLUE)


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200_000])
def test_a_colour_profile_that_is_none_is_dropped(profile: bytes) -> None:
    assert near(shown(made(written(photo(), icc_profile=profile))).getpixel((8, 16)), RED)


def test_large_photos_become_2048_pixels_and_small_ones_stay() -> None:
    large = made(written(photo(4000, 3000)))
    assert (large.width, large.height) == (2048, 1536)
    sizes = {end: shown(large, end).size for end in large.files}
    assert sizes == {"": (2048, 1536), "-1280": (1280, 960), "-480": (480, 360)}
    assert set(made(written(photo(600, 300))).files) == {"", "-480"}
    assert set(made(written(photo(480, 300))).files) == {""}
    thin = made(written(photo(4000, 2), "PNG"))
    assert (thin.width, thin.height) == (2048, 1)


def test_the_preview_is_a_few_bytes_and_a_picture() -> None:
    preview = made(written(photo(4000, 3000))).preview
    assert len(preview) < 400
    image = Image.open(io.BytesIO(base64.b64decode(preview)))
    assert (image.format, max(image.size)) == ("WEBP", 8)


def test_the_name_is_made_of_the_content() -> None:
    one, same, other = (made(written(photo(width))).name for width in (64, 64, 66))
    assert one == same != other


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("photo.jpg", written(photo()))
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of some kilobytes that says it is this large, all black."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + chunk(b"IEND", b""))


def text_bomb() -> bytes:
    """A PNG whose comment unpacks to a hundred megabytes."""
    content = written(photo(), "PNG")
    comment = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 100_000_000))
    return content[:33] + comment + content[33:]


def scan_bomb() -> bytes:
    """A progressive JPEG that is to be drawn thousands of times."""
    content = written(photo(256, 256), progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * 5000 + content[-2:]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: b"", "photo-unknown"),
        (lambda: b"\xff\xd8\xff", "photo-broken"),
        (lambda: b"just words", "photo-unknown"),
        (archive, "photo-unknown"),
        (lambda: b"%PDF-1.7\n", "photo-unknown"),
        (lambda: b"<html><script>alert(1)</script>", "photo-unknown"),
        (lambda: written(photo(), "TIFF"), "photo-unknown"),
        (lambda: written(photo(), "BMP"), "photo-unknown"),
        (lambda: written(photo(), "EPS"), "photo-unknown"),
        (lambda: b"GIF89a/*\x00\x00\x00*/=1;alert(1)//", "photo-broken"),
        (lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "photo-drawing"),
        (lambda: b'\xef\xbb\xbf  <?xml version="1.0"?><svg/>', "photo-drawing"),
        (lambda: written(photo(500, 500))[:2000], "photo-broken"),
        (lambda: written(photo(900, 500), "PNG")[:-60], "photo-broken"),
        (lambda: written(photo(500, 500), "WEBP")[:-50], "photo-broken"),
        (lambda: written(photo(500, 500), "HEIF")[:-50], "photo-broken"),
        (lambda: written(Image.effect_noise((90, 90), 90), "GIF")[:300], "photo-broken"),
        (text_bomb, "photo-broken"),
        (scan_bomb, "photo-broken"),
        (lambda: png_bomb(50_000, 50_000), "photo-too-many-pixels"),
        (lambda: png_bomb(2**31 - 1, 2**31 - 1), "photo-too-many-pixels"),
        (lambda: png_bomb(7000, 6000), "photo-too-many-pixels"),
        (lambda: written(photo(8000, 5000), quality=10), "photo-too-many-pixels"),
        (lambda: b"\xff" * (media.LARGEST_FILE + 1), "photo-too-large"),
    ],
)
def test_what_is_no_photo_is_refused_with_its_own_code(content: Made, code: str) -> None:
    assert refusal(content()) == code


def test_of_a_file_that_is_two_things_only_the_pixels_stay() -> None:
    script = b"*/=1;alert(document.cookie)//"
    content = written(photo(), "GIF") + script
    jar = written(photo()) + archive()
    for two in (content, jar):
        file = made(two).files[""]
        assert b"alert" not in file
        assert b"PK\x03\x04" not in file


def test_who_waits_too_long_for_the_others_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "_PATIENCE", 0.01)
    with media._turn, pytest.raises(Unavailable) as told:
        made(written(photo()))
    assert told.value.code == "photos"
    assert made(written(photo())).width == 64  # the turn was given back
