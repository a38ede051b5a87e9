"""Who looks at a page, in which words and when: what the parts of the page are told."""

from datetime import datetime, tzinfo
from typing import NamedTuple

from flask_babel import get_locale, get_timezone

Spoken = tuple[str, tzinfo]  # the language and the zone of a reader


def spoken() -> Spoken:
    """In which language and zone this answer is."""
    return str(get_locale()), get_timezone()


class Looking(NamedTuple):
    """Who looks at a page, and when: asked once a page, not once a part."""

    reader_id: int
    manages: bool
    now: datetime
    spoken: Spoken

    def may_take_off(self) -> str | int:
        """Whose tags the reader may take off posts of others: all, or those of this id."""
        return "all" if self.manages else self.reader_id
