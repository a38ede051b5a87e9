"""The subject of a letter as a line: without what programs put before it."""

import re


def subject_line(subject: str) -> str:
    """What the writer meant by the subject. Empty where nothing is left of it.

    >>> subject_line("Re: Quieter seal tested")
    'Quieter seal tested'
    """
    return re.sub(r"(?i)^(?:\s*(?:re|fwd?|antw|doorst)\s*:)+\s*", "", subject)
