"""How a photo is called that came without words: from a client, or with a letter."""

from flask_babel import force_locale, gettext

LONGEST_QUOTE = 80  # characters of the line that a photo is named by


def undescribed(number: int, line: str, language: str) -> str:
    """What a photo is called until its writer says what it shows, so that all know of it.

    It is not marked as decoration, for nobody said that it is.
    """
    with force_locale(language):
        return str(
            gettext(
                "Photo %(number)s with “%(line)s”, not described yet",
                number=number,
                line=line[:LONGEST_QUOTE],
            )
        )
