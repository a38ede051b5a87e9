"""Searches that found nothing, counted: what the company wants to know and nobody wrote.

Only the words are kept, how often, and the last day: never who searched, nor the names of people
in a search's filters. The table is bounded; the rarest go first.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import delete, func, select, update

from microshare.db import add_once, db
from microshare.errors import Forbidden
from microshare.models import MissedSearch, User
from microshare.search.query import parse

LENGTH_LIMIT = 100  # characters of the words that are kept
ROW_LIMIT = 5_000  # searches that are remembered after cleaning
_FULL = 2 * ROW_LIMIT  # between two cleanings nothing new comes beyond these
_KEPT = timedelta(days=365)  # since it was last searched for

_ORDER = (MissedSearch.count.desc(), MissedSearch.last_on.desc(), MissedSearch.words)


def words_of(raw: str) -> str:
    """What is counted of a search: the words and tags it asks for, folded; empty for none.

    >>> words_of('Noisy "New  Seal" #ATEX from:ada -valve dept:sales')
    'noisy new seal #atex'
    """
    query = parse(raw)
    said = [" ".join(term.words) for term in query.terms if not term.negated]
    tags = [f"#{name}" for name, negated in query.tags if not negated]
    return " ".join(said + tags)[:LENGTH_LIMIT].strip()


def count(words: str, today: date) -> None:
    """One more search for these words found nothing."""
    if not words or _counted(words, today) or _rows() >= _FULL:
        return
    if not add_once(MissedSearch, words=words, count=1, last_on=today):
        _counted(words, today)  # another came first meanwhile


def _counted(words: str, today: date) -> bool:
    found = db.session.execute(
        update(MissedSearch)
        .where(MissedSearch.words == words)
        .values(count=MissedSearch.count + 1, last_on=today)
        .returning(MissedSearch.words)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None


def _rows() -> int:
    return db.session.scalar(select(func.count()).select_from(MissedSearch)) or 0


def listed(limit: int = 50) -> Sequence[MissedSearch]:
    """What was searched for and not found, most often first."""
    return db.session.scalars(select(MissedSearch).order_by(*_ORDER).limit(limit)).all()


def settle(words: str, manager: User) -> None:
    """Somebody has seen to it: the words leave the list, until they are missed again."""
    if not manager.manages:
        raise Forbidden("not-a-manager")
    db.session.execute(delete(MissedSearch).where(MissedSearch.words == words))


def forget_old(today: date) -> None:
    """Forget what nobody searched for in a year, and the rarest beyond the bound."""
    kept = select(MissedSearch.words).order_by(*_ORDER).limit(ROW_LIMIT)
    db.session.execute(
        delete(MissedSearch)
        .where((MissedSearch.last_on < today - _KEPT) | MissedSearch.words.not_in(kept))
        .execution_options(synchronize_session=False)
    )
