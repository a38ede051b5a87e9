"""What a row of a file asks for: read and checked, before anything is looked up."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from microshare import departments, drafts, tags, text
from microshare.drafts import Words
from microshare.errors import Refusal, Refused
from microshare.rows import COLUMNS, NEEDED, Row, parse_time

EARLIEST, AHEAD = datetime(1970, 1, 1, tzinfo=UTC), timedelta(days=1)
_TEXTS = tuple(name for name in COLUMNS if name != "tags")


class Wanted(NamedTuple):
    """The post that a row wants to be."""

    author: str  # a username or an address, as written
    login: str  # the same, folded
    name: str
    department: str
    line: str
    at: datetime
    key: str
    row_id: str
    reply_to: str  # a row's id
    tagged: Sequence[tuple[str, str]]
    words: Words | None
    refusal: Refusal | None  # what the text breaks: told unless the row is there already
    columns: Mapping[str, str] | None = None  # of a text that names nobody


def wanted(row: Row, now: datetime, *, rendered: bool) -> Wanted:
    """What the row asks for, or the `Refusal` that says why it can be no post.

    `rendered`: with the HTML, where nobody has to be looked up for it.
    """
    if row.broken:
        raise Refused("row-malformed", why=row.broken)
    values = _texts(row.values)
    then = parse_time(values["time"]) if values["time"] else now
    if not EARLIEST <= then <= now + AHEAD:  # a stand-in for "no date", as some systems write
        raise Refused("time-out-of-range", value=values["time"][:40])
    tagged = _tags_of(row.values.get("tags"))
    if values["department"]:
        departments.checked(values["department"])
    key = _key(values)
    drafts.check_key(key)
    words, refusal = _words(values, tagged)
    columns = None
    if rendered and words is not None and not words.names:
        columns = words.naming({}).columns()
    return Wanted(
        author=values["author"],
        login=text.fold(values["author"].strip()),
        name=values["name"] or values["author"],
        department=values["department"],
        line=values["line"],
        at=then,
        key=key,
        row_id=values["id"],
        reply_to=values["reply_to"],
        tagged=tagged,
        words=words,
        refusal=refusal,
        columns=columns,
    )


def _texts(values: dict[str, Any]) -> dict[str, str]:
    found = {name: _text_of(values, name) for name in _TEXTS}
    for name in NEEDED:
        if not found[name].strip():
            raise Refused("row-lacks", column=name)
    for name, value in found.items():
        if value and name not in ("line", "note") and text.has_control(value):
            raise Refused("row-malformed", why=name)
    return found


def _text_of(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise Refused("row-malformed", why=name)
    return str(value)


def _words(
    values: dict[str, str], tagged: Sequence[tuple[str, str]]
) -> tuple[Words | None, Refusal | None]:
    """The text by the rules of every post; or what it breaks."""
    try:
        words = drafts.read(
            values["line"],
            values["note"],
            values["kind"] or None,
            is_reply=bool(values["reply_to"]),
            beside=len(tagged),
        )
        tags.check([*words.tags.items(), *tagged])
    except Refusal as refusal:
        return None, refusal.with_traceback(None)
    return words, None


def _tags_of(value: Any) -> list[tuple[str, str]]:
    if value is None or value == "":
        return []
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Refused("row-malformed", why="tags")
    if len(words) > drafts.TAG_LIMIT:
        raise Refused("too-many-tags", count=len(words), limit=drafts.TAG_LIMIT)
    return tags.mended(words)


def _key(values: dict[str, str]) -> str:
    """The same row has the same key, whichever file it stands in; our own export names it."""
    if values["key"]:
        return values["key"]
    if values["id"]:
        return f"import:{values['id']}"
    content = "\0".join(values[name] for name in ("author", "time", "line", "note"))
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return f"import:{digest}"
