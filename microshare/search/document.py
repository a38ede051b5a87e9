"""What goes into an engine and what it says of itself: a post, and the health of the index."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A post as the index sees it. Names are folded; `created_at` is aware UTC."""

    id: int
    line: str
    note: str
    tags: tuple[str, ...]
    author: str
    author_name: str
    department: str
    created_at: datetime
    question: bool
    open: bool
    photo: bool


@dataclass(frozen=True, slots=True)
class Health:
    """What a check of the whole index found; `why` it is not well, as in `Unavailable`."""

    documents: int
    ok: bool
    why: str = ""
