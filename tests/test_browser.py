"""The main job in a real browser, as a person would do it: with and without JavaScript."""

import json
import re
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from microshare import create_app, posts
from microshare.config import Settings
from microshare.db import db, saving
from tests import served
from tests.conftest import NOON, PASSWORD, ROOT, furnish

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(
        (p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None
    )
    if path is None:
        pytest.fail("no browser: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def url(installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """The product, served, with the three in it and some posts."""
    instance = tmp_path_factory.mktemp("browser") / "instance"
    shutil.copytree(installed, instance)
    settings = Settings(instance=instance, password_memory=8, company="Acme")
    app = create_app(settings)
    with app.app_context():
        house = furnish()
        with saving():
            for number in range(40):
                posts.publish(house.grace, f"Field note {number} about #valves", now=NOON)
            posts.publish(house.linus, "Who knows the #atex rules for pumps?", now=NOON)
        db.session.remove()
        db.engine.dispose()
    with served.running(settings) as (_, address):
        yield address


def signed_in(browser: Browser, url: str, login: str = "ada", **options: object) -> Page:
    """A page of a fresh browser profile; a script or style that the policy blocks fails."""
    context = browser.new_context(base_url=url, **options)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    page.on(
        "console",
        lambda message: "Content Security" not in message.text or pytest.fail(message.text),
    )
    page.goto("/")
    page.get_by_label(re.compile("username", re.I)).fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/$"))  # going on at once would break off signing in
    return page


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no script"])
def test_one_posts_follows_searches_and_reads_the_digest(
    browser: Browser, url: str, with_script: bool
) -> None:
    page = signed_in(browser, url, java_script_enabled=with_script, viewport=PHONE)
    what = f"New seal {'with' if with_script else 'without'} script at #acme"
    page.get_by_label("What do you know").fill(what)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page).to_have_url(re.compile(r"/posts/\d+$"))
    expect(page.locator("article[data-post-id] .line").first).to_have_text(what)
    page.locator("article .line a.tag").first.click()
    expect(page).to_have_url(re.compile("/tags/acme$"))
    page.goto("/tags/valves")
    if page.get_by_role("button", name=re.compile("^Follow ")).count():
        page.get_by_role("button", name=re.compile("^Follow ")).first.click()
        expect(page.get_by_role("button", name="Stop following #valves")).to_be_visible()
    page.goto("/")
    assert page.locator("article[data-post-id]").count() == 30
    expect(page.get_by_text("#valves").first).to_be_visible()
    page.get_by_role("link", name=re.compile("older", re.I)).click()
    expect(page).to_have_url(re.compile(r"\?before=\d+$"))
    page.goto("/search?q=seal")
    for _ in range(60):
        if page.locator("article[data-post-id]").count():
            break
        page.wait_for_timeout(200)
        page.reload()
    expect(page.locator("article mark").first).to_have_text("seal")
    page.goto("/digest")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.context.close()


def test_the_counter_of_the_page_counts_as_the_server_does(browser: Browser, url: str) -> None:
    page = signed_in(browser, url)
    cases = json.loads((ROOT / "tests/cases/text_cases.json").read_text())["count"]
    counted = page.evaluate(
        """async (texts) => {
            const address = [...document.scripts].map((s) => s.src).find((s) => s.includes("app"));
            const module = await import(address.replace(/app\\.js.*/, "counter.js"));
            return texts.map((text) => module.count(text));
        }""",
        [case["text"] for case in cases],
    )
    assert counted == [case["expected"] for case in cases]
    page.context.close()


def test_a_line_that_is_too_long_is_told_and_a_draft_survives(browser: Browser, url: str) -> None:
    page = signed_in(browser, url)
    line = page.get_by_label("What do you know")
    line.fill("x" * 150)
    expect(page.locator("[data-counter]")).to_have_text(re.compile("-10|−10"))
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("10 characters too long")
    expect(page.locator("textarea[name=line]")).to_have_value("x" * 150)
    page.goto("/")
    page.get_by_label("What do you know").fill("a draft in a car park")
    page.goto("/help")
    page.goto("/")
    expect(page.get_by_label("What do you know")).to_have_value("a draft in a car park")
    page.context.close()


PAGES = [
    "/",
    "/everyone",
    "/search?q=valves",
    "/tags",
    "/tags/valves",
    "/people",
    "/@grace",
    "/departments",
    "/departments/research",
    "/posts/1",
    "/questions",
    "/inbox",
    "/saved",
    "/outbox",
    "/offline",
    "/digest",
    "/settings",
    "/settings/programs",
    "/manage",
    "/manage/webhooks",
    "/help",
    "/new",
    "/posts/41",
    "/nothing-here",
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("viewport", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")], ids=["phone", "desktop"]
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, url: str, viewport: dict[str, int], scheme: str
) -> None:
    page = signed_in(browser, url, viewport=viewport, color_scheme=scheme)
    axe = Axe()
    for path in PAGES:
        page.goto(path)
        found = axe.run(
            page,
            options={
                "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
            },
        )
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
    page.context.close()


def test_thanks_and_saving_change_in_place_and_without_script_too(
    browser: Browser, url: str
) -> None:
    for with_script in (True, False):
        page = signed_in(browser, url, java_script_enabled=with_script)
        page.goto("/everyone")
        post = page.locator("article[data-post-id]").nth(3)
        name = post.get_attribute("data-post-id")
        again = page.locator(f'article[data-post-id="{name}"]')
        for word in ("Thanks", "Save"):
            button = again.get_by_role("button", name=word, exact=True)
            expect(button).to_have_attribute("aria-pressed", "false")
            button.click()
            expect(page).to_have_url(re.compile("/everyone$"))
            expect(button).to_have_attribute("aria-pressed", "true")
            button.click()
            expect(button).to_have_attribute("aria-pressed", "false")
        page.context.close()


def test_a_search_that_finds_nothing_helps_on_and_is_told_by_the_script(
    browser: Browser, url: str
) -> None:
    page = signed_in(browser, url, viewport=PHONE)
    for _ in range(60):
        page.goto("/search?q=vavles")
        if page.get_by_role("link", name="valves", exact=True).count():
            break
        page.wait_for_timeout(200)
    page.get_by_role("link", name="valves", exact=True).click()
    expect(page.locator("article mark").first).to_have_text("valves")
    page.goto("/search?q=centrifuge")
    told = page.get_by_role("button", name="Tell that this is missing")
    expect(told).to_be_visible()
    expect(told).to_be_hidden()
    page.goto("/manage")
    expect(page.get_by_role("link", name="centrifuge", exact=True)).to_be_visible()
    page.context.close()
