"""Finding, reading a thread and the first steps in a real browser, with and without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from microshare import departments, people, posts, questions, tags
from microshare.db import saving
from tests.browsing import DESKTOP, LOOKS, PHONE, WCAG, browser, is_well, serving, signed_in
from tests.conftest import NOON, PASSWORD, House

__all__ = ["browser"]  # the fixture
PAGES = (
    "/search",
    "/search?q=pump",
    "/search?q=pump+turbine",
    "/search?q=zzzz+%23acme",
    "/posts/1",
    "/posts/4",
    "/welcome",
    "/welcome/tags",
    "/welcome/post?line=Who+knows%3F",
    "/help",
    "/help/instead-of-a-cc",
    "/help/after-a-visit",
    "/help/asking-around",
    "/settings",
)


def _fill(house: House) -> None:
    with saving():
        asked = posts.publish(house.ada, "Who has a noisy pump at #acme?", now=NOON)
        first = posts.publish(house.grace, "Not here", reply_to=asked, now=NOON)
        posts.publish(house.linus, "Are you sure?", reply_to=first, now=NOON)
        last = posts.publish(house.linus, "Yes: the seal", note="It **leaks**.", reply_to=asked, now=NOON)
    with saving():
        questions.accept(posts.get(asked.id), posts.get(last.id), house.ada, NOON)
        departments.follow_tag(house.ada.department, tags.get("acme"), house.ada, NOON)
        for number in range(5):
            posts.publish(house.grace, f"The pump is quiet, number {number} #valves", now=NOON)
        people.join(
            email="new@example.com",
            username="newbie",
            name="New",
            department=departments.get("sales"),
            password=PASSWORD,
            now=NOON,
            language="en",
        )


@pytest.fixture(scope="module")
def url(installed, tmp_path_factory: pytest.TempPathFactory, forked) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """The product, served, with a question and its replies, some posts, and somebody new."""
    with serving(installed, tmp_path_factory, forked, _fill) as address:
        yield address


def found(browser: Browser, url: str, **options: object):  # type: ignore[no-untyped-def]
    """A search page whose index knows the posts."""
    page = signed_in(browser, url, **options)
    for _ in range(100):
        page.goto("/search?q=pump")
        if page.locator("article[data-post-id]").count() == 6:
            break
        page.wait_for_timeout(100)
    return page


def test_results_come_while_one_types_and_the_address_tells_the_search(
    browser: Browser, url: str
) -> None:
    page = found(browser, url)
    page.goto("/search")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    field = page.get_by_label("Search all posts")
    field.press_sequentially("n", delay=5)
    field.press_sequentially("oisy pu", delay=5)
    expect(page.locator("article[data-post-id]")).to_have_count(1)
    expect(page.locator("article mark").first).to_have_text("noisy")
    expect(page).to_have_url(re.compile(r"/search\?q=noisy\+pu$"))
    expect(page.locator("[data-found-told]")).to_have_text("1 post found")
    assert not [one for one in asked if re.search(r"q=n(&|$)", one)]  # from the second letter on
    assert field.evaluate("field => field === document.activeElement")
    page.locator("article .when").first.click()
    expect(page).to_have_url(re.compile(r"/posts/\d+$"))
    page.go_back()
    expect(page.get_by_label("Search all posts")).to_have_value("noisy pu")
    page.context.close()


def test_an_overtaken_search_does_not_come_back(browser: Browser, url: str) -> None:
    page = found(browser, url)
    held: list[Route] = []
    page.route(re.compile("q=turbine"), lambda route: held.append(route))  # noqa: PLW0108 - no builtin can stand here
    field = page.get_by_label("Search all posts")
    with page.expect_request(re.compile("q=turbine")):
        field.fill("turbine")
    with page.expect_event("requestfailed"):  # given up when it is overtaken
        field.fill("quiet")
    expect(page.locator("article[data-post-id]")).to_have_count(5)
    expect(page).to_have_url(re.compile(r"q=quiet$"))
    assert len(held) == 1
    page.context.close()


def test_without_a_connection_what_was_found_stays(browser: Browser, url: str) -> None:
    page = found(browser, url)
    page.context.set_offline(True)
    field = page.get_by_label("Search all posts")
    with page.expect_event("requestfailed"):
        field.fill("quiet")
    expect(page.locator("article[data-post-id]")).to_have_count(6)
    page.context.set_offline(False)
    field.press("Enter")
    expect(page.locator("article[data-post-id]")).to_have_count(5)
    page.context.close()


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no script"])
def test_a_filter_writes_its_words_into_the_field(
    browser: Browser, url: str, with_script: bool
) -> None:
    page = found(browser, url, java_script_enabled=with_script, viewport=PHONE)
    page.get_by_role("link", name="is:question", exact=True).click()
    field = page.get_by_label("Search all posts")
    expect(field).to_have_value("pump is:question")
    expect(page.locator("article[data-post-id]")).to_have_count(1)
    page.locator("a[data-chip].on").click()
    expect(field).to_have_value("pump")
    expect(page.locator("article[data-post-id]")).to_have_count(6)
    expect(page).to_have_url(re.compile(r"/search\?q=pump(&sort=newest)?$"))
    page.context.close()


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no script"])
def test_a_search_is_followed_and_what_it_finds_comes_to_the_feed(
    browser: Browser, url: str, with_script: bool
) -> None:
    page = found(browser, url, java_script_enabled=with_script)
    words = "quiet" if with_script else "number"
    page.goto(f"/search?q={words}")
    page.get_by_role("button", name="Follow this search").click()
    expect(page.get_by_role("button", name="Stop following this search")).to_be_visible()
    for _ in range(100):
        page.goto("/")
        if page.get_by_text(f"your search “{words}”").count():
            break
        page.wait_for_timeout(100)
    assert page.get_by_text(f"your search “{words}”").count() == 5
    stop = page.get_by_role("button", name=f"Stop following the search “{words}”")
    stop.first.click()
    expect(stop).to_have_count(0)
    page.goto("/")
    expect(page.get_by_text(f"your search “{words}”")).to_have_count(0)
    page.context.close()


def test_a_search_that_finds_nothing_becomes_a_question(browser: Browser, url: str) -> None:
    page = found(browser, url)
    page.goto("/search?q=pump+turbine+%23acme")
    expect(page.get_by_role("link", name="pump #acme")).to_be_visible()
    page.get_by_role("link", name=re.compile("Ask colleagues")).click()
    expect(page.locator("textarea[name=line]")).to_have_value("pump turbine? #acme")
    page.context.close()


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no script"])
def test_somebody_new_takes_the_first_steps(
    browser: Browser, url: str, with_script: bool
) -> None:
    page = signed_in(browser, url, "newbie", java_script_enabled=with_script, viewport=PHONE)
    if not with_script:
        page.goto("/welcome")
    else:
        page.get_by_role("link", name="First steps").click()
    page.get_by_label("Research").check()
    page.get_by_role("button", name="This is my department").click()
    expect(page).to_have_url(re.compile("/welcome/tags$"))
    if with_script:
        page.get_by_label("#valves").check()
    page.get_by_role("button", name="Follow these").click()
    expect(page).to_have_url(re.compile("/welcome/post$"))
    page.get_by_role("link", name=re.compile("Asking around")).click()
    line = page.locator("textarea[name=line]")
    expect(line).to_have_value(re.compile("Who has done … before.* #valves"))
    line.fill(f"Who has done this before? #valves {with_script}")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page).to_have_url(re.compile(r"/posts/\d+$"))
    page.goto("/")
    expect(page.get_by_role("link", name="First steps")).to_have_count(0)
    page.context.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(PHONE, "dark"), (DESKTOP, "light"), ({"width": 320, "height": 640}, "light")],
    ids=["phone", "desktop", "narrow"],
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, url: str, viewport: dict[str, int], scheme: str
) -> None:
    page = found(browser, url, viewport=viewport, color_scheme=scheme)
    for path in PAGES:
        page.goto(path)
        for fold in page.locator("main details.fold").all():
            fold.evaluate("fold => { fold.open = true; }")
        is_well(page, rules=WCAG if viewport == PHONE else LOOKS)
    page.context.close()
