"""The words of the posts as PostgreSQL knows them: for “did you mean”, see `spelling`."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, text

from microshare.search import tsquery
from microshare.search.postgres_counts import Counting

_MANY = 200  # posts; of words that more posts say it is enough to know that

_COUNTS = text(
    "SELECT word, said"
    " FROM unnest(CAST(:words AS text[]), CAST(:asked AS text[])) AS wanted(word, asked),"
    " LATERAL (SELECT count(*) FROM (SELECT 1 FROM post_terms"
    " WHERE terms @@ wanted.asked::tsquery LIMIT :many) AS found) AS counted(said)"
    " WHERE said > 0"
)
# Of the newest posts, where the commonest words of all are not known.
_WORDS = text(
    "SELECT substr(word, 2)"
    " FROM ts_stat('SELECT terms FROM post_terms ORDER BY post_id DESC LIMIT 5000')"
    " WHERE word LIKE :pattern ORDER BY ndoc DESC LIMIT :limit"
)


class Words:
    """What the terms of the posts say of their exact words."""

    def __init__(self, connection: Connection, counting: Counting) -> None:
        self._connection = connection
        self._counting = counting

    def counts(self, words: Iterable[str]) -> Mapping[str, int]:
        """How many posts say each of these, about; words that none says are left out."""
        asked = {word: tsquery.exactly(word) for word in words}
        known = self._counting.known(self._connection)
        found = {
            word: round(known[lexeme])
            for word, lexeme in asked.items()
            if known.get(lexeme, 0) > _MANY
        }
        rare = [word for word in asked if word not in found]
        given = {"words": rare, "asked": [asked[word] for word in rare], "many": _MANY}
        return found | dict(self._connection.execute(_COUNTS, given).all())

    def beginning(self, start: str, limit: int) -> Iterable[str]:
        """At most so many of the words that begin so, of the commonest or of the newest posts."""
        lexeme = tsquery.exactly(start)[:-1]
        known = [one for one in self._counting.known(self._connection) if one.startswith(lexeme)]
        if known:
            return [one[2:-1].replace("''", "'") for one in known[:limit]]
        pattern = "=" + start.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        return self._connection.scalars(_WORDS, {"pattern": pattern, "limit": limit}).all()
