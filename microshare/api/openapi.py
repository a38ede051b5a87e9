"""`/openapi.json`: every call of this door, made from its routes and what `described` says."""

import re
from functools import cache
from typing import Any

from flask import Flask, Response, current_app
from werkzeug.routing import Rule

from microshare import config, people, reports, scopes
from microshare.api import schemas
from microshare.api.described import ABSENT, CALLS, EMPTY, Call
from microshare.api.door import route
from microshare.api.said import Json, answer, encoded
from microshare.version import VERSION

# What a client sends as a value: a text, or in JSON what can be written as one.
_TEXT = {"type": "string", "pattern": r"^[^\u0000]*$"}
_VALUE = {**_TEXT, "type": ["string", "number", "boolean", "null"]}
_NEEDED = {**_TEXT, "type": ["string", "number", "boolean"], "minLength": 1}
# Signs that nobody sees and no text may have, and what a blank may be.
_UNSEEN = (
    r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufffe\uffff"
)
_NAME = rf"^[^{_UNSEEN}]*[^\s\ufeff{_UNSEEN}][^{_UNSEEN}]*$"
_ADDRESS = (
    r"(?!(?:javascript|data|vbscript|file|about|blob):)[a-z][a-z0-9+.-]*:[A-Za-z0-9/:._~?&=%-]+"
)
_SCOPE = f"(?:{'|'.join(sorted(scopes.ALL))})"
_OPEN: dict[str, Any] = {"enum": ["", "public", "unlisted", None]}
# What more is to be said of some.
_SHAPES: dict[str, dict[str, Any]] = {
    "visibility": _OPEN,
    "source[privacy]": _OPEN,
    "category": {"enum": ["", *reports.CATEGORIES, None]},
    "client_name": {**_NEEDED, "pattern": _NAME},
    "display_name": {**_VALUE, "pattern": f"^[^{_UNSEEN}]*$", "maxLength": people.NAME_LIMIT},
    "note": {**_VALUE, "pattern": f"^[^{_UNSEEN}]*$", "maxLength": people.ABOUT_LIMIT},
    "scopes": {"type": ["string", "null"], "pattern": f"^(?:{_SCOPE}(?: {_SCOPE})*)?$"},
    "redirect_uris": {
        "anyOf": [
            {"type": "string", "pattern": rf"^{_ADDRESS}(?:\n{_ADDRESS})*$", "maxLength": 2000},
            {
                "type": "array",
                "items": {"type": "string", "pattern": f"^{_ADDRESS}$"},
                "minItems": 1,
            },
        ]
    },
}
_REFUSALS = {
    "400": "The body or a parameter is not in order", "401": "No token, or one that is not good",
    "403": "Not allowed", "404": "There is no such thing", "413": "Too much at once",
    "422": "Refused, with the reason in a sentence", "429": "Too many calls",
    "503": "Not now; later it may succeed",
}  # fmt: skip
_BODIES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")


@route("/openapi.json")
def document() -> Response:
    """The whole description (OpenAPI 3.1)."""
    return answer(_document(current_app._get_current_object(), config.current().url))  # type: ignore[attr-defined]


@cache
def _document(app: Flask, url: str) -> Json:
    paths: dict[str, dict[str, Any]] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.photo":
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
                paths.setdefault(path, {})[method.lower()] = _operation(app, rule, method)
    flows = {
        "authorizationCode": {
            "authorizationUrl": f"{url}/oauth/authorize",
            "tokenUrl": f"{url}/oauth/token",
            "scopes": {one: one for one in sorted(scopes.ALL)},
        }
    }
    return Json(
        encoded(
            {
                "openapi": "3.1.0",
                "info": {"title": "microshare", "version": VERSION, "description": __doc__ or ""},
                "servers": [{"url": url}],
                "paths": dict(sorted(paths.items())),
                "components": {
                    "schemas": schemas.all_of_them(),
                    "responses": _refusals(),
                    "securitySchemes": {
                        "bearer": {"type": "http", "scheme": "bearer"},
                        "oauth": {"type": "oauth2", "flows": flows},
                    },
                },
            }
        )
    )


def _operation(app: Flask, rule: Rule, method: str) -> dict[str, Any]:
    name = rule.endpoint.partition(".")[2]
    call = _call(name)
    scope = getattr(app.view_functions[rule.endpoint], "scope", "")
    taken = [_param(one) for one in call.takes.split()]
    operation: dict[str, Any] = {
        "operationId": f"{name}_{method.lower()}",
        "summary": call.says,
        "parameters": [_in_path(one) for one in sorted(rule.arguments)],
        "responses": _responses(call),
    }
    if scope:
        operation["security"] = [{"bearer": []}]
        operation["description"] = f"Scope: {scope.replace(' ', ' or ')}"
    if method == "GET":
        operation["parameters"] += [_in_query(*one) for one in taken]
    elif taken:
        operation["requestBody"] = _body(taken)
    return operation


def _call(name: str) -> Call:
    if name.startswith("quiet_no_"):
        return EMPTY
    return ABSENT if name.startswith("quiet_absent_") else CALLS[name]


def _param(written: str) -> tuple[str, bool, bool]:
    """The name, whether it may come several times, and whether it has to."""
    is_needed = written.endswith("!")
    bare = written.rstrip("!")
    return bare.removesuffix("[]"), bare.endswith("[]"), is_needed


def _in_path(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
    if name == "name":
        schema = {**_TEXT, "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, is_list: bool, is_needed: bool) -> dict[str, Any]:
    schema: dict[str, Any] = dict(_TEXT)
    if is_list:
        schema = {"type": "array", "items": schema}
    elif is_needed:
        schema["minLength"] = 1
    return {
        "name": f"{name}[]" if is_list else name,
        "in": "query",
        "required": is_needed,
        "schema": schema,
    }


def _body(taken: list[tuple[str, bool, bool]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, is_list, is_needed in taken:
        value = _NEEDED if is_needed else _VALUE
        if name == "file":
            fields[name] = {"type": "string", "format": "binary"}
        elif name in _SHAPES:
            fields[name] = _SHAPES[name]
        elif is_list:
            fields[name] = {"anyOf": [value, {"type": "array", "items": value}]}
        else:
            fields[name] = value
    needed = [name for name, _, is_needed in taken if is_needed]
    schema = {"type": "object", "properties": fields, "required": needed}
    kinds = _BODIES[2:] if "file" in fields else _BODIES
    of = {kind: schema if kind == _BODIES[0] else _in_form(schema) for kind in kinds}
    return {
        "required": bool(needed),
        "content": {kind: {"schema": schema} for kind, schema in of.items()},
    }


def _in_form(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, where a form could say nothing only by a word that does not fit."""
    fields = schema["properties"]
    told = {name: _without_null(one) if name in _SHAPES else one for name, one in fields.items()}
    return {**schema, "properties": told}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    lists = {name: one for name, one in schema.items() if isinstance(one, list)}
    kept = {name: [v for v in one if v not in ("null", None)] for name, one in lists.items()}
    return {**schema, **kept}


def _responses(call: Call) -> dict[str, Any]:
    good: dict[str, Any] = {
        "description": call.says,
        "content": {"application/json": {"schema": schemas.of(call.gives)}},
    }
    refused = {one: {"$ref": f"#/components/responses/{one}"} for one in _REFUSALS}
    return {"200": good, **refused}


def _refusals() -> dict[str, Any]:
    error = {"application/json": {"schema": schemas.of("Error")}}
    return {one: {"description": told, "content": error} for one, told in _REFUSALS.items()}
