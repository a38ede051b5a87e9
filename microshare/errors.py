"""How the domain says no: a code with facts, never a sentence.

The words for each code stand in `sentences.py`, in every language; each door turns the refusal
into its own form (a 422 page, a JSON error, a reply letter, an exit code).
"""

from typing import Any


class Refusal(Exception):
    """A code with the facts that its sentence needs. Never raised itself: see the four below."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({told})" if told else self.code


class Refused(Refusal):
    """What was asked breaks a rule of the product; asked otherwise, it may succeed."""


class Forbidden(Refusal):
    """This user may not do this."""


class Missing(Refusal):
    """There is no such thing, or not any more. The code is the product's word for the thing."""


class Unavailable(Refusal):
    """Something outside (the database, the disk, the mail) does not answer; later it may."""
