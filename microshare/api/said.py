"""What this door says: JSON, of which parts may have been written before."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response


class Json(str):
    """A part that is JSON already; it goes on as it is."""

    __slots__ = ()


def encoded(value: Any) -> str:
    """The JSON of a value that may hold parts that are JSON already.

    >>> encoded({"a": [Json('{"b":1}'), None], "c": "é"})
    '{"a":[{"b":1},null],"c":"é"}'
    """
    if isinstance(value, Json):
        return value
    if isinstance(value, Mapping):
        pairs = (f"{_plain(str(name))}:{encoded(one)}" for name, one in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(encoded, value)) + "]"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def listed(parts: Iterable[str]) -> Json:
    """A list of parts that are JSON already."""
    return Json("[" + ",".join(parts) + "]")


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that tells this."""
    return Response(encoded(value), status, headers, mimetype="application/json")
