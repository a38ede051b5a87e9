"""What stands in a reader's digest: the most useful of a week, and why each line is there.

Useful is what people of several departments thanked for, then what was talked about, then what
is newest: `3 × departments that thanked + replies`. One department's applause should not drown
what three departments could use. What the reader opened, thanked for or answered is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import joinedload

from microshare import feeds, goals, interests
from microshare.db import db
from microshare.feeds import Item
from microshare.interests import Interests
from microshare.models import Goal, Opened, Post, Thanks, User
from microshare.periods import Period

YOURS, OTHERS, QUESTIONS, THANKED, GOALS = 7, 3, 5, 5, 3  # lines in each part
QUESTION_AGE = timedelta(days=90)  # older questions have become archaeology


@dataclass(frozen=True)
class Thanked:
    """A post of the reader, who thanked for it this week, and from how many departments."""

    post: Post
    givers: Sequence[User]
    department_count: int


@dataclass(frozen=True)
class Digest:
    """The five parts of one letter; each may be empty."""

    period: Period
    yours: Sequence[Item] = ()
    yours_total: int = 0
    others: Sequence[Item] = ()
    questions: Sequence[Item] = ()
    thanked: Sequence[Thanked] = ()
    goals: Sequence[Goal] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Nothing happened for this reader. Goals alone, the same every week, are no letter."""
        return not (self.yours or self.others or self.questions or self.thanked)


def compose(reader: User, period: Period, now: datetime) -> Digest:
    """The reader's digest of this period, in a number of queries that does not grow."""
    wants = interests.of(reader, now)
    fresh = and_(
        _unseen(reader, wants), Post.created_at >= period.since, Post.created_at < period.until
    )
    is_question = and_(Post.kind == "question", Post.solved_at.is_(None))
    yours, total = _best(and_(fresh, interests.brought(wants), ~is_question), YOURS)
    others, _ = _best(and_(fresh, ~interests.brought(wants), ~is_question), OTHERS, departments=1)
    asked = db.session.scalars(
        select(Post.id)
        .where(
            _unseen(reader, wants),
            is_question,
            interests.brought(wants),
            Post.created_at < period.until,
            Post.created_at >= period.until - QUESTION_AGE,
        )
        .order_by(Post.id.desc())
        .limit(QUESTIONS)
    ).all()
    items = {
        item.post.id: item for item in feeds.of(reader, [*yours, *others, *asked], wants).items
    }
    return Digest(
        period,
        [items[i] for i in yours if i in items],
        total,
        [items[i] for i in others if i in items],
        [items[i] for i in asked if i in items],
        _thanked(reader, period),
        goals.open_goals()[:GOALS],
    )


def _unseen(reader: User, wants: Interests) -> ColumnElement[bool]:
    """Posts of others that the reader has not opened, thanked for, answered or muted."""

    def seen(table: type[Opened] | type[Thanks], who: object) -> ColumnElement[bool]:
        return select(table.post_id).where(table.post_id == Post.id, who == reader.id).exists()  # type: ignore[arg-type]

    mine = select(Post.reply_to_id).where(
        Post.author_id == reader.id, Post.reply_to_id.is_not(None)
    )
    return and_(
        Post.withdrawn_at.is_(None),
        Post.author_id != reader.id,
        interests.unmuted(wants),
        ~seen(Opened, Opened.reader_id),
        ~seen(Thanks, Thanks.giver_id),
        Post.id.not_in(mine),
    )


def _best(
    condition: ColumnElement[bool], limit: int, *, departments: int = 0
) -> tuple[list[int], int]:
    """Ids of the most useful posts, and how many there are in all.

    `departments`: by how many departments other than the author's a post must be thanked for.
    """
    width = (
        select(func.count(Thanks.department_id.distinct()))
        .where(Thanks.post_id == Post.id, Thanks.department_id != Post.department_id)
        .correlate(Post)
        .scalar_subquery()
    )
    posts = select(Post.id, Post.reply_count, width.label("width")).where(condition).subquery()
    rows = db.session.execute(
        select(posts.c.id, func.count().over())
        .where(posts.c.width >= departments)
        .order_by((3 * posts.c.width + posts.c.reply_count).desc(), posts.c.id.desc())
        .limit(limit)
    ).all()
    return [row[0] for row in rows], rows[0][1] if rows else 0


def _thanked(reader: User, period: Period) -> list[Thanked]:
    """The reader's posts that were thanked for in the period, widest first."""
    rows = db.session.execute(
        select(Post, Thanks.department_id, User)
        .join(Thanks, Thanks.post_id == Post.id)
        .join(User, User.id == Thanks.giver_id)
        .where(
            Post.author_id == reader.id,
            Post.withdrawn_at.is_(None),
            Thanks.given_at >= period.since,
            Thanks.given_at < period.until,
        )
        .options(joinedload(Post.department))
        .order_by(Thanks.given_at.desc())
    )
    posts: dict[int, Post] = {}
    givers: dict[int, list[User]] = {}
    reached: dict[int, set[int]] = {}
    for post, department_id, giver in rows:
        posts[post.id] = post
        givers.setdefault(post.id, []).append(giver)
        reached.setdefault(post.id, set()).add(department_id)
    widest = sorted(posts, key=lambda i: (len(reached[i]), len(givers[i]), i), reverse=True)
    return [Thanked(posts[i], givers[i], len(reached[i])) for i in widest[:THANKED]]
