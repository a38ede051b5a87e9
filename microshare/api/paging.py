"""The way on from a part of a list: the `Link` header (RFC 8288), `next` before `prev`.

Clients read it with patterns of their own, so it is written exactly so: absolute addresses, the
cursors as real parameters, every other parameter kept.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from flask import Response, request

from microshare import config
from microshare.api.said import answer, listed

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
