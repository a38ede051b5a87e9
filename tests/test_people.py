from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from microshare import departments, follows, indexing, passwords, people
from microshare.db import db, saving
from microshare.errors import Forbidden, Missing, Refusal, Refused
from microshare.models import User
from tests.acts import publish, raced
from tests.conftest import NOON, PASSWORD, House, Queries


def join(**changed):  # type: ignore[no-untyped-def]
    asked = {
        "email": "mary@example.com", "username": "mary", "name": "Mary",
        "department": departments.named("Sales", NOON), "now": NOON,
    }
    return people.join(**{**asked, **changed})


def change(user: User, **changed):  # type: ignore[no-untyped-def]
    kept = {
        "username": user.username, "name": user.name, "department": departments.get("sales"),
        "language": user.language, "time_zone": user.time_zone, "about": user.about,
    }
    with saving():
        people.change(user, **{**kept, **changed})


def test_who_joins_is_found_by_username_and_by_address_however_they_are_spelt(
    house: House,
) -> None:
    with saving():
        joined = join(email=" Mary@Example.COM ", username="Mary_J", name="  Mary   Jackson ")
    assert (joined.username, joined.name, joined.email) == (
        "Mary_J", "Mary Jackson", "mary@example.com")
    assert people.get("mary_j") is joined
    assert people.by_login(" MARY_J") is joined
    assert people.by_login("MARY@example.com ") is joined
    assert people.by_id(joined.id) is joined


def test_who_joins_without_a_choice_gets_the_language_and_zone_of_the_house(house: House) -> None:
    with saving():
        joined = join()
    assert (joined.language, joined.time_zone) == ("en", "Europe/Amsterdam")
    assert (joined.role, joined.digest_on, joined.digest_weekday) == ("member", True, 0)
    assert joined.password_hash is None


REFUSED_TO_JOIN = [
    ({"email": "ada@example.com"}, "email-taken"),
    ({"email": "ADA@example.com"}, "email-taken"),
    ({"username": "ADA"}, "username-taken"),
    ({"username": "ａｄａ"}, "username-malformed"),
    ({"username": "mary jane"}, "username-malformed"),
    ({"username": "x" * 31}, "username-malformed"),
    ({"username": ""}, "username-malformed"),
    ({"email": "mary"}, "email-malformed"),
    ({"email": "mary@two@example.com"}, "email-malformed"),
    ({"email": "mary@example.com\nBcc: x@y.nl"}, "email-malformed"),
    ({"email": "m" * 65 + "@example.com"}, "email-malformed"),
    ({"name": " "}, "name-malformed"),
    ({"name": "x" * 81}, "name-malformed"),
    ({"name": "Mary\x00"}, "name-malformed"),
    ({"name": "Mary\ud800"}, "name-malformed"),
    ({"role": "king"}, "role-unknown"),
    ({"language": "fr"}, "language-unknown"),
    ({"time_zone": "Mars/Olympus"}, "time-zone-unknown"),
    ({"password": "short"}, "password-length"),
    ({"password": "x" * 1001}, "password-length"),
]


def test_what_breaks_a_rule_does_not_join(house: House, subtests: pytest.Subtests) -> None:
    for changed, code in REFUSED_TO_JOIN:
        with subtests.test(**changed):
            with pytest.raises(Refused) as refused, saving():
                join(**changed)
            assert refused.value.code == code
    assert len(people.find(suspended=True)) == 3


def test_two_who_take_one_username_at_the_same_moment_are_not_both_let_in(
    house: House, domain: Flask
) -> None:
    def act(number: int):  # type: ignore[no-untyped-def]
        def run() -> int:
            with saving():
                return join(email=f"m{number}@example.com").id
        return run

    results = raced(domain, *(act(number) for number in range(3)))
    assert sum(isinstance(result, int) for result in results) == 1
    assert {r.code for r in results if isinstance(r, Refusal)} == {"username-taken"}


def test_a_name_that_nobody_has_is_missing(house: House) -> None:
    with pytest.raises(Missing) as missing:
        people.get("nobody")
    assert (missing.value.code, missing.value.facts) == ("person", {"name": "nobody"})
    assert people.by_login("nobody@example.com") is None
    assert people.by_id(999) is None


def test_nonsense_is_nobodys_name_and_no_failure(house: House, subtests: pytest.Subtests) -> None:
    for nonsense in ("a\x00", "a\x00@example.com", "", "@", "%", "_", "😀" * 200):
        with subtests.test(nonsense=nonsense):
            assert people.by_login(nonsense) is None
            with pytest.raises(Missing):
                people.get(nonsense)
            assert isinstance(people.find(nonsense), list)


def test_colleagues_are_found_by_a_part_of_name_or_username(house: House) -> None:
    with saving():
        join(name="Mary 50% Jackson")
        people.suspend(house.linus, NOON)
    assert [u.username for u in people.find("JACK")] == ["mary"]
    assert [u.username for u in people.find("@gra")] == ["grace"]
    assert [u.username for u in people.find("50%")] == ["mary"]
    assert people.find("%%") == []
    assert [u.username for u in people.find()] == ["ada", "grace", "mary"]
    assert "linus" in [u.username for u in people.find(suspended=True)]


def test_a_list_of_colleagues_is_one_query_with_their_departments(house: House) -> None:
    db.session.expire_all()
    db.session.expunge_all()
    with Queries() as queries:
        names = [user.department.name for user in people.find()]
    assert names == ["Sales", "Research", "Sales"]
    assert len(queries) == 1


def test_only_names_that_exist_are_known(house: House) -> None:
    assert people.known(["ada", "nobody", "grace"]) == {
        "ada": house.ada.id, "grace": house.grace.id}
    assert people.known([]) == {}


def test_a_profile_is_changed_in_every_part(house: House) -> None:
    change(house.linus, username="Torvalds", name="Linus T.", language="nl",
           department=departments.get("research"), time_zone="America/New_York", about=" Hello ")
    linus = people.get("torvalds")
    assert linus.id == house.linus.id
    assert (linus.username, linus.name, linus.language, linus.time_zone, linus.about) == (
        "Torvalds", "Linus T.", "nl", "America/New_York", " Hello")
    assert linus.department.name == "Research"
    assert people.by_login("linus") is None


REFUSED_TO_CHANGE = [
    ({"username": "Ada"}, "username-taken"), ({"username": "a b"}, "username-malformed"),
    ({"name": ""}, "name-malformed"), ({"language": "xx"}, "language-unknown"),
    ({"time_zone": ""}, "time-zone-unknown"), ({"about": "x" * 501}, "about-too-long"),
    ({"about": "\x07"}, "about-too-long"),
]


def test_a_change_that_breaks_a_rule_changes_nothing(
    house: House, subtests: pytest.Subtests
) -> None:
    for changed, code in REFUSED_TO_CHANGE:
        with subtests.test(**changed):
            with pytest.raises(Refused) as refused:
                change(house.linus, **{"name": "Other", **changed})
            assert refused.value.code == code
            assert (house.linus.username, house.linus.name) == ("linus", "Linus")


def test_the_own_username_may_be_spelt_anew(house: House) -> None:
    change(house.linus, username="LINUS")
    assert people.get("linus").username == "LINUS"


def test_two_who_change_to_one_username_do_not_both_get_it(house: House, domain: Flask) -> None:
    def act(name: str) -> None:
        change(people.get(name), username="torvalds")

    results = raced(domain, lambda: act("linus"), lambda: act("grace"))
    assert sorted(getattr(result, "code", "changed") for result in results) == [
        "changed", "username-taken"]


def test_a_new_name_makes_search_take_the_posts_again(house: House) -> None:
    publish(house.linus, "his")
    publish(house.grace, "hers")
    indexing.catch_up()
    change(house.linus, about="only this")
    assert indexing.waiting() == 0
    change(house.linus, name="Somebody")
    assert indexing.waiting() == 1


def test_the_digest_comes_on_a_weekday_and_at_an_hour_of_the_clock(house: House) -> None:
    with saving():
        people.set_digest(house.grace, on=False, weekday=6, hour=23)
    grace = house.grace
    assert (grace.digest_on, grace.digest_weekday, grace.digest_hour) == (False, 6, 23)
    for weekday, hour in ((7, 0), (-1, 0), (0, 24), (0, -1)):
        with pytest.raises(Refused) as refused:
            people.set_digest(grace, on=True, weekday=weekday, hour=hour)
        assert refused.value.code == "digest-time"


def test_a_new_password_fits_and_ends_every_session(house: House) -> None:
    before = house.ada.get_id()
    with saving():
        people.set_password(house.ada, "another long one")
    assert passwords.fits(house.ada.password_hash, "another long one")
    assert not passwords.fits(house.ada.password_hash, PASSWORD)
    assert house.ada.get_id() != before


def test_passwords_are_kept_as_argon2id_with_a_salt_of_their_own(house: House) -> None:
    hashes = [house.ada.password_hash or "", house.grace.password_hash or ""]
    assert all(kept.startswith("$argon2id$") for kept in hashes)
    assert hashes[0] != hashes[1]
    assert PASSWORD not in "".join(hashes)


def test_no_password_fits_where_there_is_no_hash(house: House) -> None:
    for kept in (None, "", "not a hash", "$argon2id$v=19$broken"):
        assert not passwords.fits(kept, "")
        assert not passwords.fits(kept, PASSWORD)


def test_only_an_administrator_gives_roles_and_suspends(house: House) -> None:
    for act in (lambda: people.set_role(house.linus, "administrator", house.linus),
                lambda: people.suspend(house.ada, NOON, house.grace),
                lambda: people.restore(house.linus, house.linus)):
        with pytest.raises(Forbidden) as forbidden, saving():
            act()
        assert forbidden.value.code == "not-an-administrator"
    with saving():
        people.set_role(house.grace, "community_manager", house.ada)
    assert (house.grace.manages, house.grace.administers) == (True, False)
    with pytest.raises(Refused) as refused:
        people.set_role(house.grace, "boss", house.ada)
    assert refused.value.code == "role-unknown"


def test_the_last_administrator_stays(house: House) -> None:
    for act in (lambda: people.set_role(house.ada, "member", house.ada),
                lambda: people.suspend(house.ada, NOON, house.ada),
                lambda: people.suspend(house.ada, NOON)):
        with pytest.raises(Refused) as refused, saving():
            act()
        assert refused.value.code == "last-administrator"
    with saving():
        people.set_role(house.grace, "administrator")
        people.suspend(house.grace, NOON)
    with pytest.raises(Refused), saving():
        people.suspend(house.ada, NOON)
    with saving():
        people.restore(house.grace)
        people.set_role(house.ada, "member", house.ada)
    assert house.ada.role == "member"


def test_two_administrators_who_suspend_each_other_do_not_both_go(
    house: House, domain: Flask
) -> None:
    with saving():
        people.set_role(house.grace, "administrator")

    def suspend(name: str) -> None:
        with saving():
            people.suspend(people.get(name), NOON)

    results = raced(domain, lambda: suspend("ada"), lambda: suspend("grace"))
    assert sorted(str(result) for result in results) == ["None", "last-administrator"]


def test_who_is_suspended_keeps_the_posts_and_loses_the_sessions(house: House) -> None:
    post = publish(house.linus, "still readable")
    before = house.linus.get_id()
    with saving():
        people.suspend(house.linus, NOON)
        people.suspend(house.linus, NOON + timedelta(days=1))
    assert house.linus.suspended_at == NOON
    assert house.linus.get_id() != before
    assert db.session.scalar(select(type(post).line).filter_by(id=post.id)) == "still readable"
    with saving():
        people.restore(house.linus)
    assert house.linus.suspended_at is None


def test_followers_are_counted_for_their_own_eyes(house: House) -> None:
    from_nobody = follows.follower_count(house.ada)
    with saving():
        follows.follow(house.grace, house.ada, NOON)
        follows.follow(house.linus, house.ada, NOON)
    assert (from_nobody, follows.follower_count(house.ada)) == (0, 2)


def test_the_zones_to_choose_from_are_places(house: House) -> None:
    zones = people.zones()
    assert "Europe/Amsterdam" in zones
    assert zones == sorted(zones)
    assert not [zone for zone in zones if zone.startswith("Etc/") or "/" not in zone]
    assert people.zone_of(house.ada).key == "Europe/Amsterdam"


def test_single_keys_are_on_until_they_are_switched_off(house: House) -> None:
    assert house.grace.keys_on
    with saving():
        people.set_keys(house.grace, on=False)
    assert not people.get("grace").keys_on
    assert people.get("ada").keys_on
