"""How many posts say something, in PostgreSQL: counted where there are few posts, else estimated.

To count the posts of a common word, all of them must be read. PostgreSQL keeps the shares of the
commonest terms for its own planning, and tells by them how many rows it expects.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, func, literal, select, union_all
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement, Executable

from microshare.models import PostTerms

COUNTED = 20_000  # up to so many posts are counted
_SAMPLE = 500  # posts, the newest, whose mean length counts for all


class Counts(NamedTuple):
    """Of how many posts, of how many words in the mean, and how many say each thing asked."""

    total: float
    mean: float
    each: Sequence[float]


def says(asked: str) -> ColumnElement[bool]:
    """Whether a post fits a `tsquery`."""
    return PostTerms.terms.bool_op("@@")(literal(asked, postgresql.TSQUERY))


def of(session: Session, asked: Sequence[str]) -> Counts:
    """How many posts fit each of these, about."""
    expected = _expected(session, asked)
    newest = select(PostTerms.length).order_by(PostTerms.post_id.desc()).limit(_SAMPLE).subquery()
    if expected[0] > COUNTED:
        mean = session.scalar(select(func.avg(newest.c.length)))
        return Counts(expected[0], max(1.0, float(mean or 0)), expected[1:])
    total, words, *each = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(PostTerms.length), 0),
            *(
                select(func.count()).select_from(PostTerms).where(says(one)).scalar_subquery()
                for one in asked
            ),
        ).select_from(PostTerms)
    ).one()
    return Counts(total, max(1, words) / max(1, total), each)


def _expected(session: Session, asked: Sequence[str]) -> list[float]:
    """How many rows PostgreSQL expects in all, and for each of these."""
    every = select(literal(1)).select_from(PostTerms)
    branches = [every, *(every.where(says(one)) for one in asked), every]
    plan = session.execute(_Explain(union_all(*branches))).scalar_one()
    return [float(part["Plan Rows"]) for part in plan[0]["Plan"]["Plans"][:-1]]


class _Explain(Executable, ClauseElement):
    """How PostgreSQL would answer a statement, without doing so."""

    inherit_cache = False

    def __init__(self, statement: CompoundSelect[Any]) -> None:
        self.statement = statement


@compiles(_Explain)
def _explain(element: _Explain, compiler: Any, **more: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + str(compiler.process(element.statement, **more))
