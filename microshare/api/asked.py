"""What a client asks: parameters of the address and of the body, which may be JSON, a form or a
form with files, for every call alike.

`id[]=1` and `id=1` are the same; what stands within an object is named as a form names it,
`notifications[last_read_id]`. Unknown parameters are ignored. Broken text is refused.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import g, request

from microshare import acted
from microshare.acted import Between
from microshare.errors import Missing, Refused
from microshare.pulled import Span

LARGEST_ID = 2**31 - 1
DEEPEST = 5  # objects and lists within one another
_YES = ("1", "true", "t", "on", "yes")
_FORM = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"


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
        return found

    def _body(self) -> Iterator[tuple[str, str]]:
        if request.method == "HEAD" or (request.method == "GET" and not request.is_json):
            return  # some clients ask with a body, which then is JSON
        if request.mimetype == "application/json" or request.mimetype.endswith("+json"):
            yield from self._flat("", _json(), DEEPEST)
            return
        if request.mimetype == _FORM:
            _check_utf8(request.get_data(cache=True))
        for name, values in request.form.lists():
            for value in values:
                if "\ufffd" in value and request.mimetype != _FORM:
                    raise Refused("text-encoding")
                if name is not None:  # as of a part that has none
                    yield name, value
        if request.mimetype == _PARTS and not (request.form or request.files):
            _check_parts()

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
        """Whether what is one value came as one, and a list as a list of such, all of them text.

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
            self.many(bare)

    def many(self, name: str) -> list[str]:
        """All values of this name, in order; `Refused` where one is no text that can be kept."""
        values = self._all.get(name, [])
        for one in values:
            if "\0" in one or any("\ud800" <= c <= "\udfff" for c in one):
                raise Refused("text-encoding")
        return values

    def has(self, name: str) -> bool:
        """Whether the name was sent with any value; `null` is none."""
        return name in self._all

    def text(self, name: str, default: str = "") -> str:
        """The value of this name, which must be one."""
        values = self.many(name)
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
        written = self.text("limit").strip()
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

    def span(self, first_of: Callable[[datetime], int] | None = None) -> Span:
        """Which part of a list is asked for.

        `first_of` gives the first id since a moment: clients write moments as ids, as they are
        elsewhere. Without it such an id is greater than all.
        """
        last_of = (lambda at: first_of(at) - 1) if first_of else None
        before = _bound(self.text("max_id"), first_of)
        since, upward = (_bound(self.text(name), last_of) for name in ("since_id", "min_id"))
        after = max(since or 0, upward or 0)
        return Span(None if before is None else max(before, 1), after, upward is not None)

    def between(self) -> Between:
        """Which part of a list in the order of what the caller did is asked for."""
        before, since, upward = (_act(self.text(one)) for one in ("max_id", "since_id", "min_id"))
        after = max(since or acted.EARLIEST, upward or acted.EARLIEST)
        return Between(before or acted.LATEST, after, upward is not None)

    def has_within(self, name: str) -> bool:
        """Whether an object of this name was sent, or a list of them, be it empty."""
        is_filled = any(one.startswith(f"{name}[") for one in self._all)
        return is_filled or name in self.lists or name in self.objects

    def count_within(self, name: str) -> int:
        """How many objects a list of this name has, however it is written."""
        within = {one: len(many) for one, many in self._all.items() if one.startswith(f"{name}[")}
        numbered = {one[len(name) :].partition("]")[0] for one in within}
        return max([len(numbered), *within.values()], default=0)

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
        read = json.loads(raw.decode("utf-8-sig"))
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


def _check_parts() -> None:
    """A form with files of which nothing could be read: it has no parts, or was no such form."""
    boundary = request.mimetype_params.get("boundary", "")
    end = len(f"\r\n--{boundary}--\r\n")
    if not boundary or (request.content_length or 0) > end:
        raise Refused("body-malformed")


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


def _bound(written: str, first_of: Callable[[datetime], int] | None) -> int | None:
    """The same where a list begins or ends: one that is too small for an id is the smallest, and
    one that is too great the greatest."""
    written = written.strip()
    if not written.isascii() or not written.removeprefix("-").isdigit():
        return None
    if written[0] == "-":
        return 0
    if len(written) < 12:
        return min(int(written), LARGEST_ID)
    at = _moment(written)
    return LARGEST_ID if first_of is None or at is None else first_of(at)


def _act(written: str) -> datetime | None:
    written = written.strip()
    is_number = written.isascii() and written.removeprefix("-").isdigit()
    return acted.at_of(int(written[:20])) if is_number else None


def _moment(written: str) -> datetime | None:
    """The moment that an id tells which is one of Mastodon's: milliseconds and then 16 bits.

    >>> _moment(str(1_800_000_000_000 << 16)), _moment("123456789012")
    (datetime.datetime(2027, 1, 15, 8, 0, tzinfo=datetime.timezone.utc), None)
    """
    if len(written) != 18:  # those from 2018 to 2453 have so many digits
        return None
    return datetime.fromtimestamp((int(written) >> 16) / 1000, UTC)


def params() -> Params:
    """The parameters of this call."""
    if "params" not in g:
        g.params = Params()
    return g.params  # type: ignore[no-any-return]
