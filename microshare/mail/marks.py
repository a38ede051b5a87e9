"""What the HTML of a letter tells of its lines, as a character before each.

They are no characters of any text (Unicode's noncharacters), and none comes in from outside:
`encodings.clean` takes them out.
"""

import re

HEAD = "\ufdd0"  # the line that tells who wrote what follows
WRAP = "\ufdd1"  # around a quote and the line before it; answers may stand there too
HISTORY = "\ufdd2"  # a line of its own: all below was there before
SIGNATURE = "\ufdd3"
RULE = "\ufdd4"  # a line drawn across
ALL = HEAD + WRAP + HISTORY + SIGNATURE + RULE

# A picture stands here; between the two, the id of the part that holds it.
PICTURE, PICTURED = "\ufdd5", "\ufdd6"
_PICTURES = re.compile(f"{PICTURE}([^{PICTURED}\n]{{0,300}}){PICTURED}")


def pictures(text: str) -> set[str]:
    """The ids of the pictures that stand in a text."""
    return set(_PICTURES.findall(text))


def without_pictures(text: str) -> str:
    return _PICTURES.sub("", text) if PICTURE in text else text
