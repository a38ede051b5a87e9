"""What is wrong is refused by its right status, in JSON, and changes nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from microshare import grants, people
from microshare.api import described
from microshare.db import Base, db, saving
from tests.company import Caller, company
from tests.conftest import NOON

HUGE = "9" * 30


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[Flask]:
    with company(tmp_path_factory.mktemp("input"), installed) as app:
        yield app


@pytest.fixture(scope="module")
def grace(site: Flask) -> Caller:
    caller = Caller(site, "grace")
    assert caller.post("statuses", json={"status": "First #pumps #seals"}).json["id"] == "1"
    return caller


def rows(site: Flask) -> dict[str, int]:
    """How many rows each table has."""
    with site.app_context():
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name != "call_counts"  # calls are counted, whoever makes them
        }


def refused(answer: Any, *statuses: int) -> str:
    """The reason of a refusal, which has one of these statuses."""
    assert answer.status_code in statuses, answer.get_data(as_text=True)[:300]
    assert answer.mimetype == "application/json"
    return str(answer.json["error"])


POSTS: list[tuple[dict[str, Any], int]] = [
    ({"json": {"status": "x", "visibility": "private"}}, 422),
    ({"json": {"status": "x", "visibility": "direct"}}, 422),
    ({"json": {"status": "x", "visibility": "nonsense"}}, 422),
    ({"json": {"status": "x", "poll": {"options": ["a", "b"]}}}, 422),
    ({"data": {"status": "x", "poll[options][]": "a"}}, 422),
    ({"json": {"status": "x", "poll": {"options": []}}}, 422),
    ({"json": {"status": "x", "poll": {}}}, 422),
    ({"json": {"status": "x", "scheduled_at": "2030-01-01T00:00:00Z"}}, 422),
    ({"json": {"status": "x", "quoted_status_id": "1"}}, 422),
    ({"json": {"status": "x", "media_ids": list(range(1, 301))}}, 422),
    ({"json": {"status": "x", "media_ids": ["nonsense"]}}, 422),
    ({"json": {"status": "x", "media_ids": [HUGE]}}, 422),
    ({"json": {"status": "x", "media_ids": ["1"]}}, 422),
    ({"json": {"status": "x", "in_reply_to_id": "nonsense"}}, 404),
    ({"json": {"status": "x", "in_reply_to_id": HUGE}}, 404),
    ({"json": {"status": "x", "in_reply_to_id": 77}}, 404),
    ({"json": {"status": "x", "in_reply_to_id": ["1"]}}, 422),
    ({"json": {"status": "x" * 141}}, 422),
    ({"json": {"status": "x" * 500_000}}, 422),
    ({"json": {"status": ""}}, 422),
    ({"json": {"status": None}}, 422),
    ({"json": {"status": ["a", "list"]}}, 422),
    ({"json": {"status": {"an": "object"}}}, 422),
    ({"json": {}}, 422),
    ({"json": ["a", "list"]}, 400),
    ({"json": "a text"}, 400),
    ({"data": b"{", "content_type": "application/json"}, 400),
    ({"data": b"\xff\xfe", "content_type": "application/json"}, 400),
    ({"data": b"[" * 100_000, "content_type": "application/json"}, 400),
    ({"data": b'{"status":' + b"[" * 5000 + b"]" * 5000 + b"}",
      "content_type": "application/json"}, 400),
    ({"data": b'{"status":' + b"[" * 400 + b"]" * 400 + b"}",
      "content_type": "application/json"}, 400),
    ({"data": b'{"status":"x","sensitive":{}}', "content_type": "application/json"}, 422),
    ({"data": b'{"status":"x","media_ids":[[1]]}', "content_type": "application/json"}, 422),
    ({"data": b'{"status":"x","media_ids":[{}]}', "content_type": "application/json"}, 422),
    ({"data": b'{"status":"' + b"9" * 2_000_000 + b'"}', "content_type": "application/json"}, 413),
    ({"data": b'{"a":' + b"9" * 5000 + b"}", "content_type": "application/json"}, 400),
    ({"data": b'{"status":"\\ud800"}', "content_type": "application/json"}, 422),
    ({"json": {"status": "a\0b"}}, 422),
    ({"json": {"status": "x", "spoiler_text": "a\0b"}}, 422),
    ({"data": "status=%ff", "content_type": "application/x-www-form-urlencoded"}, 422),
    ({"data": "status=%00", "content_type": "application/x-www-form-urlencoded"}, 422),
    ({"data": b"--x\r\nnonsense", "content_type": "multipart/form-data; boundary=x"}, 400),
    ({"data": b"nothing", "content_type": "multipart/form-data"}, 400),
    ({"data": b"--x--\r\n", "content_type": "multipart/form-data; boundary=x"}, 422),
    ({"data": b"<a/>", "content_type": "text/xml"}, 422),
]  # fmt: skip


def test_a_post_that_cannot_be_is_refused_and_changes_nothing(site: Flask, grace: Caller) -> None:
    before = rows(site)
    for sent, status in POSTS:
        refused(grace.post("statuses", **sent), status)
    assert rows(site) == before


def test_what_is_unknown_is_not_read_be_it_broken(grace: Caller) -> None:
    """Also a text that begins as some programs of Windows begin theirs is JSON."""
    sent = {"limit": "1", "a\0": "b", "b": "\0"}
    assert grace.get("timelines/public", query_string=sent).status_code == 200
    nameless = b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--\r\n"
    form = {"data": nameless, "content_type": "multipart/form-data; boundary=x"}
    assert grace.post("tags/pumps/unfollow", **form).status_code == 200
    for body in (b'{"x\\u0000":"\\ud800"}', b'\xef\xbb\xbf{"home":{}}', b""):
        answer = grace.post("markers", data=body, content_type="application/json")
        assert (answer.status_code, answer.json) == (200, {})


def test_the_limit_is_told_in_the_words_that_clients_show(grace: Caller) -> None:
    answer = grace.post("statuses", json={"status": "x" * 141})
    assert refused(answer, 422) == "Validation failed: Text character limit of 140 exceeded"


@pytest.mark.parametrize("written", ["-1", "null", "", "0", "abc", HUGE, "1e3", "٣"])
def test_a_limit_that_is_none_is_the_usual(grace: Caller, written: str) -> None:
    for path in ("timelines/home", "notifications", "followed_tags", "accounts/search"):
        answer = grace.get(path, query_string={"limit": written, "unknown": "x"})
        assert answer.status_code == 200
    tags = grace.get("trends", query_string={"limit": written}).json
    assert len(tags) == len(grace.get("trends/tags").json) == 2


@pytest.mark.parametrize("cursor", ["max_id", "min_id", "since_id"])
def test_a_cursor_may_be_anything(grace: Caller, cursor: str) -> None:
    upper = cursor == "max_id"
    past, future = (f"{at}" for at in (1_700_000_000_000 << 16, 4_000_000_000_000 << 16))  # ms
    for written, count in (("nonsense", 1), ("-1", not upper), ("0", not upper), (HUGE, upper),
                           (past, not upper), (future, upper)):
        answer = grace.get("timelines/public", query_string={cursor: written})
        assert (answer.status_code, len(answer.json)) == (200, count), written
    for name in (cursor, "local"):  # which says nothing here, and is known
        refused(grace.get("timelines/public", query_string={name: "a\0"}), 422)


def routes(site: Flask) -> list[tuple[str, str, str]]:
    """Every call: its name, its method and its rule."""
    return [
        (rule.endpoint.partition(".")[2], method, rule.rule)
        for rule in site.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.photo"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def path_of(rule: str, number: object = 1, name: str = "pumps") -> str:
    for part in ("post_id", "user_id", "upload_id", "note_id", "tag_id"):
        rule = rule.replace(f"<id:{part}>", str(number))
    return rule.replace("<name>", name)


OPEN = {
    "instance_instance", "instance_instance_v2", "oauth_metadata", "oauth_register", "oauth_revoke",
    "oauth_token", "openapi_document", "quiet_nodeinfo", "quiet_nodeinfo_links",
    "quiet_translation_languages", "quiet_no__api_v1_custom_emojis",
    "quiet_no__api_v1_instance_rules", "quiet_no__api_v1_instance_peers",
    "quiet_activity", "quiet_extended_description", "quiet_languages",
}  # fmt: skip


def test_every_call_but_the_open_ones_wants_a_token_that_is_good(site: Flask) -> None:
    before = rows(site)
    client = site.test_client()
    for name, method, rule in routes(site):
        if name in OPEN:
            continue
        for header, error in (
            ({}, "This API requires an authenticated user"),
            ({"Authorization": "Bearer wrong"}, "The access token is invalid"),
        ):
            answer = client.open(path_of(rule), method=method, headers=header)
            assert refused(answer, 401) == error, (method, rule)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    for header in ("Bearer \xff", "Basic eDp5", "Bearer", "Bearer \ud7ff" * 50):
        answer = client.get("/api/v1/preferences", headers={"Authorization": header})
        refused(answer, 401)
    assert rows(site) == before


def test_a_token_opens_what_it_was_given_for_and_nothing_else(site: Flask) -> None:
    with site.app_context(), saving():
        client, _ = grants.register("Tiny", ["urn:ietf:wg:oauth:2.0:oob"], "profile", "", NOON)
        grants.give("tiny", client, "profile", NOON, for_id=people.get("grace").id)
    before = rows(site)
    browser = site.test_client()
    allowed = []
    for name, method, rule in routes(site):
        if name in OPEN:
            continue
        answer = browser.open(
            path_of(rule), method=method, headers={"Authorization": "Bearer tiny"}
        )
        if answer.status_code == 200:
            allowed.append(name)
        else:
            told = refused(answer, 403)
            assert told == "This action is outside the authorized scopes", rule
    assert sorted(allowed) == ["accounts_own", "oauth_own_application"]
    assert rows(site) == before


def test_ids_that_are_none_are_not_found(site: Flask, grace: Caller) -> None:
    for _, method, rule in routes(site):
        if "<id:" in rule:
            for number in ("nonsense", "-1", "0", HUGE, "1%00", "٣"):
                answer = grace(method, path_of(rule, number), json={})
                assert refused(answer, 404) == "Record not found", (method, rule, number)


def test_nothing_that_is_sent_anywhere_is_a_fault(site: Flask, grace: Caller) -> None:
    """Each call with bodies and parameters that fit nowhere."""
    odd: list[dict[str, Any]] = [
        {"json": {"id": {"a": ["b"]}, "status": [{}], "q": [1], "types": {}}},
        {"data": {"id[]": "\ud7ff", "status[]": "x", "a[b][c]": "d"}},
        {"query_string": {"q": "x" * 5000, "acct": "x" * 5000, "id[]": HUGE, "%ff": "\0"}},
    ]  # fmt: skip
    for _, method, rule in routes(site):
        for sent in odd:
            for name in ("a b", "%00", "%ff", "x" * 3000) if "<name>" in rule else ("",):
                answer = grace(method, path_of(rule, 77, name), **sent)
                assert answer.status_code < 500 or answer.status_code == 503, (method, rule, sent)
                assert answer.mimetype == "application/json", (method, rule, sent)


def test_addresses_that_are_nobody_s_answer_in_json(grace: Caller) -> None:
    for path in ("/api/v2/notifications", "/api/v2/notifications/policy", "/api/v1/polls/1",
                 "/api/v1/push/subscription", "/api/v1/streaming/user", "/api/v9", "/oauth/nope",
                 "/.well-known/webfinger", "/api", "/oauth", "/nodeinfo"):  # fmt: skip
        for method in ("GET", "POST", "DELETE", "PROPFIND"):
            assert refused(grace(method, path), 404) == "Record not found"
    for made in ("POST /api/v1/lists", "POST /api/v2/filters", "DELETE /api/v1/domain_blocks"):
        assert refused(grace(*made.split()), 404) == "Record not found"
    for name in ("42", "a-b", "a b", "@ada", "a\u2003b", "%23"):  # which no tag can have
        assert refused(grace.post(f"tags/{name}/follow"), 404) == "Record not found"
    answer = grace("DELETE", "/api/v1/timelines/home")
    refused(answer, 405)
    assert "GET" in answer.headers["Allow"]


def endless(caller: Caller, path: str, **environ: object) -> tuple[Any, int]:
    """The answer to a form with a file that does not end, and how much of it was read."""
    stream = _Endless()
    answer = caller(
        "POST", path, content_type="multipart/form-data; boundary=x",
        environ_overrides={"wsgi.input": stream, **environ},
    )  # fmt: skip
    return answer, stream.given


def test_a_gigabyte_is_refused_by_what_it_says_it_is(site: Flask, grace: Caller) -> None:
    before = rows(site)
    for path in ("/api/v2/media", "/api/v1/media", "/api/v1/statuses", "/oauth/token"):
        answer, given = endless(grace, path, CONTENT_LENGTH=str(2**30))
        refused(answer, 413)
        assert given == 0
    assert rows(site) == before


def test_and_while_it_comes_where_it_does_not_say(grace: Caller) -> None:
    environ = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    answer, given = endless(grace, "/api/v2/media", **environ)
    refused(answer, 413)
    assert 0 < given < 20 * 2**20


class _Endless:
    """A form with a file that does not end."""

    def __init__(self) -> None:
        self.given = 0
        self.head = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
            b"Content-Type: image/jpeg\r\n\r\n"
        )

    def read(self, size: int = -1) -> bytes:
        part, self.head = self.head or b"\0" * min(65_536, max(1, size)), b""
        self.given += len(part)
        return part

    def readline(self, size: int = -1) -> bytes:
        return self.read(size)

    def close(self) -> None:
        """As streams do."""


def test_the_description_names_every_call_and_no_other(site: Flask, grace: Caller) -> None:
    names = {
        name for name, *_ in routes(site) if not name.startswith(("quiet_no_", "quiet_absent_"))
    }
    assert names == set(described.CALLS)
    document = json.loads(grace("GET", "/openapi.json").get_data())
    assert document["openapi"] == "3.1.0"
    assert len(document["paths"]) > 80
