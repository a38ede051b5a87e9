"""The first steps of a new colleague, and the pages of help."""

import re

import pytest
from flask import Flask

from microshare import clock, departments, people, steps, tags
from microshare.db import db, saving
from microshare.errors import Refused
from tests import acts
from tests.acts import publish
from tests.conftest import NOON, PASSWORD, Browser, House, Queries, furnish
from tests.test_web_posts import _check, ids
from tests.test_web_posts import publish as send

STEPS = ("/welcome", "/welcome/tags", "/welcome/post")
HABITS = ("/help/instead-of-a-cc", "/help/after-a-visit", "/help/asking-around")


@pytest.fixture
def newcomer(site: Flask) -> Browser:
    """Somebody who has just joined, in a department that follows #pumps."""
    with site.app_context():
        ada = people.get("ada")
        pumps = acts.tag("pumps")
        with saving():
            departments.follow_tag(departments.get("sales"), pumps, ada, NOON)
            steps.finish(people.get("ada"), NOON)
        for number in range(4):
            publish(people.get("ada"), f"note {number} #valves #seal{number}", now=clock.now())
        with saving():
            people.join(
                email="new@example.com",
                username="newbie",
                name="New",
                department=departments.get("research"),
                password=PASSWORD,
                now=NOON,
                language="en",
            )
        db.session.remove()
    browser = site.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in("newbie")
    return browser


def text(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    _check(path, answer.get_data())
    return str(answer.get_data(as_text=True))


def test_who_joins_is_led_to_the_first_step(site: Flask, ada: Browser) -> None:
    path = re.search(
        r"/join/[\w-]+", ada.send("/manage/invite", role="member", email="").get_data(as_text=True)
    )
    assert path is not None
    joiner = site.test_client()
    assert isinstance(joiner, Browser)
    answer = joiner.send(
        path[0], email="j@example.com", username="j", name="J", password=PASSWORD, department="sales"
    )
    assert answer.headers["Location"] == "/welcome"
    assert "Where do you work?" in text(joiner, "/welcome")


def test_one_picks_a_department_and_sees_what_it_follows(newcomer: Browser, site: Flask) -> None:
    page = text(newcomer, "/welcome")
    assert "follows #pumps" in page
    assert re.search(r'value="research" required checked', page)
    assert newcomer.send("/welcome", department="sales").headers["Location"] == "/welcome/tags"
    assert re.search(r'value="sales" required checked', text(newcomer, "/welcome"))
    refused = newcomer.send("/welcome", department="nowhere")
    assert refused.status_code == 422
    assert "Where do you work?" in refused.get_data(as_text=True)


def test_one_follows_tags_that_colleagues_use_and_others(newcomer: Browser, site: Flask) -> None:
    page = text(newcomer, "/welcome/tags")
    assert page.index('value="valves"') < page.index('value="seal0"')  # the most used first
    answer = newcomer.post(
        "/welcome/tags",
        data={"csrf_token": newcomer.token(), "tag": ["valves", "seal1"], "tags": "Acme, #seal1"},
    )
    assert answer.headers["Location"] == "/welcome/post"
    again = text(newcomer, "/welcome/tags")
    assert 'value="valves"' not in again
    assert "That is enough to begin with." in again
    with site.app_context():
        assert [t.name for t in steps.followed(people.get("newbie"))] == ["acme", "seal1", "valves"]
    assert len(ids(newcomer.get("/"))) == 4
    assert newcomer.send("/welcome/tags").headers["Location"] == "/welcome/post"  # none at all


def test_what_cannot_be_a_tag_is_told_and_the_choice_is_kept(newcomer: Browser) -> None:
    answer = newcomer.post(
        "/welcome/tags",
        data={"csrf_token": newcomer.token(), "tag": "valves", "tags": "two-words"},
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="two-words"' in page
    assert 'value="valves" checked' in page
    many = " ".join(f"t{n}" for n in range(steps.AT_ONCE + 1))
    assert newcomer.send("/welcome/tags", tags=many).status_code == 422
    assert newcomer.send("/welcome/tags", tags="x" * 300_000).status_code == 422


def test_a_suggestion_stands_in_the_composer_and_the_first_post_ends_the_steps(
    newcomer: Browser,
) -> None:
    newcomer.send("/welcome/tags", tags="#acme")
    page = text(newcomer, "/welcome/post")
    address = re.search(r'href="(/welcome/post\?line=Who[^"]+)"', page)
    assert address is not None
    filled = text(newcomer, address[1])
    assert "Who has done … before, and what should I look out for? #acme</textarea>" in filled
    assert "First steps" in text(newcomer, "/")
    send(newcomer, "Who has done it before? #acme")
    assert "First steps" not in text(newcomer, "/")


def test_all_of_it_can_be_left_out(newcomer: Browser) -> None:
    assert "First steps" in text(newcomer, "/")
    for path in STEPS:
        assert 'formaction="/welcome/done"' in text(newcomer, path)
    assert newcomer.send("/welcome/done").headers["Location"] == "/"
    assert "First steps" not in text(newcomer, "/")
    for path in STEPS:  # and gone back to
        text(newcomer, path)


def test_the_steps_are_not_shown_to_who_has_written_and_take_no_query(
    newcomer: Browser, ada: Browser, site: Flask
) -> None:
    assert "First steps" not in text(ada, "/")
    with site.app_context():
        for path in STEPS:
            with Queries() as queries:
                newcomer.get(path)
            assert len(queries) <= 8, path


def test_another_site_changes_nothing(newcomer: Browser, site: Flask) -> None:
    for path in (*STEPS[:2], "/welcome/done"):
        assert newcomer.post(path, data={"department": "sales", "tags": "x"}).status_code == 400
    stranger = site.test_client()
    assert isinstance(stranger, Browser)
    for path in STEPS:
        assert stranger.get(path).headers["Location"].startswith("/sign-in")


def test_too_many_tags_at_once_are_refused(house: House) -> None:
    with pytest.raises(Refused), saving():
        steps.follow_tags(house.ada, [(f"t{n}", f"T{n}") for n in range(31)], NOON)
    assert steps.followed(house.ada) == []


def test_what_comes_already_is_not_offered(house: House) -> None:
    publish(house.grace, "of #pumps and #seals")
    pumps = tags.get("pumps")
    with saving():
        departments.follow_tag(departments.get("sales"), pumps, house.ada, NOON)
    assert [tag.name for tag, _ in steps.offered(house.ada)] == ["seals"]
    with saving():
        steps.follow_tags(house.ada, [("seals", "seals")], NOON)
    assert steps.offered(house.ada) == []


@pytest.mark.parametrize("path", HABITS)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_each_habit_has_a_screen_in_both_languages_for_everybody(
    app: Flask, path: str, language: str
) -> None:
    app.test_client_class = Browser
    with app.app_context():
        furnish()
        db.session.remove()
    stranger = app.test_client()
    answer = stranger.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    _check(path, answer.get_data())
    page = answer.get_data(as_text=True)
    assert f'<html lang="{language}">' in page
    assert page.count('class="example"') >= 2
    help_page = stranger.get("/help").get_data(as_text=True)
    assert f'href="{path}"' in help_page


def test_a_habit_that_nobody_has_is_not_found(ada: Browser) -> None:
    assert ada.get("/help/nagging").status_code == 404
