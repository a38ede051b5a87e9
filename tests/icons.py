"""Draws the icons of the installed app from the product's SVG: `python -m tests.icons`.

As much of SVG as that drawing has: a rounded rectangle, and lines and quarter circles with a
round pen. A maskable icon fills its square, for the phone cuts the shape; the drawing stands
inside the circle that every phone shows.
"""

import math
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

STATIC = Path(__file__).parent.parent / "microshare" / "static"
SIZES = (192, 512)
STEPS = 8  # straight lines of a quarter circle
Point = complex
Line = tuple[Point, Point]


def main() -> None:
    for size in SIZES:
        for kind in ("", "maskable-"):
            path = STATIC / f"icon-{kind}{size}.png"
            path.write_bytes(png(size, rows(size, fills=kind == "maskable-")))


def rows(size: int, *, fills: bool) -> list[bytes]:
    """The pixels as rows of red, green, blue and how much covers."""
    root = ElementTree.parse(STATIC / "favicon.svg").getroot()
    (rect, pen) = list(root)
    side, corner = float(rect.get("width", "")), 0 if fills else float(rect.get("rx", ""))
    half_pen = float(pen.get("stroke-width", "")) / 2
    lines = [line for path in pen for line in drawn(path.get("d", ""))]
    ground, ink = colour(rect.get("fill", "")), colour(pen.get("stroke", ""))
    scale = size / side
    made = []
    for y in range(size):
        row = bytearray()
        for x in range(size):
            at = complex(x + 0.5, y + 0.5) / scale
            covered = 1 if fills else share(outside(at, side / 2, corner) * scale)
            inked = share((min(distance(at, line) for line in lines) - half_pen) * scale)
            row += bytes(round(g + (i - g) * inked) for g, i in zip(ground, ink, strict=True))
            row.append(round(255 * covered))
        made.append(bytes(row))
    return made


def colour(written: str) -> tuple[int, int, int]:
    """Red, green and blue of `#fff` or `#0b6e63`."""
    digits = written[1:] if len(written) == 7 else "".join(2 * digit for digit in written[1:])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def share(distance: float) -> float:
    """How much of a pixel lies inside an edge that is this many pixels away."""
    return min(1.0, max(0.0, 0.5 - distance))


def outside(at: Point, half: float, corner: float) -> float:
    """How far a point lies outside a rounded square around (half, half); negative inside."""
    across, down = (abs(v - half) - half + corner for v in (at.real, at.imag))
    return math.hypot(max(across, 0), max(down, 0)) + min(max(across, down), 0) - corner


def distance(at: Point, line: Line) -> float:
    begin, along = line[0], line[1] - line[0]
    part = ((at - begin) * along.conjugate()).real / abs(along) ** 2
    return abs(at - begin - along * min(1.0, max(0.0, part)))


def drawn(path: str) -> Iterator[Line]:
    """The straight lines of a path of M, V, H, v, h, z and clockwise quarter circles."""
    at = first = 0j
    for command, written in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers = [float(n) for n in re.findall(r"-?\d*\.?\d+", written)]
        begin = at
        if command == "M":
            at = first = complex(*numbers)
            continue
        if command == "a":
            radius, turn = numbers[0], complex(*numbers[5:])
            centre = begin + turn * (1 + 1j) / 2
            assert math.isclose(abs(begin - centre), radius), "not a quarter of a circle"
            for step in range(1, STEPS + 1):
                to = centre + (begin - centre) * 1j ** (step / STEPS)
                yield at, to
                at = to
            continue
        (number,) = numbers or [0]
        at = {"V": complex(at.real, number), "H": complex(number, at.imag), "h": at + number,
              "v": at + number * 1j, "z": first}[command]
        yield begin, at


def png(size: int, rows: list[bytes]) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)  # eight bits, four channels
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data)
            + chunk(b"IEND", b""))


if __name__ == "__main__":
    main()
