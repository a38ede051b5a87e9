"""The benchmark of relevance measures what it says, and says what it misses."""

import json
from pathlib import Path

import pytest

from bench import relevance
from bench.relevance import Judged, scored


def judged(grades: dict[str, int], unwanted: str = "") -> Judged:
    shut_out = {"q": unwanted} if unwanted else {}
    return Judged("small", "en", {}, {"q": "pump"}, shut_out, {"q": grades})


def test_what_is_first_counts_most_and_what_is_missed_nothing() -> None:
    asked = judged({"a": 2, "b": 1})
    assert scored(asked, lambda text: ["a", "b", "c"]).ndcg == 1
    assert 0 < scored(asked, lambda text: ["b", "c", "a"]).ndcg < 1
    late = scored(asked, lambda text: [f"c{n}" for n in range(10)] + ["a"])
    assert (late.ndcg, late.recall10, late.recall100, late.nothing) == (0, 0, 0.5, 0)
    assert scored(asked, lambda text: []).nothing == 1


def test_the_query_itself_does_not_count() -> None:
    score = scored(judged({"a": 1}, "q0"), lambda text: ["q0", "a"])
    assert score.ndcg == 1
    assert scored(judged({"a": 1}, "q0"), lambda text: ["q0"]).nothing == 1


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One small set of each language."""
    small = {
        "english": ("en", {"d1": "noisy pumps", "d2": "a seal"}, "noise of a pump", "d1"),
        "dutch": ("nl", {"d1": "lekkende kranen", "d2": "pomp"}, "kraan", "d1"),
    }
    for name, (language, texts, query, relevant) in small.items():
        folder = tmp_path / "relevance" / name
        folder.mkdir(parents=True)
        rows = [json.dumps({"id": id, "text": text}) for id, text in texts.items()]
        (folder / "docs.jsonl").write_text("\n".join(rows))
        (folder / "queries.jsonl").write_text(json.dumps({"id": "q", "text": query}))
        (folder / "qrels.tsv").write_text(f"q\t{relevant}\t1\n")
        (folder / "meta.json").write_text(json.dumps({"lang": language}))
    monkeypatch.setattr(relevance, "SETS", tuple(small))
    monkeypatch.setenv("MICROSHARE_DATA", str(tmp_path))
    return tmp_path


def test_each_set_is_measured_alone_and_in_an_index_of_all(sets: Path) -> None:
    assert relevance.main(["--report", str(sets / "report.md")]) == 0
    report = (sets / "report.md").read_text()
    assert report.count("\n| microshare, sqlite | 1.000 | 1.000 | 1.000 | 0.0% |") == 2
    assert report.count("\n| microshare, sqlite, all sets in one index | 1.000") == 2
    assert report.count("| plain Whoosh, told") == 2


def test_missing_data_are_named(
    sets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MICROSHARE_DATA", str(sets / "nowhere"))
    assert relevance.main([]) == 1
    assert "MICROSHARE_DATA names the folder" in capsys.readouterr().err
