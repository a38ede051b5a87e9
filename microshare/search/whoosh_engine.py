"""The embedded engine: full-text search in a folder, without a server.

Newest first, a post must say every word; shards are asked from the newest down until the page is
full. Best first is in `whoosh_best`. A shard that is broken is left out, and marked to be made
anew; only where no shard can answer is the search refused.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Literal

from microshare.errors import Unavailable
from microshare.search import spelling
from microshare.search.document import Document, Health
from microshare.search.query import Query
from microshare.search.whoosh_best import ranked, telling
from microshare.search.whoosh_index import telling as telling_damage
from microshare.search.whoosh_leaf import Asked, Leaf, asked
from microshare.search.whoosh_shards import SIZE, Broken, Shards
from microshare.search.whoosh_words import Words

Sort = Literal["newest", "best"]

_SPELLED = 2  # shards, the newest with words like it, of which a word is looked for
_SOME = 512  # posts of which a phrase is looked for at once


class WhooshEngine:
    """Finds posts, in an index that one process writes and many read."""

    in_transaction = False

    def __init__(self, folder: Path, shard_size: int = SIZE) -> None:
        self.shards = Shards(folder, shard_size)

    def update(self, documents: Sequence[Document], gone: Sequence[int]) -> None:
        """Index these posts, anew where they were known, and forget those gone.

        All or nothing for each shard. Raises `Unavailable("index")` where one is locked by another
        writer or unusable.
        """
        absent = set(gone)
        latest = {document.id: document for document in documents if document.id not in absent}
        self.shards.update(list(latest.values()), absent)

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
        is empty once that post is not found any more. Raises `Unavailable("index")`.
        """
        if query.is_empty or limit < 1:
            return []
        is_ranked = sort == "best" and any(not term.negated for term in query.terms)
        search = asked(telling(query) if is_ranked else query, zone)
        left_out: dict[tuple[int, int], str] = {}
        while True:
            present = self.shards.present()
            left_out |= {(n, make): why for n, (make, why) in present.items() if why}
            well = {n: make for n, (make, _) in present.items() if (n, make) not in left_out}
            if not well:
                raise Unavailable("index", why=next(iter(left_out.values()), "missing"))
            try:
                if is_ranked:
                    return self._best(well, search, limit, before)
                return self._newest(well, search, limit, before)
            except Broken as broken:
                left_out[broken.shard, well[broken.shard]] = broken.why

    def _newest(
        self, makes: dict[int, int], search: Asked, limit: int, before: int | None
    ) -> list[int]:
        found: list[int] = []
        newest = max(makes) if before is None else self.shards.of(before)
        for shard in sorted((n for n in makes if n <= newest), reverse=True):
            ids: list[int] = []
            leaves = self.shards.leaves(shard, makes[shard])
            with self.shards.noticing(shard, makes[shard]):
                for leaf in leaves:
                    ids += _newest_of(leaf, search, limit - len(found), before)
            found += sorted(ids, reverse=True)[: limit - len(found)]
            if len(found) == limit:
                break
        return found

    def _best(
        self, makes: dict[int, int], search: Asked, limit: int, before: int | None
    ) -> list[int]:
        in_turn = [(n, self.shards.leaves(n, makes[n])) for n in sorted(makes, reverse=True)]
        try:
            with telling_damage():
                every = [leaf for _, leaves in in_turn for leaf in leaves]
                return ranked(every, search, limit, before)
        except Unavailable:
            for shard, leaves in in_turn:  # each alone tells which one it is
                with self.shards.noticing(shard, makes[shard]):
                    ranked(leaves, search, limit, before)
            raise

    def words_like(self, word: str, limit: int) -> Sequence[str]:
        """The index's own words that are spelled nearly so, the commonest first."""
        present = self.shards.present()
        well = sorted((n for n, (_, why) in present.items() if not why), reverse=True)[:_SPELLED]
        for shard in well:
            with suppress(Broken), self._reading(shard, present[shard][0]) as leaves:
                if found := spelling.like(word, Words(leaves), limit):
                    return found
        return []

    @property
    def is_whole(self) -> bool:
        """Whether no shard is missing from what it answers."""
        return not self.needs_rebuild

    @property
    def is_missing(self) -> bool:
        """Whether there is no index at all."""
        return not self.shards.path.is_dir()

    @property
    def needs_rebuild(self) -> bool:
        """Whether there is no index, or a part of it is broken or of another version."""
        try:
            return bool(self.broken())
        except Unavailable:
            return True

    def broken(self) -> list[int]:
        """The shards that must be made anew, newest first. Raises `Unavailable` without any."""
        return self.shards.broken()

    def check(self) -> Health:
        """Read the whole index, to the last posting."""
        try:
            for shard, (make, _) in self.shards.present().items():
                with suppress(Broken), self._reading(shard, make) as leaves:
                    for leaf in leaves:
                        leaf.check()
            broken = self.broken()
            why = next((w for _, w in self.shards.present().values() if w), "missing")
        except Unavailable as refusal:
            return Health(0, False, refusal.facts["why"])
        if broken:
            return Health(0, False, why)
        return Health(len(self.ids()), True)

    def ids(self) -> set[int]:
        """The ids of all posts in the shards that are well."""
        found: set[int] = set()
        for shard, (make, why) in self.shards.present().items():
            if not why:
                with suppress(Broken), self._reading(shard, make) as leaves:
                    for leaf in leaves:
                        found.update(leaf.newest(leaf.everything, leaf.count))
        return found

    @contextmanager
    def _reading(self, shard: int, make: int) -> Iterator[list[Leaf]]:
        leaves = self.shards.leaves(shard, make)
        with self.shards.noticing(shard, make):
            yield leaves

    def clear(self) -> None:
        """Make an empty index, whatever was there."""
        self.shards.clear()

    def close(self) -> None:
        """Close the files; a search that is under way finishes."""
        self.shards.close()


def _newest_of(leaf: Leaf, search: Asked, limit: int, before: int | None) -> Sequence[int]:
    """The newest posts of a segment that say every word and pass the filters."""
    found = leaf.allowed(search)
    if before is not None:
        found &= leaf.older(before)
    for forms in search.said:
        found &= leaf.perhaps(forms, found)
    if not search.has_phrases:
        return leaf.newest(leaf.without(search, found), limit)
    ids: list[int] = []
    while found and len(ids) < limit:
        some = leaf.upper(found, _SOME)  # the order of words takes longest: a few posts at a time
        found ^= some
        for forms in search.said:
            some = leaf.saying(forms, some)
        ids += leaf.newest(leaf.without(search, some), limit - len(ids))
    return ids
