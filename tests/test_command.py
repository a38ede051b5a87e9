"""The command for people, against a served application: sign in, post, read on, search, out."""

import html
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from microshare import clock, create_app, indexing, installing, posts, search
from microshare.config import Settings
from microshare.db import db, saving
from microshare_client import command, kept, server, shown
from microshare_client.kept import Login
from tests import served
from tests.conftest import PASSWORD, furnish
from tests.forks import Forks

Run = Callable[..., Result]
# Ctrl-C reaches it as on a terminal, also where the tests run in the background, which ignores it.
START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from microshare_client.command import main; main()"
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, forked: Forks) -> Iterator[str]:
    """A company of three with fifty posts, served."""
    settings = Settings(instance=tmp_path_factory.mktemp("served"), password_memory=8, api_rate=100_000)
    app = create_app(settings)
    with app.app_context():
        installing.install()
        house = furnish()
        with saving():
            for n in range(50):
                posts.publish(house.grace, f"Old post {n} #pumps", now=clock.now())
        indexing.catch_up()
        db.session.remove()
        db.engine.dispose()
        search.engine().close()
    with served.running(settings, by=forked) as (_, address):
        yield address


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "config"


@pytest.fixture
def run(home: Path) -> Run:
    def invoke(*words: str, typed: str | bytes = "", **extra: str) -> Result:
        env = {"XDG_CONFIG_HOME": str(home), "MICROSHARE_SERVER": "", "MICROSHARE_TOKEN": "", **extra}
        return CliRunner().invoke(command.people, list(words), input=typed, env=env, catch_exceptions=False)

    return invoke


@pytest.fixture(scope="module")
def token(url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A token of ada's, got by the command through the page in a browser."""
    home = tmp_path_factory.mktemp("first")
    with process("login", url, home=home) as login:
        assert login.stderr is not None
        address = ""
        while "/oauth/authorize?" not in address:
            address = login.stderr.readline()
            assert address, "it ended"
        code = allowed(url, address.strip())
        _, err = login.communicate(code + "\n", timeout=30)
    assert login.returncode == 0, err
    assert f"Signed in to {url} as @ada" in err
    path = home / "microshare" / "login.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    told = json.loads(path.read_text())
    assert told["client_secret"]
    return str(told["token"])


@contextmanager
def process(*words: str, home: Path, at: Path | None = None, **env: str) -> "Iterator[subprocess.Popen[str]]":
    known = {k: v for k, v in os.environ.items() if not k.startswith(("MICROSHARE_", "LC_", "LANG"))}
    running = subprocess.Popen(
        [sys.executable, "-c", START, *words], cwd=at,
        env={**known, "XDG_CONFIG_HOME": str(home), "PYTHONUNBUFFERED": "1", **env}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    with running:
        try:
            yield running
        finally:
            running.kill()


def allowed(url: str, address: str) -> str:
    """The code that the page shows to ada, who lets the command in."""
    visitor = served.Visitor(url, "ada", PASSWORD)
    page = visitor.get(address.removeprefix(url))
    assert "microshare on a terminal" in page
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.split("<h1>")[1]))
    fields = {name: html.unescape(value) for name, value in fields.items()}
    body = urllib.parse.urlencode({**fields, "decision": "allow"}).encode()
    with visitor.opener.open(url + "/oauth/authorize", body, timeout=30) as answer:
        found = re.search(r'id="code">([^<]+)<', answer.read().decode())
    assert found
    return found[1]


def test_it_starts_without_the_server_and_its_libraries() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, microshare_client.command; print(*sys.modules)"],
        check=True, capture_output=True, text=True,
    ).stdout.split()
    ours = {name for name in told if name.split(".")[0] == "microshare_client"}
    heavy = {"microshare", "flask", "sqlalchemy", "werkzeug", "jinja2", "babel", "PIL", "whoosh", "regex"}
    assert not heavy & set(told)
    assert len(ours) >= 8


def test_a_colleague_posts_reads_searches_and_leaves(url: str, token: str, run: Run, home: Path) -> None:
    login = run("login", url, "--token", typed=token + "\n")
    assert (login.exit_code, login.stdout) == (0, "")
    posted = run("post", "Quieter seal tested #pumps")
    assert re.fullmatch(rf"{url}/posts/\d+\n", posted.stdout)
    noted = run("post", "With a note #pumps", "--note", "See **this**\n\nand that")
    assert noted.exit_code == 0
    piped = run("post", typed="\nFrom a pipe #pumps\n\nthe rest\nof it\n")
    assert piped.exit_code == 0
    number = posted.stdout.strip().rpartition("/")[2]
    assert run("post", "And louder", "--reply-to", number).exit_code == 0
    rows = [row.split("\t") for row in run("feed", "--tag", "#Pumps", "--limit", "45").stdout.splitlines()]
    assert len(rows) == 45
    assert [row[3] for row in rows[-3:]] == ["Quieter seal tested #pumps", "With a note #pumps", "From a pipe #pumps"]
    assert [row[2] for row in rows[-4:]] == ["@grace", "@ada", "@ada", "@ada"]
    assert all(datetime.fromisoformat(row[1]) for row in rows)
    assert len({row[0] for row in rows}) == 45
    own = run("feed").stdout
    assert "And louder" in own
    assert "Old post" not in own
    assert "Old post 49" in run("feed", "--everyone").stdout
    assert "Old post 7 " in run("search", "old 7").stdout
    assert run("search", "nothing-of-that-kind").stdout == ""
    config_file = home / "microshare" / "login.json"
    assert stat.S_IMODE(config_file.stat().st_mode) == 0o600
    assert not (home / "microshare" / "pending.json").exists()
    out = run("logout")
    assert out.exit_code == 0
    assert not config_file.exists()
    assert run("feed").exit_code == 77


def test_signing_out_ends_the_token(url: str, token: str, run: Run, tmp_path: Path) -> None:
    with process("login", url, home=tmp_path) as login:
        assert login.stderr is not None
        address = next(line for line in login.stderr if "/oauth/authorize?" in line)
        login.communicate(allowed(url, address.strip()) + "\n", timeout=30)
    told = json.loads((tmp_path / "microshare" / "login.json").read_text())
    assert run("logout", XDG_CONFIG_HOME=str(tmp_path)).stderr == "Signed out.\n"
    again = run("feed", MICROSHARE_SERVER=url, MICROSHARE_TOKEN=told["token"])
    assert again.exit_code == 77
    assert "Sign in again" in again.stderr


def test_each_way_to_fail_has_a_sentence_and_an_exit_code(url: str, token: str, run: Run) -> None:
    here = {"MICROSHARE_SERVER": url, "MICROSHARE_TOKEN": token}
    long = run("post", "x" * 150, **here)
    assert (long.exit_code, long.stdout) == (1, "")
    assert "140" in long.stderr
    assert run("post", typed="", **here).exit_code == 1
    assert run("post", typed=b"\xff\xfe", **here).exit_code == 1
    assert run("post", "x", "--reply-to", "99999999", **here).exit_code == 1
    assert run("feed", "--limit", "0", **here).exit_code == 2
    assert run("search", "x", **{**here, "MICROSHARE_TOKEN": "wrong"}).exit_code == 77
    assert run("post", "x").exit_code == 77
    nobody = f"http://127.0.0.1:{served.free_port()}"
    gone = run("search", "x", **{**here, "MICROSHARE_SERVER": nobody})
    assert (gone.exit_code, gone.stdout) == (75, "")
    assert nobody in gone.stderr
    for address in ("", "ftp://x", "http://"):
        assert run("login", address).exit_code in (1, 75)
    assert run("login", url, "--token", typed="wrong\n").exit_code == 77
    assert run("login", url, "--token", typed="\n").exit_code == 1
    plain = url.replace("http://", "https://")
    assert run("login", plain).stderr == f"No answer from {plain}: wrong version number\n"
    nothing = run("feed", "--tag", "nobody_wrote_this", **here)
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "Nothing was found.\n")
    for result in (long, gone):
        assert "Traceback" not in result.stderr


def test_it_follows_until_ctrl_c(url: str, token: str, run: Run, home: Path) -> None:
    here = {"MICROSHARE_SERVER": url, "MICROSHARE_TOKEN": token}
    with process("feed", "--tag", "news", "--follow", "--every", "0.1", home=home, **here) as following:
        assert following.stdout is not None
        lines: list[str] = []
        reading = threading.Thread(target=lambda: lines.extend(iter(following.stdout.readline, "")), daemon=True)  # type: ignore[union-attr]
        reading.start()
        for n in range(3):
            assert run("post", f"News {n} #news", **here).exit_code == 0
        until = time.monotonic() + 15
        while len(lines) < 3:
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(0.3)
        following.send_signal(signal.SIGINT)
        assert following.wait(10) == 0
        reading.join()
    assert [line.split("\t")[3].strip() for line in lines] == [f"News {n} #news" for n in range(3)]


def test_it_speaks_dutch_where_the_terminal_does(home: Path) -> None:
    with process("feed", home=home, LANG="nl_NL.UTF-8") as feed:
        _, err = feed.communicate(timeout=30)
    assert err == "Meld je eerst aan: microshare login https://jouw.server\n"
    assert feed.returncode == 77
    with process("feed", "--help", home=home, LANG="nl_NL.UTF-8") as helping:
        assert "Lees je feed" in helping.communicate(timeout=30)[0]


# what a server may do


@contextmanager
def answering(*answers: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers so, one after another; what it was asked."""
    asked: list[dict[str, str]] = []
    waiting = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append({**self.headers, "path": self.path, "body": body.decode()})
            waiting.pop(0)(self)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.daemon_threads = True
    threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{serving.server_address[1]}", asked
    finally:
        serving.shutdown()
        serving.server_close()


def drops(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def says(status: int, told: Any = None, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(json.dumps(told).encode() if not isinstance(told, bytes) else told)

    return answer


def test_what_had_no_answer_is_sent_again_under_the_same_key(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PAUSE", 0.01)
    said = {"url": "https://here/posts/1"}
    with answering(drops, says(503), drops, says(200, said), says(422, {"error": "No \x1b[31m"}), says(200, said)) as (url, asked):
        here = {"MICROSHARE_SERVER": url, "MICROSHARE_TOKEN": "t"}
        first = run("post", "a line", **here)
        assert first.exit_code == 75
        assert "posts it once" in first.stderr
        assert run("post", "a line", **here).stdout == "https://here/posts/1\n"
        refused = run("post", "a line", **here)
        assert (refused.exit_code, refused.stderr) == (1, "No [31m\n")
        run("post", "a line", **here)
    keys = [one["Idempotency-Key"] for one in asked]
    assert len(set(keys[:4])) == 1
    assert len(set(keys)) == 3


def test_the_token_goes_nowhere_else_and_nonsense_is_told(run: Run) -> None:
    with answering() as (other, reached), answering(
        says(302, Location=other + "/"), says(200, b"<html>"), says(200, b"[" * 9)
    ) as (url, asked):
        here = {"MICROSHARE_SERVER": url, "MICROSHARE_TOKEN": "secret"}
        moved = run("search", "x", **here)
        assert (moved.exit_code, reached) == (1, [])
        assert other in moved.stderr
        for _ in range(2):
            assert run("search", "x", **here).exit_code == 1
        assert all(one["Authorization"] == "Bearer secret" for one in asked)


STATUS: dict[str, Any] = {
    "id": "7", "url": "https://share.acme.example/posts/7", "created_at": "2026-11-23T12:00:00.000Z",
    "spoiler_text": "A line with words " * 8, "content": "<p>The <strong>note</strong> &amp; more\x1b[2J</p><ul><li>one</li></ul>",
    "account": {"acct": "ada", "display_name": "Ada \x1b]0;x\x07de Vries"},
    "microshare": {"department": {"name": "Sales and a department with a very long name indeed"}},
}


def test_a_post_fits_into_80_columns_and_steers_no_terminal() -> None:
    said = shown.block(STATUS, datetime(2026, 11, 24, tzinfo=UTC))
    plain = re.sub(r"\x1b\[\d+m", "", said)
    assert max(map(len, plain.split("\n"))) <= 80
    assert "\x1b" not in plain
    assert "\x07" not in plain
    assert "│ The note & more" in plain
    assert "│ - one" in plain
    assert shown.row(STATUS).count("\t") == 3
    assert "\n" not in shown.row({**STATUS, "spoiler_text": "", "content": "<p>a\nb</p><p>c</p>"})


@pytest.mark.parametrize("bare", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_weight_gets_none(bare: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b[1m" in shown.block(STATUS, moment)
    for name, value in bare.items():
        monkeypatch.setenv(name, value)
    assert "\x1b" not in shown.block(STATUS, moment)


def test_a_full_disk_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    fake = type("Fake", (), {"commands": {"feed": 1}, "__call__": lambda self, **_: full()})
    monkeypatch.setattr(command, "people", fake())
    monkeypatch.setattr(sys, "argv", ["microshare", "feed"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    told = capsys.readouterr().err
    assert (ended.value.code, told) == (1, "That cannot be read or written: No space left on device\n")


def test_search_where_there_is_neither_a_login_nor_an_instance(home: Path, tmp_path: Path) -> None:
    """It makes none, and says what to do; and so does a post, before anybody types it."""
    for words in (("search", "pump"), ("post",)):
        with process(*words, home=home, at=tmp_path) as asking:
            _, err = asking.communicate(timeout=30)
        assert (asking.returncode, err) == (77, "Sign in first: microshare login https://your.server\n")
    assert list(tmp_path.iterdir()) == []


def test_the_old_search_stays_where_nobody_is_signed_in(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    ran: list[str] = []
    monkeypatch.setenv("MICROSHARE_INSTANCE", str(home.parent))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setattr("microshare.cli.main", lambda **_: ran.append("server"))
    monkeypatch.setattr(command, "people", type("Fake", (), {
        "commands": command.people.commands, "__call__": lambda self, **_: ran.append("people")})())
    for words, wanted in (("search x", "server"), ("post x", "people"), ("user list", "server"), ("", "server"), ("--help", "server")):
        monkeypatch.setattr(sys, "argv", ["microshare", *words.split()])
        command.main()
        assert ran[-1] == wanted, words
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    kept.keep(Login("https://a.b", "t"))
    monkeypatch.setattr(sys, "argv", ["microshare", "search", "x"])
    command.main()
    assert ran[-1] == "people"
