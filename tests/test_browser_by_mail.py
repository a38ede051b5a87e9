"""The pages of letters in a real browser, to look at and to press: without a session."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from microshare import clock, create_app, installing, people, posts
from microshare.config import Settings
from microshare.db import db, saving
from microshare.mail import posting
from microshare.mail_addresses import Share
from microshare.models import PendingLetter
from tests.browsing import DESKTOP, PHONE, browser, is_well  # noqa: F401
from tests.conftest import furnish
from tests.forks import Forks
from tests.served import free_port, running
from tests.test_mail_posting import chain, letter


@pytest.fixture(scope="module")
def links(
    tmp_path_factory: pytest.TempPathFactory, forked: Forks
) -> Iterator[dict[str, str]]:
    """The pages, by act and language, of a served house into which letters came."""
    port = free_port()
    settings = Settings(
        instance=tmp_path_factory.mktemp("mail") / "instance",
        password_memory=8,
        mail_in="share@acme.example",
        mail_from="microshare@acme.example",
        url=f"http://127.0.0.1:{port}",
    )
    with running(settings, port, by=forked), create_app(settings).app_context():
        installing.install()
        furnish()
        with saving():
            people.get("linus").language = "nl"
            posts.publish(people.get("grace"), "About #Pumps", now=clock.now())
        found: dict[str, str] = {}
        for name in ("ada", "linus"):
            for act, incoming in (("undo", letter("Seal")), ("proposal", chain())):
                root = (f"{name}@laptop.example",)
                references = root if act == "proposal" else ()
                sent = replace(incoming, message_id=f"{act}-{name}@x", references=references)
                posting.take(sent, people.get(name), Share(), clock.now())
                found[f"{act} {name}"] = _link()
        db.session.remove()
        yield found
        db.engine.dispose()


def _link() -> str:
    told = db.session.query(PendingLetter).order_by(PendingLetter.id.desc()).first()
    assert told is not None
    link = re.search(r"http://\S+/mail/\S+", told.letter["text"])
    assert link is not None
    return link[0]


def test_the_pages_can_be_used_by_everybody(browser: Browser, links: dict[str, str]) -> None:  # noqa: F811
    smallest = {"width": 320, "height": 568}
    for viewport, scheme, name in ((smallest, "dark", "linus"), (DESKTOP, "light", "ada")):
        context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        for act in ("undo", "proposal"):
            page.goto(links[f"{act} {name}"])
            is_well(page)
        context.close()


def test_one_button_withdraws_and_one_publishes(browser: Browser, links: dict[str, str]) -> None:  # noqa: F811
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(links["undo ada"])
    page.locator("button").click()
    expect(page.locator("button")).to_have_count(0)
    page.goto(links["proposal ada"])
    page.locator("#line").fill("x" * 141)
    page.locator("button.primary").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("#line").fill("Six weeks")
    page.locator("[name=tell]").check()
    page.locator("button.primary").click()
    expect(page.locator("blockquote")).to_contain_text("Six weeks")
    page.reload()
    expect(page.locator("blockquote")).to_contain_text("Six weeks")
    context.close()
