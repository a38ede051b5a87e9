from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from microshare import config, departments, links, passwords, people
from microshare.db import db, saving
from microshare.errors import Forbidden, Refusal, Refused
from microshare.models import OneTimeLink, User
from tests.acts import raced
from tests.conftest import NOON, House

FORTNIGHT, TWO_HOURS = timedelta(days=14), timedelta(hours=2)


def invite(email: str | None = None, role: str = "member", by: User | None = None) -> str:
    with saving():
        return links.invite(email, role, by, NOON)


def accept(token: str, now=NOON, **changed) -> User:  # type: ignore[no-untyped-def]
    with saving():
        profile = {
            "email": "mary@example.com", "username": "mary", "name": "Mary", "language": "nl",
            "password": "long enough now", "department": departments.get("research"),
        }
        return links.accept(token, now, **{**profile, **changed})


def reset(login: str = "grace") -> str:
    with saving():
        found = links.reset(login, NOON)
    assert found is not None
    return found[1]


def set_password(token: str, now=NOON, password: str = "quite another one") -> User:  # type: ignore[no-untyped-def]
    with saving():
        return links.set_password(token, password, now)


def assert_expired(act, *args, **more) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as refused:
        act(*args, **more)
    assert refused.value.code == "link-expired"


def no_administrator(house: House) -> None:
    with saving():
        house.ada.role = "member"


def test_an_invitation_lets_whoever_holds_it_join_once(house: House) -> None:
    token = invite(by=house.ada)
    mary = accept(token)
    assert (mary.email, mary.role, mary.language, mary.department.name) == (
        "mary@example.com", "member", "nl", "Research")
    assert passwords.fits(mary.password_hash, "long enough now")
    assert_expired(accept, token, email="other@example.com", username="other")
    assert people.by_login("other") is None


def test_an_invitation_to_an_address_decides_the_address_and_the_role(house: House) -> None:
    token = invite(" Mary@Example.com", "community_manager", house.ada)
    joined = accept(token, email="other@elsewhere.com")
    assert (joined.email, joined.role) == ("mary@example.com", "community_manager")


def test_a_link_still_works_after_a_refused_form(house: House) -> None:
    token = invite()
    with pytest.raises(Refused) as refused:
        accept(token, username="ada")
    assert refused.value.code == "username-taken"
    assert accept(token).username == "mary"


def test_an_invitation_ends_after_a_fortnight(house: House) -> None:
    token = invite()
    assert links.get(token, "join", NOON + FORTNIGHT - timedelta(seconds=1))
    assert_expired(links.get, token, "join", NOON + FORTNIGHT)
    assert_expired(accept, token, NOON + FORTNIGHT)


def test_only_the_hash_of_a_link_is_kept(house: House) -> None:
    token = invite()
    row = db.session.execute(select(OneTimeLink.__table__)).one()
    assert token not in " ".join(str(value) for value in row)


def test_a_link_that_was_never_made_is_refused_as_one_that_is_used(house: House) -> None:
    for token in ("", "x", "é", "\x00", "x" * 100_000):
        for purpose in ("join", "reset"):
            assert_expired(links.get, token, purpose, NOON)


def test_a_link_to_join_sets_no_password_and_the_other_way_round(house: House) -> None:
    assert_expired(set_password, invite())
    assert_expired(accept, reset())


def test_two_who_hold_one_invitation_do_not_both_join(house: House, domain: Flask) -> None:
    token = invite()
    results = raced(domain, *(
        lambda number=number: accept(token, email=f"m{number}@example.com",
                                     username=f"mary{number}").id
        for number in range(2)
    ))
    assert sum(isinstance(result, int) for result in results) == 1
    assert [r.code for r in results if isinstance(r, Refusal)] == ["link-expired"]
    assert len(people.find("mary")) == 1


def test_who_may_invite_whom_depends_on_the_role(house: House) -> None:
    with pytest.raises(Forbidden) as forbidden:
        invite(by=house.linus)
    assert forbidden.value.code == "not-a-manager"
    with saving():
        people.set_role(house.grace, "community_manager")
    assert accept(invite(by=house.grace)).role == "member"
    for role in ("community_manager", "administrator"):
        with pytest.raises(Forbidden) as forbidden:
            invite(role=role, by=house.grace)
        assert forbidden.value.code == "not-an-administrator"
    assert links.get(invite(role="administrator", by=house.ada), "join", NOON).role == (
        "administrator")


def test_an_invitation_that_cannot_be_used_is_not_made(house: House) -> None:
    for email, role, code in (("ADA@example.com", "member", "email-taken"),
                              ("nonsense", "member", "email-malformed"),
                              (None, "king", "role-unknown")):
        with pytest.raises(Refused) as refused:
            invite(email, role, house.ada)
        assert refused.value.code == code
    assert db.session.scalars(select(OneTimeLink)).all() == []


def test_the_first_administrator_gets_a_link_only_while_there_is_none(house: House) -> None:
    with saving():
        assert links.first_administrator(NOON) is None
    no_administrator(house)
    with saving():
        token = links.first_administrator(NOON)
    assert token is not None
    assert accept(token).role == "administrator"
    with saving():
        assert links.first_administrator(NOON) is None


def test_each_start_without_an_administrator_prints_the_link_that_counts(house: House) -> None:
    no_administrator(house)
    invitation = invite("mary@example.com")
    tokens = []
    for _ in range(2):
        with saving():
            tokens.append(links.first_administrator(NOON))
    assert_expired(links.get, tokens[0], "join", NOON)
    assert links.get(tokens[1], "join", NOON).role == "administrator"
    assert links.get(invitation, "join", NOON)


def test_the_first_link_ends_when_somebody_became_administrator_without_it(house: House) -> None:
    no_administrator(house)
    with saving():
        token = links.first_administrator(NOON)
        people.set_role(house.grace, "administrator")
    assert token is not None
    assert_expired(accept, token)


@pytest.fixture
def ours(house: House, domain: Flask) -> House:
    """The house, which people of example.com and example.nl may join."""
    kept = config.current()
    domain.config["MICROSHARE"] = config.Settings(
        **{**kept.__dict__, "registration": "example.com,example.nl"})
    return house


def test_an_address_of_the_company_may_join_by_a_letter(ours: House) -> None:
    for number, email in enumerate(("mary@example.com", "MARY@EXAMPLE.NL")):
        with saving():
            token = links.confirm(email, NOON)
        assert token is not None
        joined = accept(token, email="other@elsewhere.com", username=f"mary{number}")
        assert joined.email == email.lower()


def test_an_address_of_elsewhere_may_not(ours: House) -> None:
    for email in ("mary@elsewhere.com", "mary@sub.example.com", "mary@notexample.com",
                  "mary@example.com.elsewhere.com"):
        with pytest.raises(Refused) as refused, saving():
            links.confirm(email, NOON)
        assert refused.value.code == "domain-not-ours"
        assert refused.value.facts == {"domains": "example.com, example.nl"}


def test_an_address_that_has_joined_gets_no_second_link(ours: House) -> None:
    with saving():
        assert links.confirm("ADA@example.com", NOON) is None
    assert db.session.scalars(select(OneTimeLink)).all() == []


def test_a_forgotten_password_is_set_anew_and_ends_the_sessions(house: House) -> None:
    for login in ("grace", "GRACE@example.com"):
        before = house.grace.get_id()
        assert set_password(reset(login), password=f"new for {login}").id == house.grace.id
        assert passwords.fits(house.grace.password_hash, f"new for {login}")
        assert house.grace.get_id() != before


def test_a_reset_works_once_and_for_two_hours(house: House) -> None:
    token, late = reset(), reset()
    set_password(token)
    assert_expired(set_password, token, password="and yet another")
    assert_expired(set_password, late, NOON + TWO_HOURS)
    assert passwords.fits(house.grace.password_hash, "quite another one")


def test_a_reset_survives_a_password_that_is_refused(house: House) -> None:
    token = reset()
    with pytest.raises(Refused) as refused:
        set_password(token, password="short")
    assert refused.value.code == "password-length"
    assert set_password(token).id == house.grace.id


def test_one_reset_in_two_hands_sets_one_password(house: House, domain: Flask) -> None:
    token = reset()
    results = raced(domain, *(
        lambda word=word: set_password(token, password=f"password of {word}").id
        for word in ("the first", "the second")
    ))
    assert sorted(type(result).__name__ for result in results) == ["Refused", "int"]


def test_nobody_gets_a_reset_for_nobody(house: House) -> None:
    with saving():
        people.suspend(house.linus, NOON)
        house.grace.email = None
        for login in ("linus", "grace", "nobody", ""):
            assert links.reset(login, NOON) is None


def test_who_is_suspended_meanwhile_sets_no_password(house: House) -> None:
    token = reset("linus")
    with saving():
        people.suspend(house.linus, NOON)
    assert_expired(set_password, token)


def test_links_are_forgotten_a_month_after_they_ended(house: House) -> None:
    invite()
    reset()
    with saving():
        assert links.forget_old(NOON + TWO_HOURS + timedelta(days=30)) == 0
        assert links.forget_old(NOON + TWO_HOURS + timedelta(days=30, seconds=1)) == 1
        assert links.forget_old(NOON + FORTNIGHT + timedelta(days=31)) == 1
