"""Goals: a tag with a sentence, an end date and a state, set by who manages the community."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from microshare import text
from microshare.db import db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Goal, Tag, User

SENTENCE_LIMIT = 280
STATES = ("open", "reached", "dropped")


def set_goal(tag: Tag, sentence: str, ends_on: date, setter: User, now: datetime) -> Goal:
    """A new open goal under the tag."""
    _may_set(setter)
    sentence = text.tidy(sentence)
    if not sentence or len(sentence) > SENTENCE_LIMIT or text.has_control(sentence):
        raise Refused("goal-sentence", limit=SENTENCE_LIMIT)
    if ends_on < now.date():
        raise Refused("goal-past")
    goal = Goal(
        tag_id=tag.id,
        sentence=sentence,
        ends_on=ends_on,
        state="open",
        set_by_id=setter.id,
        set_at=now,
    )
    db.session.add(goal)
    db.session.flush()
    return goal


def settle(goal_id: int, state: str, setter: User) -> None:
    """The goal is reached, dropped, or open again."""
    _may_set(setter)
    goal = db.session.get(Goal, goal_id)
    if goal is None:
        raise Missing("goal", id=goal_id)
    if state not in STATES:
        raise Refused("goal-state", states=", ".join(STATES))
    goal.state = state


def open_goals() -> Sequence[Goal]:
    """The goals that the company works on, soonest end first."""
    return db.session.scalars(
        select(Goal).options(joinedload(Goal.tag)).filter_by(state="open").order_by(Goal.ends_on)
    ).all()


def _may_set(user: User) -> None:
    if not user.manages:
        raise Forbidden("not-a-manager")
