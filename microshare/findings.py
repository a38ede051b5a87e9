"""What a look at the mail set-up found: a sentence, and how bad it is."""

from typing import NamedTuple

GOOD, NOTE, BAD, UNKNOWN = "good", "note", "bad", "unknown"


class Finding(NamedTuple):
    """`note` works, but could be better; `unknown` could not be asked."""

    level: str
    said: str
