"""Which status a refusal is answered with, for people and for programs."""

from collections.abc import Mapping

from microshare.errors import Forbidden, Missing, Refusal, Refused, Unavailable

_KINDS = {Refused: 422, Forbidden: 403, Missing: 404, Unavailable: 503}
_TOO_MANY = (
    "too-many-attempts", "too-many-calls", "too-many-letters", "too-many-posts",
    "too-many-reports",
)  # fmt: skip


def of(refusal: Refusal, special: Mapping[str, int]) -> int:
    """`special`: the statuses of codes that the door answers in its own way."""
    if refusal.code in _TOO_MANY:
        return 429
    return special.get(refusal.code, _KINDS[type(refusal)])
