"""Everybody can use it: small screens, large letters, keyboards, screen readers, no motion.

`test_browser.py` asks axe about every page as it opens; here are the states that one gets them into.
"""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import DESKTOP, PHONE, browser, is_well, signed_in, url  # noqa: F401
from tests.test_browser import PAGES

PUBLIC = ("/sign-in", "/forgotten", "/help", "/nothing-here")


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "viewport",
    [{"width": 320, "height": 568}, {"width": 640, "height": 450}],
    ids=["320 px", "a desktop at 200 %"],
)
def test_nothing_scrolls_sideways_on_the_smallest_screens(
    browser: Browser, url: str, viewport: dict[str, int]  # noqa: F811
) -> None:
    page = signed_in(browser, url, "linus", viewport=viewport)
    page.goto("/settings")  # in Dutch, whose words are longer
    page.locator("[name=language]").select_option("nl")
    page.locator("form", has=page.locator("[name=language]")).get_by_role("button").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    for path in PAGES:
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
    page.context.close()


@pytest.mark.timeout(240)
def test_axe_finds_nothing_in_what_unfolds_and_in_what_is_refused(
    browser: Browser, url: str  # noqa: F811
) -> None:
    page = signed_in(browser, url, viewport=PHONE, color_scheme="dark")
    page.goto("/everyone")
    page.locator("a.more").first.click()
    expect(page.locator(".panel").first).to_be_visible()
    is_well(page, "the choices of a post")
    page.keyboard.press("Escape")
    page.locator(".bar details.menu > summary").click()
    is_well(page, "the menu of a phone")
    page.goto("/")
    page.get_by_label("What do you know").fill("x" * 150)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    is_well(page, "a line that is too long")
    for summary in page.locator("main details.fold > summary").all():
        summary.click()
    is_well(page, "a note unfolded")
    page.context.close()


def test_axe_finds_nothing_in_the_dialogs(browser: Browser, url: str) -> None:  # noqa: F811
    page = signed_in(browser, url, viewport=DESKTOP)
    page.goto("/tags")
    page.get_by_role("link", name="New post").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    is_well(page, "the composer over a page")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    is_well(page, "the list of keys")
    page.context.close()


def test_axe_finds_nothing_where_nobody_is_signed_in(
    browser: Browser, url: str  # noqa: F811
) -> None:
    context = browser.new_context(base_url=url, viewport=PHONE)
    page = context.new_page()
    for path in PUBLIC:
        page.goto(path)
        is_well(page, path)
    page.goto("/sign-in")
    page.locator("[name=login]").fill("ada")
    page.locator("[name=password]").fill("not this one")
    page.locator("[name=password]").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    is_well(page, "a wrong password")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_goes_by_the_keyboard_always_sees_where_they_are(
    browser: Browser, url: str, scheme: str  # noqa: F811
) -> None:
    page = signed_in(browser, url, viewport=DESKTOP, color_scheme=scheme)
    page.goto("/everyone")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=re.compile("Skip"))).to_be_focused()
    seen = set()
    for _ in range(40):
        found = page.evaluate("""() => {
            const here = document.activeElement, style = getComputedStyle(here);
            const box = here.getBoundingClientRect();
            return [here.outerHTML.slice(0, 120), style.outlineStyle !== "none"
                && parseFloat(style.outlineWidth) >= 2, box.width > 0 && box.bottom > 0
                && box.top < innerHeight];
        }""")
        assert found[1], f"no outline around {found[0]}"
        assert found[2], f"out of sight: {found[0]}"
        seen.add(found[0])
        page.keyboard.press("Tab")
    assert len(seen) > 30
    page.context.close()


def test_nothing_moves_for_who_wants_no_motion(browser: Browser, url: str) -> None:  # noqa: F811
    page = signed_in(browser, url, reduced_motion="reduce")
    page.goto("/everyone")
    moving = page.evaluate("""() => [...document.querySelectorAll("*")].filter((one) => {
        const style = getComputedStyle(one);
        const seconds = (style.transitionDuration + "," + style.animationDuration).split(",");
        return seconds.some((each) => parseFloat(each) > 0.01)
            || style.scrollBehavior === "smooth";
    }).map((one) => one.outerHTML.slice(0, 120))""")
    assert moving == []
    page.context.close()
