"""The engine in the database: full-text search in PostgreSQL, written with the post itself.

A `tsvector` holds the terms of a post (see `tsquery`), and a GIN index finds the posts of a term.
How a search goes about it stands in `postgres_search`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, tzinfo
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from microshare.errors import Unavailable
from microshare.models import Post, PostTerms
from microshare.search import spelling, terms, tsquery
from microshare.search.analysis import ANALYSIS_VERSION
from microshare.search.document import Document, Health
from microshare.search.postgres_counts import Counting
from microshare.search.postgres_search import Search
from microshare.search.postgres_words import Words
from microshare.search.query import Query

Sort = Literal["newest", "best"]

_POST_ID = PostTerms.post_id
_CANCELED = "57014"  # PostgreSQL's code for a statement that took too long
# All rows in one statement of one text, however many they are.
_KEEP = text(
    "INSERT INTO post_terms (post_id, length, analysis, created_at, terms)"
    " SELECT post_id, length, :analysis, created_at, terms::tsvector"
    " FROM unnest(CAST(:post_id AS integer[]), CAST(:length AS integer[]),"
    " CAST(:created_at AS bigint[]), CAST(:terms AS text[]))"
    " AS given(post_id, length, created_at, terms)"
    " ON CONFLICT (post_id) DO UPDATE SET length = excluded.length,"
    " analysis = excluded.analysis, created_at = excluded.created_at, terms = excluded.terms"
    " WHERE excluded.terms IS DISTINCT FROM post_terms.terms"
    " OR excluded.analysis <> post_terms.analysis"
)


class PostgresEngine:
    """Finds posts in the database of the session that it is given."""

    in_transaction = True
    is_whole = True

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session
        self._counting = Counting()

    def update(self, documents: Sequence[Document], gone: Sequence[int]) -> None:
        """Keep the terms of these posts, anew where they were known, and forget those gone.

        It is a part of the session's transaction, and counts when that is committed.
        """
        absent = set(gone)
        latest = {document.id: document for document in documents if document.id not in absent}
        session = self._session()
        if absent:
            session.execute(delete(PostTerms).where(_POST_ID.in_(absent)))
        if not latest:
            return
        # In one order, so that no two writers wait for each other.
        rows = [_row_of(latest[post_id]) for post_id in sorted(latest)]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        session.execute(_KEEP, {**columns, "analysis": ANALYSIS_VERSION})

    def find(
        self,
        query: Query,
        *,
        sort: Sort,
        limit: int,
        before: int | None = None,
        zone: tzinfo = UTC,
    ) -> list[int]:
        """The ids of the posts that a search finds, on from the post `before`.

        Newest first by id. Ranked by best, the next page begins after `before` in the ranking; it
        is empty once that post is not found any more. Raises `Unavailable("index")` where the
        answer takes too long.
        """
        if query.is_empty or limit < 1:
            return []
        with self._answering() as connection:
            search = Search(connection, query, zone, self._counting)
            return search.newest(limit, before) if sort == "newest" else search.best(limit, before)

    def words_like(self, word: str, limit: int) -> Sequence[str]:
        """The words of the posts that are spelled nearly so, the commonest first."""
        with self._answering() as connection:
            return spelling.like(word, Words(connection, self._counting), limit)

    @contextmanager
    def _answering(self) -> Iterator[Connection]:
        session = self._session()
        session.flush()
        connection = session.connection()
        alone = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        try:
            # What is cut off inside leaves the transaction around it, if there is one, usable.
            with nullcontext() if alone else connection.begin_nested():
                yield connection
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _CANCELED:
                raise
            raise Unavailable("index", why="slow") from error

    @property
    def needs_rebuild(self) -> bool:
        """Whether there are posts and nothing is known of any, as after a move from a folder.

        What another version of the analysis made serves until it is replaced, post by post.
        """
        session = self._session()
        if session.scalar(select(_POST_ID).limit(1)) is not None:
            return False
        visible = select(Post.id).where(Post.withdrawn_at.is_(None))
        return session.scalar(visible.limit(1)) is not None

    def check(self) -> Health:
        """Count what is there; PostgreSQL looks after its pages itself."""
        count = self._session().scalar(select(func.count()).select_from(PostTerms))
        return Health(count or 0, True)

    def ids(self) -> set[int]:
        """The ids of all posts that have terms."""
        return set(self._session().scalars(select(_POST_ID)))

    def clear(self) -> None:
        """Forget all posts."""
        self._session().execute(delete(PostTerms))

    def close(self) -> None:
        """Nothing is open beside the session."""


def _row_of(document: Document) -> dict[str, Any]:
    said = terms.of(document)
    written = terms.microseconds(document.created_at)
    return {
        "post_id": document.id,
        "length": len(said.exact),
        "created_at": written,
        "terms": tsquery.vector(document.id, written, said),
    }
