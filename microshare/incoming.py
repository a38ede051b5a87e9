"""What a program sends to its address: plain text, our JSON, a form, or what it sends to Slack."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from microshare import config, slack_text, text
from microshare.errors import Refused
from microshare.fitted import fitted

FIELDS = ("line", "note", "kind", "key", "text")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_DEEPEST = 8  # blocks and attachments of Slack are not looked into further


class Incoming(NamedTuple):
    """A post that a program asks for."""

    line: str
    note: str = ""
    kind: str | None = None
    key: str | None = None
    is_slack: bool = False  # the sender expects Slack's answer


def read(body: bytes, mimetype: str, form: Mapping[str, str]) -> Incoming:
    """What is asked for; `Refused` where nobody can tell. `form` has the fields of a form."""
    said = body.lstrip()
    if mimetype in FORMS and not said.startswith(b"{"):
        # `curl -d "some words"` says that words are a form, which has no blank in it if it is one.
        is_none = b"=" not in said or (mimetype == FORMS[0] and b" " in said and not _is_ours(form))
        return _of_text(_decoded(body)) if said and is_none else _of_form(form)
    if mimetype.endswith("json") or (said.startswith(b"{") and not mimetype.startswith("text/")):
        return _of_object(_json(body))
    return _of_text(_decoded(body))


def _is_ours(form: Mapping[str, str]) -> bool:
    return any(name in form for name in (*FIELDS, "payload"))


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("text-encoding") from None


def _json(body: bytes | str) -> dict[str, Any]:
    words = _decoded(body) if isinstance(body, bytes) else body
    try:
        found = json.loads(words)
    except (ValueError, RecursionError):
        raise Refused("incoming-json") from None
    if not isinstance(found, dict):
        raise Refused("incoming-json")
    return found


def _of_form(form: Mapping[str, str]) -> Incoming:
    if "payload" in form:  # as Slack's oldest senders do
        return _of_object(_json(form["payload"]))
    return _of_object({name: form[name] for name in FIELDS if name in form})


def _of_text(words: str) -> Incoming:
    _check_size(words)
    return Incoming(*fitted(words, config.current().line_limit))


def _of_object(told: dict[str, Any]) -> Incoming:
    for name in FIELDS:
        if told.get(name) is not None and not isinstance(told[name], str):
            raise Refused("incoming-type", name=name)
    key = told.get("key") or None
    if key is not None and text.has_control(key):
        raise Refused("incoming-type", name="key")
    if told.get("line") is not None:
        note, kind = told.get("note") or "", told.get("kind") or None
        return Incoming(told["line"], note, kind, key)
    words = told.get("text") or "\n".join(_of_slack(told, _DEEPEST))
    if not words.strip():
        raise Refused("incoming-empty")
    _check_size(words)
    line, note = fitted(slack_text.markdown(words), config.current().line_limit)
    return Incoming(line, note, told.get("kind") or None, key, is_slack=True)


def _of_slack(told: Any, deep: int) -> list[str]:
    """The words of attachments and blocks, where there is no plain text beside them."""
    if isinstance(told, str) or deep == 0:
        return []
    if isinstance(told, list):
        return [words for one in told for words in _of_slack(one, deep - 1)]
    if not isinstance(told, dict):
        return []
    for name in ("text", "fallback", "pretext", "title"):
        if isinstance(told.get(name), str) and told[name].strip():
            return [told[name]]
    inner = ("attachments", "blocks", "text", "fields", "elements")
    return [words for name in inner for words in _of_slack(told.get(name), deep - 1)]


def _check_size(words: str) -> None:
    """More than a note may have is refused before anybody looks for words to cut at."""
    limit = config.current().note_limit
    if len(words) > 8 * (limit + 1000):
        raise Refused("note-too-long", over=len(words) - limit, limit=limit)
