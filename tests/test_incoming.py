"""Programs that post: what they send, as whom, how often; and that nothing they send breaks us."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from microshare import (
    clock,
    departments,
    digest_run,
    grants,
    integrations,
    links,
    people,
    posts,
    sign_in,
)
from microshare.db import db, saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.fitted import fitted
from microshare.incoming import read
from microshare.models import Integration, User
from tests.conftest import NOON, Browser, House

WORDS = "x" * 60


def make(maker: User, name: str = "Build server") -> tuple[Integration, str]:
    with saving():
        token = integrations.make(maker, name, NOON)[1]
    return integrations.by_token(token), token


@pytest.fixture(params=["sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    """One database where nothing depends on it."""
    return str(request.param)


BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])


# the bot


@BOTH
def test_a_bot_is_no_colleague_and_cannot_come_in(house: House) -> None:
    made, _ = make(house.ada)
    bot = made.bot
    assert (bot.username, bot.is_bot, bot.maker_id) == ("build_server", True, house.ada.id)
    assert bot.id not in {one.id for one in people.find(suspended=True)}
    assert not people.suggest("build", 9)
    sales = departments.of(house.ada)
    headcount = departments.about(sales, house.ada, NOON).headcount
    assert departments.headcounts()[sales.id] == headcount == 2
    assert not [d for d in digest_run._due(NOON + timedelta(days=30), True) if d.claim.reader_id == bot.id]
    assert links.reset("build_server", NOON) is None
    for way in (
        lambda: people.set_password(bot, "correct horse battery"),
        lambda: people.set_role(bot, "administrator"),
        lambda: grants.create(bot, "api", "mine", NOON),
    ):
        with pytest.raises(Refused) as refused, saving():
            way()
        assert refused.value.code == "bot-no-way-in"
    bot.password_hash = house.ada.password_hash  # whatever happens to the row
    with saving():
        attempt = sign_in.attempt("build_server", "192.0.2.1", NOON)
    assert attempt.user_id is None


def test_names_are_told_apart_and_each_has_a_few(house: House) -> None:
    names = [make(house.ada, name)[0].bot.username for name in ("Build server", "Büild-Server!", "构建")]
    assert names == ["build_server", "build_server_2", "bot"]
    for _ in range(integrations.LIMIT - 3):
        make(house.ada)
    with pytest.raises(Refused) as refused:
        make(house.ada)
    assert refused.value.code == "too-many-integrations"
    assert len(integrations.of(house.ada)) == len(integrations.every()) == integrations.LIMIT
    assert make(house.grace)[0].bot.department_id == house.grace.department_id


def test_an_address_ends_with_revoking_renewing_and_its_makers_leave(house: House) -> None:
    made, token = make(house.grace)
    kept = [str(v) for row in db.session.execute(db.select(Integration.__table__)) for v in row]
    assert token not in " ".join(kept)
    assert integrations.by_token(token).id == made.id
    with saving():
        _, fresh = integrations.renew(made.id, house.grace)
    with pytest.raises(Missing):
        integrations.by_token(token)
    for verb in (lambda: integrations.renew(made.id, house.ada),
                 lambda: integrations.revoke(made.id, house.linus, NOON)):
        with pytest.raises(Forbidden), saving():
            verb()
    with saving():
        people.suspend(house.grace, NOON)
    with pytest.raises(Missing):
        integrations.by_token(fresh)
    with saving():
        people.restore(house.grace)
        integrations.revoke(made.id, house.ada, NOON)  # ada manages
    with pytest.raises(Missing):
        integrations.by_token(fresh)
    assert db.session.get_one(User, made.bot_id).suspended_at == NOON


def test_a_bot_writes_so_much_and_no_more(house: House) -> None:
    _, token = make(house.ada)
    for n in range(10):
        with saving():
            bot = integrations.used(integrations.by_token(token), NOON + timedelta(seconds=n))
            posts.publish(bot, f"post {n}", now=NOON + timedelta(seconds=n))
    with pytest.raises(Refused) as refused, saving():
        integrations.used(integrations.by_token(token), NOON + timedelta(seconds=20))
    assert refused.value.facts == {"limit": 10, "seconds": 41}
    with saving():
        integrations.used(integrations.by_token(token), NOON + timedelta(seconds=60))


# what is sent


@pytest.mark.parametrize(("said", "line", "note"), [
    ("Build 7 failed #ci", "Build 7 failed #ci", ""),
    ("\n\nBuild 7 failed\n\nin *two* tests\n", "Build 7 failed", "in *two* tests"),
    ((WORDS + " ") * 3, f"{WORDS} {WORDS}…", " ".join([WORDS] * 3)),
    ("y" * 200, "y" * 139 + "…", "y" * 200),
    (f"{WORDS} {WORDS} [a long label](https://a.b/c)", f"{WORDS} {WORDS}…", f"{WORDS} {WORDS} [a long label](https://a.b/c)"),
    (f"{WORDS} {WORDS} `a code of several words` here", f"{WORDS} {WORDS}…", f"{WORDS} {WORDS} `a code of several words` here"),
])
def test_a_text_becomes_a_line_and_what_does_not_fit_the_note(
    said: str, line: str, note: str
) -> None:
    assert fitted(said, 140) == (line, note)


@pytest.mark.parametrize(("sent", "line", "note"), [
    ({"text": "*Deploy* of <https://ci.acme/7|build 7> is _done_"}, "**Deploy** of [build 7](https://ci.acme/7) is *done*", ""),
    ({"text": "<https://a.b/x_y_z> 2*3*4 snake_case_name ~old~ a*b"}, "https://a.b/x_y_z 2*3*4 snake_case_name old a*b", ""),
    ({"text": "<!channel> <@U024|ann>: R&amp;D &lt;3 <#C1|general>"}, "ann: R&D <3 general", ""),
    ({"text": "<mailto:a@b.nl|Ann> <not a link> <https://a.b/(x|odd>"}, "Ann <not a link> odd https://a.b/(x", ""),
    ({"text": "first\nsecond *b*"}, "first", "second **b**"),
    ({"text": "", "attachments": [{"fallback": "Build 7"}, {"title": "failed"}]}, "Build 7", "failed"),
    ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*Hi*"}}]}, "**Hi**", ""),
    ({"line": "*as is* <x>", "note": "more", "kind": "question", "extra": [1]}, "*as is* <x>", "more"),
])
def test_json_is_ours_or_slacks(app: Flask, sent: object, line: str, note: str) -> None:
    with app.app_context():
        found = read(json.dumps(sent).encode(), "application/json", {})
    assert (found.line, found.note) == (line, note)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["line", "note", "kind", "key", "text", "blocks", "attachments", "x"]), inner, max_size=4),
    max_leaves=8,
))
@settings(max_examples=40, deadline=None)
def test_any_json_is_a_post_or_a_refusal(bare: Flask, sent: object) -> None:
    with bare.app_context():
        try:
            found = read(json.dumps(sent).encode(), "application/json", {})
        except Refused as refused:
            assert refused.code.startswith(("incoming-", "note-too-long"))
        else:
            assert isinstance(found.line, str)


@pytest.fixture(scope="module")
def bare() -> Flask:
    from microshare.config import Settings

    app = Flask("bare")
    app.config["MICROSHARE"] = Settings()
    return app


# the door


@pytest.fixture
def address(site: Flask) -> str:
    with site.app_context(), saving():
        return "/hooks/" + integrations.make(people.get("ada"), "Build server", clock.now())[1]


@pytest.fixture
def program(site: Flask) -> FlaskClient:
    return site.test_client()


def test_a_program_posts_as_a_bot_with_its_maker_beside_it(
    site: Flask, address: str, program: FlaskClient, grace: Browser
) -> None:
    answer = program.post(address, data="Build 7 is *green* #ci", content_type="text/plain")
    assert (answer.status_code, answer.mimetype) == (201, "application/json")
    assert answer.json == {"id": "1", "url": "http://localhost/posts/1"}
    assert program.post(address, json={"line": "Who broke it?", "kind": "update", "note": "x"}).status_code == 201
    told = program.post(address, json={"text": "for <https://a.b|Slack>"})
    assert (told.status_code, told.data) == (200, b"ok")
    form = {"payload": json.dumps({"text": "an old one"})}
    assert program.post(address, data=form).data == b"ok"
    assert program.post(address, data={"line": "a form"}).status_code == 201
    curl = {"content_type": "application/x-www-form-urlencoded"}  # what curl -d says by itself
    assert program.post(address, data='{"line": "curl"}', **curl).status_code == 201
    assert program.post(address, data="curl and words", **curl).status_code == 201
    assert program.post(address, data="see https://ci.example?id=7 &c", **curl).status_code == 201
    assert program.post(f"{address}/", data="line=a line", **curl).status_code == 201
    assert program.post(address, data={"line": "multipart"}, content_type="multipart/form-data").status_code == 201
    page = grace.get("/everyone").get_data(as_text=True)
    assert page.count('bot of <a class="person" href="/@ada">Ada</a>') == 10
    assert "&amp;c" in page
    assert "line=a line" not in page
    assert "Sales" in page
    assert "posts for" in grace.get("/@build_server").get_data(as_text=True)
    assert "/@build_server" not in grace.get("/people").get_data(as_text=True)
    feed = grace.get("/everyone.atom").get_data(as_text=True)
    assert "Build server (bot of Ada, Sales)" in feed


def test_a_message_that_comes_twice_is_one_post(address: str, program: FlaskClient) -> None:
    asked = {"line": "Build 8", "key": "b8"}
    assert [program.post(address, json=asked).status_code for _ in range(3)] == [201, 200, 200]
    for name in ("Idempotency-Key", "webhook-id"):
        said = [program.post(address, json={"line": name}, headers={name: name}).json for _ in range(2)]
        assert said[0] == said[1]
    other = program.post(address, json={"line": "Build 9", "key": "b8"})
    assert (other.status_code, other.json["code"]) == (422, "key-used")  # type: ignore[index]


NONSENSE = [
    (b"[1, 2]", "application/json", 400), (b"{", "application/json", 400), (b"null", "application/json", 400),
    (b"[" * 100_000, "application/json", 400), (b'{"line": ' + b"[" * 100_000, "application/json", 400),
    (b'"text"', "application/json", 400), (b"\xff\xfe{}", "application/json", 422),
    (b'{"line": 7}', "application/json", 422), (b'{"line": ["a"]}', "application/json", 422),
    (b'{"line": "a", "note": {}}', "application/json", 422), (b'{"line": "a", "key": 9}', "application/json", 422),
    (b'{"line": "a", "key": "\\u0000"}', "application/json", 422), (b'{"line": "a", "key": "' + b"k" * 300 + b'"}', "application/json", 422),
    (b'{"line": "\\ud800"}', "application/json", 422), (b'{"text": "\\ud800 \\u0000"}', "application/json", 422),
    (b'{"line": "a", "kind": "\\ud800"}', "application/json", 422), (b'{"line": ""}', "application/json", 422), (b"{}", "application/json", 422),
    (b'{"text": "  "}', "application/json", 422), (b'{"line": "' + b"a" * 141 + b'"}', "application/json", 422),
    (b"", "text/plain", 422), (b"", "", 422), (b"\x00\x01", "text/plain", 422), (b"\xff\xff", "text/plain", 422),
    (b"a" * 900_000, "text/plain", 422), (b"a" * 1_100_000, "text/plain", 413), (b"a b " * 225_000, "text/plain", 422),
    (b'{"text": "' + b"<" * 900_000 + b'"}', "application/json", 422), (b'{"line": "' + b"*a" * 450_000 + b'"}', "application/json", 422),
    (b'{"text": "' + b"*a <" * 5_000 + b'"}', "application/json", 422),
    (b"%ff%fe=1&payload=[", "application/x-www-form-urlencoded", 422), (b"payload=[", "application/x-www-form-urlencoded", 400),
    (b"payload=" + b"x" * 1_100_000, "application/x-www-form-urlencoded", 413),
    (b"--x\r\nnonsense", "multipart/form-data; boundary=x", 422), (b"a=b", "multipart/form-data", 422),
    (b"name=An&mail=a%40b.c", "application/x-www-form-urlencoded", 422),
    (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--', "multipart/form-data; boundary=x", 422),
]


def test_nonsense_is_refused_in_json_and_never_a_fault(
    site: Flask, address: str, program: FlaskClient
) -> None:
    for body, kind, status in NONSENSE:
        answer = program.post(address, data=body, content_type=kind, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.mimetype) == (status, "application/json"), (body[:60], kind, answer.data[:200])
        assert set(answer.json) == {"code", "sentence"}  # type: ignore[arg-type]
    long = program.post(address, json={"line": "a"}, headers={"Idempotency-Key": "k" * 201})
    assert (long.status_code, long.json["code"]) == (422, "key-too-long")  # type: ignore[index]
    for method in ("get", "put", "delete", "patch"):
        assert getattr(program, method)(address).status_code == 405
    for other in ("/hooks/x", address + "x", "/hooks/%00"):
        assert program.post(other, json={"line": "a"}).status_code in (404, 422)
    with site.app_context():
        assert posts.with_key(1, "k") is None
        with pytest.raises(Missing):
            posts.get(1)


def test_its_maker_withdraws_what_a_bot_wrote_and_other_colleagues_do_not(
    site: Flask, grace: Browser, linus: Browser
) -> None:
    with site.app_context(), saving():
        token = integrations.make(people.get("grace"), "CRM", clock.now())[1]
    site.test_client().post(f"/hooks/{token}", json={"line": "wrong"})
    assert "/posts/1/withdraw" not in linus.get("/posts/1/choices").get_data(as_text=True)
    assert linus.send("/posts/1/withdraw").status_code == 403
    assert "/posts/1/withdraw" in grace.get("/posts/1/choices").get_data(as_text=True)
    assert grace.send("/posts/1/withdraw").status_code == 303
    assert grace.get("/posts/1").status_code == 404


def test_who_posts_too_much_is_told_when_to_come_again(address: str, program: FlaskClient) -> None:
    for n in range(10):
        assert program.post(address, json={"line": f"post {n}", "key": f"k{n}"}).status_code == 201
    answer = program.post(address, json={"line": "one more"})
    assert (answer.status_code, answer.json["code"]) == (429, "too-many-posts")  # type: ignore[index]
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert program.post(address, json={"line": "post 3", "key": "k3"}).status_code == 200


def test_the_address_is_shown_once_and_can_be_renewed_and_revoked(
    site: Flask, grace: Browser, ada: Browser, linus: Browser
) -> None:
    page = grace.send("/settings/programs", name="CRM").get_data(as_text=True)
    address = page.split('<code class="secret">http://localhost')[1].split("<")[0]
    assert address not in grace.get("/settings/programs").get_data(as_text=True)
    assert "CRM" in grace.get("/settings/programs").get_data(as_text=True)
    program = site.test_client()
    assert program.post(address, json={"line": "a"}).status_code == 201
    assert linus.send("/settings/programs/1").status_code == 403
    assert linus.send("/settings/programs/1", undo="1").status_code == 403
    assert "CRM" not in linus.get("/settings/programs").get_data(as_text=True)
    page = grace.send("/settings/programs/1").get_data(as_text=True)
    fresh = page.split('<code class="secret">http://localhost')[1].split("<")[0]
    assert program.post(address, json={"line": "b"}).status_code == 404
    assert program.post(fresh, json={"line": "b"}).status_code == 201
    assert "CRM" in ada.get("/settings/programs").get_data(as_text=True)  # she manages
    assert ada.send("/settings/programs/1", undo="1").status_code == 303
    assert program.post(fresh, json={"line": "c"}).status_code == 404
    assert grace.send("/settings/programs", name=" ").status_code == 422
