"""The pictures that README and docs/ show, taken anew: `make screenshots`.

Serves the company of the demonstration and opens its pages in a real browser, on a desktop and on a
phone, light and dark, in English and in Dutch. `--all` takes every page in each of these.
"""

import argparse
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench import processes
from bench.phone import opened
from microshare import demo
from microshare.config import Settings

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
SCHEMES = ("light", "dark")
READERS = {"en": demo.SIGN_IN[1].username, "nl": demo.SIGN_IN[0].username}
# In the feed: a thread of several posts, a tag, a colleague.
LINKS = {
    "thread": re.compile(r'\?reply_to=\d+".*</a>\s*<a class="count" href="([^"]+)"'),
    "tag": re.compile(r'class="tag" href="([^"]+)"'),
    "person": re.compile(r'class="person" href="([^"]+)"'),
}
PAGES = {
    "feed": "/", "everyone": "/everyone", "thread": "{thread}", "search": "/search?q=pump",
    "questions": "/questions", "tags": "/tags", "tag": "{tag}", "people": "/people",
    "person": "{person}", "departments": "/departments", "inbox": "/inbox", "saved": "/saved",
    "digest": "/digest", "settings": "/settings", "manage": "/manage", "help": "/help",
    "compose": "/new",
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A page, and how it is looked at."""

    page: str
    size: str = "desktop"
    scheme: str = "light"
    language: str = "en"

    @property
    def name(self) -> str:
        return f"{self.page}-{self.size}-{self.scheme}-{self.language}.png"


# Those that are shown, by the name of their file.
SHOWN = {
    "feed.png": Picture("feed"),
    "phone.png": Picture("feed", "phone", "dark", "nl"),
    "thread.png": Picture("thread"),
    "search.png": Picture("search", "phone"),
}


def take(wanted: Sequence[tuple[str, Picture]], folder: Path) -> None:
    """Take these pictures, each under its name in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _served() as address, sync_playwright() as playwright, opened(playwright) as browser:
        for name, picture in wanted:
            _take(browser, address, picture, folder / name)
            print(folder / name, flush=True)


def _take(browser: Browser, address: str, picture: Picture, path: Path) -> None:
    width, height = SIZES[picture.size]
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme=picture.scheme,  # type: ignore[arg-type]
        locale=picture.language,
        is_mobile=picture.size == "phone",
        service_workers="block",
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("[name=login]").fill(READERS[picture.language])
    page.locator("[name=password]").fill(demo.PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/")
    page.goto(_address(PAGES[picture.page], page.content()))
    page.screenshot(path=path)
    context.close()


def _address(pattern: str, feed: str) -> str:
    """The page's address, with the links of the feed in it."""
    found = {name: link.search(feed) for name, link in LINKS.items()}
    return pattern.format(**{name: link[1] if link else "/" for name, link in found.items()})


@contextmanager
def _served() -> Iterator[str]:
    """The company of the demonstration, served; its address."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(instance=Path(folder, "instance"), company="Acme", password_memory=8)
        settings.instance.mkdir()
        for command in ("init", "demo"):
            processes.command(settings, command)
        with processes.product(settings) as served:
            yield f"http://127.0.0.1:{served.port}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.pictures", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page in every way, there")
    parser.add_argument("--only", default=",".join(PAGES), help="pages of --all, with commas")
    asked = parser.parse_args()
    if asked.all:
        every = (Picture(*one) for one in
                 product(asked.only.split(","), SIZES, SCHEMES, READERS))  # fmt: skip
        take([(picture.name, picture) for picture in every], asked.all)
    else:
        take(list(SHOWN.items()), PICTURES)
