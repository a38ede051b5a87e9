"""What clients ask for and need not: true answers that keep them from asking on.

Nothing here is made up: where a thing does not exist, its list is empty.
"""

from datetime import UTC, timedelta

from flask import Response

from microshare import config
from microshare.api.door import caller, now, route
from microshare.api.said import answer
from microshare.errors import Missing
from microshare.version import VERSION

EMPTY = {
    "custom_emojis": "", "announcements": "read:accounts", "lists": "read:lists",
    "accounts/<id:user_id>/lists": "read:lists",
    "conversations": "read:statuses", "filters": "read:filters", "blocks": "read:blocks",
    "domain_blocks": "read:blocks", "follow_requests": "read:follows",
    "scheduled_statuses": "read:statuses", "trends/statuses": "read:statuses",
    "trends/links": "read:statuses", "instance/rules": "", "instance/peers": "",
    "suggestions": "read:accounts", "statuses/<id:post_id>/quotes": "read:statuses",
}  # fmt: skip
WEEKS = 12
NAMES = {"en": "English", "nl": "Nederlands"}  # in which their speakers look for them
EMPTY_V2 = {"filters": "read:filters", "suggestions": "read:accounts"}
# What would add to such a list, or take from it: unknown here, and so as little found as any
# address that is unknown, for clients fall back on just that.
ABSENT = {
    "POST /api/v1/lists": "write:lists", "POST /api/v1/filters": "write:filters",
    "POST /api/v2/filters": "write:filters",
    "POST /api/v1/domain_blocks": "write:blocks", "DELETE /api/v1/domain_blocks": "write:blocks",
}  # fmt: skip


def _nothing(path: str, scope: str) -> None:
    def view(**_: int) -> Response:
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


@route("/api/v1/instance/activity")
def activity() -> Response:
    """The last weeks. How much is done here is told to colleagues alone, and so no numbers."""
    monday = now() - timedelta(days=now().weekday())
    midnight = monday.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return answer(
        [
            {
                "week": str(int((midnight - timedelta(weeks=number)).timestamp())),
                "statuses": "0",
                "logins": "0",
                "registrations": "0",
            }
            for number in range(WEEKS)
        ]
    )


@route("/api/v1/instance/languages")
def languages() -> Response:
    """Those of the pages and the letters."""
    return answer([{"code": code, "name": name} for code, name in NAMES.items()])


@route("/api/v1/instance/extended_description")
def extended_description() -> Response:
    return answer({"updated_at": None, "content": ""})


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
