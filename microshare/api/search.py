"""Search for posts, colleagues and tags at once: as on the search page, with the same words."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from flask import Response

from microshare import config, feeds, people, profiles
from microshare import tags as known_tags
from microshare.api import accounts, entities, statuses, tags
from microshare.api.asked import number, params
from microshare.api.door import caller, now, route
from microshare.api.said import Json, answer
from microshare.errors import Missing
from microshare.models import Tag
from microshare.web.language import zone

USUAL, MOST = 20, 40  # of each
DEEPEST = 200  # hits that are looked through for an offset
TYPES = ("accounts", "hashtags", "statuses")


@route("/api/v2/search", scope="read:search")
def search() -> Response:
    """All three kinds, always; an address of a post or a colleague finds just that."""
    asked = params()
    words = asked.needed("q").strip()
    kind = asked.text("type")
    limit = asked.limit(USUAL, MOST)
    offset = asked.offset() if kind in TYPES else 0
    found: dict[str, Sequence[object]] = {one: [] for one in TYPES}
    if kind and kind not in TYPES:
        return answer(found)
    if words.lower().startswith(("http://", "https://")):
        found |= _at(words)
    else:
        wanted = [kind] if kind else TYPES
        if "accounts" in wanted:
            found["accounts"] = _accounts(words, limit, offset)
        if "hashtags" in wanted:
            found["hashtags"] = _tags(words, limit, offset)
        if "statuses" in wanted:
            found["statuses"] = _statuses(words, limit, offset)
    return answer({one: found[one] if kind in ("", one) else [] for one in TYPES})


def _accounts(words: str, limit: int, offset: int) -> list[Json]:
    following = params().flag("following")
    found = accounts.named(words, offset + limit, only_followed=following)
    return entities.accounts(found[offset:])


def _tags(words: str, limit: int, offset: int) -> list[dict[str, object]]:
    word = words.split(maxsplit=1)[0] if words.split() else ""
    found: list[Tag] = [tag for tag, _ in known_tags.suggest(word, offset + limit)] if word else []
    return tags.told(found[offset:]) if found[offset:] else []


def _statuses(words: str, limit: int, offset: int) -> list[Json]:
    span = params().span()
    if (author_id := number(params().text("account_id"))) is not None:
        author = people.by_id(author_id)
        words = f"{words} from:{author.username}" if author else ""
    if not words:
        return []
    depth = min(offset + limit, DEEPEST)
    page, _ = feeds.found(caller(), words, before=span.before, limit=depth, zone=zone())
    items = [item for item in page.items if item.post.id > span.after]
    return statuses.shown(items[offset:])


_POST = re.compile(r"/(?:posts|@\w{1,30})/(\d{1,10})/?")
_PERSON = re.compile(r"/@(\w{1,30})/?")


def _at(address: str) -> dict[str, Sequence[object]]:
    """What stands at one of our own addresses."""
    base = config.current().url
    if not address.lower().startswith(base.lower() + "/"):
        return {}
    path = unquote(address[len(base) :].partition("?")[0].partition("#")[0])
    if post := _POST.fullmatch(path):
        items = feeds.of(caller(), [number(post[1]) or 0]).items
        return {"statuses": statuses.shown([*items])}
    if person := _PERSON.fullmatch(path):
        try:
            found = people.get(person[1])
        except Missing:
            return {}
        return {"accounts": entities.accounts([profiles.one(found.id, now())])}
    return {}
