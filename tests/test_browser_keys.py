"""All of it by single keys, which move the real focus; and never while somebody types."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import browser, signed_in, url  # noqa: F401 - fixtures


def focused(page: Page) -> str:
    """The id of the post that has the focus; empty: none has."""
    return str(page.evaluate(
        "document.activeElement.closest('[data-post-id]')?.dataset.postId ?? ''"
    ))  # fmt: skip


def ids(page: Page) -> list[str]:
    return [
        str(one.get_attribute("data-post-id"))
        for one in page.locator("main article[data-post-id]").all()
    ]


@pytest.fixture
def page(browser: Browser, url: str):  # type: ignore[no-untyped-def] # noqa: F811
    page = signed_in(browser, url, "grace")
    page.goto("/everyone")
    yield page
    page.context.close()


def test_j_and_k_move_the_focus_from_post_to_post(page: Page) -> None:
    first, second, third, *_ = ids(page)
    for key, expected in (("j", first), ("j", second), ("j", third), ("k", second), ("k", first),
                          ("k", first)):  # fmt: skip
        page.keyboard.press(key)
        assert focused(page) == expected
    for _ in range(40):
        page.keyboard.press("j")
    assert focused(page) == ids(page)[-1]
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Tab")  # the real focus: Tab goes on from there
    assert focused(page) == ids(page)[-1]
    assert page.locator(":focus").evaluate("(one) => one.localName") == "a"


def test_a_post_is_thanked_saved_opened_and_replied_to(page: Page) -> None:
    page.keyboard.press("t")  # no post has the focus
    expect(page.locator('[aria-pressed="true"]')).to_have_count(0)
    page.keyboard.press("j")
    post = page.locator(f'main article[data-post-id="{focused(page)}"]')
    for key, name in (("t", "Thanks"), ("s", "Save")):
        button = post.get_by_role("button", name=name, exact=True)
        page.keyboard.press(key)
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(button).to_be_focused()
        page.keyboard.press(key)
        expect(button).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("r")
    expect(page.locator(".replying [name=line]")).to_be_focused()
    page.keyboard.type("jk? by keys")
    expect(page.locator(".replying [name=line]")).to_have_value("jk? by keys")
    page.keyboard.press("Escape")
    expect(page.locator(".replying")).to_have_count(0)
    assert focused(page) == post.get_attribute("data-post-id")
    number = focused(page)
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(f"/posts/{number}$"))


@pytest.mark.parametrize(
    ("second", "path"), [("h", "/"), ("e", "/everyone"), ("s", "/saved"), ("i", "/inbox")]
)
def test_g_and_a_letter_go(page: Page, second: str, path: str) -> None:
    page.goto("/tags")
    page.keyboard.press("g")
    page.keyboard.press(second)
    expect(page).to_have_url(re.compile(f"[0-9]{path}$"))


def test_g_is_forgotten_after_a_while_and_by_another_key(page: Page) -> None:
    page.clock.install()
    page.goto("/everyone")
    page.keyboard.press("g")
    page.clock.fast_forward(3000)
    page.keyboard.press("h")
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.keyboard.press("h")
    page.evaluate("0")
    assert page.url.endswith("/everyone")


def test_n_and_slash_lead_to_where_one_types(page: Page) -> None:
    page.keyboard.press("n")
    expect(page.get_by_label("What do you know")).to_be_focused()
    expect(page.get_by_label("What do you know")).to_have_value("")
    page.goto("/tags")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog").get_by_label("What do you know")).to_be_focused()
    expect(page.get_by_role("dialog").get_by_label("What do you know")).to_have_value("")
    page.goto("/tags")
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile("/search$"))
    page.get_by_role("searchbox").fill("valves")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("valves")


def test_the_question_mark_shows_the_keys_and_escape_closes_them(page: Page) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog.locator("dt")).to_have_count(13)
    page.keyboard.press("j")  # nothing moves behind a dialog
    assert focused(page) == ""
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("?")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    page.keyboard.press("j")
    assert focused(page) == ids(page)[0]


def test_keys_say_nothing_while_somebody_types_or_with_another_key(page: Page) -> None:
    line = page.get_by_label("What do you know")
    line.fill("")
    page.keyboard.type("jkot?/ngh")
    expect(line).to_have_value("jkot?/ngh")
    assert page.url.endswith("/everyone")
    line.fill("")
    page.get_by_role("heading", level=1).click()
    for keys in ("Control+j", "Alt+j", "Meta+j", "Shift+J"):
        page.keyboard.press(keys)
        assert focused(page) == "", keys
    page.goto("/settings")
    page.get_by_label("Language").focus()
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.evaluate("0")
    assert page.url.endswith("/settings")


def test_they_can_be_switched_off(page: Page) -> None:
    page.goto("/settings")
    switch = page.get_by_label("Single keys act on pages")
    switch.uncheck()
    page.get_by_role("button", name="Save the keys").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto("/everyone")
    for key in ("j", "?", "n"):
        page.keyboard.press(key)
    page.evaluate("0")
    assert focused(page) == ""
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("What do you know")).not_to_be_focused()
    page.goto("/settings")
    switch.check()
    page.get_by_role("button", name="Save the keys").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
