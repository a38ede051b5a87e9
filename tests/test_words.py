from datetime import date, timedelta

import pytest
from flask import Flask

from microshare import clock, digest, people, words
from microshare.db import saving
from microshare.errors import Forbidden, Refused
from microshare.periods import Period
from tests.conftest import NOON, Browser, House

THIS, NEXT = date(2026, 11, 23), date(2026, 11, 30)


def test_the_word_stands_in_the_letters_of_its_week_alone(house: House) -> None:
    with saving():
        words.write(NEXT, "  Ask in   #pumps ", house.ada, NOON)
    told = {
        day: digest.compose(house.grace, Period(day, NOON - timedelta(days=7), NOON), NOON)
        for day in (date(2026, 11, 29), NEXT, date(2026, 12, 6), date(2026, 12, 7))
    }
    word = words.Word(NEXT, "Ask in #pumps", "Ada")
    assert [found.word for found in told.values()] == [None, word, word, None]
    assert told[NEXT].is_empty  # a word alone is no letter
    assert words.written(NOON) == [word]
    with saving():
        words.write(NEXT, "Another", people.get("ada"), NOON)
        words.write(THIS, "Now", people.get("ada"), NOON)
    assert [w.line for w in words.written(NOON)] == ["Now", "Another"]
    with saving():
        words.remove(NEXT, people.get("ada"))
        words.remove(NEXT, people.get("ada"))
    assert [w.line for w in words.written(NOON)] == ["Now"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_word_that_cannot_be_is_refused(house: House, engine: str) -> None:
    long = "x" * (words.LIMIT + 1)
    for week, line, code in (
        (NEXT, long, "word-too-long"), (NEXT, " ", "word-empty"), (NEXT, "a\x07b", "post-control"),
        (date(2026, 12, 1), "a Tuesday", "word-week"), (THIS - timedelta(7), "past", "word-week"),
        (THIS + timedelta(weeks=words.AHEAD), "far", "word-week"),
    ):
        with pytest.raises(Refused) as refused, saving():
            words.write(week, line, house.ada, NOON)
        assert refused.value.code == code
    for act in (lambda: words.write(NEXT, "x", house.grace, NOON),
                lambda: words.remove(NEXT, house.grace)):
        with pytest.raises(Forbidden), saving():
            act()
    with saving():
        words.write(NEXT, "👩‍👩‍👧‍👦" * words.LIMIT, house.ada, NOON)  # counted as those of a post


def test_the_page_writes_previews_and_removes_it_and_keeps_what_is_refused(
    ada: Browser, grace: Browser, site: Flask
) -> None:
    with site.app_context():
        week = words.coming(clock.now())[1].isoformat()
    shown = ada.send("/manage/word", week=week, word="y" * 150).get_data(as_text=True)
    assert "10 characters too long: the word of a week has at most 140." in shown
    assert f'value="{"y" * 150}"' in shown
    assert ada.send("/manage/word", week="soon", word="y").status_code == 422
    assert ada.send("/manage/word", week=week, word="Ask <b> in #pumps").status_code == 303
    page = ada.get("/manage").get_data(as_text=True)
    assert f'href="/digest/{week}"' in page
    for reader in (ada, grace):
        preview = reader.get(f"/digest/{week}").get_data(as_text=True)
        assert "Ask &lt;b&gt; in #pumps" in preview
        assert "– Ada" in preview
    assert grace.send("/manage/word", week=week, word="mine").status_code == 403
    assert ada.send("/manage/word", week=week, undo="1").status_code == 303
    assert "Ask" not in ada.get(f"/digest/{week}").get_data(as_text=True)


def test_the_settings_page_pauses_letters_and_shows_how_long(ada: Browser) -> None:
    choice = {"on": "1", "weekday": "0", "hour": "8"}
    assert "letters come as always" in ada.get("/settings").get_data(as_text=True)
    for until in ("2020-01-01", "soon"):
        assert ada.send("/settings/digest", **choice, until=until).status_code == 422
    until = clock.now().date() + timedelta(days=40)
    assert ada.send("/settings/digest", **choice, until=until.isoformat()).status_code == 303
    page = ada.get("/settings").get_data(as_text=True)
    assert f'value="{until}"' in page
    assert "Your letters pause until" in page
    assert "You are on leave: your letters pause until" in ada.get("/digest").get_data(as_text=True)
    ada.send("/settings/digest", **choice, until="")
    assert "letters come as always" in ada.get("/settings").get_data(as_text=True)
