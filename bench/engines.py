"""The fixed searches without pages around them: the product's engine, and plain Whoosh.

Plain Whoosh is one index of the same posts under the same words (the product's own analysis), asked
with `search(…, sortedby=…)` for the newest and with BM25F for the best: what one would write first.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from whoosh import analysis as whoosh_analysis
from whoosh import fields, index, query

from microshare import search
from microshare.db import db
from microshare.models import Post, PostTag
from microshare.search import analysis
from microshare.search.query import Query, Term, parse

LIMIT = 31  # a page and one more, which tells whether there is a next one
BATCH = 5000
_APART = "\0"  # between line, note, tags and name: no phrase runs across
_GAP = 1000


def product(queries: list[tuple[str, str]], rounds: int, longest: float) -> list[dict[str, Any]]:
    """Milliseconds and ids of each search in both orders; fewer where it takes too long."""

    def newest(raw: str) -> Sequence[int]:
        return search.find(raw, sort="newest", limit=LIMIT).ids

    def best(raw: str) -> Sequence[int]:
        return search.find(raw, sort="best", limit=LIMIT).ids

    return _asked(queries, {"newest": newest, "best": best}, rounds, longest)


def plain(
    queries: list[tuple[str, str]], rounds: int, longest: float, folder: str
) -> list[dict[str, Any]]:
    """The same of the plain index in this folder, which is made where it is not there yet."""
    built = _built(Path(folder))
    with built.searcher() as searcher:

        def newest(raw: str) -> Sequence[int]:
            asked = _query(parse(raw), query.And)
            return [hit["id"] for hit in searcher.search(asked, limit=LIMIT, sortedby="id",
                                                         reverse=True)]  # fmt: skip

        def best(raw: str) -> Sequence[int]:
            return [hit["id"] for hit in searcher.search(_query(parse(raw), query.Or), limit=LIMIT)]

        return _asked(queries, {"newest": newest, "best": best}, rounds, longest)


def _asked(
    queries: list[tuple[str, str]],
    orders: dict[str, Callable[[str], Sequence[int]]],
    rounds: int,
    longest: float,
) -> list[dict[str, Any]]:
    """Each search with, for each order, the median of its milliseconds and the ids it found."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + longest
    for kind, raw in queries:
        if time.monotonic() > deadline:
            break
        told: dict[str, Any] = {"kind": kind, "query": raw}
        for order, find in orders.items():
            taken = []
            for _ in range(rounds):
                began = time.perf_counter()
                ids = list(find(raw))
                taken.append((time.perf_counter() - began) * 1000)
            told[order] = sorted(taken)[len(taken) // 2]
            told[f"{order}_ids"] = ids
        found.append(told)
    return found


class _Words(whoosh_analysis.Analyzer):  # type: ignore[misc]
    """The exact words of a post at their places, or (`roots`) all that they are kept under."""

    def __init__(self, *, roots: bool) -> None:
        self.roots = roots

    def __call__(self, value: str, positions: bool = False, **_: Any) -> Iterator[Any]:
        token = whoosh_analysis.Token(positions=positions)
        token.boost, token.stopped = 1.0, False
        start = 0
        for part in value.split(_APART):
            words = list(analysis.tokens(part))
            for word in words:
                token.pos = start + word.position
                for form in sorted(analysis.kept(word.word)) if self.roots else (
                    analysis.bare(word.word),
                ):  # fmt: skip
                    token.text = form
                    yield token
            start += len(words) + _GAP


_SCHEMA = fields.Schema(
    id=fields.NUMERIC(int, bits=64, stored=True, sortable=True),
    created_at=fields.NUMERIC(int, bits=64, sortable=True),
    exact=fields.TEXT(analyzer=_Words(roots=False), phrase=True),
    roots=fields.TEXT(analyzer=_Words(roots=True), phrase=False),
    facts=fields.KEYWORD(),
)


def _built(folder: Path) -> Any:
    """The plain index, made from the database where it is missing."""
    if (folder / "ready").exists():
        return index.open_dir(folder)
    folder.mkdir(parents=True, exist_ok=True)
    built = index.create_in(folder, _SCHEMA)
    writer = built.writer(limitmb=256)
    began, last, count = time.process_time(), 0, 0
    while posts := _next(last):
        for post in posts:
            writer.add_document(**_document(post))
        last, count = posts[-1].id, count + len(posts)
        db.session.expunge_all()
    writer.commit(optimize=True)
    (folder / "ready").write_text(str(count / (time.process_time() - began)))
    return built


def _next(last: int) -> Sequence[Post]:
    return db.session.scalars(
        select(Post)
        .where(Post.id > last, Post.withdrawn_at.is_(None))
        .order_by(Post.id)
        .limit(BATCH)
        .options(
            joinedload(Post.author),
            joinedload(Post.department),
            selectinload(Post.tags).joinedload(PostTag.tag),
        )
    ).all()


def _document(post: Post) -> dict[str, Any]:
    tags = [tie.tag.name for tie in post.tags]
    facts = [f"tag:{tag}" for tag in tags]
    facts += [f"by:{post.author.username_folded}", f"dept:{post.department.slug}"]
    facts += [
        f"is:{name}"
        for name, holds in (
            ("question", post.kind == "question"),
            ("open", post.is_open),
            ("note", bool(post.note)),
        )
        if holds
    ]
    said = (post.line, post.note, *tags)
    return {
        "id": post.id,
        "created_at": int(post.created_at.timestamp()),
        "exact": _APART.join((*said, post.author.name)),
        "roots": _APART.join(said),
        "facts": " ".join(facts),
    }


def _query(asked: Query, join: Any) -> Any:
    """The search in Whoosh's own words."""
    wanted = [_term(term) for term in asked.terms if not term.negated]
    unwanted = [_term(term) for term in asked.terms if term.negated]
    for kind, names in (("tag", asked.tags), ("by", asked.people), ("dept", asked.departments)):
        for name, negated in names:
            (unwanted if negated else wanted).append(query.Term("facts", f"{kind}:{name}"))
    for flag in ("question", "open", "note"):
        if (holds := getattr(asked, flag)) is not None:
            (wanted if holds else unwanted).append(query.Term("facts", f"is:{flag}"))
    if asked.after or asked.before:
        wanted.append(query.NumericRange(
            "created_at", _start(asked.after), _start(asked.before), endexcl=True
        ))  # fmt: skip
    found = join(wanted) if wanted else query.Every()
    return query.AndNot(found, query.Or(unwanted)) if unwanted else found


def _start(day: Any) -> int | None:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) if day else None


def _term(term: Term) -> Any:
    words = [analysis.bare(word) for word in term.words]
    if term.kind == "prefix":
        return query.Prefix("exact", "".join(words))
    if term.kind == "phrase" and len(words) > 1:
        return query.Phrase("exact", words)
    forms = [query.Term("exact", word) for word in words]
    if term.kind == "word":
        forms += [query.Term("roots", root) for root in sorted(analysis.roots(term.words[0]))]
    return query.Or(forms)
