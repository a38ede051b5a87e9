"""What a client asks: parameters of the address and of the body, which may be JSON, a form or a
form with files, for every call alike.

`id[]=1` and `id=1` are the same; what stands within an object is named as a form names it,
`notifications[last_read_id]`. Unknown parameters are ignored. Broken text is refused.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import g, request

from microshare.errors import Missing, Refused
from microshare.pulled import Span

LARGEST_ID = 2**31 - 1
DEEPEST = 5  # objects and lists within one another
_YES = ("1", "true", "t", "on", "yes")
_FORM = "application/x-www-form-urlencoded"


class Params:
    """The parameters of a call, read when they are asked for."""

    @cached_property
    def _all(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        self.lists: set[str] = set()
        self.objects: set[str] = set()
        self.listed: dict[str, list[dict[str, str]]] = {}  # the objects in lists
        for name, values in request.args.lists():
            found.setdefault(_bare(name), []).extend(values)
        for name, value in self._body():
            found.setdefault(_bare(name), []).append(value)
        for name, values in found.items():
            for one in (name, *values):
                if "\0" in one or any("\ud800" <= c <= "\udfff" for c in one):
                    raise Refused("text-encoding")
        return found

    def _body(self) -> Iterator[tuple[str, str]]:
        if request.method in ("GET", "HEAD"):
            return
        if request.mimetype == "application/json" or request.mimetype.endswith("+json"):
            yield from self._flat("", _json(), DEEPEST)
            return
        if request.mimetype == _FORM:
            _check_utf8(request.get_data(cache=True))
        for name, values in request.form.lists():
            for value in values:
                if "\ufffd" in value and request.mimetype != _FORM:
                    raise Refused("text-encoding")
                yield name, value

    def _flat(self, name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
        if not depth:
            raise Refused("body-malformed")
        if isinstance(value, dict):
            self.objects.add(name)
            for key, one in value.items():
                yield from self._flat(f"{name}[{key}]" if name else str(key), one, depth - 1)
        elif isinstance(value, list):
            self.lists.add(name)
            for one in value:
                if isinstance(one, dict):
                    told = {key: str(part) for key, part in one.items() if part is not None}
                    self.listed.setdefault(name, []).append(told)
                yield from self._flat(f"{name}[]", one, depth - 1)
        elif isinstance(value, bool):
            yield name, "true" if value else "false"
        elif value is not None:
            yield name, str(value)

    def check(self, takes: str) -> None:
        """Whether what is one value came as one, and a list as a list of such.

        `takes`: the names of what a call knows, as `described` has them.
        """
        if not self._all and not self.lists and not self.objects:
            return
        for written in takes.split():
            name = written.rstrip("!")
            bare = name.removesuffix("[]")
            within = f"{bare}[]" if name != bare else bare
            wrong = self.objects | (self.lists if name == bare else set())
            if bare in wrong or within in self.objects or within in self.lists - {bare}:
                raise Refused("parameter-odd", name=bare)

    def many(self, name: str) -> list[str]:
        """All values of this name, in order."""
        return self._all.get(name, [])

    def has(self, name: str) -> bool:
        """Whether the name was sent with any value; `null` is none."""
        return name in self._all

    def text(self, name: str, default: str = "") -> str:
        """The value of this name, which must be one."""
        values = self._all.get(name)
        return values[-1] if values else default

    def needed(self, name: str) -> str:
        """The same, where nothing can be done without it."""
        if not (value := self.text(name)):
            raise Refused("parameter-missing", name=name)
        return value

    def flag(self, name: str) -> bool:
        """Whether it was said to be so, in any of the ways that clients have."""
        return self.text(name).strip().lower() in _YES

    def limit(self, usual: int, most: int) -> int:
        """How many are asked for: nonsense means as many as usual."""
        written = self.text("limit").strip().lstrip("-")
        if not written.isascii() or not written.isdigit() or not int(written[:9]):
            return usual
        return min(int(written[:9]), most)

    def whole(self, name: str) -> int:
        """The whole number of this name; nonsense means 0."""
        written = self.text(name).strip()
        return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0

    def offset(self) -> int:
        """How many are left out from the top."""
        return min(self.whole("offset"), 1000)

    def has_file(self, name: str) -> bool:
        """Whether a file of this name was sent."""
        return name in request.files

    def span(self) -> Span:
        """Which part of a list is asked for."""
        names = "max_id", "since_id", "min_id"
        before, since, upward = (_bound(self.text(name)) for name in names)
        after = max(since or 0, upward or 0)
        return Span(before, after, upward is not None)

    def has_within(self, name: str) -> bool:
        """Whether an object of this name was sent, or a list of them."""
        return any(one.startswith(f"{name}[") for one in self._all) or name in self.lists

    def is_told(self, name: str) -> bool:
        """Whether a list of this name was sent, be it an empty one; `null` is none."""
        return name in self._all or name in self.lists

    def pairs(self, name: str, key: str, value: str) -> list[tuple[str, str]]:
        """These two fields of the objects in a list that have both; a form tells all of both."""
        keys, values = self.many(f"{name}[][{key}]"), self.many(f"{name}[][{value}]")
        if name in self.listed:
            told = self.listed[name]
            return [(one[key], one[value]) for one in told if key in one and value in one]
        if values and len(keys) != len(values):
            raise Refused("parameter-missing", name=f"{name}[][{value}]")
        return list(zip(keys, values, strict=False))

    def needed_id(self, name: str) -> int:
        """The id of this name, or `Missing` where it can be none."""
        if (found := number(self.text(name))) is None:
            raise Missing("post", id=self.text(name)[:20])
        return found

    def needed_ids(self, name: str) -> list[int]:
        """The ids under this name, each once, or `Missing` where one can be none."""
        found = [number(one) for one in self.many(name) if one.strip()]
        if None in found:
            raise Missing("post")
        return list(dict.fromkeys(one for one in found if one is not None))

    def media_ids(self, name: str) -> list[int]:
        """The ids of photos under this name, each once; `Refused` where one can be none."""
        written = [one.strip() for one in self.many(name) if one.strip()]
        return list(dict.fromkeys(media_id(one, place) for place, one in enumerate(written, 1)))

    def ids(self, name: str) -> list[int]:
        """The ids under this name, each once; what is none of them is left out."""
        found = (number(one) for one in self.many(name))
        return list(dict.fromkeys(one for one in found if one is not None))


def _bare(name: str) -> str:
    return name[:-2] if name.endswith("[]") else name


def _json() -> dict[str, Any]:
    raw = request.get_data(cache=True)
    if not raw.strip():
        return {}
    try:
        read = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused("body-malformed") from None
    if not isinstance(read, dict):
        raise Refused("body-malformed")
    return read


def _check_utf8(raw: bytes) -> None:
    try:
        unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("text-encoding") from None


def media_id(written: str, place: int) -> int:
    """The id of the photo at this place; `Refused` where it can be none."""
    written = written.strip()
    if not (written.isascii() and written.isdigit() and len(written) <= 25):
        raise Refused("photo-gone", number=place)
    return int(written)


def number(written: str) -> int | None:
    """A positive whole number that an id can be, or None."""
    written = written.strip()
    if written.isascii() and written.isdigit() and len(written) <= 10:
        return int(written) if 0 < int(written) <= LARGEST_ID else None
    return None


def _bound(written: str) -> int | None:
    """The same where a list begins or ends; one that is too great for an id is the greatest."""
    written = written.strip()
    if not written.isascii() or not written.isdigit():
        return None
    return min(int(written[:11]), LARGEST_ID) if len(written) < 12 else LARGEST_ID


def params() -> Params:
    """The parameters of this call."""
    if "params" not in g:
        g.params = Params()
    return g.params  # type: ignore[no-any-return]
