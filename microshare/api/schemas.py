"""The entities as JSON Schema, for `/openapi.json`; all their fields are always there.

A field is written as its type: `str`, `str?` where it may be null, `int`, `bool`, `time`, `url`,
the name of another entity, or a list of one of these in brackets.
"""

from typing import Any

_TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "num": {"type": "number"},
    "bool": {"type": "boolean"},
    "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
    "id": {"type": "string", "pattern": "^[0-9]+$"},
    "Any": {},
}
ENTITIES = {
    "Account": "id id, username str, acct str, display_name str, note str, url str, uri str, "
    "avatar str, avatar_static str, header str, header_static str, created_at time, "
    "last_status_at str?, statuses_count int, followers_count int, following_count int, "
    "locked bool, bot bool, group bool, discoverable bool, indexable bool, suspended bool, "
    "emojis [Any], roles [Any], fields [Field]",
    "Field": "name str, value str, verified_at str?",
    "CredentialAccount": "id id, username str, acct str, display_name str, source Source, role Any",
    "Source": "privacy str, sensitive bool, language str, note str, fields [Field], "
    "follow_requests_count int",
    "Application": "id id, name str, website str?, scopes [str], redirect_uri str, "
    "redirect_uris [str], vapid_key str",
    "CredentialApplication": "id id, name str, website str?, scopes [str], redirect_uri str, "
    "redirect_uris [str], vapid_key str, client_id str, client_secret str, "
    "client_secret_expires_at int",
    "Token": "access_token str, token_type str, scope str, created_at int",
    "Status": "id id, uri str, url str, created_at time, edited_at time?, account Account, "
    "content str, spoiler_text str, visibility str, sensitive bool, language str?, "
    "media_attachments [MediaAttachment], mentions [Mention], tags [StatusTag], emojis [Any], "
    "reblogs_count int, favourites_count int, replies_count int, in_reply_to_id id?, "
    "in_reply_to_account_id id?, reblog Any, poll Any, card Any, application Any, "
    "favourited bool, reblogged bool, muted bool, bookmarked bool, pinned bool, filtered [Any], "
    "microshare Own",
    "DeletedStatus": "id id, text str, media_attachments [MediaAttachment]",
    "Own": "kind str, solved bool, answer_id id?, department Any, tagged_on [Any]",
    "Mention": "id id, username str, url str, acct str",
    "StatusTag": "name str, url str",
    "StatusEdit": "content str, spoiler_text str, sensitive bool, created_at time, "
    "account Account, media_attachments [MediaAttachment], emojis [Any]",
    "StatusSource": "id id, text str, spoiler_text str",
    "Context": "ancestors [Status], descendants [Status]",
    "MediaAttachment": "id id, type str, url str, preview_url str, remote_url str?, meta Any, "
    "description str?, blurhash str?",
    "Tag": "id id, name str, url str, history [Day], following bool, featuring bool, "
    "featured bool",
    "FeaturedTag": "id id, name str, url str, statuses_count int, last_status_at str?",
    "Day": "day str, uses str, accounts str",
    "Relationship": "id id, following bool, followed_by bool, blocking bool, blocked_by bool, "
    "muting bool, muting_notifications bool, requested bool, requested_by bool, "
    "showing_reblogs bool, notifying bool, domain_blocking bool, endorsed bool, note str",
    "Notification": "id id, type str, created_at time, group_key str, account Account, "
    "status Status",
    "Report": "id id, action_taken bool, action_taken_at time?, category str, comment str, "
    "forwarded bool, created_at time, status_ids [id], rule_ids [id], target_account Account",
    "Search": "accounts [Account], statuses [Status], hashtags [Tag]",
    "Count": "count int",
    "V1Instance": "uri str, title str, version str, urls Any, stats Any, thumbnail str, "
    "languages [str], registrations bool, configuration Any, rules [Any]",
    "Instance": "domain str, title str, version str, thumbnail Any, icon [Any], languages [str], "
    "configuration Any, registrations Any, api_versions Any, contact Any, rules [Any]",
    "Error": "error str",
}


def all_of_them() -> dict[str, dict[str, Any]]:
    """The schema of each entity, by its name."""
    found = {name: _entity(written) for name, written in ENTITIES.items()}
    found["Empty"] = {"type": "object", "maxProperties": 0}
    marker = {"type": "object", "required": ["last_read_id", "version", "updated_at"]}
    found["Markers"] = {"type": "object", "additionalProperties": marker}
    return found


def _entity(written: str) -> dict[str, Any]:
    fields = [one.strip().split(" ") for one in written.split(",")]
    return {
        "type": "object",
        "properties": {name: of(kind) for name, kind in fields},
        "required": [name for name, _ in fields],
    }


def of(kind: str) -> dict[str, Any]:
    """The schema of a type as it is written here.

    >>> of("[str]"), of("Status?")
    ({'type': 'array', 'items': {'type': 'string'}}, {'anyOf': [{'$ref': \
'#/components/schemas/Status'}, {'type': 'null'}]})
    """
    if kind.startswith("["):
        return {"type": "array", "items": of(kind[1:-1])}
    if kind.endswith("?"):
        return {"anyOf": [of(kind[:-1]), {"type": "null"}]}
    return _TYPES.get(kind, {"$ref": f"#/components/schemas/{kind}"})
