"""Writing one reader's letter of many: what makes it another than the next one's is one query."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, literal, select, true, union_all

from microshare import digest, digest_letter, interests
from microshare.among import together
from microshare.db import db, reading
from microshare.digest_week import Week
from microshare.interests import Interests
from microshare.mailer import Letter
from microshare.models import Opened, User
from microshare.readers import Addressee


class _Known(NamedTuple):
    """A reader, and what the choice of a letter knows of this one alone."""

    reader: Addressee
    wants: Interests
    opened: set[int]  # ids of posts


Wanted = Callable[[Addressee], bool]


def write(
    reader_id: int, week: Week, now: datetime, *, wanted: Wanted = lambda reader: True
) -> Letter | None:
    """The reader's letter of this week, which many share; as all of it is at this moment.

    None where there is nothing to say, or where the reader, as this one is now, is not `wanted`.
    """
    with reading():
        known = _find(reader_id, now, week.lowest)
        if known is None or not wanted(known.reader):
            return None
        contents = digest.chosen(known.reader, week, known.wants, known.opened)
    return None if contents.is_empty else digest_letter.render(known.reader, contents)


_READER: ColumnElement[int] = bindparam("reader")
_COLUMNS = (
    User.id, User.name, User.email, User.language, User.session_epoch, User.password_hash,
    User.digest_on, User.suspended_at,
)  # fmt: skip
_DEPARTMENT = select(User.department_id).where(User.id == _READER).scalar_subquery()
_OPENED = select(literal("opened"), literal(""), together(Opened.post_id)).where(
    Opened.reader_id == _READER, Opened.post_id >= bindparam("lowest")
)
_ROWS = union_all(*interests.asking(_DEPARTMENT), _OPENED).subquery()
_KNOWN = select(*_COLUMNS, *_ROWS.c).join(_ROWS, true()).where(User.id == _READER)


def _find(reader_id: int, now: datetime, lowest: int) -> _Known | None:
    asked = {"reader": reader_id, "now": now, "lowest": lowest}
    rows: Sequence[Any] = db.session.connection().execute(_KNOWN, asked).all()
    if not rows:
        return None
    wants, opened = [], set()
    for row in rows:
        how, _, ids = told = row[len(_COLUMNS) :]
        if how == "opened":
            opened = set(ids)
        else:
            wants.append(told)
    reader = Addressee._make(rows[0][: len(_COLUMNS)])
    return _Known(reader, interests.told(reader_id, wants), opened)
