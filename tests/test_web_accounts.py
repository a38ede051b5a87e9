import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from itsdangerous import BadSignature, SignatureExpired

from microshare import (
    account_letters,
    clock,
    create_app,
    digest_letter,
    feeds,
    grants,
    links,
    people,
)
from microshare.config import Settings
from microshare.db import db, saving
from microshare.mailer import Letter
from tests.conftest import NOON, PASSWORD, Browser, furnish


def sent(app: Flask) -> Letter:
    """The last letter, after the worker's round."""
    with app.app_context():
        account_letters.send_pending(clock.now())
        db.session.remove()
    letters: list[Letter] = app.extensions["microshare.letters"]
    return letters[-1]


def path_in(letter: Letter) -> str:
    found = re.search(r"http://localhost(/\S+)", letter.text)
    assert found is not None
    return found[1]


def open_site(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.extensions["microshare.letters"] = []
    app.test_client_class = Browser
    with app.app_context():
        furnish()
        db.session.remove()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def company(settings: Settings) -> Iterator[Flask]:
    """A site that colleagues with an address of the company may join by themselves."""
    yield from open_site(replace(settings, registration="example.com,example.nl"))


@pytest.fixture
def open_house(settings: Settings) -> Iterator[Flask]:
    yield from open_site(replace(settings, registration="open"))


def browser_of(app: Flask) -> Browser:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser


def test_one_signs_in_with_username_or_address_in_any_case(site: Flask) -> None:
    for login in ("ada", "ADA", "ada@example.com", " Ada@Example.COM "):
        browser = browser_of(site)
        assert browser.sign_in(login).headers["Location"] == "/"
        assert browser.get("/").status_code == 200


def test_a_wrong_part_gives_one_sentence_whichever_it_was(site: Flask) -> None:
    told = set()
    for login, password in (("ada", "wrong password"), ("nobody", PASSWORD)):
        answer = browser_of(site).sign_in(login, password)
        assert answer.status_code == 422
        found = re.search(r'role="alert".*?</div>', answer.get_data(as_text=True), re.S)
        assert found is not None
        told.add(found[0])
    assert len(told) == 1


def test_guessing_is_braked_with_429(site: Flask) -> None:
    browser = browser_of(site)
    answers = [browser.sign_in("ada", f"guess number {n}").status_code for n in range(11)]
    assert answers == [422] * 10 + [429]
    assert browser.sign_in("ada").status_code == 429


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example/x",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\r\nSet-Cookie: x=y",
    ],
)
def test_signing_in_never_leads_to_another_site(site: Flask, wanted: str) -> None:
    answer = browser_of(site).send("/sign-in", login="ada", password=PASSWORD, next=wanted)
    assert answer.headers["Location"] == "/"


def test_a_page_asks_a_stranger_to_sign_in_and_leads_back(site: Flask) -> None:
    stranger = browser_of(site)
    answer = stranger.get("/tags/pumps?before=9")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/tags/pumps?before%3D9"
    signed_in = stranger.send(answer.headers["Location"], login="ada", password=PASSWORD)
    assert signed_in.headers["Location"] == "/tags/pumps?before=9"


def test_every_page_but_the_public_ones_asks_to_sign_in(site: Flask) -> None:
    public = {
        "accounts.enter",
        "accounts.leave",
        "accounts.join",
        "accounts.accept",
        "accounts.forgot",
        "accounts.reset",
        "by_letter.enter",
        "by_letter.follow",
        "by_letter.thank",
        "by_letter.ways_in",
        "by_mail.ask_to_undo",  # their links are signed
        "by_mail.look",
        "by_mail.publish",
        "by_mail.undo",
        "digests.ask_to_leave",
        "digests.leave",
        "health.alive",
        "health.ready",
        "help.programs",
        "help.show",
        "help.after_a_visit",
        "help.asking_around",
        "help.instead_of_a_cc",
        "incoming.post",  # its address is a secret
        "offline.away",
        "offline.manifest",
        "offline.worker",
        "static",
    }
    stranger = browser_of(site)
    token = stranger.token()
    adapter = site.url_map.bind("localhost")
    values = {
        "post_id": 1,
        "name": "x",
        "username": "ada",
        "slug": "sales",
        "token": "t",
        "day": "2026-11-23",
        "goal_id": 1,
        "search_id": 1,
        "webhook_id": 1,
        "report_id": 1,
        "integration_id": 1,
    }
    for rule in site.url_map.iter_rules():
        if rule.endpoint in public or rule.endpoint.startswith("api."):
            continue  # the API asks for a token; its own tests walk its routes
        path = adapter.build(rule.endpoint, {a: values[a] for a in rule.arguments})
        for method in {"GET", "POST"} & (rule.methods or set()):
            answer = stranger.open(
                path, method=method, data={"csrf_token": token} if method == "POST" else None
            )
            assert answer.status_code == 303, (method, path)
            assert answer.headers["Location"].startswith("/sign-in"), path


def test_cookies_are_http_only_lax_and_secure_unless_on_loopback(site: Flask) -> None:
    for host, is_secure in (
        ("localhost", False),
        ("127.0.0.1:5000", False),
        ("share.example.com", True),
        ("localhost.evil.com", True),
    ):
        answer = site.test_client().get("/sign-in", base_url=f"http://{host}/")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) == is_secure, host


def test_every_answer_has_the_headers(ada: Browser) -> None:
    for path in ("/", "/nope", "/sign-in", "/static/style.css"):
        with ada.get(path) as answer:
            headers = answer.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Request-ID"]


def test_signing_out_everywhere_ends_the_other_session(site: Flask, ada: Browser) -> None:
    other = browser_of(site)
    other.sign_in("ada")
    ada.send("/sign-out", everywhere="1")
    assert other.get("/").status_code == 303
    assert ada.get("/").status_code == 303


def test_suspending_ends_sessions_and_tokens_at_once(
    site: Flask, ada: Browser, linus: Browser
) -> None:
    with site.app_context(), saving():
        token = grants.create(people.get("linus"), "feed", "reader", NOON)
    assert site.test_client().get(f"/everyone.atom?token={token}").status_code == 200
    ada.send("/manage/people/linus/suspend")
    assert linus.get("/").status_code == 303
    assert site.test_client().get(f"/everyone.atom?token={token}").status_code == 401
    assert browser_of(site).sign_in("linus").status_code == 422
    ada.send("/manage/people/linus/suspend", undo="1")
    assert browser_of(site).sign_in("linus").status_code == 303


def test_the_only_administrator_stays(ada: Browser) -> None:
    answer = ada.send("/manage/people/ada/role", role="member")
    assert answer.status_code == 422
    assert "only administrator" in answer.get_data(as_text=True)


def test_one_joins_by_an_invitation_once(site: Flask, ada: Browser) -> None:
    page = ada.send("/manage/invite", email="new@example.com", role="member")
    assert page.status_code == 200
    path = path_in(sent(site))
    assert path in page.get_data(as_text=True)
    fields = {
        "username": "newbie",
        "name": "New Bie",
        "password": PASSWORD,
        "department": "sales",
        "language": "nl",
    }
    joiner = browser_of(site)
    wrong = joiner.send(path, **{**fields, "username": "ada"})
    assert wrong.status_code == 422
    assert "taken" in wrong.get_data(as_text=True)
    assert "New Bie" in wrong.get_data(as_text=True)
    assert joiner.send(path, **{**fields, "department": "nowhere"}).status_code == 422
    assert joiner.send(path, **fields).status_code == 303
    assert joiner.get("/").status_code == 200
    assert browser_of(site).send(path, **{**fields, "username": "x2"}).status_code == 422
    with site.app_context():
        joined = people.get("newbie")
        assert (joined.email, joined.role, joined.language) == ("new@example.com", "member", "nl")


def test_the_first_administrator_names_the_first_department(app: Flask) -> None:
    app.test_client_class = Browser
    with app.app_context(), saving():
        token = links.first_administrator(clock.now())
    browser = browser_of(app)
    answer = browser.send(
        f"/join/{token}",
        email="boss@example.com",
        username="boss",
        name="The Boss",
        password=PASSWORD,
        new_department="Head Office",
    )
    assert answer.status_code == 303
    assert browser.get("/manage").status_code == 200
    assert "Head Office" in browser.get("/departments").get_data(as_text=True)
    with app.app_context(), saving():
        assert links.first_administrator(clock.now()) is None


def test_a_company_address_is_confirmed_by_a_letter(company: Flask) -> None:
    browser = browser_of(company)
    assert browser.send("/join", email="me@elsewhere.org").status_code == 422
    asked = browser.send("/join", email="Joe@Example.NL").get_data(as_text=True)
    path = path_in(sent(company))
    known = browser.send("/join", email="ada@example.com").get_data(as_text=True)
    assert asked.replace("Joe@Example.NL", "") == known.replace("ada@example.com", "")
    assert "/forgotten" in sent(company).text
    answer = browser.send(
        path,
        email="other@example.com",
        username="joe",
        name="Joe",
        password=PASSWORD,
        department="sales",
    )
    assert answer.status_code == 303
    with company.app_context():
        assert people.get("joe").email == "joe@example.nl"


JOE = {
    "email": "joe@anywhere.org",
    "username": "joe",
    "name": "Joe",
    "password": PASSWORD,
    "department": "sales",
}


def test_an_open_house_lets_anybody_in(open_house: Flask) -> None:
    assert browser_of(open_house).send("/join", **JOE).status_code == 303


def test_a_closed_house_lets_nobody_in_without_an_invitation(site: Flask) -> None:
    assert browser_of(site).send("/join", **JOE).status_code == 404


def test_a_forgotten_password_is_set_anew_by_a_letter(site: Flask, ada: Browser) -> None:
    browser = browser_of(site)
    nobody = browser.send("/forgotten", login="nobody").get_data(as_text=True)
    assert browser.send("/forgotten", login="ada").get_data(as_text=True) == nobody
    path = path_in(sent(site))
    assert len(site.extensions["microshare.letters"]) == 1
    assert browser.send(path, password="short").status_code == 422
    assert browser.send(path, password="a new long password").status_code == 303
    assert ada.get("/").status_code == 303  # the old session has ended
    assert browser_of(site).sign_in("ada", "a new long password").status_code == 303
    assert browser.send(path, password="a third long password").status_code == 422


def test_the_profile_is_changed_and_keeps_what_was_typed_when_refused(ada: Browser) -> None:
    fields = {
        "name": "Ada Lovelace",
        "username": "ada",
        "department": "research",
        "language": "nl",
        "time_zone": "Europe/Paris",
        "about": "Seals.",
    }
    refused = ada.send("/settings/profile", **{**fields, "username": "gr ace"})
    assert refused.status_code == 422
    assert "gr ace" in refused.get_data(as_text=True)
    assert ada.send("/settings/profile", **fields).status_code == 303
    page = ada.get("/settings").get_data(as_text=True)
    assert '<html lang="nl"' in page
    assert "Ada Lovelace" in page


def test_a_new_password_needs_the_present_one_and_ends_other_sessions(
    site: Flask, ada: Browser
) -> None:
    other = browser_of(site)
    other.sign_in("ada")
    assert ada.send("/settings/password", current="wrong", password="p" * 12).status_code == 422
    assert ada.send("/settings/password", current=PASSWORD, password="p" * 12).status_code == 303
    assert ada.get("/settings").status_code == 200
    assert other.get("/settings").status_code == 303


def test_a_feed_token_reads_lists_and_nothing_else(site: Flask, ada: Browser) -> None:
    page = ada.send("/settings/tokens", name="phone").get_data(as_text=True)
    with site.app_context():
        (kept,) = grants.tokens_of(people.get("ada"))
    found = re.search(r"(?<![\w.-])[\w-]{43}(?![\w.-])", page)
    assert found is not None
    reader = site.test_client()
    answer = reader.get("/feed.atom", headers={"Authorization": f"Bearer {found[0]}"})
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    etag = answer.headers["ETag"]
    again = reader.get(
        "/feed.atom", headers={"Authorization": f"Bearer {found[0]}", "If-None-Match": etag}
    )
    assert again.status_code == 304
    assert reader.get(f"/?token={found[0]}").status_code == 303
    assert reader.get("/feed.atom?token=wrong").status_code == 401
    ada.send("/settings/tokens", token=str(kept.id), undo="1")
    assert reader.get(f"/feed.atom?token={found[0]}").status_code == 401


def test_the_digest_is_left_by_a_button_and_by_one_click_but_not_by_a_look(
    site: Flask, ada: Browser
) -> None:
    with site.app_context():
        path = f"/digest/unsubscribe/{digest_letter._signer().dumps(people.get('ada').id)}"
    stranger = site.test_client()
    assert stranger.get(path).status_code == 200
    with site.app_context():
        assert people.get("ada").digest_on
    # RFC 8058: a POST without cookies and without our token.
    assert stranger.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with site.app_context():
        assert not people.get("ada").digest_on
    assert stranger.post("/digest/unsubscribe/forged").status_code == 422
    assert ada.send("/settings/digest", on="1", weekday="4", hour="16").status_code == 303
    with site.app_context():
        user = people.get("ada")
        assert (user.digest_on, user.digest_weekday, user.digest_hour) == (True, 4, 16)


def test_a_fault_has_a_page_with_its_id_and_a_log_without_names(
    site: Flask, ada: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(feeds, "everyone", broken)
    site.config["PROPAGATE_EXCEPTIONS"] = False
    site.logger.propagate = True
    answer = ada.get("/everyone", headers={"X-Request-ID": "my-request-7"})
    assert answer.status_code == 500
    assert "my-request-7" in answer.get_data(as_text=True)
    assert "ada@example.com" not in caplog.text


def test_nobodys_mailbox_is_filled_from_the_page_of_forgotten_passwords(site: Flask) -> None:
    for login in ("ada", "nobody"):
        answers = [browser_of(site).send("/forgotten", login=login).status_code for _ in range(6)]
        assert answers == [200] * 5 + [429], login


def test_single_keys_are_switched_off_in_the_settings_and_the_help_lists_them(
    ada: Browser, site: Flask
) -> None:
    page = ada.get("/everyone").get_data(as_text=True)
    assert "keys.js" in page
    assert "<kbd>j</kbd>" in ada.get("/help").get_data(as_text=True)
    assert "<kbd>" not in site.test_client().get("/help").get_data(as_text=True)
    assert 'name="on" value="1" checked>\n    Single keys' in ada.get("/settings").get_data(
        as_text=True
    )
    ada.send("/settings/keys")
    assert "keys.js" not in ada.get("/everyone").get_data(as_text=True)
    assert 'name="on" value="1">\n    Single keys' in ada.get("/settings").get_data(as_text=True)
    ada.send("/settings/keys", on="1")
    assert "keys.js" in ada.get("/everyone").get_data(as_text=True)


def test_a_cookie_that_was_verified_is_as_old_as_it_is_and_nobodys_session_is_anothers(
    app: Flask,
) -> None:
    app.test_client().get("/sign-in")  # from the first page on there is a key
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    signed = serializer.dumps({"told": ["once"]})
    for _ in range(2):
        said = serializer.loads(signed, max_age=60)
        assert said == {"told": ["once"]}
        said["told"].append("and changed")
        with pytest.raises(SignatureExpired):
            serializer.loads(signed, max_age=-1)
        with pytest.raises(BadSignature):
            serializer.loads(f"{signed}x", max_age=60)
