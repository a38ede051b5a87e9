import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from microshare import people, sign_in
from microshare.db import db, saving
from microshare.errors import Refused
from microshare.models import FailedSignIn, User
from tests.conftest import NOON, PASSWORD, House

HOME = "192.0.2.7"


def enter(login: str, password: str = PASSWORD, address: str = HOME,
          now: datetime = NOON) -> User | None:
    with saving():
        attempt = sign_in.attempt(login, address, now)
    if not sign_in.is_right(attempt, password):
        return None
    with saving():
        return sign_in.enter(attempt)


def fail(times: int, login: str = "ada", address: str = HOME, now: datetime = NOON) -> None:
    for _ in range(times):
        assert enter(login, "wrong password", address, now) is None


def is_throttled(login: str, address: str = HOME, now: datetime = NOON) -> bool:
    try:
        enter(login, PASSWORD, address, now)
    except Refused as refused:
        assert refused.code == "too-many-attempts"
        assert refused.facts == {"minutes": 15}
        return True
    return False


def test_a_colleague_comes_in_with_username_or_address(house: House) -> None:
    for login in ("ada", "ADA", "ada@example.com", " Ada@Example.COM "):
        assert enter(login) is house.ada


WRONG = [
    ("ada", "wrong password"), ("ada", ""), ("nobody", PASSWORD), ("", PASSWORD),
    ("ada", PASSWORD + " "), ("ada", "x" * 100_000), ("a\x00", PASSWORD), ("a\ud800", PASSWORD),
]


def test_whichever_part_is_wrong_it_is_nobody_and_counted(
    house: House, subtests: pytest.Subtests
) -> None:
    for number, (login, password) in enumerate(WRONG, 1):
        with subtests.test(login=login, password=password[:20]):
            assert enter(login, password) is None
            assert len(db.session.scalars(select(FailedSignIn)).all()) == 2 * number


def test_the_tenth_wrong_password_closes_the_account_even_to_the_right_one(house: House) -> None:
    fail(9)
    assert not is_throttled("ada")
    fail(10)
    assert is_throttled("ada")
    assert is_throttled("ada", address="198.51.100.1")
    assert not is_throttled("grace")


def test_username_and_address_of_one_account_share_a_count(house: House) -> None:
    fail(5, "ada")
    fail(5, "Ada@example.com")
    assert is_throttled("ada")
    assert is_throttled("ada@example.com")


def test_an_account_that_does_not_exist_is_braked_in_the_same_way(house: House) -> None:
    fail(10, "nobody@example.com")
    assert is_throttled("Nobody@Example.com ")
    assert not is_throttled("somebody@example.com")


def test_who_comes_in_begins_with_a_clean_slate(house: House) -> None:
    for _ in range(3):
        fail(9)
        assert enter("ada") is house.ada


def test_an_address_that_tries_many_accounts_is_closed_for_all(house: House) -> None:
    for number in range(50):
        fail(1, f"nobody{number}")
    assert is_throttled("ada")
    assert is_throttled("another")
    assert not is_throttled("ada", address="198.51.100.1")


def test_coming_in_does_not_wipe_out_what_the_address_did(house: House) -> None:
    for number in range(49):
        fail(1, f"nobody{number}")
    assert enter("grace") is house.grace
    fail(1, "nobody")
    assert is_throttled("grace")


def test_after_the_window_the_right_password_does_again(house: House) -> None:
    fail(10)
    assert is_throttled("ada", now=NOON + timedelta(minutes=14, seconds=59))
    assert enter("ada", now=NOON + timedelta(minutes=15)) is house.ada


def test_tries_while_throttled_do_not_make_the_wait_longer(house: House) -> None:
    fail(10)
    assert is_throttled("ada", now=NOON + timedelta(minutes=10))
    assert not is_throttled("ada", now=NOON + timedelta(minutes=15))


def test_who_is_suspended_does_not_come_in(house: House) -> None:
    with saving():
        people.suspend(house.linus, NOON)
    assert enter("linus") is None


def test_who_has_no_password_does_not_come_in(house: House) -> None:
    with saving():
        house.linus.password_hash = None
    assert enter("linus", "") is None
    assert enter("linus") is None


def test_the_table_tells_nobody_who_tried_or_from_where(house: House) -> None:
    fail(1, "ada")
    fail(1, "stranger@example.com")
    rows = db.session.execute(select(FailedSignIn.__table__)).all()
    told = " ".join(str(value) for row in rows for value in row)
    assert all(secret not in told for secret in ("stranger", "example", HOME))
    assert len({row.whom for row in rows}) == 3  # two accounts, one address
    assert all(re.fullmatch("[0-9a-f]{64}", row.whom) for row in rows)  # so no name, not even ada


def test_what_no_longer_counts_is_forgotten(house: House) -> None:
    fail(2)
    fail(1, now=NOON + timedelta(minutes=10))
    with saving():
        assert sign_in.forget_old(NOON + timedelta(minutes=16)) == 4
    assert len(db.session.scalars(select(FailedSignIn)).all()) == 2
