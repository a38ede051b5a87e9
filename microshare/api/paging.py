"""The way on from a part of a list: the `Link` header (RFC 8288), `next` before `prev`.

Clients read it with patterns of their own, so it is written exactly so: absolute addresses, the
cursors as real parameters, every other parameter kept.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from flask import Response, request

from microshare import config
from microshare.api.said import answer, listed
from microshare.pulled import Span

_CURSORS = ("max_id", "since_id", "min_id", "limit", "offset")


def page(parts: Iterable[str], cursors: Sequence[int], limit: int, has_more: bool) -> Response:
    """The answer with this part of a list, whose cursors stand in its order, newest first.

    `has_more`: whether there are older ones.
    """
    response = answer(listed(parts))
    links = []
    if cursors and has_more:
        links.append(f'<{_address("max_id", cursors[-1], limit)}>; rel="next"')
    if cursors:
        links.append(f'<{_address("min_id", cursors[0], limit)}>; rel="prev"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _address(cursor: str, value: int, limit: int) -> str:
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in _CURSORS]
    asked = urlencode([*kept, (cursor, value), ("limit", limit)])
    return f"{config.current().url}{request.path.rstrip('/')}?{asked}"


def part(ids: Iterable[int], span: Span, limit: int) -> list[int]:
    """The part of these ids that is asked for, the greatest first.

    >>> part({1, 2, 3, 4}, Span(before=4), 2), part({1, 2, 3, 4}, Span(after=1, upward=True), 2)
    ([3, 2], [3, 2])
    """
    below = 2**31 if span.before is None else span.before
    found = sorted((one for one in ids if span.after < one < below), reverse=not span.upward)
    return sorted(found[:limit], reverse=True)


def beside(ids: Sequence[int], span: Span, limit: int) -> tuple[list[int], bool]:
    """The part of a list in an order of its own, and whether it goes on; its ids are no measure.

    A cursor says beside whom the part begins. Beside one who is not there any more is nobody.

    >>> beside([5, 9, 2, 7], Span(before=9), 1), beside([5, 9, 2, 7], Span(after=7, upward=True), 2)
    (([2], True), ([9, 2], True))
    """
    bounds = [one for one in (span.before, span.after) if one]
    if not all(one in ids for one in bounds):
        return [], False
    begin = ids.index(span.before) + 1 if span.before else 0
    end = ids.index(span.after) if span.after else len(ids)
    begin, end = (max(begin, end - limit), end) if span.upward else (begin, min(end, begin + limit))
    return [*ids[begin:end]], end < len(ids)
