"""How a client comes by a token: codes that are good once, for one client, one address, one
challenge, ten minutes."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from microshare import clock, grants, people
from microshare.db import db, saving
from microshare.models import AuthorizationCode, ClientApp, Token
from tests.acts import raced
from tests.company import company
from tests.conftest import Browser, signed_in

OOB = "urn:ietf:wg:oauth:2.0:oob"
HOME = "https://client.example/back"
VERIFIER = "v" * 50
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
ALL = "read write follow push"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[Flask]:
    with company(tmp_path_factory.mktemp("oauth"), installed) as app:
        yield app


@pytest.fixture(scope="module")
def ada(site: Flask) -> Browser:
    return signed_in(site, "ada")


@pytest.fixture(scope="module")
def client(site: Flask) -> FlaskClient:
    return FlaskClient(site)


@pytest.fixture(scope="module")
def app_of(client: FlaskClient) -> dict[str, Any]:
    return register(client)


def register(client: FlaskClient, **more: Any) -> dict[str, Any]:
    asked = {"client_name": "Bench", "redirect_uris": f"{HOME}\ntusky://back\n{OOB}", "scopes": ALL}
    answer = client.post("/api/v1/apps", json={**asked, **more})
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def asked(app_of: dict[str, Any], **more: str) -> dict[str, str]:
    return {
        "response_type": "code", "client_id": app_of["client_id"], "redirect_uri": HOME,
        "scope": ALL, "state": "s&t", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256", **more,
    }


def code_of(browser: Browser, app_of: dict[str, Any], **more: str) -> str:
    answer = browser.send("/oauth/authorize", decision="allow", **asked(app_of, **more))
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == ["s&t"]
    return query["code"][0]


def exchange(client: FlaskClient, app_of: dict[str, Any], code: str, **more: str) -> Any:
    sent = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": HOME,
        "client_id": app_of["client_id"], "client_secret": app_of["client_secret"],
        "code_verifier": VERIFIER, **more,
    }
    return client.post("/oauth/token", data=sent)


def who(client: FlaskClient, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return client.get("/api/v1/accounts/verify_credentials", headers=headers).status_code


def test_a_code_gives_a_token_with_all_that_was_asked(
    client: FlaskClient, ada: Browser, app_of: dict[str, Any]
) -> None:
    answer = exchange(client, app_of, code_of(ada, app_of))
    assert answer.status_code == 200
    assert set(answer.json) == {"access_token", "token_type", "scope", "created_at"}
    assert (answer.json["token_type"], answer.json["scope"]) == ("Bearer", ALL)
    assert who(client, answer.json["access_token"]) == 200


def test_only_hashes_are_kept(
    site: Flask, client: FlaskClient, ada: Browser, app_of: dict[str, Any]
) -> None:
    code = code_of(ada, app_of)
    token = exchange(client, app_of, code).json["access_token"]
    with site.app_context():
        kept = " ".join(
            str(value)
            for table in (ClientApp, AuthorizationCode, Token)
            for row in db.session.execute(select(table.__table__))
            for value in row
        )
    assert app_of["client_id"] in kept
    assert not [one for one in (code, token, app_of["client_secret"]) if one in kept]


@pytest.mark.parametrize(
    ("wrong", "status", "error"),
    [
        ({"code_verifier": "w" * 50}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_request"),
        ({"redirect_uri": OOB}, 400, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"code": "nonsense"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "\x00"}, 422, "Validation failed"),
    ],
)
def test_a_code_is_bound_to_all_of_its_request_and_survives_a_wrong_one(
    client: FlaskClient, ada: Browser, app_of: dict[str, Any], wrong: dict[str, str],
    status: int, error: str,
) -> None:  # fmt: skip
    code = code_of(ada, app_of)
    answer = exchange(client, app_of, **{"code": code, **wrong})
    assert (answer.status_code, answer.json["error"][: len(error)]) == (status, error)
    assert status == 422 or answer.json["error_description"]
    assert exchange(client, app_of, code).status_code == 200


def test_another_client_cannot_use_a_code(
    client: FlaskClient, ada: Browser, app_of: dict[str, Any]
) -> None:
    code = code_of(ada, app_of)
    assert exchange(client, register(client), code).json["error"] == "invalid_grant"
    token = exchange(client, app_of, code).json["access_token"]
    assert exchange(client, register(client), code).json["error"] == "invalid_grant"
    assert who(client, token) == 200  # whom it was not meant for ends nothing


def test_a_code_that_comes_twice_ends_what_it_gave(
    client: FlaskClient, ada: Browser, app_of: dict[str, Any]
) -> None:
    code = code_of(ada, app_of)
    token = exchange(client, app_of, code).json["access_token"]
    assert who(client, token) == 200
    again = exchange(client, app_of, code)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert who(client, token) == 401


def test_of_two_that_bring_a_code_at_once_one_uses_it(
    site: Flask, ada: Browser, app_of: dict[str, Any]
) -> None:
    code = code_of(ada, app_of)
    with site.app_context():
        app = grants.client(app_of["client_id"])
        assert app is not None
        found = grants.code_of(app, code, clock.now())
        assert found is not None
        code_id = found.id

        def redeem() -> bool:
            with saving():
                return grants.redeem(code_id, clock.now())

        assert sorted(raced(site, redeem, redeem)) == [False, True]


def test_a_code_is_good_for_ten_minutes(
    site: Flask, ada: Browser, app_of: dict[str, Any]
) -> None:
    code = code_of(ada, app_of)
    with site.app_context():
        app = grants.client(app_of["client_id"])
        assert app is not None
        made = clock.now()
        assert grants.code_of(app, code, made + timedelta(minutes=9)) is not None
        assert grants.code_of(app, code, made + timedelta(minutes=11)) is None


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"redirect_uri": "https://evil.example/"}, 400),
        ({"redirect_uri": HOME + "/more"}, 400),
        ({"redirect_uri": 'x:"\\'}, 400),
        ({"client_id": "nobody"}, 401),
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_client_s(
    ada: Browser, app_of: dict[str, Any], wrong: dict[str, str], status: int
) -> None:
    for answer in (
        ada.get("/oauth/authorize", query_string=asked(app_of, **wrong)),
        ada.send("/oauth/authorize", decision="allow", **asked(app_of, **wrong)),
    ):
        assert answer.status_code == status
        assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"scope": "admin:read"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_the_client_hears_what_is_wrong_with_its_request(
    ada: Browser, app_of: dict[str, Any], wrong: dict[str, str], error: str
) -> None:
    answer = ada.get("/oauth/authorize", query_string=asked(app_of, **wrong))
    to, _, query = answer.headers["Location"].partition("?")
    assert (to, parse_qs(query)["error"]) == (HOME, [error])


def test_the_page_names_the_client_its_scopes_and_its_address(
    ada: Browser, app_of: dict[str, Any]
) -> None:
    page = ada.get("/oauth/authorize/", query_string=asked(app_of, scope="read:search write"))
    text = page.get_data(as_text=True)
    for told in ("Bench", "client.example", "post, reply, edit", "of these kinds: search"):
        assert told in text
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://client.example;" in policy
    custom = ada.get("/oauth/authorize", query_string=asked(app_of, redirect_uri="tusky://back"))
    assert "form-action 'self' tusky:;" in custom.headers["Content-Security-Policy"]


def test_who_is_not_signed_in_comes_back_after_it(site: Flask, app_of: dict[str, Any]) -> None:
    stranger = site.test_client()
    answer = stranger.get("/oauth/authorize", query_string=asked(app_of))
    assert answer.headers["Location"].startswith("/sign-in?next=/oauth/authorize?")


def test_a_no_is_told_and_nothing_is_given(ada: Browser, app_of: dict[str, Any]) -> None:
    answer = ada.send("/oauth/authorize", decision="deny", **asked(app_of))
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (query["error"], query["state"]) == (["access_denied"], ["s&t"])
    told = ada.send("/oauth/authorize", decision="deny", **asked(app_of, redirect_uri=OOB))
    assert told.status_code == 200
    assert 'id="code"' not in told.get_data(as_text=True)


def test_a_yes_needs_the_form_s_own_token(ada: Browser, app_of: dict[str, Any]) -> None:
    forged = ada.post("/oauth/authorize", data={"decision": "allow", **asked(app_of)})
    assert forged.status_code == 400


def test_a_client_s_own_token_stands_for_nobody(client: FlaskClient, app_of: dict[str, Any]) -> None:
    own = exchange(client, app_of, "", grant_type="client_credentials", scope="read")
    headers = {"Authorization": f"Bearer {own.json['access_token']}"}
    assert client.get("/api/v1/apps/verify_credentials", headers=headers).json["name"] == "Bench"
    for path in ("timelines/home", "timelines/public", "accounts/1", "notifications"):
        assert client.get(f"/api/v1/{path}", headers=headers).status_code == 401


def test_giving_a_token_back_ends_it_and_only_its_own_client_can(
    client: FlaskClient, ada: Browser, app_of: dict[str, Any]
) -> None:
    token = exchange(client, app_of, code_of(ada, app_of)).json["access_token"]
    other = register(client)
    for by, status in ((other, 403), (app_of, 200), (app_of, 200)):
        sent = {"token": token, **{k: by[k] for k in ("client_id", "client_secret")}}
        assert client.post("/oauth/revoke", json=sent).status_code == status
    assert who(client, token) == 401


def test_suspending_ends_it_at_once(
    site: Flask, client: FlaskClient, app_of: dict[str, Any]
) -> None:
    linus = signed_in(site, "linus")
    token = exchange(client, app_of, code_of(linus, app_of)).json["access_token"]
    waiting = code_of(linus, app_of)
    with site.app_context(), saving():
        people.suspend(people.get("linus"), clock.now())
    assert who(client, token) == 401
    assert exchange(client, app_of, waiting).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uris": "javascript:alert(1)"}, {"redirect_uris": "/here"},
        {"redirect_uris": ["https://a.example/ü"]}, {"redirect_uris": "https://a.example/#x"},
        {"scopes": "read admin"}, {"client_name": "\x00"},
    ],
)  # fmt: skip
def test_a_client_that_could_harm_is_not_registered(
    client: FlaskClient, wrong: dict[str, Any]
) -> None:
    asked = {"client_name": "Bench", "redirect_uris": OOB, **wrong}
    assert client.post("/api/v1/apps", json=asked).status_code == 422


@pytest.mark.parametrize("missing", ["client_name", "redirect_uris"])
def test_a_client_that_says_too_little_hears_what_is_missing(
    client: FlaskClient, missing: str
) -> None:
    for nothing in ({}, {missing: ""}, {missing: None}):
        asked = {"client_name": "Bench", "redirect_uris": OOB}
        del asked[missing]
        answer = client.post("/api/v1/apps", json={**asked, **nothing})
        assert (answer.status_code, missing in answer.json["error"]) == (400, True)
