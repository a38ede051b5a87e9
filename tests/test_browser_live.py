"""An open page stays up to date, and asks no more than it has to. Its clock is the test's."""

import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from microshare import posts
from microshare.db import saving
from tests import served
from tests.browsing import browser, furnished, signed_in, url  # noqa: F401 - fixtures
from tests.conftest import NOON, House

# Longer than the page waits, and shorter than it waits when one question was not answered.
NEXT = 25_000  # ms
LONG = 3_600_000
HIDE = """(hidden) => {
    const state = hidden ? "hidden" : "visible";
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    Object.defineProperty(document, "visibilityState", { get: () => state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


PLANS = """() => {
    const later = window.setTimeout;
    window.plans = 0;
    window.setTimeout = (act, ms, ...more) => {
        window.plans += ms > 15_000;
        return later(act, ms, ...more);
    };
}"""


class Reader:
    """Somebody with a feed open, whose time passes when the test says so."""

    def __init__(self, page: Page, path: str = "/everyone") -> None:
        self.page = page
        self.asked: list[str] = []
        page.clock.install()
        page.goto(path)
        page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
        page.evaluate("window.stays = true")
        page.evaluate(PLANS)
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        path = urlsplit(request.url).path
        if path in ("/news", "/counts"):
            self.asked.append(path)

    def wait(self, ms: int = NEXT) -> int:
        """Let the time pass; how often the page asked for news."""
        before = self.news()
        self.page.clock.fast_forward(ms)
        self.settle()
        return self.news() - before

    def settle(self) -> None:
        """Until what was asked is known here, and what was answered is known there."""
        self.page.evaluate("fetch('/health', { cache: 'no-store' }).catch(() => 0).then(() => 0)")

    def news(self) -> int:
        return self.asked.count("/news")

    def answered(self) -> None:
        """Let the time pass until the next question is answered."""
        with self.planning(), self.page.expect_response("**/news?*"):
            assert self.wait() == 1

    @contextmanager
    def planning(self) -> Iterator[None]:
        """What is done in here makes the page plan when to ask again; until it has."""
        before = self.page.evaluate("window.plans")
        yield
        for _ in range(200):
            if self.page.evaluate("window.plans") > before:
                return
            self.page.wait_for_timeout(50)
        pytest.fail("the page asks no more")

    def stayed(self) -> bool:
        return bool(self.page.evaluate("window.stays === true"))


def publish(page: Page, line: str) -> str:
    page.goto("/new")
    page.get_by_label("What do you know").fill(line)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page).to_have_url(re.compile(r"/posts/\d+$"))
    return page.url.rpartition("/")[2]


def post(page: Page, post_id: str):  # type: ignore[no-untyped-def]
    return page.locator(f'main article[data-post-id="{post_id}"]').first


def test_what_one_writes_and_thanks_for_the_other_sees_without_reloading(
    browser: Browser, url: str  # noqa: F811
) -> None:
    writer, page = (signed_in(browser, url, name) for name in ("linus", "grace"))
    own = publish(page, "Mine, to be thanked for")
    reader = Reader(page)
    button = page.locator(".news button")
    first = page.locator("main article[data-post-id]").first
    place = first.bounding_box()
    news = publish(writer, "One new thing")
    reader.wait()
    expect(button).to_have_text("1 new update")
    expect(button).to_be_visible()
    expect(page.locator("[role=status]").filter(has_text="1 new update")).to_have_count(1)
    assert first.bounding_box() == place
    another = publish(writer, "Another new thing")
    writer.goto(f"/posts/{own}")
    post(writer, own).get_by_role("button", name="Thanks").click()
    expect(post(writer, own).get_by_role("button", name="Thanks")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(post(page, own).locator(".count")).to_have_count(0)
    reader.wait()
    expect(button).to_have_text("2 new updates")
    thanked = post(page, own).get_by_role("link", name="1 colleague thanked")
    expect(thanked).to_have_text("1")
    expect(post(page, own).locator(".action.still")).to_have_text("Thanks")

    button.click()
    articles = page.locator("main article[data-post-id]")
    expect(articles.nth(0)).to_have_attribute("data-post-id", another)
    expect(articles.nth(1)).to_have_attribute("data-post-id", news)
    expect(articles.nth(0)).to_be_focused()
    expect(articles.nth(0)).to_be_in_viewport()
    line = page.locator(".left-off")
    expect(line).to_have_text("You were here")
    assert line.evaluate("(line) => line.nextElementSibling.dataset.postId") == own
    expect(button).to_have_count(0)

    writer.goto(f"/posts/{own}")
    writer.get_by_label("Your reply").fill("indeed")
    writer.get_by_role("button", name="Reply", exact=True).click()
    expect(writer.get_by_text("indeed", exact=True)).to_be_visible()
    post(writer, own).get_by_role("button", name="Thanks").click()
    expect(post(writer, own).get_by_role("button", name="Thanks")).to_have_attribute(
        "aria-pressed", "false"
    )
    reader.wait()
    expect(post(page, own).get_by_role("link", name="1 reply")).to_have_text("1")
    expect(thanked).to_have_count(0)
    expect(post(page, own).locator(".action.still")).to_have_count(0)
    expect(button).to_have_text("1 new update")
    assert reader.stayed()
    for one in (page, writer):
        one.context.close()


def test_in_a_thread_the_names_of_who_thanked_come_by_themselves(
    browser: Browser, url: str  # noqa: F811
) -> None:
    reader = Reader(signed_in(browser, url, "linus"), "/posts/41")
    other = signed_in(browser, url, "ada")
    other.goto("/posts/41")
    post(other, "41").get_by_role("button", name="Thanks").click()
    expect(other.get_by_role("region", name="About this post")).to_contain_text("Thanks from Ada")
    about = reader.page.get_by_role("region", name="About this post")
    expect(about).not_to_contain_text("Thanks")
    reader.wait()
    expect(about).to_contain_text("Thanks from Ada")
    expect(about).to_contain_text("Your post reached 1 department.")
    assert reader.stayed()
    for one in (reader.page, other):
        one.context.close()


def test_the_own_posts_are_no_news_and_those_of_the_own_feed_come_with_their_reasons(
    browser: Browser, url: str  # noqa: F811
) -> None:
    writer, page = (signed_in(browser, url, name) for name in ("linus", "grace"))
    page.goto("/tags/valves")
    page.get_by_role("button", name="Follow #valves").click()
    expect(page.get_by_role("button", name="Stop following #valves")).to_be_visible()
    reader = Reader(page, "/")
    publish(writer, "Nothing that is followed")
    other = page.context.new_page()
    publish(other, "Written in another tab")
    reader.answered()
    expect(page.locator(".news button")).to_have_count(0)
    publish(writer, "A valve that sings #valves")
    reader.answered()
    page.get_by_role("button", name="1 new update").click()
    first = page.locator("main article[data-post-id]").first
    expect(first.locator(".line")).to_have_text("A valve that sings #valves")
    expect(first.locator(".reasons")).to_contain_text("#valves")
    with page.expect_request("**/read") as told:  # it is told that the new ones were read
        page.clock.run_for(3000)
    assert f"up_to={first.get_attribute('data-post-id')}" in (told.value.post_data or "")
    assert reader.stayed()
    for one in (page, writer):
        one.context.close()


def test_a_hidden_tab_asks_nothing_and_asks_at_once_when_it_is_shown(
    browser: Browser, url: str  # noqa: F811
) -> None:
    reader = Reader(signed_in(browser, url, "grace"))
    page = reader.page
    reader.answered()
    page.evaluate(HIDE, True)
    before = len(reader.asked)
    reader.wait(LONG)
    assert len(reader.asked) == before
    with reader.planning(), page.expect_response("**/news?*"):
        page.evaluate(HIDE, False)
    assert reader.news() == 2
    reader.answered()
    page.context.close()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_has_no_answer_is_asked_less_and_less_often(
    browser: Browser, url: str, status: int  # noqa: F811
) -> None:
    reader = Reader(signed_in(browser, url, "grace"))
    page = reader.page
    page.route("**/news?*", lambda route: route.fulfill(status=status))
    reader.answered()
    for waited in (45_000, 89_000, 178_000, 331_000, 331_000):  # doubled, at most five minutes
        assert reader.wait(waited * 3 // 4) == 0, waited
        with reader.planning(), page.expect_response("**/news?*"):
            assert reader.wait(waited // 4 + 1000) == 1, waited
    page.unroute("**/news?*")
    with reader.planning(), page.expect_response("**/news?*"):
        reader.wait(331_000)
    reader.answered()  # and soon again when it answers
    page.context.close()


def test_who_is_signed_out_asks_no_more(browser: Browser, url: str) -> None:  # noqa: F811
    reader = Reader(signed_in(browser, url, "grace"))
    reader.page.context.clear_cookies()
    with reader.page.expect_response("**/news?*"):
        assert reader.wait() == 1
    reader.settle()
    before = len(reader.asked)
    reader.wait(LONG)
    reader.page.evaluate(HIDE, True)
    reader.page.evaluate(HIDE, False)
    assert len(reader.asked) == before
    reader.page.context.close()


def test_a_page_goes_on_when_the_server_was_stopped_and_started(
    browser: Browser, installed, tmp_path, forked  # type: ignore[no-untyped-def] # noqa: F811
) -> None:
    def fill(house: House) -> None:
        with saving():
            posts.publish(house.ada, "Before", now=NOON)

    settings = furnished(installed, tmp_path / "instance", fill)
    with ExitStack() as servers:
        server, address = servers.enter_context(served.running(settings, by=forked))
        reader, writer = Reader(signed_in(browser, address, "grace")), signed_in(browser, address)
        page = reader.page
        served.stop(server, signal.SIGTERM)
        with reader.planning():
            assert reader.wait() == 1
        assert reader.wait() == 0
        port = urlsplit(address).port or 0
        servers.enter_context(served.running(settings, port, by=forked))
        publish(writer, "After")
        reader.wait()
        expect(page.locator(".news button")).to_have_text("1 new update")
        page.get_by_role("button", name="1 new update").click()
        expect(page.locator("main article .line").first).to_have_text("After")
        assert reader.stayed()
        for one in (page, writer):
            one.context.close()
