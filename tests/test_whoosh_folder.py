"""The folder of the embedded engine: locks, crashes, damage, and who sees what when."""

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from whoosh import writing

from microshare.errors import Unavailable
from microshare.search import whoosh_index
from microshare.search.whoosh_engine import WhooshEngine
from tests.test_search_engine import fill, find, post


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def embedded(folder: Path) -> Iterator[WhooshEngine]:
    made = WhooshEngine(folder)
    made.clear()
    yield made
    made.close()


def test_another_process_sees_a_commit_at_once(embedded: WhooshEngine, folder: Path) -> None:
    engine = WhooshEngine(folder)
    fill(embedded, "one")
    assert find(engine, "one") == [1]
    embedded.update([post(2, "one")], [])
    assert find(engine, "one") == [2, 1]
    engine.close()


def test_a_second_writer_is_refused_and_the_first_goes_on(embedded: WhooshEngine) -> None:
    with embedded.shards.folder(0, 1).locked():
        for attempt in (lambda: embedded.update([post(1, "x")], []), embedded.clear):
            with pytest.raises(Unavailable) as refusal:
                attempt()
            assert (refusal.value.code, refusal.value.facts) == ("index", {"why": "locked"})
    embedded.update([post(1, "x")], [])
    assert find(embedded, "x") == [1]


@pytest.mark.parametrize(
    "step", ["_close_segment", "_flush_segment", "_finalize_segment", "_commit_toc"]
)
def test_a_failed_commit_changes_nothing_and_leaves_no_lock(
    embedded: WhooshEngine, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    embedded.update([post(1, "old")], [])

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(writing.SegmentWriter, step, fail)
        with pytest.raises(Unavailable) as refusal:
            embedded.update([post(1, "new"), post(2, "new")], [])
    assert refusal.value.facts == {"why": "No space left on device"}
    assert (find(embedded, "old"), find(embedded, "new")) == ([1], [])
    embedded.update([post(1, "new")], [])
    assert (find(embedded, "old"), find(embedded, "new")) == ([], [1])


@pytest.mark.parametrize("step", ["_flush_segment", "_commit_toc", "_finish"])
def test_a_killed_writer_leaves_the_old_state_or_the_new_one(
    embedded: WhooshEngine, folder: Path, step: str
) -> None:
    embedded.update([post(1, "old")], [])
    code = f"""
        import os
        from pathlib import Path
        from whoosh import writing
        from microshare.search.whoosh_engine import WhooshEngine
        from tests.test_search_engine import post
        writing.SegmentWriter.{step} = lambda *_, **__: os._exit(9)
        WhooshEngine(Path({str(folder)!r})).update([post(1, "new"), post(2, "new")], [])
    """
    root = Path(__file__).parent.parent
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=root, check=False)
    assert killed.returncode == 9
    is_new = step == "_finish"
    assert (find(embedded, "old"), find(embedded, "new")) == (([], [2, 1]) if is_new else ([1], []))
    assert embedded.check().ok
    embedded.update([post(3, "next")], [])
    assert find(embedded, "next") == [3]
    assert embedded.ids() == ({1, 2, 3} if is_new else {1, 3})


def test_the_folder_is_private_even_where_it_was_not(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir(mode=0o755)
    engine = WhooshEngine(tmp_path / "index")
    engine.clear()
    assert (tmp_path / "index").stat().st_mode & 0o777 == 0o700
    engine.close()


def contents(folder: Path) -> Path:
    return max(folder.glob("*/_MAIN_*.toc"))


def terms(folder: Path) -> Path:
    return next(folder.glob("*/*.trm"))


def postings(folder: Path) -> Path:
    return next(folder.glob("*/*.pst"))


def hollow(path: Path) -> None:
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(whole[:99] + bytes(half) + whole[99 + half :])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no contents": lambda folder: contents(folder).unlink(),
    "empty contents": lambda folder: contents(folder).write_bytes(b""),
    "cut contents": lambda folder: contents(folder).write_bytes(contents(folder).read_bytes()[:60]),
    "other contents": lambda folder: contents(folder).write_bytes(b"\xff" * 999),
    "no terms": lambda folder: terms(folder).unlink(),
    "empty terms": lambda folder: terms(folder).write_bytes(b""),
    "other terms": lambda folder: terms(folder).write_bytes(b"\x80\x04" * 999),
    "hollow terms": lambda folder: hollow(terms(folder)),
    "no postings": lambda folder: postings(folder).unlink(),
    "empty postings": lambda folder: postings(folder).write_bytes(b""),
    "cut postings": lambda folder: postings(folder).write_bytes(postings(folder).read_bytes()[:99]),
    "hollow postings": lambda folder: hollow(postings(folder)),
    "no ids": lambda folder: next(folder.glob("*/*.id.col")).unlink(),
    "cut ids": lambda folder: next(folder.glob("*/*.id.col")).write_bytes(b"123"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_told_and_made_anew(folder: Path, damage: str) -> None:
    engine = WhooshEngine(folder)
    engine.clear()
    fill(engine, *(f"pump number {i} of many" for i in range(200)))
    engine.close()
    DAMAGES[damage](folder)
    engine = WhooshEngine(folder)
    health = engine.check()
    assert not health.ok
    assert health.why == "damaged"
    for sort in ("newest", "best"):
        with pytest.raises(Unavailable) as refusal:
            find(engine, "pump number", sort=sort)
        assert (refusal.value.code, refusal.value.facts["why"]) == ("index", "damaged")
    engine.clear()
    fill(engine, "pump")
    assert (find(engine, "pump"), engine.needs_rebuild) == ([1], False)
    engine.close()


def test_a_missing_index_is_told_and_no_update_makes_half_of_one(folder: Path) -> None:
    engine = WhooshEngine(folder)
    assert engine.needs_rebuild
    assert engine.check().why == "missing"
    for attempt in (lambda: find(engine, "x"), lambda: engine.update([post(1, "x")], [])):
        with pytest.raises(Unavailable) as refusal:
            attempt()
        assert refusal.value.facts == {"why": "missing"}
    assert not folder.exists()
    engine.close()


def test_an_index_of_another_version_asks_to_be_made_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WhooshEngine(folder)
    engine.clear()
    fill(engine, "pump")
    engine.close()
    monkeypatch.setattr(whoosh_index, "_VERSION", "another")
    engine = WhooshEngine(folder)
    assert engine.needs_rebuild
    for attempt in (lambda: find(engine, "pump"), lambda: engine.update([post(1, "x")], [])):
        with pytest.raises(Unavailable) as refusal:
            attempt()
        assert refusal.value.facts == {"why": "version"}
    engine.clear()
    assert not engine.needs_rebuild
    engine.close()


def test_many_commits_leave_few_segments_and_no_files_open(
    embedded: WhooshEngine, folder: Path
) -> None:
    for i in range(60):
        embedded.update([post(i, "pump")], [])
    assert len(list(folder.glob("*/*.trm"))) <= 14
    for i in range(60):
        embedded.update([], [i])
    assert list(folder.glob("*/*.trm")) == []
    assert find(embedded, "pump") == []


def test_closed_it_still_answers_and_keeps_nothing_open(embedded: WhooshEngine) -> None:
    fill(embedded, "pump")
    embedded.close()
    assert find(embedded, "pump") == [1]
    embedded.close()
    assert embedded.shards._opened == {}
