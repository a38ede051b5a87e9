"""The addresses of the mail door: nobody can make one, and a renewed one is dead."""

from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from microshare import config, mail_addresses
from microshare.db import db, saving
from microshare.errors import Refused
from microshare.mail_addresses import Bounce, Private, Reply, Share, meaning
from microshare.models import User
from tests.conftest import House, furnish

LARGEST = 2**48 - 1


@pytest.fixture(params=["share@acme.example", "Weten.wat.de.ander.weet@Acme.example"])
def address(request: pytest.FixtureRequest, app: Flask) -> str:
    app.config["MICROSHARE"] = replace(app.config["MICROSHARE"], mail_in=request.param)
    return str(request.param).lower()


@pytest.fixture
def house(app: Flask, address: str) -> House:
    with app.app_context():
        yield furnish()  # type: ignore[misc]


def test_every_address_says_what_it_is_for(house: House, address: str) -> None:
    assert mail_addresses.share() == address
    assert meaning(address) == Share()
    assert meaning(mail_addresses.private(house.ada) or "") == Private(house.ada)
    assert meaning(mail_addresses.reply_to(house.grace, 7) or "") == Reply(house.grace, 7)
    assert meaning(mail_addresses.bounce_to(3, 12) or "") == Bounce(3, 12)


def test_case_does_not_matter(house: House) -> None:
    for made in (mail_addresses.share(), mail_addresses.private(house.ada),
                 mail_addresses.reply_to(house.ada, 1)):  # fmt: skip
        assert made is not None and made == made.lower()
        assert meaning(made.upper()) == meaning(made) is not None


def test_an_address_is_ours_whether_its_token_is_right_or_not(house: House, address: str) -> None:
    local, _, domain = address.partition("@")
    ours = [address, address.upper(), f"{local}+forged@{domain}"]
    others = [f"{local}@else.example", f"{local}x@{domain}", f"x{local}+p@{domain}", "", "@"]
    assert all(map(mail_addresses.is_ours, ours))
    assert not any(map(mail_addresses.is_ours, others))


def test_the_longest_address_fits(house: House) -> None:
    longest = mail_addresses.bounce_to(LARGEST, LARGEST)
    assert longest is not None and meaning(longest) == Bounce(LARGEST, LARGEST)
    assert len(longest.partition("@")[0]) <= mail_addresses.LOCAL_LIMIT


def test_a_renewed_address_ends_the_old_one_and_nobody_elses(house: House) -> None:
    old, others = mail_addresses.private(house.ada), mail_addresses.private(house.grace)
    with saving():
        mail_addresses.renew(house.ada)
    new = mail_addresses.private(house.ada)
    assert old and new and others and meaning(old) is None
    assert meaning(new) == Private(house.ada)
    assert meaning(others) == Private(house.grace)


def test_another_key_means_other_addresses(app: Flask, house: House) -> None:
    made = mail_addresses.private(house.ada)
    app.config["MICROSHARE"] = replace(config.current(), secret_key="s" * 32)
    assert made and meaning(made) is None


def test_one_changed_character_anywhere_means_nothing(house: House) -> None:
    for made in (mail_addresses.private(house.ada), mail_addresses.reply_to(house.ada, 300)):
        local, _, domain = (made or "").partition("@")
        start = local.index("+") + 1
        for at in range(start, len(local)):
            for other in "abp7rz2":
                if other != local[at]:
                    assert meaning(f"{local[:at]}{other}{local[at + 1:]}@{domain}") is None
        assert meaning(f"{local}a@{domain}") is meaning(f"{local[:-1]}@{domain}") is None
        assert meaning(f"{local}@elsewhere.example") is None


def test_nothing_is_raised_whatever_the_address(house: House, address: str) -> None:
    local, _, domain = address.partition("@")

    @settings(max_examples=50)
    @given(st.text(max_size=80), st.text(alphabet="prbabcdefghij234567=+", max_size=60))
    def any_address(anything: str, token: str) -> None:
        assert meaning(anything) is None or anything.strip().lower() == address
        assert meaning(f"{local}+{anything}@{domain}") is None
        assert meaning(f"{local}+{token}@{domain}") is None

    any_address()


@pytest.mark.parametrize("address", ["share@acme.example"], indirect=True)
def test_an_address_of_nobody_means_nothing(house: House) -> None:
    assert meaning(mail_addresses.reply_to(User(id=99), 1) or "") is None
    db.session.rollback()


def test_without_the_setting_the_door_is_off(app: Flask) -> None:
    with app.app_context():
        assert mail_addresses.share() is None
        assert mail_addresses.private(User(id=1, mail_epoch=0)) is None
        assert mail_addresses.reply_to(User(id=1), 1) is None
        assert mail_addresses.bounce_to(1) is None
        assert meaning("") is meaning("@") is meaning("share@acme.example") is None


@pytest.mark.parametrize("wrong", ["share", "a b@example.com", "x" * 25 + "@example.com"])
def test_an_address_that_leaves_no_room_for_a_token_is_refused(wrong: str) -> None:
    with pytest.raises(Refused) as refused:
        config.read({"MICROSHARE_MAIL_IN": wrong})
    assert refused.value.code == "setting-malformed"
