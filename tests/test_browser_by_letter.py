"""The pages that a letter opens to read, in a real browser: axe finds nothing on them."""

from pathlib import Path

from playwright.sync_api import Browser

from microshare import clock, create_app, departments, people, posts
from microshare.db import db, saving
from microshare.letter_links import Links
from tests import served
from tests.browsing import PHONE, browser, furnished, is_well
from tests.conftest import House
from tests.forks import Forks

__all__ = ["browser"]  # the fixture
PAGES = ("/", "/everyone", "/tags/pumps", "/posts/1", "/digest")


def _notes(house: House) -> None:
    with saving():
        for number in range(12):
            posts.publish(house.ada, f"A quieter seal {number} #pumps", now=clock.now())
        people.join(email="noor@example.com", username="noor", name="Noor", now=clock.now(),
                    department=departments.get("sales"), language="nl")


def test_axe_finds_nothing_where_a_letter_lets_one_read(
    browser: Browser, installed: Path, tmp_path: Path, forked: Forks
) -> None:
    settings = furnished(installed, tmp_path / "instance", _notes)
    with create_app(settings).app_context():
        links = Links(people.get("noor"), clock.now().date())
        token = links.site.rpartition("/")[2]
        thanks = links.to_thank(1).removeprefix(settings.url)
        db.session.remove()
        db.engine.dispose()
    with served.running(settings, with_worker=False, by=forked) as (_, url):
        context = browser.new_context(viewport=PHONE, color_scheme="dark")  # type: ignore[arg-type]
        page = context.new_page()
        for path in (thanks, *(f"/digest/read/{token}{one}" for one in PAGES)):
            answer = page.goto(url + path)
            assert answer is not None and answer.status == 200, path
            assert "/sign-in" not in page.url
            is_well(page, path)
        context.close()
