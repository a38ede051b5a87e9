"""The words of the command, in the language of the terminal: the catalogue that the pages have."""

import gettext
import os
from functools import cache
from pathlib import Path

import microshare_client

_CATALOGUES = Path(microshare_client.__file__).parent.parent / "microshare" / "translations"


@cache
def language() -> str:
    """`nl` or `en`, by the locale."""
    told = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "")
    return "nl" if told.lower().startswith("nl") else "en"


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation("messages", _CATALOGUES, [code], fallback=True)


def _(words: str, /, **facts: object) -> str:
    """The words in the language of the terminal, with their facts."""
    said = _catalogue(language()).gettext(words)
    return said % facts if facts else said
