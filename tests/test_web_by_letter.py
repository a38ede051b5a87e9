"""The links of a letter: reading without a password, and one button to thank or follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from microshare import clock, departments, indexing, people, posts
from microshare.db import Base, db, saving
from microshare.letter_links import Links
from microshare.models import Follow, PendingLetter, Thanks, User
from tests.conftest import NOON, Browser

DAY = NOON.date()
WAY = "To do more than read"


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


class Letter(NamedTuple):
    """What noor's letter holds, as paths; the tag #pumps is number 1, and so is ada's post."""

    site: str
    thank: str
    follow: str


@pytest.fixture
def noor(site: Flask) -> Letter:
    """The links of a colleague who never signed in; ada wrote, and noor follows nothing."""
    with inside(site), saving():
        ada = people.get("ada")
        noor = people.join(email="noor@example.com", username="noor", name="Noor", now=NOON,
                           department=departments.get("sales"), language="en")
        posts.publish(ada, "A quieter seal #pumps", now=NOON - timedelta(days=1))
        links = Links(noor, DAY)
        return Letter(path(links.site), path(links.to_thank(1)), path(links.to_follow(1)))


@contextmanager
def inside(site: Flask) -> Iterator[None]:
    """The domain for a moment: a request that shares its context would share what it knows."""
    with site.app_context():
        yield
        db.session.remove()


@pytest.fixture
def browser(site: Flask) -> Browser:
    return site.test_client()  # type: ignore[return-value]


def path(address: str) -> str:
    return address.removeprefix("http://localhost")


def read(browser: Browser, letter: Letter, page: str = "/"):  # type: ignore[no-untyped-def]
    return browser.get(letter.site + page, follow_redirects=True)


def everything(site: Flask) -> dict[str, int]:
    with inside(site):
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name != "call_counts"  # calls are counted, whoever makes them
        }


def holders(site: Flask, column: InstrumentedAttribute[int]) -> list[str]:
    """The usernames of those whose ids stand in this column."""
    with inside(site):
        ids = db.session.scalars(select(column)).all()
        return [db.session.get_one(User, i).username for i in ids]


def test_who_has_a_password_gets_plain_links(site: Flask, noor: Letter) -> None:
    assert noor.site.startswith("/digest/read/r")
    with inside(site):
        assert Links(people.get("ada"), DAY).site == "http://localhost"


def test_the_link_opens_pages_to_read(site: Flask, noor: Letter, browser: Browser) -> None:
    with inside(site):
        indexing.catch_up()
    for page in ("/", "/everyone", "/posts/1", "/tags", "/tags/pumps", "/people", "/@ada",
                 "/departments", "/departments/sales", "/questions", "/search?q=seal", "/digest",
                 "/digest/2026-11-23"):
        answer = read(browser, noor, page)
        shown = answer.get_data(as_text=True)
        assert answer.status_code == 200, page
        assert "You read as Noor, with the link of your letter." in shown, page
        assert answer.request.full_path.rstrip("?") == page
        assert 'name="line"' not in shown, page
        assert "acts.js" not in shown, page
        assert "Microshare-Reader" not in answer.headers
        assert noor.site.rpartition("/")[2] not in shown


def test_it_opens_nothing_else_and_no_form_changes_anything(
    site: Flask, noor: Letter, browser: Browser
) -> None:
    with inside(site), saving():
        people.get("noor").role = "administrator"
    read(browser, noor)
    before, token, tried = everything(site), browser.token(), 0
    adapter = site.url_map.bind("localhost")
    values = {"post_id": 1, "search_id": 1, "goal_id": 1, "name": "pumps", "day": "x",
              "username": "ada", "slug": "sales", "token": "x", "path": "x"}
    for rule in site.url_map.iter_rules():
        view = site.view_functions[rule.endpoint]
        if getattr(view, "is_public", False) or rule.endpoint == "static":
            continue
        address = adapter.build(rule.endpoint, {n: values.get(n, 1) for n in rule.arguments})
        methods = {"GET", "POST"} & (rule.methods or set())
        for method in methods - ({"GET"} if getattr(view, "opens_by_letter", False) else set()):
            form = {"csrf_token": token, "line": "Mine #pumps", "name": "x"}
            answer = browser.open(address, method=method, data=form if method == "POST" else None)
            tried += 1
            if rule.endpoint.startswith("api."):  # clients have tokens, and letters are none
                assert answer.status_code in (200, 400, 401, 404), rule
                continue
            assert answer.status_code == 403, rule
            assert WAY in answer.get_data(as_text=True), rule
    assert tried > 60
    assert everything(site) == before
    assert WAY in browser.post("/posts/1/thanks").get_data(as_text=True)  # a form of nobody's
    told = browser.post("/posts/1/thanks", data={"csrf_token": token},
                        headers={"Accept": "application/json"})
    assert told.json is not None
    assert (told.status_code, told.json["code"]) == (403, "reading-only")


def test_the_way_in_is_a_letter_to_the_readers_own_address_and_what_was_typed_is_kept(
    site: Flask, noor: Letter, browser: Browser
) -> None:
    read(browser, noor)
    page = browser.send("/posts", line="Mine <1> #pumps").get_data(as_text=True)
    assert "Mine &lt;1&gt; #pumps" in page
    for shown in (page, browser.get("/digest/ways-in").get_data(as_text=True)):
        assert 'name="login" value="noor"' in shown
    browser.send("/forgotten", login="noor")
    with inside(site):
        assert db.session.scalars(select(PendingLetter)).one().letter["to"] == "noor@example.com"
    assert browser.get("/settings").status_code == 403


@pytest.mark.parametrize("why", ["late", "suspended", "password", "everywhere"])
def test_the_link_ends(
    site: Flask, noor: Letter, browser: Browser, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    read(browser, noor)
    with inside(site), saving():
        user = people.get("noor")
        if why == "suspended":
            people.suspend(user, NOON)
            people.restore(user)  # who comes back asks for new links
        if why == "password":
            people.set_password(user, "correct horse battery")
        if why == "everywhere":
            people.sign_out_everywhere(user)
    if why == "late":
        last = datetime(2026, 12, 8, tzinfo=UTC)  # the letter after next has come
        monkeypatch.setattr(clock, "now", lambda: last - timedelta(seconds=1))
        assert browser.get("/everyone").status_code == 200
        monkeypatch.setattr(clock, "now", lambda: last)
    assert browser.get("/everyone").status_code == 303  # to sign in
    for address in (noor.site + "/everyone", noor.thank, noor.follow):
        again = browser.get(address)
        assert again.status_code == 403
        assert "Sign in and go on" in again.get_data(as_text=True)
    assert browser.post(noor.thank).status_code == 403
    assert browser.get("/everyone").status_code == 303
    assert holders(site, Thanks.giver_id) == []


def test_a_link_is_for_one_reader_and_one_act(
    site: Flask, noor: Letter, browser: Browser
) -> None:
    read_token, thank_token = noor.site.rpartition("/")[2], noor.thank.rpartition("/")[2]
    with inside(site):
        id_of = {name: people.get(name).id for name in ("noor", "grace")}
    for address in (
        f"/digest/read/{thank_token}/everyone",
        f"/digest/thank/{read_token}",
        noor.thank.replace("/thank/", "/follow/"),
        noor.thank.replace("/thank/t", "/follow/f"),
        noor.thank.replace(".1.", ".2."),
        noor.thank.replace(f"/t{id_of['noor']}.", f"/t{id_of['grace']}."),
        noor.site.replace(f"/r{id_of['noor']}.", f"/r{id_of['grace']}.") + "/everyone",
        noor.thank[:-1], noor.thank + "A", "/digest/thank/t1.1.99999999.1.x", "/digest/thank/t",
    ):
        assert browser.get(address).status_code == 422, address
        assert browser.get("/everyone").status_code == 303
    with inside(site), saving():
        posts.withdraw(posts.get(1), people.get("ada"), NOON)
    assert browser.get(noor.thank).status_code == browser.post(noor.thank).status_code == 404


def test_the_link_is_told_to_nobody(
    noor: Letter, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser.application.logger.addHandler(caplog.handler)
    secrets = [noor.site.split("/")[3], noor.thank.split("/")[3], noor.follow.split("/")[3]]
    for address in (noor.site + "/posts/1", noor.thank, noor.follow):
        answer = browser.get(address)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not [secret for secret in secrets if secret in answer.headers.get("Location", "")]
    assert read(browser, noor, "/posts/1").headers["Referrer-Policy"] == "same-origin"
    browser.application.logger.removeHandler(caplog.handler)
    assert "by_letter.enter" in caplog.text
    assert not [secret for secret in secrets if secret in caplog.text]


def test_the_link_leads_nowhere_else(noor: Letter, browser: Browser) -> None:
    for page in ("//evil.example", "/\\evil.example", "/https://evil.example", "/%2Fevil.example"):
        location = browser.get(noor.site + page).headers.get("Location", "")
        assert location.removeprefix("http://localhost").startswith("/"), page
        assert not location.startswith(("//", "/\\")), page


def test_who_signs_in_reads_by_the_letter_no_more(noor: Letter, browser: Browser) -> None:
    read(browser, noor)
    assert browser.sign_in("grace").status_code == 303
    assert browser.get("/settings").status_code == 200
    assert browser.get(noor.site + "/posts/1").headers["Location"] == "/posts/1"
    assert browser.get("/settings").status_code == 200
    browser.send("/sign-out")
    assert browser.get("/everyone").status_code == 303


def test_one_button_thanks_and_follows_once_and_a_scanner_does_neither(
    site: Flask, noor: Letter, browser: Browser
) -> None:
    before = everything(site)
    for address in (noor.site + "/", noor.thank, noor.follow):
        for look in (browser.get, browser.head):
            assert look(address).status_code in (200, 303)
    assert everything(site) == before
    for address, asked, button, done in (
        (noor.thank, "Thank Ada?", "Thank as Noor", "You thanked Ada"),
        (noor.follow, "Follow #pumps?", "Follow as Noor", "You follow #pumps"),
    ):
        stranger = site.test_client()  # not even a cookie
        page = stranger.get(address).get_data(as_text=True)
        assert asked in page
        assert page.count("<button") == 1
        assert button in page
        for _ in range(2):
            assert done in site.test_client().post(address).get_data(as_text=True)
        assert stranger.get("/settings").status_code == 303  # nobody was signed in by it
    assert holders(site, Thanks.giver_id) == holders(site, Follow.reader_id) == ["noor"]
    with inside(site):
        assert posts.get(1).thanks_count == 1


def test_another_who_is_signed_in_is_told_and_acts_with_a_form_of_ours(
    site: Flask, noor: Letter, grace: Browser, ada: Browser
) -> None:
    page = grace.get(noor.thank).get_data(as_text=True)
    assert "You are signed in as Grace, and the letter was for Noor." in page
    assert "Thank as Grace" in page
    assert grace.post(noor.thank).status_code == 400  # from elsewhere
    assert holders(site, Thanks.giver_id) == []
    with inside(site), saving():  # noor's links end; who is signed in needs none
        people.set_password(people.get("noor"), "correct horse battery")
    assert grace.send(noor.thank).status_code == 200
    assert holders(site, Thanks.giver_id) == ["grace"]
    assert ada.send(noor.thank).status_code == 422  # nobody thanks for an own post
