"""Where to look for the newest posts that fit, in PostgreSQL: what that costs, and its statements.

GIN gives all posts of a word at once and in no order. So where a post in a few fits, the newest ids
are walked down, one by one, until a page is full; where one in some thousand does, the index is
asked for one block of ids after the other (see `tsquery`); where few fit at all, it is asked once.

Each word is a condition of its own: of several conditions GIN leaps from one's posts to the next
that another has, of one `a & b` it reads every post of either.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, prod
from typing import Any, NamedTuple

from sqlalchemy import Connection

from microshare.search import tsquery

# What things cost, in microseconds: measured with a million posts; how they compare matters.
_WALK = 0.5  # a row that is walked over
_FETCH = 3.0  # a row that the index gave
_SCAN = 40.0  # to ask the index for a block
_GATHER = 0.2  # a post of the words that begin so: all are gathered whenever the index is asked
_SPARE = 2  # as many ids are walked as a page takes in the mean, and again as many
_FURTHER = 8  # times as many ids may hold a page where these did not
_WALKED_AT_MOST = 131_072  # ids, where no index helps at all
_LAST = 2**31 - 1  # no id is greater


class Part(NamedTuple):
    """Something that a post must say: `asked` is a `tsquery`."""

    asked: str
    share: float  # which part of the posts fits, about
    gathered: float = 0  # posts of the words that begin so, where that is asked


@dataclass
class Wanted:
    """What a post must fit: the parts, nothing of what is excluded, and conditions in SQL."""

    parts: Sequence[Part] = ()
    rows: list[str] = field(default_factory=list)  # conditions that no index helps with
    row_share: float = 1.0  # which part of the posts passes these, about
    excluded: Sequence[str] = ()
    facts: dict[str, Any] = field(default_factory=dict)  # the values in these conditions
    lowest: int = 0
    top: int = _LAST  # ids from lowest on, and less than top
    # Between these stand nearly all posts of the days that are wanted; beyond, those of their
    # months that stand out of order.
    near_lowest: int = 0
    near_top: int = _LAST
    days: Part | None = None
    strays: str = ""  # the sign of the blocks to ask for, where hardly any are expected

    @property
    def share(self) -> float:
        return prod(part.share for part in self.parts) * self.row_share


class Way(NamedTuple):
    """A way to look, the cheapest first in their order."""

    price: float
    how: str  # the sign of the blocks that are asked for; or "once", or "walk" without an index
    keys: Sequence[str] = ()  # what the index is asked
    walked: int = 0


def ways(wanted: Wanted, limit: int, total: float) -> Iterator[Way]:
    """The ways to look for so many posts."""
    reach = limit / max(wanted.share, 1e-9)  # ids, until so many fit
    yield Way(min(reach, total) * _WALK, "walk", walked=ceil(reach * _SPARE))
    yield from thorough(wanted, reach, total)


def thorough(wanted: Wanted, reach: float, total: float) -> Iterator[Way]:
    """The ways that miss nothing."""
    if not wanted.parts and not wanted.excluded:
        yield Way(total * _WALK, "walk", walked=_WALKED_AT_MOST)
        return
    for sign, bits in tsquery.BLOCKS.items():
        scans = ceil(min(reach, total) / 2**bits)
        yield _asking(sign, wanted.parts, scans, min(total, scans * 2**bits))
    if wanted.parts:
        yield _asking("once", wanted.parts, 1, total)


def _asking(how: str, parts: Iterable[Part], scans: int, ids: float) -> Way:
    """The index asked so many times, for so many ids in all.

    Where gathering what begins so costs more than to look at the rows found otherwise, it is left
    to that.
    """
    price, rows = scans * _SCAN, ids
    keys: list[str] = []
    for part in sorted(parts, key=lambda part: (part.gathered, part.share)):
        gathering = scans * part.gathered * _GATHER
        if gathering < rows * (1 - part.share) * _FETCH or (not keys and how == "once"):
            price, rows = price + gathering, rows * part.share
            keys.append(part.asked)
    return Way(price + rows * _FETCH, how, keys)


def cheapest(found: Iterable[Way]) -> Way:
    return min(found)


def newest(connection: Connection, wanted: Wanted, limit: int, total: float) -> list[int]:
    """The newest ids that fit, of some `total` posts."""
    found: list[int] = []
    for part in _in_order(wanted):
        if part.lowest < part.top and len(found) < limit:
            found += _newest(connection, part, limit - len(found), total)
    return found


def _in_order(wanted: Wanted) -> Iterator[Wanted]:
    """The ids in parts, the newest first: those out of order, the many, those out of order.

    Where none is expected large blocks are asked for, and small ones up to where those begin.
    """
    low, top = max(wanted.lowest, wanted.near_lowest), min(wanted.top, wanted.near_top)
    if wanted.days is None:
        yield replace(wanted, lowest=low, top=top)
        return
    of_days = replace(wanted, parts=[*wanted.parts, wanted.days])
    size = 2 ** tsquery.BLOCKS["%"]
    up, down = -(-top // size) * size, min(low, top) // size * size
    yield replace(of_days, strays="%", lowest=max(wanted.lowest, up))
    yield replace(of_days, strays="#", lowest=max(wanted.lowest, top), top=min(wanted.top, up))
    yield replace(wanted, lowest=low, top=top)
    yield replace(of_days, strays="#", lowest=max(wanted.lowest, down), top=min(low, top))
    yield replace(of_days, strays="%", top=down)


def _newest(connection: Connection, wanted: Wanted, limit: int, total: float) -> list[int]:
    if wanted.strays:
        return _look(connection, wanted, _asking(wanted.strays, wanted.parts, 1, total), limit)
    way = cheapest(ways(wanted, limit, total))
    found = _look(connection, wanted, way, limit)
    if way.how == "walk" and len(found) < limit and way.walked < total:
        further = min(total, _FURTHER * way.walked)
        found = _look(connection, wanted, cheapest(thorough(wanted, further, total)), limit)
    return found


def _look(connection: Connection, wanted: Wanted, way: Way, limit: int) -> list[int]:
    """The newest ids that fit, as far as this way leads."""
    facts: dict[str, Any] = {"lowest": wanted.lowest, "top": wanted.top, "limit": limit}
    without = f"!({tsquery.any_of(wanted.excluded)})" if wanted.excluded else ""
    keys, others = list(way.keys), [one.asked for one in wanted.parts if one.asked not in way.keys]
    conditions: list[str] = []
    # What is excluded is asked within something else: alone, the index would read every post.
    if way.how in tsquery.BLOCKS:
        facts |= {"bits": tsquery.BLOCKS[way.how], "sign": f"'{way.how}", "without": without}
        conditions.append(_IN_BLOCK_WITHOUT if without else _IN_BLOCK)
    elif without and keys:
        keys[0] = tsquery.all_of([keys[0], without])
    elif without:
        others.append(without)
    for place, key in enumerate(keys):
        facts[f"key{place}"] = key
        conditions.append(f"terms @@ (SELECT CAST(%(key{place})s AS tsquery))")
    if others:
        facts["others"] = tsquery.all_of(others)
        conditions.append(_OTHERS)
    where = " AND ".join([*conditions, *wanted.rows]) or "true"
    statement = {"walk": _WALKED, "once": _ONCE}.get(way.how, _BLOCKS).format(where=where)
    facts |= {"walked": way.walked, **wanted.facts}
    return list(connection.exec_driver_sql(statement, facts).scalars())


# What is asked comes from a select of its own: PostgreSQL would look up every lexeme of it in its
# statistics to make a plan, which takes longer than most searches. So one plan serves all.
_BLOCK = "CAST(%(sign)s || to_hex(block) || '''' AS tsquery)"
_IN_BLOCK = f"terms @@ {_BLOCK}"
_IN_BLOCK_WITHOUT = f"terms @@ ({_BLOCK} && (SELECT CAST(%(without)s AS tsquery)))"
# As the truth of it, for which there is no index.
_OTHERS = "(terms @@ (SELECT CAST(%(others)s AS tsquery))) IS TRUE"
# In the order of a sum, or PostgreSQL would walk down all ids instead.
_ONCE = (
    "SELECT post_id FROM post_terms WHERE {where}"
    " AND post_id + 0 >= %(lowest)s AND post_id + 0 < %(top)s"
    " ORDER BY post_id + 0 DESC LIMIT %(limit)s"
)
_BLOCKS = (
    "SELECT found.post_id FROM generate_series("  # noqa: S608 - nothing of what is asked
    "(SELECT max(post_id) FROM post_terms WHERE post_id < %(top)s) >> %(bits)s,"
    " CAST(%(lowest)s AS integer) >> %(bits)s, -1) AS block,"
    f" LATERAL ({_ONCE}) AS found LIMIT %(limit)s"
)
_WALKED = (
    "SELECT post_id FROM post_terms WHERE {where} AND post_id < %(top)s AND post_id >="
    " greatest(%(lowest)s, (SELECT max(post_id) FROM post_terms WHERE post_id < %(top)s)"
    " + 1 - %(walked)s)"
    " ORDER BY post_id DESC LIMIT %(limit)s"
)
