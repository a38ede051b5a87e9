"""The benchmark itself: a tiny company is built, served, driven and reported on."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench import driver, houses, phone, processes, report, targets
from bench.company import FOLLOWS, Company
from bench.effort import TINY
from bench.history import LONG, History
from bench.runs import PARTS, Asked, run
from bench.writing import Writer
from microshare import config, text
from microshare.config import Settings
from tests.forks import Fork, Forks

POSTS = 300
STARTED = processes._started
# Some twenty processes are begun: on a machine with much else to do that takes its time.
pytestmark = pytest.mark.timeout(600)


class Begun(Fork):
    """A forked process whose streams the benchmark asks for: `streams` are their files."""

    streams: tuple[Path, ...]

    def communicate(
        self, said: bytes | None = None, timeout: float | None = None
    ) -> tuple[bytes, bytes]:
        to, out, err = self.streams
        if said is not None:
            to.write_bytes(said)  # a pipe with a name: waits until it is read
        self.wait(timeout or 120)
        return out.read_bytes(), err.read_bytes()


@pytest.fixture(scope="module")
def begun(forked: Forks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The processes of the benchmark begin at once; what they do is theirs."""
    with pytest.MonkeyPatch.context() as patched:

        def begin(arguments: Sequence[str], settings: Settings, **streams: Any) -> Begun:
            folder = tmp_path_factory.mktemp("streams")
            to, out, err = (folder / name for name in ("in", "out", "err"))
            if not isinstance(streams["stdout"], int):  # a server's log, for both
                out = err = Path(streams["stdout"].name)
            out.touch()
            err.touch()
            if "stdin" in streams:
                os.mkfifo(to)
            command = arguments[2:] if arguments[1] == "microshare.cli" else arguments
            fork = forked.run(*command, environ=config.environment(settings), out=out, err=err,
                              stdin=str(to) if "stdin" in streams else os.devnull)
            process = Begun(forked, fork.pid)
            process.streams = to, out, err
            return process

        patched.setattr(processes, "_started", begin)
        yield


@pytest.fixture(scope="module")
def reported(begun: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with everything in it."""
    folder = tmp_path_factory.mktemp("bench")
    run(Asked([POSTS], "sqlite", folder / "results", keep=folder / "kept", effort=TINY))
    return folder


def test_a_process_that_is_measured_starts_as_everybody_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_started", STARTED)
    with processes.hello(Settings(instance=tmp_path, database_url="", company="Bench")) as served:
        assert served.web
        assert processes.cpu(served.all) > 0
    assert served.process.poll() is not None


def test_every_part_is_measured_and_every_row_filled(reported: Path) -> None:
    told = (reported / "results" / "sqlite.md").read_text()
    rows = [line for line in told.splitlines() if line.startswith("| ")]
    # The server may not have the check for news yet; hello has no queries and no floor; and what
    # is compared with plain Whoosh by kind has nothing beside whole pages.
    may_lack = ("| anything new", "| hello", "| engine, all", "| page, all")
    lacking = [
        row for row in rows if f"| {report.LACKING} " in row and not row.startswith(may_lack)
    ]
    assert lacking == []
    [figures] = (reported / "kept").glob("*/figures.json")
    assert set(json.loads(figures.read_text())) == {*PARTS, "company"}


def test_nothing_that_was_acknowledged_is_lost(reported: Path) -> None:
    [path] = (reported / "kept").glob("*/figures.json")
    publish = json.loads(path.read_text())["publish"]
    assert publish["acknowledged"] == TINY.one + TINY.many + 20 * TINY.findable_seconds + 10
    assert (publish["lost"], publish["not_shown"], publish["not_acknowledged"]) == (0, 0, 0)


def test_the_engine_finds_what_plain_whoosh_finds(reported: Path) -> None:
    [path] = (reported / "kept").glob("*/figures.json")
    assert json.loads(path.read_text())["search"]["compared"]["differing"] == []


def test_a_company_that_is_kept_is_not_built_again(reported: Path) -> None:
    [facts] = (reported / "kept").glob("*/facts.json")
    before = facts.stat().st_mtime_ns
    made = houses.Houses(reported / "kept", reported / "scratch").built(POSTS, 1)
    assert (facts.stat().st_mtime_ns, made.facts["posts"]) == (before, POSTS)


@pytest.mark.parametrize(
    ("changed", "built_anew"),
    [
        ("microshare/search/postgres_engine.py", {"postgresql"}),
        ("microshare/search/postgres_search.py", set()),
        ("microshare/search/whoosh_writer.py", {"sqlite"}),
        ("microshare/search/analysis.py", {"sqlite", "postgresql", "plain"}),
        ("bench/engines.py", {"plain"}),
    ],
)
def test_what_is_kept_is_built_anew_where_what_makes_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str, built_anew: set[str]
) -> None:
    kept = {"plain": houses._PLAIN, **houses._INDEX}
    for pattern in " ".join(kept.values()).split():
        found = list(houses.ROOT.glob(pattern))
        assert found, pattern
        for path in found:
            copy = tmp_path / path.relative_to(houses.ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(houses, "ROOT", tmp_path)
    before = {name: houses._stamp(patterns) for name, patterns in kept.items()}
    with (tmp_path / changed).open("a") as file:
        file.write("changed = True\n")
    assert {name for name in kept if houses._stamp(kept[name]) != before[name]} == built_anew


def test_the_same_seed_makes_the_same_company() -> None:
    def told(seed: int) -> list[object]:
        company = Company(POSTS, seed)
        chunks = Writer(company, History(company)).chunks()
        return [list(company.follow_rows()), *(vars(chunk) for chunk in chunks)]

    assert told(1) == told(1) != told(2)


def test_lines_keep_the_limit_and_a_thread_is_as_long_as_wished() -> None:
    company = Company(3000)
    history = History(company)
    lines = [str(post[4]) for chunk in Writer(company, history).chunks() for post in chunk.posts]
    assert max(map(text.count, lines)) <= 140
    assert 8 < sum(len(line.split()) for line in lines) / len(lines) < 16
    for place in history.long_threads:
        assert sum(thread == place + 1 for thread in history.thread) >= LONG


def test_readers_follow_as_much_as_their_names_say() -> None:
    company = Company(10_000)
    counts: dict[object, int] = {}
    kinds: dict[object, set[object]] = {}
    for reader, kind, *_ in company.follow_rows():
        counts[reader] = counts.get(reader, 0) + 1
        kinds.setdefault(reader, set()).add(kind)
    for place, person in enumerate(company.people[:16], 1):
        name = person.username.rstrip("0123456789")
        assert counts[place] == FOLLOWS[name]
        assert kinds[place] == {"tag", "person", "department"} - (
            {"department"} if name == "rare" else set()
        )


def test_a_verdict_is_computed() -> None:
    figures = {"publish": {"many": {"per_second": 121.0, "errors": 1}, "one": {"errors": 0}}}
    verdicts = {
        target.what: target.is_met(value)
        for target in targets.of("sqlite")
        if (value := target.value(figures)) is not None
    }
    assert verdicts == {"publish, eight writers": True, "publish: errors": False}


def test_the_driver_takes_little_of_the_machine(reported: Path) -> None:
    told = (reported / "results" / "sqlite.md").read_text()
    assert re.search(r"driver's CPU \|$", told, re.MULTILINE)
    assert driver.get("/x", "a=b").endswith(b"Cookie: a=b\r\n\r\n")


@pytest.mark.parametrize(("paint", "verdict"), [(990.0, "met"), (1250.0, "missed by 250 ms")])
def test_the_report_of_the_phone_tells_whether_the_first_paint_is_quick_enough(
    paint: float, verdict: str
) -> None:
    quick = {"fcp": 700.0, "lcp": 800.0, "cls": 0.0, "inp": 40.0, "bytes": 9216.0}
    said = phone.told({"first visit": {**quick, "fcp": paint}, "second visit": quick}, "Chromium 1")
    assert "| second visit | 700 | 800 | 0.000 | 40 | 9.0 |" in said
    assert said.rstrip().endswith(f"First paint under 1,000 ms: {verdict}.")
