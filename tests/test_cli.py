import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from microshare import clock, config, create_app, feeds, grants, people, posts, thanks
from microshare.cli import main
from microshare.config import Settings
from microshare.db import db, saving
from tests.conftest import PASSWORD

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings) -> Run:
    """Runs a command in an installed, empty instance."""
    environment = config.environment(settings)

    def invoke(*words: str, typed: str = "", **extra: str) -> Result:
        return CliRunner().invoke(
            main, list(words), input=typed, env={**environment, **extra}, catch_exceptions=False
        )

    return invoke


def add(run: Run, name: str, department: str = "Sales", *more: str) -> Result:
    return run(
        "user",
        "add",
        f"{name}@example.com",
        "--username",
        name,
        "--name",
        name.title(),
        "--department",
        department,
        *more,
        "--password-stdin",
        typed=PASSWORD + "\n",
    )


def test_a_colleague_has_another_address_from_now_on(run: Run) -> None:
    add(run, "ada")
    add(run, "grace")
    told = run("user", "email", "ada", "Ada@Acme.example")
    assert (told.exit_code, "ada@acme.example" in told.output) == (0, True)
    assert run("user", "email", "grace", "ada@acme.example").exit_code == 1
    assert "ada@acme.example" in run("user", "list").output


def test_init_prints_the_first_link_while_there_is_no_administrator(run: Run) -> None:
    assert "/join/" in run("init").stdout
    assert add(run, "ada", "Sales", "--role", "administrator").exit_code == 0
    again = run("init")
    assert again.exit_code == 0
    assert again.stdout == "Nothing to do.\n"


def test_an_instance_without_tables_says_what_to_run(run: Run, tmp_path: Path) -> None:
    answer = run("user", "list", MICROSHARE_INSTANCE=str(tmp_path / "empty"))
    assert answer.exit_code == 1
    assert "microshare init" in answer.stderr


def test_a_setting_with_a_typo_stops_every_command_and_names_the_right_one(run: Run) -> None:
    answer = run("user", "list", MICROSHARE_SMPT_URL="smtp://x")
    assert answer.exit_code == 1
    assert "MICROSHARE_SMPT_URL" in answer.stderr
    assert "MICROSHARE_SMTP_URL" in answer.stderr
    malformed = run("user", "list", MICROSHARE_PORT="http")
    assert malformed.exit_code == 1
    assert "MICROSHARE_PORT" in malformed.stderr
    assert "65535" in malformed.stderr


def test_colleagues_are_added_listed_changed_and_suspended(run: Run, settings: Settings) -> None:
    assert add(run, "ada", "Sales", "--role", "administrator").stdout.startswith("Added ada")
    assert add(run, "grace", "Field Service").exit_code == 0
    listed = run("user", "list").stdout
    assert "grace\tgrace@example.com\tmember\tField Service\tGrace" in listed
    assert run("user", "role", "grace", "community_manager").exit_code == 0
    assert run("user", "suspend", "grace@example.com").exit_code == 0
    assert "\tsuspended\t" in run("user", "list").stdout
    assert run("user", "suspend", "grace", "--undo").exit_code == 0
    assert "\tcommunity_manager\t" in run("user", "list").stdout
    assert (
        run("user", "password", "grace", "--password-stdin", typed="another long one\n").exit_code
        == 0
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("user", "add", "no-address", "--username", "x", "--name", "X", "--department", "D"),
            "not an e-mail address",
        ),
        (
            (
                "user",
                "add",
                "x@example.com",
                "--username",
                "a b",
                "--name",
                "X",
                "--department",
                "D",
            ),
            "A username has",
        ),
        (
            (
                "user",
                "add",
                "x@example.com",
                "--username",
                "x",
                "--name",
                "X",
                "--department",
                "!!",
            ),
            "A department needs a name",
        ),
        (
            (
                "user",
                "add",
                "x@example.com",
                "--username",
                "x",
                "--name",
                "X",
                "--department",
                "D",
                "--role",
                "king",
            ),
            "king",
        ),
        (("user", "suspend", "nobody"), "no colleague “nobody”"),
        (("user", "role", "ada", "member"), "only administrator"),
        (("token", "create", "nobody"), "no colleague"),
        (("digest", "send", "--to", "nobody"), "no colleague"),
        (("digest", "send", "--at", "yesterday"), "yesterday"),
        (("demo",), "needs an empty one"),
        (("invite", "ada@example.com"), "has joined already"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_1(
    run: Run, words: tuple[str, ...], told: str
) -> None:
    add(run, "ada", "Sales", "--role", "administrator")
    answer = run(*words)
    assert answer.exit_code == 1
    assert told in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""


def test_a_token_is_printed_alone_and_works(run: Run, settings: Settings) -> None:
    add(run, "ada")
    printed = run("token", "create", "ada").stdout
    assert printed == printed.split()[0] + "\n"
    app = create_app(settings)
    with app.app_context():
        reader = grants.reader_of(printed.strip())
        assert reader is not None
        assert reader.username == "ada"
        db.session.remove()
        db.engine.dispose()


def test_an_import_reports_each_row_and_is_repeatable(
    run: Run, tmp_path: Path, settings: Settings
) -> None:
    rows: list[dict[str, object]] = [
        {
            "id": "1",
            "author": "piet",
            "department": "Sales",
            "line": "Seal leaks #acme",
            "time": "2025-05-01T10:00:00Z",
            "tags": ["pumps"],
        },
        {"id": "2", "author": "", "department": "Sales", "line": "Nobody wrote this"},
        {"id": "3", "author": "piet", "department": "Sales", "line": "x" * 150},
        {
            "id": "4",
            "author": "jan",
            "department": "R&D",
            "line": "Earlier",
            "time": "2025-04-01T10:00:00Z",
        },
        {
            "id": "5",
            "author": "jan",
            "department": "R&D",
            "line": "t",
            "tags": [f"t{n}" for n in range(5000)],
        },
    ]
    file = tmp_path / "posts.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\nnot json\n")
    tried = run("import", str(file), "--dry-run")
    assert tried.exit_code == 0
    assert "row 1: added" in tried.stdout
    assert "row 2: this row has no author" in tried.stdout
    assert "row 3: That is 10 characters too long" in tried.stdout
    assert "row 5: That makes 5000 tags" in tried.stdout
    assert "row 6: this row is not valid" in tried.stdout
    assert run("export").stdout == ""
    assert "2 added, 0 there already, 4 refused." in run("import", str(file)).stdout
    assert "0 added, 2 there already, 4 refused." in run("import", str(file)).stdout
    exported = [json.loads(line) for line in run("export").stdout.splitlines()]
    assert [row["line"] for row in exported] == ["Earlier", "Seal leaks #acme"]
    assert exported[1]["tags"] == ["pumps"]
    run("index", "rebuild")
    assert "Seal leaks" in run("search", "leak #pumps dept:sales").stdout
    assert run("search", "nothing-like-it").stdout == ""
    app = create_app(settings)
    with app.app_context():
        assert people.get("piet").email is None
        assert len(feeds.everyone(people.get("piet")).items) == 2
        db.session.remove()
        db.engine.dispose()


def test_the_index_is_checked_and_rebuilt(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text("author,department,line,time\nada,Sales,One #x,2025-01-01\n")
    run("import", str(file))
    assert "1 posts are in the index" in run("index", "rebuild").stdout
    assert "The index is right" in run("index", "check").stdout


def test_the_demo_is_the_same_each_time_and_finds_its_way_into_search(
    run: Run, settings: Settings
) -> None:
    answer = run("demo", "--people", "8", "--posts", "60", "--tags", "10")
    assert answer.exit_code == 0
    assert "grace" in answer.stdout
    assert len(run("search", "is:question").stdout.splitlines()) >= 1
    assert "is in" not in run("index", "check").stderr
    preview = run("digest", "preview", "grace")
    assert preview.exit_code == 0


def test_a_digest_is_sent_now_to_one_colleague_once(run: Run, settings: Settings) -> None:
    add(run, "ada", "Sales", "--role", "administrator")
    add(run, "grace", "R&D")
    app = create_app(settings)
    with app.app_context():
        with saving():
            post = posts.publish(people.get("ada"), "Quieter #pumps", now=clock.now())
            thanks.give(people.get("grace"), post, clock.now())
        db.session.remove()
        db.engine.dispose()
    sent = run("digest", "send", "--to", "ada")
    assert sent.stdout.startswith("1 sent")
    (letter,) = (settings.instance / "outbox").glob("*.eml")
    assert "Quieter" in letter.read_text()
    again = run("digest", "send", "--to", "ada")
    assert again.exit_code == 1
    assert "has had the digest" in again.stderr
    nothing = run("digest", "send", "--to", "grace")
    assert nothing.stdout.startswith("0 sent, 1 had nothing to say")


def test_what_lies_outside_is_answered_with_a_sentence(run: Run, tmp_path: Path) -> None:
    add(run, "ada")
    nowhere = run("export", str(tmp_path / "no" / "x.jsonl"))
    assert nowhere.exit_code == 1
    assert "No such file" in nowhere.stderr
    malformed = run("user", "list", MICROSHARE_MAIL_FROM="foo")
    assert malformed.exit_code == 1
    assert "MICROSHARE_MAIL_FROM" in malformed.stderr
    away = run("user", "list", MICROSHARE_DATABASE_URL="postgresql://x@127.0.0.1:1/y")
    assert away.exit_code == 75
    assert "Traceback" not in away.stderr


def test_a_digest_that_the_mail_server_puts_off_is_told(run: Run, settings: Settings) -> None:
    add(run, "ada", "Sales", "--role", "administrator")
    add(run, "grace", "R&D")
    app = create_app(settings)
    with app.app_context():
        with saving():
            post = posts.publish(people.get("ada"), "Quieter #pumps", now=clock.now())
            thanks.give(people.get("grace"), post, clock.now())
        db.session.remove()
        db.engine.dispose()
    answer = run("digest", "send", "--to", "ada", MICROSHARE_SMTP_URL="smtp://127.0.0.1:1")
    assert answer.exit_code == 1
    assert "1 letters wait for another try" in answer.stderr
