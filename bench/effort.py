"""How much is asked of the product, and how long a part may take where it is slow."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """The counts of one run. What takes too long is cut short; the report tells how far it got."""

    rounds: int = 5
    requests: int = 200  # of each page in a round
    hellos: int = 150  # before each round of a page, and after it
    page_seconds: float = 2.0  # that a page may take of a round
    searches: int = 200
    list_seconds: float = 240.0  # that the list of searches may take once
    one: int = 100  # posts of one writer in a round
    many: int = 400  # posts of eight writers in a round
    findable_seconds: int = 15  # at 20 posts a second
    digests: int = 10_000
    digest_seconds: float = 120.0
    patience: float = 400.0  # seconds that a bulk load may take


# For the test of the benchmark: a handful of everything.
TINY = Effort(1, 4, 8, 1.0, 20, 20.0, 3, 8, 1, 5, 5.0, 60.0)
