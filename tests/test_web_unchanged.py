"""A page that says the same as last time is not sent again."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.conftest import Browser
from tests.test_web_posts import publish

PAGES = ("/", "/everyone", "/new", "/tags", "/@ada", "/inbox", "/settings", "/help", "/posts/1")


def tag_of(browser: FlaskClient, path: str) -> str:
    return str(browser.get(path).headers["ETag"])


def again(browser: FlaskClient, path: str, tag: str) -> int:
    """How the page is answered to who has it with this tag."""
    return browser.get(path, headers={"If-None-Match": tag}).status_code


def form_of(page: str) -> dict[str, str]:
    """The token and the key of a page's composer."""
    return dict(re.findall(r'name="(csrf_token|key)" value="([^"]+)"', page))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_did_not_change_is_not_sent_again(ada: Browser, path: str) -> None:
    publish(ada, "Seal leaks #acme")
    ada.get(path)  # what the post flashed or drew is told
    first = ada.get(path)
    tag = first.headers["ETag"]
    answer = ada.get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert "private" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Security-Policy"]
    second = ada.get(path)
    assert second.data != first.data or path not in ("/", "/everyone", "/new", "/posts/1")


def test_whatever_a_page_shows_changes_its_tag(ada: Browser, grace: Browser) -> None:
    post = publish(ada, "Seal leaks #acme")
    for act in (
        lambda: grace.send(f"/posts/{post}/thanks"),
        lambda: grace.send(f"/posts/{post}/save"),
        lambda: publish(ada, "Another"),
        lambda: ada.send(f"/posts/{post}/edit", line="Seal holds", version="1"),
        lambda: ada.send(f"/posts/{post}/withdraw"),
        lambda: grace.send("/settings/profile", name="Grace", username="grace", language="nl",
                           time_zone="UTC", about="", department="sales"),
    ):  # fmt: skip
        tag = tag_of(grace, "/everyone")
        act()
        assert again(grace, "/everyone", tag) == 200
        assert again(grace, "/everyone", tag_of(grace, "/everyone")) == 304


def test_a_page_that_is_shown_again_has_a_form_that_works(ada: Browser) -> None:
    with time_machine.travel(timedelta(hours=1)) as clock:  # a token tells when it was drawn
        page = ada.get("/everyone")
        form = form_of(page.get_data(as_text=True))
        clock.shift(timedelta(days=2))
        assert again(ada, "/everyone", page.headers["ETag"]) == 304
        assert ada.post("/posts", data={**form, "line": "from a kept page"}).status_code == 303


def test_no_page_is_shown_again_with_a_key_that_was_used(ada: Browser) -> None:
    # The page for a new post says the same before and after one.
    page = ada.get("/new")
    form = form_of(page.get_data(as_text=True))
    assert again(ada, "/new", page.headers["ETag"]) == 304
    assert ada.post("/posts", data={**form, "line": "one"}).status_code == 303
    assert again(ada, "/new", page.headers["ETag"]) == 200


def test_the_pages_of_one_session_are_not_those_of_another(ada: Browser, linus: Browser) -> None:
    assert tag_of(ada, "/help") != tag_of(linus, "/help")
    before = tag_of(ada, "/help")
    ada.send("/sign-out")
    ada.sign_in()
    assert again(ada, "/help", before) == 200  # its token would be refused


def test_refusals_and_forms_have_no_tag(ada: Browser) -> None:
    assert "ETag" not in ada.get("/nothing-here").headers
    assert "ETag" not in ada.send("/posts", line=" ").headers
    assert "ETag" not in ada.get("/health").headers
    assert ada.get("/nothing-here", headers={"If-None-Match": "*"}).status_code == 404
