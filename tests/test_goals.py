from datetime import date

import pytest

from microshare import goals, people
from microshare.db import db, saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Goal, User
from tests.acts import tag
from tests.conftest import NOON, House, Queries

TODAY = NOON.date()


def set_goal(setter: User, sentence: str = "Fewer leaks", ends_on: date = TODAY,
             about: str = "pumps") -> Goal:
    aimed_at = tag(about)
    with saving():
        return goals.set_goal(aimed_at, sentence, ends_on, setter, NOON)


def test_a_goal_stands_open_until_it_is_reached_or_dropped(house: House) -> None:
    first = set_goal(house.ada, "  Fewer   leaks ")
    assert (first.sentence, first.state, first.set_at) == ("Fewer leaks", "open", NOON)
    second = set_goal(house.ada, "More heat")
    for goal, state in ((first, "reached"), (second, "dropped")):
        with saving():
            goals.settle(goal.id, state, house.ada)
    assert goals.open_goals() == []
    with saving():
        goals.settle(first.id, "open", house.ada)
    assert [goal.id for goal in goals.open_goals()] == [first.id]


def test_the_goals_that_end_soonest_come_first_with_their_tags_in_one_query(house: House) -> None:
    late = set_goal(house.ada, ends_on=date(2027, 6, 1), about="heat").id
    soon = set_goal(house.ada, ends_on=date(2026, 12, 1)).id
    db.session.expunge_all()
    with Queries() as queries:
        found = [(goal.id, goal.tag.name) for goal in goals.open_goals()]
    assert found == [(soon, "pumps"), (late, "heat")]
    assert len(queries) == 1


def test_a_goal_needs_a_sentence_and_an_end_to_come(house: House) -> None:
    for sentence, ends_on, code in (
        ("", TODAY, "goal-sentence"), (" ", TODAY, "goal-sentence"),
        ("x" * 281, TODAY, "goal-sentence"), ("a\x00", TODAY, "goal-sentence"),
        ("Fewer leaks", date(2026, 11, 22), "goal-past"),
    ):
        with pytest.raises(Refused) as refused:
            set_goal(house.ada, sentence, ends_on)
        assert refused.value.code == code
    assert goals.open_goals() == []


def test_only_who_manages_the_community_sets_and_settles(house: House) -> None:
    goal = set_goal(house.ada)
    for act in (lambda: set_goal(house.linus),
                lambda: goals.settle(goal.id, "dropped", house.linus)):
        with pytest.raises(Forbidden) as forbidden:
            act()
        assert forbidden.value.code == "not-a-manager"
    with saving():
        people.set_role(house.grace, "community_manager")
        goals.settle(goal.id, "reached", house.grace)
    assert goals.open_goals() == []


def test_a_goal_that_is_none_or_a_state_that_is_none_is_refused(house: House) -> None:
    goal = set_goal(house.ada)
    with pytest.raises(Missing) as missing:
        goals.settle(goal.id + 1, "reached", house.ada)
    assert missing.value.code == "goal"
    with pytest.raises(Refused) as refused:
        goals.settle(goal.id, "finished", house.ada)
    assert refused.value.code == "goal-state"
    assert goal.state == "open"
