"""What frames the lines of a digest letter, in HTML and in text: made once for all its readers.

A template is rendered with marks, which no word of ours contains, where a letter has its own; and
cut into sections, of which a letter takes those it has something to say in.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from flask import render_template
from flask_babel import get_locale

from microshare import letter_form
from microshare.digest_beside import Aim
from microshare.words import Word

KEPT = 40  # frames, of some ten kilobytes: a run needs one for each language
SECTIONS = ("head", "yours", "rest", "elsewhere", "questions", "thanked", "foot")
# Blanks that keep the beginning of the letter out of the list of letters, behind the preheader.
FILLER = "\u200c\u00a0" * 40
_CUT, _AT = "\x05", "\x06"
_MARK = re.compile(f"{_AT}([a-z]+){_AT}")
_NAMES = (
    "name", "subject", "preheader", "site", "leave", "rest",
    "yours", "elsewhere", "questions", "thanked",
)  # fmt: skip

Section = tuple[str, ...]  # every second one is the name of what stands there


class Frame(NamedTuple):
    """The sections of both forms, by name."""

    html: dict[str, Section]
    text: dict[str, Section]


@lru_cache(KEPT)
def of(locale: str, company: str, day: date, word: Word | None, goals: tuple[Aim, ...]) -> Frame:
    """The frame in this language, which is that of the moment, with what all readers are told."""
    spoken = get_locale()
    facts = {
        "at": {name: f"{_AT}{name}{_AT}" for name in _NAMES} | {"cut": _CUT},
        "locale": locale,
        "direction": spoken.text_direction if spoken else "ltr",
        "company": company,
        "day": day,
        "word": word,
        "goals": goals,
        "filler": FILLER,
    }
    html = letter_form.inlined(render_template("mail/digest.html", **facts))
    return Frame(_cut(html), _cut(render_template("mail/digest.txt", **facts)))


def _cut(told: str) -> dict[str, Section]:
    parts = (tuple(_MARK.split(part)) for part in told.split(_CUT))
    return dict(zip(SECTIONS, parts, strict=True))


def filled(sections: Mapping[str, Section], names: Iterable[str], told: Mapping[str, str]) -> str:
    """These sections one after the other, with what a letter tells in the place of the marks."""
    return "".join(
        told[piece] if place % 2 else piece
        for name in names
        for place, piece in enumerate(sections[name])
    )
