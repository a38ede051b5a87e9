"""What a client keeps for its colleague: pins, tags and people on the own profile, notes."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from microshare import aliases, marks, profiles, tag_uses
from microshare import tags as known_tags
from microshare.api import accounts, entities, paging, statuses, tags
from microshare.api.asked import params
from microshare.api.door import caller, now, route
from microshare.api.said import answer
from microshare.db import saving
from microshare.errors import Missing, Refused
from microshare.models import Tag, User
from microshare.web.asked import user

PROPOSED = 10  # tags


statuses.act("pin", "write:accounts", lambda who, post: marks.put(who, post, now()))
statuses.act("unpin", "write:accounts", marks.drop)
for _word in "pin", "endorse":
    accounts.act(_word, "write:accounts", lambda who, whom: marks.put(who, whom, now()))
    accounts.act(f"un{_word}", "write:accounts", marks.drop)
accounts.act(
    "note",
    "write:accounts",
    lambda who, whom: marks.note(who, whom, params().text("comment"), now()),
)


@route("/api/v1/endorsements", scope="read:accounts")
def endorsements() -> Response:
    return _named(caller().id)


@route("/api/v1/accounts/<id:user_id>/endorsements", scope="read:accounts")
def endorsements_of(user_id: int) -> Response:
    return _named(accounts.of_id(user_id).id)


def _named(owner_id: int) -> Response:
    limit, span = params().limit(accounts.USUAL, accounts.MOST), params().span()
    ids, has_more = paging.beside(marks.of(owner_id, "person"), span, limit)
    known = profiles.of(ids, now()).by_id
    shown = [one for one in ids if one in known]
    return paging.page(entities.accounts(known[one] for one in shown), shown, limit, has_more)


@route("/api/v1/featured_tags", scope="read:accounts")
def featured() -> Response:
    return answer(_featured(caller().id))


@route("/api/v1/accounts/<id:user_id>/featured_tags", scope="read:accounts")
def featured_of(user_id: int) -> Response:
    return answer(_featured(accounts.of_id(user_id).id))


def _featured(owner_id: int) -> list[dict[str, Any]]:
    return _told(owner_id, tag_uses.tags_of(marks.of(owner_id, "tag")))


def _told(owner_id: int, found: Sequence[Tag]) -> list[dict[str, Any]]:
    near = entities.around()
    uses = marks.uses(owner_id, [tag.id for tag in found])
    return [
        {
            "id": str(tag.id),
            "name": tag.name,
            "url": entities.tag_page(tag.name, near),
            "statuses_count": uses[tag.id].posts if tag.id in uses else 0,
            "last_status_at": f"{uses[tag.id].last_at:%Y-%m-%d}" if tag.id in uses else None,
        }
        for tag in found
    ]


@route("/api/v1/featured_tags/suggestions", scope="read:accounts")
def proposed() -> Response:
    """The tags that the caller uses most."""
    return answer(tags.told(marks.proposed(caller().id, PROPOSED)))


@route("/api/v1/featured_tags", method="POST", scope="write:accounts")
def feature_one() -> Response:
    name = params().needed("name")
    with saving():
        try:
            tag_id = _marked(user(), name).id
        except Missing:  # here it stands in no address
            raise Refused("tag-malformed", tag=name[:80]) from None
    return answer(_told(caller().id, tag_uses.tags_of([tag_id]))[0])


def _marked(who: User, name: str) -> Tag:
    found = tags.found_or_made(name)
    marks.put(who, found, now())
    return found


@route("/api/v1/featured_tags/<id:tag_id>", method="DELETE", scope="write:accounts")
def unfeature_one(tag_id: int) -> Response:
    with saving():
        marks.drop(user(), known_tags.by_id(tag_id))
    return answer({})


@route("/api/v1/tags/<name>/feature", method="POST", scope="write:accounts")
def feature(name: str) -> Response:
    with saving():
        name = _marked(user(), name).name
    return answer(tags.told([aliases.get(name)])[0])


@route("/api/v1/tags/<name>/unfeature", method="POST", scope="write:accounts")
def unfeature(name: str) -> Response:
    with saving():
        found = aliases.get(name)
        marks.drop(user(), found)
        name = found.name
    return answer(tags.told([aliases.get(name)])[0])
