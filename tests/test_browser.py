"""The main job in a real browser, as a person would do it: with and without JavaScript."""

import json
import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import DESKTOP, LOOKS, PHONE, WCAG, browser, is_well, signed_in, url
from tests.conftest import ROOT

__all__ = ["browser", "url"]  # the fixtures

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
    "/posts/1/report",
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
    for path in PAGES:
        page.goto(path)
        is_well(page, rules=WCAG if viewport == PHONE else LOOKS)
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
    told = page.get_by_role("button", name="Tell that this is missing")
    # It is hidden when it is sent: the next page may be asked for before that is taken.
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.goto("/search?q=centrifuge")
        expect(told).to_be_visible()
        expect(told).to_be_hidden()
    page.goto("/manage")
    expect(page.get_by_role("link", name="centrifuge", exact=True)).to_be_visible()
    page.context.close()
