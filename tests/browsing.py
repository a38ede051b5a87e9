"""A real Chromium and a served house to walk through it: what every test of the pages shares.

A test file imports the fixtures `browser` and `url`, and `page` where one signed-in page will do.
"""

import functools
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from microshare import create_app, posts
from microshare.config import Settings
from microshare.db import db, saving
from tests import served
from tests.conftest import NOON, PASSWORD, House, furnish
from tests.forks import Forks

# The first is Chromium without the parts that draw a window: the same pages and workers, and each
# new profile and each page that is opened takes less than half of the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
expect.set_options(timeout=15_000)  # ms; a machine with much else to do takes its time
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Of these, what hangs on colours and sizes: a page in another scheme has the same elements.
LOOKS = {
    "runOnly": {
        "type": "rule",
        "values": ["color-contrast", "link-in-text-block", "target-size", "meta-viewport",
                   "scrollable-region-focusable"],
    }
}  # fmt: skip
# What a person does to a page. Its scripts are modules, which run before it is loaded: who acts
# before that, right after the page came, acts on one that does not listen yet.
ACTS = ("check", "click", "dblclick", "fill", "press", "press_sequentially", "select_option",
        "set_input_files", "tap", "uncheck")  # fmt: skip


def _patient(act: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(act)
    def acted(place: Locator, *said: object, **more: object) -> object:
        place.page.wait_for_load_state()
        return act(place, *said, **more)

    return acted


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail("no browser: apt-get install chromium-headless-shell, or chromium")
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patched:
        for name in ACTS:
            patched.setattr(Locator, name, _patient(getattr(Locator, name)))
        opened = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()


def furnished(
    installed: Path, instance: Path, fill: Callable[[House], object], **more: object
) -> Settings:
    """The settings of an instance in this new folder, with the three in it and what `fill` does."""
    shutil.copytree(installed, instance)
    settings = Settings(instance=instance, password_memory=8, company="Acme", **more)  # type: ignore[arg-type]
    with create_app(settings).app_context():
        fill(furnish())
        db.session.remove()
        db.engine.dispose()
    return settings


@contextmanager
def serving(
    installed: Path,
    folders: pytest.TempPathFactory,
    forked: Forks,
    fill: Callable[[House], object],
) -> Iterator[str]:
    """The address of such an instance, served."""
    settings = furnished(installed, folders.mktemp("house") / "instance", fill)
    with served.running(settings, by=forked) as (_, address):
        yield address


def _notes(house: House) -> None:
    with saving():
        for number in range(40):
            posts.publish(house.grace, f"Field note {number} about #valves", now=NOON)
        posts.publish(house.linus, "Who knows the #atex rules for pumps?", now=NOON)


@pytest.fixture(scope="module")
def url(
    installed: Path, tmp_path_factory: pytest.TempPathFactory, forked: Forks
) -> Iterator[str]:
    """The product, served, with the three in it and some posts."""
    with serving(installed, tmp_path_factory, forked, _notes) as address:
        yield address


# Cookies of who has signed in at an address, for the next profile: the form is one page more.
_sessions: dict[tuple[str, str], object] = {}


def signed_in(browser: Browser, url: str, login: str = "ada", **options: object) -> Page:
    """A page of a fresh browser profile; a script or style that the policy blocks fails."""
    # The app's worker would load all its pages for each of them; its own tests let it.
    known = _sessions.get((url, login))
    usual = {"service_workers": "block", "storage_state": known, **options}
    context = browser.new_context(base_url=url, **usual)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    page.on(
        "console",
        lambda message: "Content Security" not in message.text or pytest.fail(message.text),
    )
    page.goto("/")
    if urlsplit(page.url).path != "/":  # nobody has signed in yet, or the session was ended
        sign_in(page, login)
        page.wait_for_url(re.compile("/$"))
        _sessions[url, login] = {"cookies": context.cookies(), "origins": []}
    return page


def sign_in(page: Page, login: str) -> None:
    """By the form that is shown; until it is done, for going on at once would break it off."""
    page.get_by_label(re.compile("username", re.I)).fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Password")).to_have_count(0)
    page.wait_for_load_state()


def is_well(page: Page, state: str = "", rules: Mapping[str, object] = WCAG) -> None:
    """Whether axe finds nothing in the page as it stands, and nothing scrolls sideways."""
    # Of what is well it need not tell where it stands: that takes it longer than to find out.
    asked = {"resultTypes": ["violations"], **rules}
    found = Axe().run(page, {"exclude": [["article:nth-of-type(n + 9)"]]}, asked)  # all alike
    state = state or page.url
    assert found.violations_count == 0, f"{state}: {found.generate_report()}"
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{state} is {wide} px too wide"
