"""How many posts say something, in PostgreSQL: counted where there are few posts, else estimated.

To count the posts of a common word, all of them must be read. For its own planning PostgreSQL
keeps the shares of the commonest terms, and these serve here as well.
"""

import math
import re
import threading
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, literal, select, text
from sqlalchemy.dialects.postgresql import TSQUERY

from microshare.models import PostTerms
from microshare.search import tsquery

COUNTED = 20_000  # up to so many posts are counted
_SAMPLE = 500  # posts, the newest, whose mean length counts for all
_FRESH = 60  # seconds
_UNKNOWN = 0.0005  # the share of a word of which nothing is known
_UNKNOWN_OF_FEW = 0.02  # the same where there are few posts
_LEXEME = re.compile(r"('(?:[^']|'')*')(:\*)?")
_SHARES = text(
    "SELECT most_common_elems::text::text[], most_common_elem_freqs::float[] FROM pg_stats"
    " WHERE schemaname = current_schema() AND tablename = 'post_terms' AND attname = 'terms'"
)
_POSTS = text("SELECT reltuples FROM pg_class WHERE oid = 'post_terms'::regclass")


class Counts(NamedTuple):
    """Of how many posts, of how many words in the mean, and how many say each thing asked."""

    total: float
    mean: float
    each: Sequence[float]


def says(asked: str) -> ColumnElement[bool]:
    """Whether a post fits a `tsquery`."""
    return PostTerms.terms.bool_op("@@")(literal(asked, TSQUERY))


class Shares(NamedTuple):
    """What PostgreSQL knows of the terms: each quoted as in a `tsquery`, in order."""

    total: float
    mean: float
    lexemes: Sequence[str]
    shares: Sequence[float]
    of_others: float

    def share(self, asked: str) -> float:
        """Which part of the posts fits, about."""
        each = [self._of(lexeme, bool(begun)) for lexeme, begun in _LEXEME.findall(asked)]
        return math.prod(each) if " <-> " in asked else min(1.0, sum(each))

    def share_of_any(self, forms: Sequence[str]) -> float:
        """Which part of the posts says a word in one of its forms, about: mostly the same posts."""
        return max(map(self.share, forms))

    def begun(self, asked: str) -> float:
        """How many posts have the lexemes that begin as is asked here, each counted, about."""
        return self.total * sum(
            self._of(lexeme, True) for lexeme, begun in _LEXEME.findall(asked) if begun
        )

    def _of(self, lexeme: str, begun: bool) -> float:
        first = bisect_left(self.lexemes, lexeme[:-1])
        found = 0.0
        for place in range(first, len(self.lexemes)):
            if not self.lexemes[place].startswith(lexeme[:-1]):
                break
            if begun or self.lexemes[place] == lexeme:
                found += self.shares[place]
        return found or self.of_others


_FEW = Shares(COUNTED, 1, (), (), _UNKNOWN_OF_FEW)


class Counting:
    """Counts for one process; what is known of many posts is read anew now and then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._shares: Shares | None = None

    def of(self, connection: Connection, asked: Sequence[str]) -> Counts:
        """How many posts fit each of these, about."""
        shares = self._fresh(connection)
        if shares is None:
            return _counted(connection, asked)
        each = [shares.share(one) * shares.total for one in asked]
        return Counts(shares.total, shares.mean, each)

    def shares(self, connection: Connection) -> "Shares":
        """What is known of the terms; where there are few posts, that is nothing but so."""
        return self._fresh(connection) or _FEW

    def known(self, connection: Connection) -> Mapping[str, float]:
        """Of how many posts the commonest lexemes are, each quoted; none where posts are few."""
        shares = self._fresh(connection)
        if shares is None:
            return {}
        counts = (share * shares.total for share in shares.shares)
        return dict(zip(shares.lexemes, counts, strict=True))

    def _fresh(self, connection: Connection) -> Shares | None:
        with self._lock:
            if not self._read_at or time.monotonic() - self._read_at > _FRESH:
                self._shares = _known(connection)
                self._read_at = time.monotonic()
            return self._shares


def _counted(connection: Connection, asked: Sequence[str]) -> Counts:
    counts = (
        select(func.count()).select_from(PostTerms).where(says(one)).scalar_subquery()
        for one in asked
    )
    words = func.coalesce(func.sum(PostTerms.length), 0)
    statement = select(func.count(), words, *counts).select_from(PostTerms)
    total, length, *each = connection.execute(statement).one()
    return Counts(total, max(1, length) / max(1, total), each)


def _known(connection: Connection) -> Shares | None:
    """What PostgreSQL knows; None where there are so few posts that they are counted."""
    total = connection.scalar(_POSTS) or 0
    if total <= COUNTED:  # or -1: it has not looked yet
        first = select(PostTerms.post_id).limit(COUNTED + 1).subquery()
        total = connection.scalar(select(func.count()).select_from(first)) or 0
        if total <= COUNTED:
            return None
    newest = select(PostTerms.length).order_by(PostTerms.post_id.desc()).limit(_SAMPLE).subquery()
    mean = float(connection.scalar(select(func.avg(newest.c.length))) or 1)
    lexemes, shares = connection.execute(_SHARES).one_or_none() or ((), ())
    if not lexemes:
        return Shares(total, mean, (), (), _UNKNOWN)
    known = {tsquery.quoted(one): share for one, share in zip(lexemes, shares, strict=False)}
    least = shares[len(lexemes)]  # behind those of the lexemes stand the least and the greatest
    return Shares(total, mean, sorted(known), [known[one] for one in sorted(known)], least / 2)
