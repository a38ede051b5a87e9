"""How the feed feels on a phone: a real Chromium with a slow connection and a slow processor.

    python -m bench.phone

Serves a small company as `make run` does it, opens the feed with nothing kept and again with
everything kept, and types into the composer. The figures are those that browsers report of
themselves: first and largest paint (LCP), shifts of the layout (CLS), the slowest answer to what a
person did (INP), and the bytes that came over the air.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, Playwright, sync_playwright

from bench import processes, report, visitors
from microshare.config import Settings

RESULTS = Path(__file__).parent / "results"
PHONE = {"width": 390, "height": 844}
# Lighthouse's phone: "slow 4G", and a processor of a quarter of this one's speed.
LATENCY = 150  # ms
THROUGHPUT = 1.6 * 1024 * 1024 / 8  # bytes a second, down; up is 750 kbit/s
UPLOAD = 750 * 1024 / 8
SLOWDOWN = 4
FIRST_PAINT = 1000  # ms, the target
Figures = dict[str, dict[str, float]]  # by visit; times in ms, bytes as they came
WATCH = """
window.measured = {lcp: 0, cls: 0, inp: 0};
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) measured.lcp = one.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) measured.cls += one.value;
}).observe({type: "layout-shift", buffered: true});
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    if (one.interactionId) measured.inp = Math.max(measured.inp, one.duration);
  }
}).observe({type: "event", buffered: true, durationThreshold: 16});
"""
PAINTS = """() => ({
  ...measured,
  fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
})"""


@contextmanager
def opened(playwright: Playwright) -> Iterator[Browser]:
    """The distribution's Chromium, without a window."""
    names = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise processes.Ended("no browser: apt-get install chromium")
    browser = playwright.chromium.launch(
        executable_path=path,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )
    try:
        yield browser
    finally:
        browser.close()


def measure(rounds: int) -> tuple[Figures, str]:
    """Medians of the figures of each visit, by its name, and which browser it was."""
    found: dict[str, list[dict[str, float]]] = {}
    with _served() as port, sync_playwright() as playwright, opened(playwright) as browser:
        for _ in range(rounds):
            for name, figures in _visits(browser, port):
                found.setdefault(name, []).append(figures)
        version = f"Chromium {browser.version}"
    medians = {
        name: {what: statistics.median(one[what] for one in figures) for what in figures[0]}
        for name, figures in found.items()
    }
    return medians, version


def _visits(browser: Browser, port: int) -> Iterator[tuple[str, dict[str, float]]]:
    """The feed with nothing kept, and once more with everything kept."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{port}", viewport=PHONE, device_scale_factor=3,  # type: ignore[arg-type]
        is_mobile=True, has_touch=True, service_workers="block",
    )  # fmt: skip
    name, _, value = visitors.sign_in(port, "twenty0").cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{port}"}])
    context.add_init_script(WATCH)
    for visit in ("first visit", "second visit"):
        page = context.new_page()
        yield visit, _visit(page, context.new_cdp_session(page))
        page.close()
    context.close()


def _visit(page: Page, tools: CDPSession) -> dict[str, float]:
    received = [0.0]
    tools.on("Network.loadingFinished", lambda event: _add(received, event))
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": LATENCY,
        "downloadThroughput": THROUGHPUT, "uploadThroughput": UPLOAD,
    })  # fmt: skip
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.goto("/", wait_until="load")
    page.wait_for_function("measured.lcp > 0")
    line = page.get_by_role("textbox").first
    line.press_sequentially("Seal leaks at ")
    page.wait_for_function("measured.inp > 0")
    return {**page.evaluate(PAINTS), "bytes": received[0]}


def _add(received: list[float], event: dict[str, Any]) -> None:
    received[0] += event["encodedDataLength"]


@contextmanager
def _served() -> Iterator[int]:
    """A company of 2,000 posts, served; the port."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(instance=Path(folder, "instance"), company="Bench", password_memory=8)
        settings.instance.mkdir()
        processes.inside(settings, "build", posts=2000, seed=1)
        with processes.product(settings) as product:
            yield product.port


def told(measured: Figures, browser: str) -> str:
    """The report, in Markdown."""
    rows = [
        f"| {name} | {one['fcp']:,.0f} | {one['lcp']:,.0f} | {one['cls']:.3f} | {one['inp']:,.0f} "
        f"| {one['bytes'] / 1024:,.1f} |"
        for name, one in measured.items()
    ]
    first = max(one["fcp"] for one in measured.values())
    verdict = "met" if first <= FIRST_PAINT else f"missed by {first - FIRST_PAINT:,.0f} ms"
    return "\n".join((
        "# The feed on a phone",
        "",
        f"{report.machine()}; {browser}.",
        "",
        f"A real Chromium of 390 × 844 points, {LATENCY} ms away at 1.6 Mbit/s, with a processor "
        f"slowed down {SLOWDOWN} times; medians. Times in milliseconds.",
        "",
        "| visit | first paint | largest paint (LCP) | shift (CLS) | slowest answer (INP) | KB |",
        "|---|--:|--:|--:|--:|--:|",
        *rows,
        "",
        f"First paint under {FIRST_PAINT:,} ms: {verdict}.",
        "",
    ))  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.phone", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    asked.results.mkdir(parents=True, exist_ok=True)
    path = asked.results / "phone.md"
    path.write_text(told(*measure(asked.rounds)), encoding="utf-8")
    print(f"the report is in {path}")
