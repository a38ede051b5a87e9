"""Without a signal: the page, the network and the server go away at every step, nothing is lost."""

import re
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from microshare import posts
from microshare.config import Settings
from microshare.db import saving
from tests import relay, served
from tests.browsing import DESKTOP, PHONE, browser, furnished, is_well  # noqa: F401 - the fixture
from tests.conftest import NOON, PASSWORD, House
from tests.forks import Forks
from tests.relay import Relay
from tests.test_browser_photos import are_shown, choose, file, jpeg

WAIT = 30_000  # ms for what comes by itself


@dataclass
class Server:
    """The product on a port of its own, where it is started again after it was killed."""

    settings: Settings
    port: int
    stack: ExitStack
    forked: Forks
    process: served.Process | None = None

    def start(self) -> None:
        self.process, _ = self.stack.enter_context(
            served.running(self.settings, self.port, with_worker=False, by=self.forked)
        )

    def kill(self) -> None:
        assert self.process is not None
        served.stop(self.process, signal.SIGKILL)

    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class World:
    """A server that can be killed, a network with holes, and browser profiles."""

    server: Server
    relay: Relay
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def start(self) -> None:
        self.server.start()

    def kill(self) -> None:
        self.server.kill()

    @property
    def settings(self) -> Settings:
        return self.server.settings

    def device(self, **options: object) -> BrowserContext:
        """A browser profile of its own."""
        context = self.browser.new_context(base_url=self.relay.url, **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: pytest.fail(f"script: {error.error}"))
        self.contexts.append(context)
        return context

    def lines(self, begin: str) -> list[str]:
        """The lines in the database that begin so, in the order in which they were taken."""
        with sqlite3.connect(self.settings.instance / "microshare.db") as connection:
            rows = connection.execute(
                "SELECT line FROM posts WHERE line LIKE ? ORDER BY id", (f"{begin}%",)
            ).fetchall()
        connection.close()
        return [line for (line,) in rows]


@pytest.fixture(scope="module")
def server(
    installed: Path, tmp_path_factory: pytest.TempPathFactory, forked: Forks
) -> Iterator[Server]:
    def fill(house: House) -> None:
        with saving():
            posts.publish(house.grace, "Field note about #valves", now=NOON)

    path = tmp_path_factory.mktemp("offline") / "instance"
    settings = furnished(installed, path, fill, web_processes=1)
    with ExitStack() as stack:
        yield Server(settings, served.free_port(), stack, forked)


@pytest.fixture
def world(server: Server, browser: Browser) -> Iterator[World]:  # noqa: F811
    """A network of its own to the server, which stands whatever the test before did to it."""
    if not server.is_up():
        server.start()
    with relay.running(server.port) as road:
        made = World(server, road, browser)
        yield made
        for context in made.contexts:
            context.close()


def until(page: Page, is_so: Callable[[], object]) -> None:
    """Wait for something that no element of the page tells."""
    for _ in range(WAIT // 50):
        if is_so():
            return
        page.wait_for_timeout(50)
    pytest.fail("waited in vain")


def all_sent(page: Page) -> None:
    script = "async () => (await outbox.all()).every((post) => post.state === 'sent')"
    until(page, lambda: page.evaluate(script))


KEPT = """async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith("pages "));
    const found = await Promise.all(names.map(async (name) =>
        (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname)));
    return found.flat();
}"""


def pages_kept(page: Page) -> set[str]:
    return set(page.evaluate(KEPT))


def sign_in(page: Page, login: str = "ada") -> Page:
    page.goto("/sign-in")
    page.get_by_label(re.compile("username", re.I)).fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("What do you know")).to_be_visible()
    page.wait_for_load_state()  # by then its scripts have run
    return page


def at_hand(context: BrowserContext, login: str = "ada") -> Page:
    """A signed-in page whose worker has all that it needs without a connection."""
    page = sign_in(context.new_page(), login)
    until(page, lambda: {"/", "/everyone", "/new", "/outbox"} <= pages_kept(page))
    until(page, lambda: page.evaluate("!!navigator.serviceWorker.controller"))
    return page


def line_of(page: Page) -> Locator:
    return page.get_by_label("What do you know")


def write(page: Page, line: str) -> None:
    line_of(page).fill(line)
    page.get_by_role("button", name="Post", exact=True).click()


def waits(page: Page, count: int) -> None:
    told = page.locator(".waits")
    words = f"{count} post" + (" waits" if count == 1 else "s wait")
    expect(told).to_contain_text(words, timeout=WAIT)


def is_sent(page: Page) -> None:
    expect(page.locator(".waits")).to_have_text(
        "What waited in the outbox has been sent.", timeout=WAIT
    )


def test_posts_wait_and_go_by_themselves_in_order_when_the_signal_is_back(world: World) -> None:
    context = world.device(viewport=PHONE)
    page = at_hand(context)
    context.set_offline(True)
    for number in range(3):
        write(page, f"car park {number} #acme")
        expect(page.locator("[data-told]")).to_contain_text("Your post waits in the outbox")
        expect(line_of(page)).to_have_value("")
        waits(page, number + 1)
    page.reload()
    expect(page.get_by_text("This page is as of")).to_be_visible()
    waits(page, 3)
    write(page, "car park 3")
    waits(page, 4)
    page.goto("/outbox")
    expect(page.locator(".entry .line")).to_have_text([*(f"car park {n} #acme" for n in range(3)),
                                                      "car park 3"])
    assert world.lines("car park") == []
    expect(page.get_by_text("There is no connection.")).to_be_visible()
    context.set_offline(False)
    is_sent(page)
    expect(page.get_by_text("There is no connection.")).to_be_hidden()
    expect(page.get_by_text("This page is as of")).to_be_hidden()
    expect(page.locator(".entry")).to_have_count(0)
    assert world.lines("car park") == [*(f"car park {n} #acme" for n in range(3)), "car park 3"]
    page.goto("/")
    expect(page.get_by_text("This page is as of")).to_be_hidden()
    expect(page.locator("article .line").first).to_have_text("car park 3")


def test_the_page_is_closed_while_one_writes_and_the_server_dies_the_text_is_there(
    world: World,
) -> None:
    context = world.device()
    page = at_hand(context)
    line_of(page).fill("half a thou")
    page.close()
    world.kill()
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_text("This page is as of")).to_be_visible()
    expect(line_of(page)).to_have_value("half a thou")
    write(page, "half a thought, finished")
    waits(page, 1)
    page.close()
    world.start()
    page = context.new_page()
    page.goto("/")
    all_sent(page)
    assert world.lines("half a thou") == ["half a thought, finished"]
    page.reload()
    expect(line_of(page)).to_have_value("")


@pytest.mark.parametrize("does_arrive", [True, False], ids=["taken", "not taken"])
def test_the_page_is_closed_while_a_post_is_under_way(world: World, does_arrive: bool) -> None:
    context = world.device()
    page = at_hand(context)
    begin = f"closed while under way {does_arrive}"
    world.relay.gate.clear()
    world.relay.arrived.clear()
    write(page, begin)
    assert world.relay.arrived.wait(20)
    page.close()
    if not does_arrive:
        world.kill()
    world.relay.swallows = True
    world.relay.gate.set()
    page = context.new_page()
    page.goto("/")
    if not does_arrive:
        waits(page, 1)
        world.start()
    world.relay.swallows = False
    all_sent(page)
    assert world.lines(begin) == [begin]


def test_the_server_takes_a_post_and_the_answer_gets_lost(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    world.relay.swallows = True
    write(page, "answer lost 0")
    expect(page.locator("[data-told]")).to_contain_text("Your post waits in the outbox")
    write(page, "answer lost 1")
    waits(page, 2)
    assert world.lines("answer lost") == ["answer lost 0"]
    page.close()
    world.relay.swallows = False
    page = context.new_page()
    page.goto("/")
    all_sent(page)
    assert world.lines("answer lost") == ["answer lost 0", "answer lost 1"]


def test_the_server_dies_while_posts_are_sent_and_comes_back(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    world.relay.is_up = False
    for number in range(3):
        write(page, f"killed {number}")
        waits(page, number + 1)
    world.relay.gate.clear()
    world.relay.arrived.clear()
    world.relay.is_up = True
    assert world.relay.arrived.wait(60)
    world.kill()
    world.relay.gate.set()
    waits(page, 3)
    world.start()
    is_sent(page)
    assert world.lines("killed") == [f"killed {number}" for number in range(3)]


def test_two_tabs_and_a_worker_send_each_post_once(world: World) -> None:
    context = world.device()
    first = at_hand(context)
    world.relay.is_up = False
    for number in range(3):
        write(first, f"tabs {number}")
        waits(first, number + 1)
    second = context.new_page()
    second.goto("/everyone")
    waits(second, 3)
    write(second, "tabs 3")
    waits(second, 4)
    world.relay.posts.clear()
    world.relay.is_up = True
    for page in (first, second):
        page.evaluate("dispatchEvent(new Event('online'))")
    for page in (first, second):
        is_sent(page)
    assert world.lines("tabs") == [f"tabs {number}" for number in range(4)]
    assert len(world.relay.posts) == 4


def test_photos_wait_with_their_post_and_arrive_whole(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    world.relay.is_up = False
    line_of(page).fill("with photos")
    page.get_by_text("Add photos").click()
    choose(page, file("a.jpg", jpeg()), file("b.jpg", jpeg(700)))
    expect(page.locator(".photo-choice.shown img")).to_have_count(2)
    for place, alt in enumerate(("A pump", "A seal")):
        page.locator("[name=alt]").nth(place).fill(alt)
    page.get_by_role("button", name="Post", exact=True).click()
    waits(page, 1)
    expect(page.locator(".photo-choice.shown")).to_have_count(0)
    write(page, "with photos, the next without")
    waits(page, 2)
    page.close()
    page = context.new_page()
    page.goto("/outbox")
    expect(page.locator(".entry img")).to_have_count(2)
    expect(page.locator(".entry img").nth(1)).to_have_attribute("alt", "A seal")
    world.relay.is_up = True
    is_sent(page)
    assert world.lines("with photos") == ["with photos", "with photos, the next without"]
    page.goto("/everyone")
    post = page.locator("article", has_text="with photos").nth(1)
    post.locator("a[href^='/posts/']").first.click()
    are_shown(page, ["A pump", "A seal"])
    context.set_offline(True)
    page.reload()
    expect(page.get_by_text("This page is as of")).to_be_visible()
    are_shown(page, ["A pump", "A seal"])


def test_a_refusal_keeps_the_post_with_its_reason_and_lets_the_next_pass(world: World) -> None:
    context = world.device(viewport=PHONE)
    page = at_hand(context)
    world.relay.is_up = False
    write(page, "refused: " + "x" * 150)
    waits(page, 1)
    write(page, "refused: not this one")
    waits(page, 2)
    write(page, "refused: " + "y" * 150)
    waits(page, 3)
    world.relay.is_up = True
    told = page.locator(".waits")
    expect(told).to_contain_text("2 posts in the outbox were refused", timeout=WAIT)
    assert world.lines("refused") == ["refused: not this one"]
    told.get_by_role("link").click()
    first, second = page.locator(".entry").nth(0), page.locator(".entry").nth(1)
    for entry in (first, second):
        expect(entry).to_contain_text("19 characters too long")
    second.get_by_text("Discard", exact=True).click()
    second.get_by_role("button", name="Discard it").click()
    expect(page.locator(".entry")).to_have_count(1)
    first.get_by_role("button", name="Edit").click()
    expect(first.get_by_label("Line")).to_be_focused()
    expect(first.locator("[data-counter]")).to_have_text("-19")
    first.get_by_label("Line").fill("refused: no lon")
    page.close()  # while it is being edited
    page = context.new_page()
    page.goto("/outbox")
    entry = page.locator(".entry")
    expect(entry.get_by_label("Line")).to_have_value("refused: no lon")
    assert world.lines("refused") == ["refused: not this one"]
    entry.get_by_label("Line").fill("refused: no longer")
    entry.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    assert world.lines("refused") == ["refused: not this one", "refused: no longer"]


def test_what_is_edited_after_it_came_through_unseen_is_not_published_twice(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    world.relay.swallows = True
    write(page, "unseen, first text")
    waits(page, 1)
    world.relay.is_up = False
    page.goto("/outbox")
    entry = page.locator(".entry")
    entry.get_by_role("button", name="Edit").click()
    entry.get_by_label("Line").fill("unseen, second text")
    entry.get_by_role("button", name="Send it").click()
    world.relay.is_up, world.relay.swallows = True, False
    expect(entry).to_contain_text("An earlier text of this post has been sent already", timeout=WAIT)
    # Nothing tells the device of it: that the server answers again does.
    expect(page.get_by_text("There is no connection.")).to_be_hidden()
    assert world.lines("unseen") == ["unseen, first text"]
    expect(entry.get_by_role("link", name="Look at it")).to_have_attribute(
        "href", re.compile(r"^/posts/\d+$")
    )
    entry.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text("Nothing waits")).to_be_visible(timeout=WAIT)
    assert world.lines("unseen") == ["unseen, first text", "unseen, second text"]


def test_a_post_waits_for_its_writer_and_never_goes_as_somebody_else(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    line_of(page).fill("by ada alone")
    context.clear_cookies()
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("[data-told]")).to_contain_text("waits in the outbox until you sign in")
    page.goto("/outbox")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "grace")
    world.relay.posts.clear()
    write(page, "by grace alone")
    expect(page).to_have_url(re.compile(r"/posts/\d+$"))
    page.goto("/outbox")
    expect(page.get_by_text("Posts of other colleagues")).to_be_visible()
    expect(page.get_by_text("by ada alone")).to_have_count(0)
    # As the worker asks, for whoever is signed in: it is tried, and waits on.
    assert page.evaluate("outbox.drain()") == ""
    waiting = page.evaluate("async () => (await outbox.all()).filter((one) => one.state !== 'sent')")
    assert [(one["state"], one["why"], one["user"]) for one in waiting] == [
        ("waiting", "signed-out", 1)
    ]
    assert [b"grace" in body for body in world.relay.posts] == [True]
    assert world.lines("by ") == ["by grace alone"]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "ada")
    all_sent(page)
    assert world.lines("by ") == ["by grace alone", "by ada alone"]
    with sqlite3.connect(world.settings.instance / "microshare.db") as connection:
        authors = connection.execute(
            "SELECT username FROM users JOIN posts ON author_id = users.id"
            " WHERE line LIKE 'by %' ORDER BY posts.id"
        ).fetchall()
    connection.close()
    assert authors == [("grace",), ("ada",)]


def test_a_page_of_before_another_signed_in_sends_as_its_own_writer_or_not_at_all(
    world: World,
) -> None:
    context = world.device()
    old = at_hand(context)
    other = context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(other, "grace")
    write(old, "stale page of ada")
    expect(old.locator("[data-told]")).to_contain_text("waits in the outbox until you sign in")
    assert world.lines("stale page") == []


def test_pages_are_shown_as_they_were_and_gone_with_the_session(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    page.goto("/posts/1")
    expect(page.locator("article .line").first).to_have_text("Field note about #valves")
    page.goto("/tags")
    context.set_offline(True)
    for path in ("/", "/everyone", "/posts/1", "/new", "/outbox"):
        page.goto(path)
        expect(page.get_by_text("There is no connection. This page is as of")).to_be_visible()
    page.goto("/posts/1")
    expect(page.locator("article .line").first).to_have_text("Field note about #valves")
    context.set_offline(False)
    expect(page.get_by_text("There is no connection.")).to_be_hidden()
    expect(page.get_by_text("This page is as of")).to_be_visible()
    context.set_offline(True)
    expect(page.get_by_text("There is no connection.")).to_be_visible()
    for path in ("/tags", "/posts/999", "/?before=3"):
        page.goto(path)
        expect(page.get_by_role("heading", name="There is no connection")).to_be_visible()
    page.goto("/everyone")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="There is no connection")).to_be_visible()
    assert pages_kept(page) == set()
    page.goto("/everyone")
    expect(page.get_by_role("heading", name="There is no connection")).to_be_visible()
    context.set_offline(False)
    page.goto("/everyone")
    expect(page.get_by_role("heading", name="Everyone")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    until(page, lambda: not pages_kept(page))


def test_when_another_signs_in_nothing_of_the_first_is_kept(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    page.goto("/posts/1")
    context.clear_cookies()  # a session that ended by itself
    at_hand(context, "grace")
    assert "/posts/1" not in pages_kept(page)


def test_what_the_server_answers_is_shown_and_not_what_was_kept(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    page.goto("/everyone")
    writer = sign_in(world.device(service_workers="block").new_page(), "linus")
    write(writer, "fresh from linus")
    expect(writer).to_have_url(re.compile(r"/posts/\d+$"))
    page.goto("/everyone")
    expect(page.locator("article .line").first).to_have_text("fresh from linus")
    world.relay.edited = lambda path, text: b"" if path == "/everyone" else text
    page.goto("/everyone")
    expect(page.locator("article")).to_have_count(0)


def test_an_update_of_the_product_replaces_what_was_kept(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    swap: Callable[[str, bytes], bytes] = lambda path, text: (  # noqa: E731
        re.sub(rb'"version": "\w+"', b'"version": "newer"', text)
        if path == "/service-worker.js" else text
    )
    world.relay.edited = swap
    page.goto("/everyone")
    until(page, lambda: all(name.split()[1] == "newer" for name in page.evaluate("caches.keys()")))
    world.relay.is_up = False
    page.goto("/everyone")
    expect(page.get_by_text("This page is as of")).to_be_visible()
    expect(page.locator("body")).to_have_css("margin-top", "0px")


def test_the_worker_sends_when_no_page_is_open(world: World) -> None:
    context = world.device()
    page = at_hand(context)
    world.relay.is_up = False
    write(page, "sent by the worker")
    waits(page, 1)
    blank = context.new_page()
    tools = context.new_cdp_session(blank)
    registrations: list[dict[str, object]] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(event["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    page.close()
    world.relay.is_up = True
    until(blank, lambda: registrations)
    tools.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": world.relay.url, "registrationId": registrations[0]["registrationId"],
         "tag": "outbox", "lastChance": False},
    )
    until(blank, lambda: world.lines("sent by the worker"))
    assert world.lines("sent by the worker") == ["sent by the worker"]


def test_without_a_worker_the_outbox_of_the_page_does_it(world: World) -> None:
    context = world.device(service_workers="block")
    page = sign_in(context.new_page())
    context.set_offline(True)
    write(page, "no worker")
    waits(page, 1)
    context.set_offline(False)
    is_sent(page)
    assert world.lines("no worker") == ["no worker"]


def test_without_storage_the_text_stays_in_the_form(world: World) -> None:
    context = world.device(service_workers="block")
    context.add_init_script("delete window.indexedDB; Object.defineProperty(window, 'indexedDB', {})")
    page = sign_in(context.new_page())
    context.set_offline(True)
    write(page, "no storage")
    expect(page.locator("[data-told]")).to_contain_text("send it again later")
    expect(line_of(page)).to_have_value("no storage")
    context.set_offline(False)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page).to_have_url(re.compile(r"/posts/\d+$"))
    assert world.lines("no storage") == ["no storage"]


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"]
)
def test_axe_finds_nothing_in_the_outbox(
    world: World, viewport: dict[str, int], scheme: str
) -> None:
    context = world.device(viewport=viewport, color_scheme=scheme)
    page = at_hand(context)
    world.relay.is_up = False
    write(page, f"axe {scheme} " + "x" * 150)
    waits(page, 1)
    world.relay.is_up = True
    expect(page.locator(".waits")).to_contain_text("was refused", timeout=WAIT)
    world.relay.is_up = False
    write(page, f"axe {scheme}")
    expect(line_of(page)).to_have_value("")  # it has been put away
    page.goto("/outbox")
    expect(page.locator(".entry")).to_have_count(2)
    page.locator(".entry").nth(1).get_by_role("button", name="Edit").click()
    expect(page.locator(".entry").nth(1).get_by_label("Line")).to_be_focused()
    is_well(page)
