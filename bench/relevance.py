"""How well search finds, measured on public judged sets: `python -m bench.relevance`.

Each set is searched best first, its questions as they were typed, through `search.parse` and the
engine of the database. Once each set is alone in the index, and once all sets share one, as Dutch
and English do in a company; nobody tells which language a query is in. Beside it stands plain
Whoosh: BM25F, OR between the words, and told the right language.
"""

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import click
import Stemmer
import whoosh
from sqlalchemy import insert, select
from whoosh import analysis as whoosh_analysis
from whoosh import fields, index
from whoosh import query as whoosh_query

from bench import postgresql
from microshare import create_app, installing, remaking, search
from microshare.config import Settings
from microshare.db import db, saving
from microshare.models import Department, Post, User
from microshare.search import analysis, compounds, inflection
from microshare.search.query import parse

ROOT = Path(__file__).parent.parent
SETS = ("banking77_intent", "nl_inflection_ud")
DEPTH = 100  # ids that a search gives
MADE = datetime(2026, 1, 1, tzinfo=UTC)
# What can be left out, to see what it brings by itself.
OPTIONAL: Mapping[str, Callable[[], AbstractContextManager[object]]] = {
    "compounds": lambda: patch.object(compounds, "parts", lambda word: set()),
    "inflection": lambda: patch.object(inflection, "bases", lambda word: set()),
}
Finds = Callable[[str], Sequence[str]]  # a query's text to the ids of texts, best first


@dataclass(frozen=True)
class Judged:
    """A set: texts and queries by their ids, and the grades of what each query should find."""

    name: str
    language: str
    texts: Mapping[str, str]
    queries: Mapping[str, str]
    unwanted: Mapping[str, str]  # the one text that is not counted for a query: itself
    grades: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Score:
    """Means over the queries of a set."""

    ndcg: float  # at 10, with the grades as gains
    recall10: float  # of all that is relevant, also where that is more than ten
    recall100: float
    nothing: float  # share of the queries
    milliseconds: float  # of CPU, the median of all queries


def read(folder: Path) -> Judged:
    """A set as it lies in its folder."""
    rows = {
        name: [
            json.loads(line)
            for line in (folder / f"{name}.jsonl").read_text("utf-8").split("\n")
            if line
        ]
        for name in ("docs", "queries")
    }
    grades: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines():
        query, text, grade = line.split("\t")
        grades.setdefault(query, {})[text] = int(grade)
    return Judged(
        folder.name,
        json.loads((folder / "meta.json").read_text("utf-8"))["lang"],
        {row["id"]: row["text"] for row in rows["docs"]},
        {row["id"]: row["text"] for row in rows["queries"]},
        {row["id"]: row["exclude_doc"] for row in rows["queries"] if row.get("exclude_doc")},
        grades,
    )


def scored(judged: Judged, find: Finds) -> Score:
    """What a way of searching is worth on a set.

    >>> like = Judged("x", "en", {}, {"q": "a"}, {}, {"q": {"1": 1, "2": 1}})
    >>> scored(like, lambda text: ["1", "3"]).recall10
    0.5
    """
    kept = []
    times = []
    for number, text in judged.queries.items():
        begun = time.process_time()
        found = find(text)
        times.append(1000 * (time.process_time() - begun))
        ids = [one for one in found if one != judged.unwanted.get(number)]
        grades = judged.grades[number]
        first, rest = (sum(one in grades for one in ids[:end]) / len(grades) for end in (10, DEPTH))
        kept.append((_ndcg(ids[:10], grades), first, rest, float(not ids)))
    ndcg, first, rest, nothing = (sum(column) / len(kept) for column in zip(*kept, strict=True))
    return Score(ndcg, first, rest, nothing, sorted(times)[len(times) // 2])


def _ndcg(ids: Sequence[str], grades: Mapping[str, int]) -> float:
    def gained(gains: Sequence[int]) -> float:
        return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))

    ideal = sorted(grades.values(), reverse=True)[:10]
    return gained([grades.get(one, 0) for one in ids]) / gained(ideal)


@contextmanager
def company(kind: str, texts: Sequence[str]) -> Iterator[Callable[[str], list[int]]]:
    """A company that wrote these texts, its index made; what finds their places, best first.

    `kind` is the database: `sqlite` has the embedded engine, `postgresql` is a private server's.
    """
    folder = Path(tempfile.mkdtemp(prefix="microshare-relevance-"))
    with postgresql.served() if kind == "postgresql" else nullcontext("") as url:
        app = create_app(Settings(instance=folder, database_url=url))
        with app.app_context():
            try:
                installing.install()
                first = _fill(texts)
                remaking.rebuild()
                yield partial(_places, first)
            finally:
                search.engine().close()
                db.session.remove()
                db.engine.dispose()
                shutil.rmtree(folder)


def _places(first: int, text: str) -> list[int]:
    found = search.engine().find(parse(text), sort="best", limit=DEPTH + 1)
    return [post - first for post in found]


def _fill(texts: Sequence[str]) -> int:
    """The texts as posts of somebody without a name, bulk loaded; the id of the first."""
    with saving():
        place = Department(name="Readers", slug="readers", created_at=MADE)
        db.session.add(place)
        db.session.flush()
        author = User(
            username="reader",
            username_folded="reader",
            name="",
            department_id=place.id,
            role="member",
            language="en",
            time_zone="UTC",
            created_at=MADE,
        )
        db.session.add(author)
        db.session.flush()
        row = {"author_id": author.id, "department_id": place.id, "kind": "update"}
        db.session.execute(
            insert(Post),
            [
                {
                    **row,
                    "line": text,
                    "line_html": "",
                    "key": str(number),
                    "created_at": MADE + timedelta(seconds=number),
                }
                for number, text in enumerate(texts)
            ],
        )
        return min(db.session.scalars(select(Post.id)))


@contextmanager
def plain_whoosh(judged: Judged) -> Iterator[Finds]:
    """Whoosh as it comes: one field, BM25F, OR, the stop words and stemmer of the language."""
    folder = tempfile.mkdtemp(prefix="microshare-plain-")
    analyzer = whoosh_analysis.LanguageAnalyzer(judged.language)
    schema = fields.Schema(id=fields.ID(stored=True), text=fields.TEXT(analyzer=analyzer))
    try:
        made = index.create_in(folder, schema)
        writer = made.writer()
        for number, text in judged.texts.items():
            writer.add_document(id=number, text=text)
        writer.commit()
        with made.searcher() as searcher:

            def find(text: str) -> list[str]:
                words = [token.text for token in analyzer(text, mode="query")]
                asked = whoosh_query.Or([whoosh_query.Term("text", word) for word in words])
                return [hit["id"] for hit in searcher.search(asked, limit=DEPTH + 1)]

            yield find
        made.close()
    finally:
        shutil.rmtree(folder)


def measured(sets: Sequence[Judged], kind: str) -> dict[str, Score]:
    """What the engine of a database is worth on each of these sets, all in one index."""
    ids = [number for judged in sets for number in judged.texts]
    texts = [text for judged in sets for text in judged.texts.values()]
    with company(kind, texts) as places:
        return {
            judged.name: scored(judged, lambda text: [ids[place] for place in places(text)])
            for judged in sets
        }


def rows(sets: Sequence[Judged], kinds: Sequence[str]) -> Iterator[tuple[str, str, Score]]:
    """The lines of the report: a set, who searched it, and the score."""
    for judged in sets:
        with plain_whoosh(judged) as find:
            yield judged.name, f"plain Whoosh, told “{judged.language}”", scored(judged, find)
    for kind in kinds:
        for judged in sets:
            yield judged.name, f"microshare, {kind}", measured([judged], kind)[judged.name]
        for name, score in measured(sets, kind).items():
            yield name, f"microshare, {kind}, all sets in one index", score


def written(lines: Sequence[tuple[str, str, Score]], without: Sequence[str] = ()) -> str:
    """The report in Markdown."""
    left_out = f", without {' and '.join(without)}" if without else ""
    parts = [
        "# How well search finds",
        f"Made by `python -m bench.relevance` on {os.cpu_count()} cores with Python "
        f"{sys.version.split()[0]}, Whoosh-Reloaded {whoosh.versionstring()}, PyStemmer "
        f"{Stemmer.version()}, analysis {analysis.ANALYSIS_VERSION}{left_out}. Queries go best "
        "first, as they were typed; recall is of all that is relevant. `nl_inflection_ud` is read "
        "by recall@10.",
    ]
    for name in dict.fromkeys(line[0] for line in lines):
        table = [
            f"## {name}\n",
            "| who | nDCG@10 | recall@10 | recall@100 | find nothing | CPU ms a query |",
            "|---|---|---|---|---|---|",
        ]
        table += [
            f"| {who} | {score.ndcg:.3f} | {score.recall10:.3f} | {score.recall100:.3f} "
            f"| {score.nothing:.1%} | {score.milliseconds:.1f} |"
            for of, who, score in lines
            if of == name
        ]
        parts.append("\n".join(table))
    return "\n\n".join(parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write the report; 1 where the sets are missing."""
    parser = argparse.ArgumentParser(prog="python -m bench.relevance", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="sqlite")
    parser.add_argument("--without", choices=OPTIONAL, action="append", default=[])
    parser.add_argument("--report", type=Path, default=ROOT / "bench/results/relevance.md")
    chosen = parser.parse_args(arguments)
    folder = Path(os.environ.get("MICROSHARE_DATA", ROOT.parent / "shared" / "data")) / "relevance"
    missing = [name for name in SETS if not (folder / name / "qrels.tsv").is_file()]
    if missing:
        click.echo(
            f"The judged sets are missing: no {' or '.join(missing)} in {folder}. "
            "MICROSHARE_DATA names the folder of the data.",
            err=True,
        )
        return 1
    kinds = ["sqlite", "postgresql"] if chosen.database == "both" else [chosen.database]
    lines = []
    with ExitStack() as stack:
        for name in chosen.without:
            stack.enter_context(OPTIONAL[name]())
        for line in rows([read(folder / name) for name in SETS], kinds):
            lines.append(line)
            click.echo(f"{line[0]}, {line[1]}: {line[2]}")
    chosen.report.parent.mkdir(parents=True, exist_ok=True)
    chosen.report.write_text(written(lines, chosen.without), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
