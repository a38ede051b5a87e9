"""What clients ask for and need not: true answers that keep them from asking on.

Nothing here is made up: where a thing does not exist, its list is empty.
"""

from flask import Response

from microshare import config
from microshare.api.door import caller, route
from microshare.api.said import answer
from microshare.errors import Missing
from microshare.version import VERSION

EMPTY = {
    "custom_emojis": "", "announcements": "read:accounts", "lists": "read:lists",
    "accounts/<id:user_id>/lists": "read:lists", "featured_tags": "read:accounts",
    "featured_tags/suggestions": "read:accounts",
    "accounts/<id:user_id>/featured_tags": "read:accounts", "endorsements": "read:accounts",
    "conversations": "read:statuses", "filters": "read:filters", "blocks": "read:blocks",
    "domain_blocks": "read:blocks", "follow_requests": "read:follows",
    "scheduled_statuses": "read:statuses", "trends/statuses": "read:statuses",
    "trends/links": "read:statuses", "instance/rules": "", "instance/peers": "",
    "instance/activity": "", "instance/domain_blocks": "",
    "accounts/familiar_followers": "read:follows",
}  # fmt: skip
EMPTY_V2 = {"filters": "read:filters", "suggestions": "read:accounts"}
# What would add to such a list, or take from it: unknown here, and so as little found as any
# address that is unknown, for clients fall back on just that.
ABSENT = {
    "POST /api/v1/lists": "write:lists", "POST /api/v1/filters": "write:filters",
    "POST /api/v2/filters": "write:filters", "POST /api/v1/featured_tags": "write:accounts",
    "POST /api/v1/domain_blocks": "write:blocks", "DELETE /api/v1/domain_blocks": "write:blocks",
}  # fmt: skip


def _nothing(path: str, scope: str) -> None:
    def view(user_id: int = 0) -> Response:
        return answer([])

    view.__name__ = f"no_{_word(path)}"
    route(path, scope=scope)(view)


def _absent(method: str, path: str, scope: str) -> None:
    def view() -> Response:
        raise Missing("page")

    view.__name__ = f"absent_{method.lower()}_{_word(path)}"
    route(path, method=method, scope=scope)(view)


def _word(path: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in path)


for _path, _scope in EMPTY.items():
    _nothing(f"/api/v1/{_path}", _scope)
for _path, _scope in EMPTY_V2.items():
    _nothing(f"/api/v2/{_path}", _scope)
for _call, _scope in ABSENT.items():
    _method, _path = _call.split()
    _absent(_method, _path, _scope)


@route("/api/v1/instance/translation_languages")
def translation_languages() -> Response:
    return answer({})


@route("/api/v1/preferences", scope="read:accounts")
def preferences() -> Response:
    return answer(
        {
            "posting:default:visibility": "public",
            "posting:default:sensitive": False,
            "posting:default:language": caller().language,
            "reading:expand:media": "default",
            "reading:expand:spoilers": False,
        }
    )


@route("/.well-known/nodeinfo")
def nodeinfo_links() -> Response:
    href = f"{config.current().url}/nodeinfo/2.0"
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    return answer({"links": [{"rel": rel, "href": href}]})


@route("/nodeinfo/2.0")
def nodeinfo() -> Response:
    return answer(
        {
            "version": "2.0",
            "software": {"name": "microshare", "version": VERSION},
            "protocols": [],
            "services": {"inbound": [], "outbound": []},
            "usage": {"users": {}},
            "openRegistrations": config.current().registration == "open",
            "metadata": {},
        }
    )
