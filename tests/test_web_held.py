"""The pages of the mail door: the colleague's own address, and the letters that wait for them."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from microshare import mail_addresses, people
from microshare.db import let_go
from microshare.mail import receive
from microshare.mail_addresses import Private
from tests.conftest import NOON, Browser, Queries
from tests.door import SHARE, answers, entries, letter, lines


@pytest.fixture(autouse=True)
def opened(site: Flask) -> Flask:
    site.config["MICROSHARE"] = replace(site.config["MICROSHARE"], mail_in=SHARE)
    with site.app_context():
        for number, sender in enumerate(("ada", "ada", "grace")):
            raw = letter(f"{sender}@example.com", f"<Line> {number}", message_id=f"{number}@x")
            assert receive.receive(raw, SHARE, NOON).why == "held"
    return site


def page(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_only_whose_letters_they_may_be_sees_them(ada: Browser, grace: Browser, linus: Browser) -> None:
    hers = page(ada, "/letters")
    assert "&lt;Line&gt; 0" in hers and "&lt;Line&gt; 1" in hers and "Line&gt; 2" not in hers
    assert "did not sign it (DKIM)" in hers
    assert "Line&gt; 2" in page(grace, "/letters") and "Nothing waits." in page(linus, "/letters")


def test_one_button_posts_it_and_one_throws_it_away(site: Flask, ada: Browser) -> None:
    numbers = re.findall(r'name="letter" value="(\d+)"', page(ada, "/letters"))
    assert ada.send("/letters", letter=numbers[0]).status_code == 303
    assert "Released" in page(ada, "/letters")
    assert ada.send("/letters", letter=numbers[1], undo="1").status_code == 303
    assert "Nothing waits." in page(ada, "/letters")
    with site.app_context():
        assert receive.take_released(NOON) == 1
        assert lines() == ["<Line> 1"]  # the newest stands first
        assert sorted(state for state, _ in entries()) == ["done", "dropped", "held"]
        assert answers()[-1]["to"] == "ada@example.com"


def test_nobody_elses_letter_and_none_twice(ada: Browser, linus: Browser) -> None:
    number = re.findall(r'name="letter" value="(\d+)"', page(ada, "/letters"))[0]
    assert linus.send("/letters", letter=number).status_code == 404
    assert ada.send("/letters", letter=number).status_code == 303
    for again in (number, "0", "x", ""):
        assert ada.send("/letters", letter=again).status_code == 404


def test_the_own_address_is_shown_and_made_anew(site: Flask, ada: Browser) -> None:
    def shown() -> str:
        return re.findall(r"share\+\w+@acme\.example", page(ada, "/settings"))[0]

    first = shown()
    assert first == shown()
    assert ada.get("/settings/mail-address").status_code == 405
    assert ada.send("/settings/mail-address").headers["Location"].endswith("/settings#mail-door")
    second = shown()
    with site.app_context():
        assert mail_addresses.meaning(first) is None
        assert mail_addresses.meaning(second) == Private(people.get("ada"))
        let_go()


def test_where_the_door_is_closed_the_settings_say_nothing_of_it(site: Flask, ada: Browser) -> None:
    site.config["MICROSHARE"] = replace(site.config["MICROSHARE"], mail_in="")
    assert "mail-door" not in page(ada, "/settings")


def test_the_page_asks_few_questions(site: Flask, ada: Browser) -> None:
    with site.app_context(), Queries() as asked:
        assert len(page(ada, "/letters")) < 60_000
    assert len(asked) <= 8
