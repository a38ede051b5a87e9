from datetime import timedelta

from microshare import cards, departments, follows, interests, mutes
from microshare.db import saving
from microshare.interests import Interests, Reason
from microshare.models import Tag, User
from tests.acts import publish, tag
from tests.conftest import NOON, House, Queries


def follow(reader: User, *targets: follows.Target) -> None:
    with saving():
        for target in targets:
            follows.follow(reader, target, NOON)


def mute(reader: User, *targets: mutes.Target, span: str = "good") -> None:
    with saving():
        for target in targets:
            mutes.mute(reader, target, span, NOON)


def department_follows(slug: str, by: User, *wanted: Tag) -> None:
    with saving():
        for one in wanted:
            departments.follow_tag(departments.get(slug), one, by, NOON)


def of(reader: User, after: timedelta = timedelta()) -> Interests:
    return interests.of(reader, NOON + after)


def test_everything_that_brings_and_keeps_away_is_loaded_in_one_query(house: House) -> None:
    pumps, heat, loud = tag("pumps"), tag("heat"), tag("loud")
    sales = departments.get("sales")
    post = publish(house.ada, "a thread")
    follow(house.grace, pumps, house.ada, sales)
    mute(house.grace, loud, house.linus, post)
    department_follows("research", house.grace, heat)
    department_follows("sales", house.ada, loud)
    assert house.grace.id
    with Queries() as queries:
        wants = of(house.grace)
    assert wants == Interests(
        house.grace.id, tags={pumps.id}, people={house.ada.id}, departments={sales.id},
        department_tags={heat.id}, muted_tags={loud.id}, muted_people={house.linus.id},
        muted_threads={post.id})
    assert len(queries) == 1


def test_interests_take_one_query_however_many_there_are(house: House) -> None:
    follow(house.grace, *(tag(f"t{number}") for number in range(50)))
    assert house.grace.id
    with Queries() as queries:
        assert len(of(house.grace).tags) == 50
    assert len(queries) == 1


def test_a_mute_that_has_run_out_is_no_interest(house: House) -> None:
    mute(house.grace, house.ada, span="day")
    assert of(house.grace).muted_people == {house.ada.id}
    assert of(house.grace, timedelta(days=1)).muted_people == set()


def test_a_muted_tag_brings_nothing_whoever_follows_it(house: House) -> None:
    pumps, heat = tag("pumps"), tag("heat")
    follow(house.grace, pumps, heat)
    department_follows("research", house.grace, pumps)
    mute(house.grace, pumps)
    assert of(house.grace).all_tags == {heat.id}


def test_the_department_of_the_moment_counts(house: House) -> None:
    department_follows("sales", house.ada, tag("heat"))
    with saving():
        house.grace.department_id = house.ada.department_id
    assert of(house.grace).department_tags == {tag("heat").id}


def test_each_kind_of_follow_is_a_reason_of_its_own_the_own_choices_first(house: House) -> None:
    post_id = publish(house.ada, "all at once #Pumps #Heat #Acme").id
    department_follows("research", house.grace, tag("pumps"), tag("heat"))
    follow(house.grace, tag("Pumps"), house.ada, departments.get("sales"))
    [post] = [one.card for one in cards.of([post_id], 0)]
    assert of(house.grace).reasons(post) == (
        Reason("tag", "Pumps", "pumps"), Reason("person", "Ada", "ada"),
        Reason("department", "Sales", "sales"), Reason("department-tag", "Heat", "heat"))
    assert of(house.ada).reasons(post) == (Reason("own"),)
    assert of(house.linus).reasons(post) == ()
