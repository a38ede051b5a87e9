"""The app on the device, as the server has a hand in it."""

import io
import json
import re
import sqlite3
import struct
import zlib

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from microshare import posts
from microshare.web.security import LARGEST_FORM
from tests import icons
from tests.conftest import PASSWORD, Browser
from tests.test_web_posts import publish

JSON = {"Accept": "application/json"}


def send(browser: FlaskClient, token: str, **fields: object):  # type: ignore[no-untyped-def]
    """A post as the outbox sends it."""
    return browser.post("/posts", data={"csrf_token": token, **fields}, headers=JSON)


def pixels(png: bytes) -> tuple[int, list[bytes]]:
    """The side of a square picture, and its rows."""
    side, height = struct.unpack(">II", png[16:24])
    assert side == height
    data = zlib.decompress(png[41:-16])
    step = 4 * side + 1
    return side, [data[step * y + 1 : step * (y + 1)] for y in range(side)]


@pytest.mark.parametrize("kind", ["", "maskable-"])
def test_the_icons_are_drawn_from_the_drawing_of_the_product(kind: str) -> None:
    rows = icons.rows(192, fills=bool(kind))
    assert pixels((icons.STATIC / f"icon-{kind}192.png").read_bytes()) == (192, rows)
    side, large = pixels((icons.STATIC / f"icon-{kind}512.png").read_bytes())
    for y in range(8, 192, 16):
        for x in range(8, 192, 16):
            small = rows[y][4 * x : 4 * x + 4]
            at = round((x + 0.5) * side / 192)
            there = large[round((y + 0.5) * side / 192)][4 * at : 4 * at + 4]
            edge = {rows[y + j][4 * (x + i) :][:4] for i in (-1, 0, 1) for j in (-1, 0, 1)}
            assert len(edge) > 1 or small == there, (x, y)
    corner = rows[0][3]
    assert corner == (255 if kind else 0)


def test_the_manifest_names_the_house_and_icons_that_are_there(site: Flask) -> None:
    stranger = site.test_client()
    answer = stranger.get("/manifest.webmanifest", headers={"Accept-Language": "nl"})
    assert answer.mimetype == "application/manifest+json"
    told = json.loads(answer.data)
    assert (told["name"], told["lang"]) == ("Acme", "nl")
    assert (told["start_url"], told["scope"], told["display"]) == ("/", "/", "standalone")
    assert [one["name"] for one in told["shortcuts"]] == ["Nieuw bericht"]
    assert {one["purpose"] for one in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        with stranger.get(icon["src"]) as picture:
            side, _ = pixels(picture.data)
        assert icon["sizes"] == f"{side}x{side}"
    for page in ("/sign-in", "/help"):
        assert 'rel="manifest" href="/manifest.webmanifest"' in stranger.get(page).text


def test_the_worker_knows_the_files_of_this_version_and_is_asked_for_each_time(
    site: Flask,
) -> None:
    stranger = site.test_client()
    answer = stranger.get("/service-worker.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    found = re.match(r"const KNOWN = (.*);\n", answer.text)
    assert found is not None
    known = json.loads(found[1])
    names = {address.partition("?")[0] for address in known["files"]}
    assert {"/static/style.css", "/static/app.js", "/static/favicon.svg"} <= names
    assert known["outbox"] in known["files"]
    for address in known["files"]:
        with stranger.get(address) as file:
            assert file.status_code == 200
    tag = answer.headers["ETag"]
    assert stranger.get("/service-worker.js", headers={"If-None-Match": tag}).status_code == 304


def test_a_page_tells_the_worker_whose_it_is(ada: Browser, grace: Browser, site: Flask) -> None:
    assert ada.get("/").headers["Microshare-Reader"] == "1"
    assert grace.get("/nope").headers["Microshare-Reader"] == "2"
    for page in ("/sign-in", "/offline", "/help"):
        assert "Microshare-Reader" not in site.test_client().get(page).headers
    assert "Microshare-Reader" not in ada.get("/news").headers


def test_the_page_for_no_connection_is_the_same_for_everybody(ada: Browser, site: Flask) -> None:
    assert ada.get("/offline").text == site.test_client().get("/offline").text


def test_the_token_tells_who_is_signed_in_and_is_never_kept(ada: Browser, grace: Browser) -> None:
    answer = ada.get("/outbox/token", headers=JSON)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json is not None
    assert answer.json["user"] == 1
    assert send(ada, answer.json["csrf_token"], line="with it").status_code == 201
    assert send(grace, answer.json["csrf_token"], line="with hers").status_code == 400


def test_the_token_tells_what_has_a_key_to_its_author_alone(ada: Browser, grace: Browser) -> None:
    post = publish(ada, "once", key="k")
    path = "/outbox/token?key=k"
    for browser, url in ((ada, f"/posts/{post}"), (grace, None)):
        told = browser.get(path, headers=JSON).json
        assert told is not None
        assert told.get("url") == url
    assert ada.get("/outbox/token?key=" + "k" * 500, headers=JSON).status_code == 422


def test_a_post_that_a_script_sends_is_answered_with_its_address(ada: Browser) -> None:
    token = ada.token()
    answer = send(ada, token, line="once", key="k")
    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["url"] == f"/posts/{answer.json['id']}"
    assert send(ada, token, line="once", key="k").json == answer.json
    assert send(ada, token, line="twice", key="k2").json != answer.json


def test_a_key_that_came_through_is_acknowledged_though_its_thread_is_gone(
    ada: Browser, grace: Browser
) -> None:
    post = publish(ada, "a question?")
    token = grace.token()
    reply = {"line": "an answer", "key": "k", "reply_to": str(post)}
    first = send(grace, token, **reply)
    ada.send(f"/posts/{post}/withdraw")
    again = send(grace, token, **reply)
    assert (again.status_code, again.json) == (201, first.json)
    other = send(grace, token, **{**reply, "key": "k2"})
    assert (other.status_code, other.json["code"]) == (422, "reply-withdrawn")


@pytest.mark.parametrize(
    ("fields", "status", "code", "told"),
    [
        ({"line": "x" * 150}, 422, "post-too-long", "10 characters too long"),
        ({"line": " "}, 422, "post-empty", "A post needs a line"),
        ({"line": "ok", "reply_to": "999"}, 404, "post", "no such post"),
        ({"line": "ok", "key": "k" * 500}, 422, "key-too-long", "too long"),
        ({"line": "ok", "csrf_token": "nonsense"}, 400, "form-expired", "open for too long"),
        ({"line": "x" * (LARGEST_FORM + 1)}, 413, "request-too-large", "too much for one form"),
    ],
)
def test_a_refusal_is_a_code_and_a_sentence(
    ada: Browser, fields: dict[str, str], status: int, code: str, told: str
) -> None:
    answer = send(ada, **{"token": ada.token(), **fields})
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert told in answer.json["sentence"]
    assert "data-post-id" not in ada.get("/everyone").text


def test_who_is_signed_out_is_told_so_and_led_nowhere(site: Flask) -> None:
    stranger = site.test_client()
    assert isinstance(stranger, Browser)
    for answer in (
        stranger.get("/outbox/token", headers={**JSON, "Accept-Language": "nl"}),
        send(stranger, stranger.token(), line="who?"),
    ):
        assert answer.status_code == 401
        assert answer.json is not None
        assert answer.json["code"] == "signed-out"
    assert stranger.get("/outbox").status_code == 303


def test_the_form_of_another_session_of_the_same_browser_is_refused(site: Flask) -> None:
    browser = site.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in("ada")
    token = browser.token()
    browser.send("/sign-out")
    browser.send("/sign-in", login="grace", password=PASSWORD)
    answer = send(browser, token, line="ada's, by grace?", key="k")
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (400, "form-expired")


def test_a_database_that_does_not_answer_is_no_refusal(
    ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = ada.token()

    def gone(*_: object, **__: object) -> None:
        raise OperationalError("", {}, sqlite3.OperationalError("unable to open"))

    monkeypatch.setattr(posts, "publish", gone)
    answer = send(ada, token, line="kept")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["code"] == "database"


def test_a_form_with_a_file_is_read_too(ada: Browser) -> None:
    answer = send(ada, ada.token(), line="é with a file", other=(io.BytesIO(b"\xff\xd8"), "a.jpg"))
    assert answer.status_code == 201


def test_a_browser_that_takes_anything_gets_pages(ada: Browser) -> None:
    for accept in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", ""):
        answer = ada.post("/posts", data={"csrf_token": ada.token(), "line": "hello"},
                          headers={"Accept": accept})
        assert answer.status_code == 303


def test_the_outbox_is_a_page_that_tells_what_it_is(ada: Browser) -> None:
    page = ada.get("/outbox")
    assert page.status_code == 200
    assert '<meta name="reader" content="1">' in page.text
    assert 'data-limit="140"' in page.text
