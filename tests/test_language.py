"""In which language a post is: told apart, kept with it, and said on every page that shows it."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade

from microshare import posts, spoken
from microshare.db import db, saving
from tests.acts import publish
from tests.conftest import NOON, Browser, House, furnish
from tests.test_web_posts import publish as send

DUTCH, ENGLISH = "De pomp bij #acme lekt weer", "The pump at #acme leaks again"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (DUTCH, "nl"),
        (ENGLISH, "en"),
        ("Wie weet hoe de nieuwe seal zich houdt?", "nl"),
        ("DE POMP LEKT BIJ HET VENTIEL", "nl"),
        ("Don’t open the valve", "en"),
        ("See https://example.nl/het-is-van-de-pomp about it, the fix works", "en"),
        ("OK", ""),
        ("", ""),
        ("👍 42", ""),
        ("#de_pomp_van_het #en", ""),
        ("@jan_van_de_berg", ""),
        ("`het is van de`", ""),
        ("Die Pumpe ist undicht und das Ventil muss ersetzt werden", ""),
        ("La pompe fuit encore chez le client", ""),
        ("насос шумит", ""),
    ],
)
def test_two_languages_are_told_apart_and_others_are_none(text: str, language: str) -> None:
    assert spoken.of(text) == language


def test_of_real_posts_nearly_all_are_told_right(data: Path) -> None:
    """12,000 lines, most of them headlines of a few words; half of them were never looked at."""
    lines = (data / "posts/messages.jsonl").read_text("utf-8").splitlines()[1::2]
    told = [(spoken.of(row["line"]), row["language"]) for row in map(json.loads, lines)]
    right = sum(found == language for found, language in told)
    wrong = sum(found not in ("", language) for found, language in told)
    assert right / len(told) > 0.91
    assert wrong / len(told) < 0.002


def test_nonsense_of_any_length_has_no_language() -> None:
    for text in ("x" * 100_000, "' " * 50_000, "#" * 50_000, "`" * 50_001, "\ud800 \x00"):
        assert spoken.of(text) == ""


def test_a_post_keeps_its_language_and_an_edit_mends_it(house: House) -> None:
    post = publish(house.ada, DUTCH)
    assert post.language == "nl"
    with saving():
        posts.edit(posts.get(post.id), house.ada, ENGLISH, now=NOON + timedelta(minutes=1))
    assert posts.get(post.id).language == "en"
    assert publish(house.ada, "OK", note="Het lekt niet meer bij deze klant").language == "nl"
    assert publish(house.ada, "OK").language == ""


def langs(page: str) -> list[tuple[str, str]]:
    """What each line on a page says of its language, with its first words."""
    return re.findall(r'<p class="line"(?: lang="(\w+)")?>(?:<a[^>]*>)?(\w+)', page)


def test_every_list_says_in_which_language_a_line_and_a_note_are(
    ada: Browser, grace: Browser
) -> None:
    post = send(ada, DUTCH, note="Het ventiel ook.")
    other = send(ada, ENGLISH)
    send(ada, "OK")
    three = [("", "OK"), ("en", "The"), ("nl", "De")]
    for path in ("/", "/everyone", "/@ada", "/departments/sales"):
        assert langs(ada.get(path).get_data(as_text=True)) == three, path
    assert langs(grace.get("/tags/acme").get_data(as_text=True)) == three[1:]
    page = grace.get(f"/posts/{post}").get_data(as_text=True)
    assert langs(page) == three[2:]
    assert '<div class="prose" lang="nl">' in page
    ada.send(f"/posts/{other}/edit", line="De pomp is weer goed", version="1")
    page = grace.get(f"/posts/{other}/history").get_data(as_text=True)
    assert '<del lang="en">' in page
    page = re.sub('<del.*?</del> |<span class="unseen".*?</span>|</?ins>', "", page)
    assert langs(page) == [("nl", "De"), ("en", "The")]
    grace.send(f"/posts/{post}/thanks")
    assert langs(ada.get("/inbox").get_data(as_text=True)) == [("nl", "De")]


def test_atom_says_it_too(ada: Browser) -> None:
    send(ada, DUTCH)
    send(ada, "OK")
    feed = ada.get("/everyone.atom").get_data(as_text=True)
    assert re.findall("<entry[^>]*>", feed) == ["<entry>", '<entry xml:lang="nl">']


def test_posts_that_were_there_before_get_theirs_from_the_migration(app: Flask) -> None:
    with app.app_context():
        house = furnish()
        ids = [publish(house.ada, line).id for line in (DUTCH, "OK", ENGLISH)]
        db.session.remove()
        downgrade(revision="0005")
        upgrade()
        assert [posts.get(i).language for i in ids] == ["nl", "", "en"]
