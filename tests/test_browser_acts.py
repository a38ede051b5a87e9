"""Thank, save, follow, mute, tag on and reply without leaving the page; without script as forms."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import browser, sign_in, signed_in, url  # noqa: F401 - fixtures
from tests.test_browser_live import publish


def opened(browser: Browser, url: str, path: str, login: str = "grace") -> Page:  # noqa: F811
    page = signed_in(browser, url, login)
    page.goto(path)
    page.evaluate("window.stays = true")
    return page


def closed(page: Page, stays: bool = True) -> None:
    """Whether the page was never left; and the end of it."""
    assert page.evaluate("window.stays === true") is stays
    page.context.close()


def posts(page: Page) -> Locator:
    return page.locator("main article[data-post-id]")


def test_a_tag_is_followed_and_muted_in_place(browser: Browser, url: str) -> None:  # noqa: F811
    page = opened(browser, url, "/tags/atex")
    about = page.get_by_role("region", name="About this tag")
    expect(about).to_contain_text("0 followers")
    page.get_by_role("button", name="Follow #atex", exact=True).click()
    again = page.get_by_role("button", name="Stop following #atex")
    expect(again).to_be_focused()
    expect(about).to_contain_text("1 follower")
    again.click()
    expect(page.get_by_role("button", name="Follow #atex", exact=True)).to_be_focused()
    about.get_by_text("Mute", exact=True).click()
    about.get_by_role("button", name="For a week").click()
    let_in = about.get_by_role("button", name="Let #atex in again")
    expect(let_in).to_be_focused()
    let_in.click()
    expect(about.get_by_text("Mute", exact=True)).to_be_focused()
    closed(page)


def test_a_person_is_followed_and_a_thread_muted_in_place(
    browser: Browser, url: str  # noqa: F811
) -> None:
    page = opened(browser, url, "/@linus")
    page.get_by_role("button", name="Follow Linus", exact=True).click()
    page.get_by_role("button", name="Stop following Linus").click()
    expect(page.get_by_role("button", name="Follow Linus", exact=True)).to_be_visible()
    closed(page)
    page = opened(browser, url, "/posts/41")
    page.get_by_text("Mute this thread", exact=True).first.click()
    page.get_by_role("button", name="For a day").click()
    expect(page.get_by_text("You have muted this thread")).to_be_visible()
    page.get_by_role("button", name="Let it in again").click()
    expect(page.get_by_text("You have muted this thread")).to_have_count(0)
    closed(page)


def test_what_brings_a_post_is_ended_and_undone_where_it_is_told(
    browser: Browser, url: str  # noqa: F811
) -> None:
    page = opened(browser, url, "/tags/atex", "ada")
    page.get_by_role("button", name="Follow #atex", exact=True).click()
    expect(page.get_by_role("button", name="Stop following #atex")).to_be_visible()
    page.goto("/")
    page.evaluate("window.stays = true")
    cross = page.get_by_role("button", name="Stop following #atex").first
    number = posts(page).filter(has=cross).first.get_attribute("data-post-id")
    post = page.locator(f'article[data-post-id="{number}"]')
    cross.click()
    undo = post.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    expect(post.locator(".line")).to_be_visible()  # nothing goes from under one's eyes
    other = page.context.new_page()
    other.goto("/tags/atex")
    expect(other.get_by_role("button", name="Follow #atex", exact=True)).to_be_visible()
    undo.click()
    expect(cross).to_be_focused()
    other.reload()
    expect(other.get_by_role("button", name="Stop following #atex")).to_be_visible()
    cross.click()
    expect(undo).to_be_visible()
    closed(page)


def test_a_post_is_tagged_on_and_its_thread_muted_from_the_menu(
    browser: Browser, url: str  # noqa: F811
) -> None:
    page = opened(browser, url, "/everyone", "linus")
    post = posts(page).nth(5)
    post.get_by_title("More choices").click()
    post.get_by_label("Tag on").fill("#slurry")
    post.get_by_role("button", name="Tag on").click()
    expect(post.locator(".chips")).to_contain_text("#slurry, tagged on by Linus")
    post.get_by_role("button", name="Take #slurry off").click()
    expect(post.locator(".chips")).to_have_count(0)
    post.get_by_title("More choices").click()
    post.get_by_role("group", name="Mute this thread").get_by_text("For a day").click()
    undo = post.get_by_role("group", name="Mute this thread").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.click()
    muting = post.get_by_role("group", name="Mute this thread")
    expect(muting.get_by_role("button")).to_have_count(3)
    closed(page)


def test_in_a_thread_who_thanked_and_what_is_tagged_on_change_in_place(
    browser: Browser, url: str  # noqa: F811
) -> None:
    page = opened(browser, url, "/posts/41")
    about = page.get_by_role("region", name="About this post")
    thanks = posts(page).first.get_by_role("button", name="Thanks")
    thanks.click()
    expect(about).to_contain_text("Thanks from Grace")
    expect(thanks).to_be_focused()
    thanks.click()
    expect(about).not_to_contain_text("Thanks from")
    about.get_by_text("Tag on, to bring it to").click()
    about.get_by_label("Tags").fill("#flange")
    about.get_by_role("button", name="Tag on").click()
    expect(posts(page).first.locator(".chips")).to_contain_text("#flange, tagged on by Grace")
    expect(about.get_by_label("Tags")).to_have_value("")
    page.get_by_role("button", name="Take #flange off").click()
    expect(page.locator(".chips")).to_have_count(0)
    closed(page)


def test_a_reply_is_written_below_its_post_and_stands_there(
    browser: Browser, url: str  # noqa: F811
) -> None:
    page = opened(browser, url, "/everyone")
    post = posts(page).nth(2)
    number = post.get_attribute("data-post-id")
    page.get_by_label("What do you know").fill("a post of its own")
    post.get_by_role("link", name="Reply", exact=True).click()
    line = page.get_by_label(re.compile("Your reply to"))
    expect(line).to_be_focused()
    line.fill("It was the gasket")
    page.keyboard.press("Escape")
    expect(line).to_have_count(0)
    expect(post.get_by_role("link", name="Reply", exact=True)).to_be_focused()
    post.get_by_role("link", name="Reply", exact=True).click()
    expect(line).to_have_value("It was the gasket")
    page.keyboard.press("Control+Enter")
    reply = posts(page).nth(3)
    expect(reply.locator(".line")).to_have_text("It was the gasket")
    expect(reply).to_be_focused()
    expect(line).to_have_count(0)
    expect(post.get_by_role("link", name="1 reply")).to_be_visible()
    expect(page.get_by_label("What do you know")).to_have_value("a post of its own")
    page.get_by_label("What do you know").fill("")
    assert page.evaluate("new Set([...document.querySelectorAll('[id]')].map((one) => one.id)).size"
                         " === document.querySelectorAll('[id]').length")  # fmt: skip
    page.goto(f"/posts/{number}")
    page.evaluate("window.stays = true")
    for text in ("And the bolt", "And the nut"):
        page.locator(".composer [name=line]").fill(text)
        page.get_by_role("button", name="Reply", exact=True).click()
        expect(page.locator(".thread article .line").last).to_have_text(text)
        expect(page.locator(".composer [name=line]")).to_have_value("")
    expect(posts(page)).to_have_count(4)
    closed(page)


def test_a_reply_that_is_refused_is_shown_again(browser: Browser, url: str) -> None:  # noqa: F811
    page = opened(browser, url, "/everyone")
    posts(page).nth(2).get_by_role("link", name="Reply", exact=True).click()
    line = page.get_by_label(re.compile("Your reply to"))
    line.fill("x" * 150)
    expect(page.locator(".replying [data-counter]")).to_have_text(re.compile("-10|−10"))
    page.locator(".replying").get_by_role("button", name="Reply").click()
    expect(page.get_by_role("alert")).to_contain_text("10 characters too long")
    expect(line).to_have_value("x" * 150)
    closed(page)


def test_two_posts_are_thanked_for_at_once_and_a_double_tap_is_one(
    browser: Browser, url: str  # noqa: F811
) -> None:
    page = opened(browser, url, "/everyone", "linus")
    sent: list[str] = []
    page.on("request", lambda one: one.method == "POST" and sent.append(one.url))
    for number in (7, 8):
        posts(page).nth(number).get_by_role("button", name="Thanks").dblclick()
    for number in (7, 8):
        button = posts(page).nth(number).get_by_role("button", name="Thanks")
        expect(button).to_have_attribute("aria-pressed", "true")
    assert len(sent) == 2
    closed(page)


def test_without_a_connection_it_is_told_and_can_be_pressed_again(
    browser: Browser, url: str  # noqa: F811
) -> None:
    page = opened(browser, url, "/everyone", "linus")
    button = posts(page).nth(10).get_by_role("button", name="Thanks")
    page.context.set_offline(True)
    button.click()
    expect(page.get_by_role("status").filter(has_text="There is no connection")).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "false")
    page.context.set_offline(False)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    closed(page)


def test_a_session_that_ended_asks_to_sign_in_and_leads_back(
    browser: Browser, url: str  # noqa: F811
) -> None:
    page = opened(browser, url, "/everyone", "linus")
    page.context.clear_cookies()
    posts(page).nth(12).get_by_role("button", name="Save").click()
    expect(page.get_by_label("Password")).to_be_visible()
    sign_in(page, "linus")
    expect(page).to_have_url(re.compile("/everyone$"))
    closed(page, stays=False)


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no script"])
def test_all_of_it_works_as_plain_forms_too(
    browser: Browser, url: str, with_script: bool  # noqa: F811
) -> None:
    page = signed_in(browser, url, "linus", java_script_enabled=with_script)
    number = publish(page, "Seen at #harbour") if not with_script else "1"
    page.goto("/tags/valves")
    page.get_by_role("button", name="Follow #valves", exact=True).click()
    expect(page.get_by_role("button", name="Stop following #valves")).to_be_visible()
    page.goto("/")
    page.get_by_role("button", name="Stop following #valves").first.click()
    if with_script:
        expect(page.get_by_role("button", name="Undo").first).to_be_visible()
    else:
        expect(page.get_by_role("button", name="Stop following #valves")).to_have_count(0)
    page.goto("/tags/valves")
    expect(page.get_by_role("button", name="Follow #valves", exact=True)).to_be_visible()
    page.goto("/everyone")
    post = page.locator(f'article[data-post-id="{number}"]')
    if not with_script:
        post.get_by_role("link", name="Reply", exact=True).click()
        expect(page).to_have_url(re.compile(r"/new\?reply_to="))
        page.get_by_label(re.compile("Your reply to")).fill("without script")
        page.get_by_role("button", name="Reply", exact=True).click()
        expect(page.locator("article .line").last).to_have_text("without script")
        page.goto(f"/posts/{number}/choices")
        with page.expect_navigation():  # the form is sent and answered
            page.get_by_role("button", name="For a day").first.click()
        page.goto(f"/posts/{number}")
        expect(page.get_by_text("You have muted this thread")).to_be_visible()
    page.context.close()
