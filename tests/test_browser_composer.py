"""The composer in a real browser: what goes on while one types, and that nothing typed is lost."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browsing import DESKTOP, PHONE, browser, is_well, sign_in, signed_in, url

__all__ = ["browser", "url"]  # the fixtures

VALVES = "#valves 40 posts"
GRACE = "@grace Grace · Research"


def composing(browser: Browser, url: str, **options: object) -> Page:
    """The feed of Ada, ready to be typed into."""
    page = signed_in(browser, url, **options)
    expect(line_of(page)).to_be_visible()
    return page


def line_of(page: Page):  # type: ignore[no-untyped-def]
    return page.get_by_label("What do you know")


def post(page: Page) -> None:
    page.get_by_role("button", name="Post", exact=True).click()


def options(page: Page | Locator):  # type: ignore[no-untyped-def]
    return page.get_by_role("listbox").get_by_role("option")


def test_a_tag_is_completed_with_the_keyboard_and_nothing_is_chosen_unasked(
    browser: Browser, url: str
) -> None:
    page = composing(browser, url)
    line = line_of(page)
    line.press_sequentially("Leak at #va")
    expect(options(page)).to_have_text([VALVES])
    expect(line).to_be_focused()
    assert line.get_attribute("aria-activedescendant") is None
    line.press("Enter")  # nothing is chosen yet: a new line, as ever
    expect(line).to_have_value("Leak at #va\n")
    expect(options(page)).to_have_count(0)
    line.press("Backspace")
    expect(options(page)).to_have_text([VALVES])
    line.press("ArrowDown")
    expect(options(page)).to_have_attribute("aria-selected", "true")
    assert line.get_attribute("aria-activedescendant") == options(page).get_attribute("id")
    line.press("Enter")
    expect(line).to_have_value("Leak at #valves ")
    expect(options(page)).to_have_count(0)
    line.press("Control+z")  # as if it were typed
    expect(line).to_have_value("Leak at #va")
    page.context.close()


def test_escape_closes_the_list_and_ctrl_enter_posts_over_it(browser: Browser, url: str) -> None:
    page = composing(browser, url)
    line = line_of(page)
    line.press_sequentially("Posted over the list @gr")
    expect(options(page)).to_have_text([GRACE])
    line.press("ArrowDown")
    line.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(line).to_have_value("Posted over the list @gr")
    line.press_sequentially("a")
    expect(options(page)).to_have_text([GRACE])
    line.press("ArrowDown")
    line.press("Control+Enter")
    expect(page.locator("article .line").first).to_have_text("Posted over the list @gra")
    page.context.close()


def test_a_tap_chooses_a_person_and_keeps_the_field(browser: Browser, url: str) -> None:
    page = composing(browser, url, viewport=PHONE, has_touch=True)
    line = line_of(page)
    line.press_sequentially("Ask @gr")
    expect(options(page)).to_have_text([GRACE])
    options(page).tap()
    expect(line).to_have_value("Ask @grace ")
    expect(line).to_be_focused()
    page.context.close()


def test_what_is_no_tag_is_not_completed(browser: Browser, url: str) -> None:
    page = composing(browser, url)
    line = line_of(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    line.press_sequentially("a#va me@va http://wiki/#va and now #at")
    expect(options(page)).to_have_text(["#atex 1 post"])
    hints = [one.removeprefix(url) for one in asked if "/hints/" in one and "line" not in one]
    assert hints[-1] == "/hints/tags?q=at"
    assert set(hints) <= {f"/hints/tags?q={begun}" for begun in ("", "a", "at")}
    page.context.close()


def test_letters_that_are_still_being_composed_are_left_alone(browser: Browser, url: str) -> None:
    page = composing(browser, url)
    line = line_of(page)
    line.press_sequentially("#v")
    expect(options(page)).to_have_text([VALVES])
    line.press("ArrowDown")
    taken = line.evaluate("""field => {
        const key = new KeyboardEvent("keydown",
            { key: "Enter", isComposing: true, bubbles: true, cancelable: true });
        field.dispatchEvent(key);
        return key.defaultPrevented;
    }""")
    assert not taken
    expect(line).to_have_value("#v")
    page.context.close()


def test_an_answer_that_is_overtaken_is_dropped(browser: Browser, url: str) -> None:
    page = composing(browser, url)
    line = line_of(page)
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    page.route("**/hints/tags?q=v", hold)
    with page.expect_request("**/hints/tags?q=v"):
        line.press_sequentially("#v")
    line.press("Backspace")
    line.press_sequentially("at")
    expect(options(page)).to_have_text(["#atex 1 post"])
    late[0].fulfill(json={"options": [{"text": "#late", "told": ""}], "said": ""})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(options(page)).to_have_text(["#atex 1 post"])
    page.context.close()


def test_a_near_double_is_told_and_mended_and_fitting_tags_are_offered(
    browser: Browser, url: str
) -> None:
    page = composing(browser, url)
    line = line_of(page)
    hints = page.get_by_role("group", name="Hints for your tags")
    line.fill("Noise in #valvse again")
    expect(hints).to_contain_text("#valvse is new. Close to:")
    hints.get_by_role("button", name="#valves").click()
    expect(line).to_have_value("Noise in #valves again")
    _until_it_is_indexed(page)
    line.fill("Another field note about this")
    expect(hints).to_contain_text("Fitting tags:")
    hints.get_by_role("button", name="#valves").click()
    expect(line).to_have_value("Another field note about this #valves ")
    expect(line).to_be_focused()
    expect(hints.get_by_role("button")).to_have_count(0)
    page.context.close()


def _until_it_is_indexed(page: Page) -> None:
    for _ in range(60):
        if page.request.get("/hints/line?q=field+note").json()["fitting"]:
            return
        page.wait_for_timeout(200)


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no script"])
def test_a_note_is_previewed_and_nothing_posted(
    browser: Browser, url: str, with_script: bool
) -> None:
    page = composing(browser, url, java_script_enabled=with_script)
    line_of(page).fill("Not posted yet")
    page.get_by_text("Add a note").click()
    page.get_by_label(re.compile("^Note")).fill("seen **twice** #acme <b>")
    button = page.get_by_role("button", name="Preview")
    shown = page
    if with_script:
        button.click()
    else:
        with page.context.expect_page() as opened:
            button.click()
        shown = opened.value
    expect(shown.locator(".preview strong")).to_have_text("twice")
    expect(shown.locator(".preview a.tag")).to_have_text("#acme")
    expect(line_of(page)).to_have_value("Not posted yet")
    if with_script:
        page.get_by_label(re.compile("^Note")).fill("n" * 2001)
        expect(page.locator(".preview")).to_be_hidden()
        button.click()
        expect(page.locator(".preview")).to_have_text(re.compile("1 characters too long"))
    page.goto("/@ada")
    expect(page.get_by_text("Not posted yet")).to_have_count(0)
    page.context.close()


def test_new_post_opens_over_any_page_and_keeps_its_text(browser: Browser, url: str) -> None:
    page = composing(browser, url, viewport=DESKTOP)
    page.goto("/posts/41")
    new = page.get_by_role("link", name="New post")
    new.click()
    dialog = page.get_by_role("dialog", name="New post")
    line = dialog.get_by_label("What do you know")
    expect(line).to_be_focused()
    line.press_sequentially("Over a page @gr")
    expect(options(dialog)).to_have_text([GRACE])
    line.press("Escape")  # closes the list alone
    expect(dialog).to_be_visible()
    expect(dialog.locator("[data-counter]")).to_have_text("125")
    dialog.get_by_text("Add photos").click()
    expect(dialog.get_by_role("button", name="Choose photos")).to_be_visible()
    is_well(page)
    names = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(names) == len(set(names))
    line.press("Escape")
    expect(dialog).to_be_hidden()
    new.click()
    expect(line).to_have_value("Over a page @gr")
    dialog.get_by_role("button", name="Close").click()
    page.goto("/people")
    new.click()
    expect(line).to_have_value("Over a page @gr")
    dialog.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("article .line").first).to_have_text("Over a page @gr")
    page.goto("/")
    new.click()  # here it stands on the page
    expect(dialog).to_have_count(0)
    expect(line_of(page)).to_be_focused()
    expect(line_of(page)).to_have_value("")
    page.context.close()


def test_new_post_is_a_page_without_script(browser: Browser, url: str) -> None:
    page = composing(browser, url, java_script_enabled=False, viewport=PHONE)
    page.goto("/people")
    page.get_by_role("link", name="New", exact=True).click()
    expect(page).to_have_url(re.compile("/new$"))
    page.context.close()


def test_a_draft_survives_a_reload_and_signing_out(browser: Browser, url: str) -> None:
    page = composing(browser, url)
    line_of(page).fill("kept on this device")
    page.get_by_text("Add a note").click()
    page.get_by_label(re.compile("^Note")).fill("the whole of it")
    page.reload()
    expect(line_of(page)).to_have_value("kept on this device")
    expect(page.get_by_label(re.compile("^Note"))).to_have_value("the whole of it")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "linus")
    expect(page.get_by_role("heading", name="Your feed", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "ada")
    expect(line_of(page)).to_have_value("kept on this device")
    expect(page.get_by_label(re.compile("^Note"))).to_have_value("the whole of it")
    page.context.close()


def test_a_session_that_ended_while_writing_loses_nothing(browser: Browser, url: str) -> None:
    page = composing(browser, url)
    line_of(page).fill("Written over the end of a session")
    page.context.clear_cookies()
    post(page)
    expect(page.get_by_text("You are signed out")).to_be_visible()
    page.goto("/")
    sign_in(page, "ada")
    for _ in range(60):  # it is sent by itself
        page.goto("/@ada")
        if page.get_by_text("Written over the end of a session").count():
            break
        page.wait_for_timeout(200)
    expect(page.get_by_text("Written over the end of a session")).to_have_count(1)
    page.goto("/")
    expect(line_of(page)).to_have_value("")
    page.context.close()


def test_without_script_the_text_goes_along_to_sign_in_and_back(browser: Browser, url: str) -> None:
    page = composing(browser, url, java_script_enabled=False)
    line_of(page).fill("Written without script over the end of a session")
    page.context.clear_cookies()
    post(page)
    expect(page.get_by_text("You are no longer signed in")).to_be_visible()
    sign_in(page, "ada")
    expect(line_of(page)).to_have_value("Written without script over the end of a session")
    post(page)
    expect(page.locator("article .line").first).to_have_text(
        "Written without script over the end of a session"
    )
    page.context.close()


def test_two_tabs_keep_a_draft_each(browser: Browser, url: str) -> None:
    first = composing(browser, url)
    context = first.context
    line_of(first).fill("in the first tab")
    second = context.new_page()
    second.goto("/")
    line_of(second).fill("in the second tab")
    post(second)
    expect(second.locator("article .line").first).to_have_text("in the second tab")
    line_of(first).press_sequentially(", still")
    first.close()
    third = context.new_page()
    third.goto("/")
    expect(line_of(third)).to_have_value("in the first tab, still")
    post(third)
    expect(third.locator("article .line").first).to_have_text("in the first tab, still")
    context.close()


def test_a_double_click_is_one_post_and_back_shows_an_empty_composer(
    browser: Browser, url: str
) -> None:
    page = composing(browser, url)
    line_of(page).fill("Posted with a nervous finger")
    page.get_by_role("button", name="Post", exact=True).dblclick()
    expect(page.locator("article .line").first).to_have_text("Posted with a nervous finger")
    page.go_back()
    expect(page.get_by_role("heading", name="Your feed")).to_be_visible()
    expect(line_of(page)).to_have_value("")
    line_of(page).fill("Another one after Back")
    post(page)
    expect(page.locator("article .line").first).to_have_text("Another one after Back")
    page.goto("/@ada")
    expect(page.get_by_text("Posted with a nervous finger")).to_have_count(1)
    page.context.close()


def test_a_pasted_book_is_counted_refused_and_kept(browser: Browser, url: str) -> None:
    page = composing(browser, url)
    line = line_of(page)
    line.evaluate("""field => {
        field.focus();
        document.execCommand("insertText", false, "é#🇳🇱 ".repeat(2500));
    }""")
    expect(page.locator("[data-counter]")).to_have_text(str(140 - 9999))
    post(page)
    expect(page.get_by_role("alert")).to_contain_text("far too much text")
    expect(page.locator("textarea[name=line]")).to_have_value(re.compile("^é#🇳🇱 é"))
    page.locator("textarea[name=line]").fill("x" * 100_000)
    expect(page.locator("[data-counter]")).to_have_text(str(140 - 100_000))
    page.context.close()


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")])
def test_axe_finds_nothing_while_a_list_and_hints_are_open(
    browser: Browser, url: str, viewport: dict[str, int], scheme: str
) -> None:
    page = composing(browser, url, viewport=viewport, color_scheme=scheme)
    line = line_of(page)
    line.fill("Another field note about #valvse ")
    expect(page.get_by_role("group", name="Hints for your tags")).to_contain_text("#valvse is new")
    line.press_sequentially("#")
    expect(options(page).first).to_be_visible()
    line.press("ArrowDown")
    is_well(page)
    page.context.close()
