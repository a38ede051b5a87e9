"""Who looks at a page: the signed-in colleague as pages need one, loaded in one light query."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import joinedload

from microshare import waiting
from microshare.cards import Place
from microshare.db import db
from microshare.models import Department, Post, User
from microshare.models.people import MANAGERS


class Reader(NamedTuple):
    """Who looks at a page: as much of a colleague as any page asks for, in one light row.

    Has the names of `models.User`, which a verb needs, and takes a fifth of the time to load.
    """

    id: int
    username: str
    name: str
    role: str
    language: str
    time_zone: str
    read_up_to: int
    inbox_read_up_to: int
    keys_on: bool
    is_new: bool  # the first steps are still to be taken
    department: Place
    # What an open page asks for again and again, with the reader so that it is one query; None
    # where it was not asked.
    waiting: int | None = None  # as `waiting.ALL` counts it
    newest: int | None = None  # id of the newest post; 0: there is none

    @property
    def is_authenticated(self) -> bool:
        """As Flask-Login asks it."""
        return True

    @property
    def department_id(self) -> int:
        return self.department.id

    @property
    def manages(self) -> bool:
        """Whether the reader keeps the community: manager or administrator."""
        return self.role in MANAGERS

    @property
    def administers(self) -> bool:
        return self.role == "administrator"


AnyReader = User | Reader


COLUMNS = (
    User.id, User.username, User.name, User.role, User.language, User.time_zone,
    User.read_up_to, User.inbox_read_up_to, User.keys_on, User.welcomed_at.is_(None),
    Department.id, Department.name, Department.slug,
)  # fmt: skip
_OF_SESSION = (
    User.id == bindparam("id"),
    User.session_epoch == bindparam("epoch"),
    User.suspended_at.is_(None),
)
_READER = (
    select(*COLUMNS, waiting.ALL, select(func.coalesce(func.max(Post.id), 0)).scalar_subquery())
    .join(Department, Department.id == User.department_id)
    .where(*_OF_SESSION)
)
_WHOLE = select(User).options(joinedload(User.department)).where(*_OF_SESSION)


def find(user_id: int, epoch: int) -> Reader | None:
    """Who reads with a session of this epoch; None: nobody may."""
    asked = {"id": user_id, "epoch": epoch}
    row: Any = db.session.connection().execute(_READER, asked).one_or_none()
    return None if row is None else made(row)


def whole(user_id: int, epoch: int) -> User | None:
    """The same colleague with all that verbs ask for, in one query too."""
    asked = {"id": user_id, "epoch": epoch}
    return db.session.scalars(_WHOLE, asked).one_or_none()


def made(row: Any) -> Reader:
    """The reader of whom `COLUMNS` tell, and what may stand behind them."""
    *known, is_new = row[:10]
    asked = row[13:] or (None, None)
    return Reader._make((*known, bool(is_new), Place._make(row[10:13]), *asked))
