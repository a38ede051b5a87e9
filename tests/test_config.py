import secrets
import stat
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from microshare import config
from microshare.config import Settings
from microshare.errors import Refused


def refusal(**environ: str) -> Refused:
    with pytest.raises(Refused) as refused:
        config.read({f"MICROSHARE_{name.upper()}": value for name, value in environ.items()})
    return refused.value


def test_without_any_setting_the_defaults_hold() -> None:
    assert config.read({}) == Settings()
    assert config.read({"PATH": "/bin", "PORT": "x", "microshare_port": "x"}) == Settings()


def test_every_setting_is_read_from_its_name_and_typed() -> None:
    settings = config.read({
        "MICROSHARE_INSTANCE": "/srv/share", "MICROSHARE_URL": "https://share.example.com/",
        "MICROSHARE_PORT": "8080", "MICROSHARE_LINE_LIMIT": "280",
        "MICROSHARE_REGISTRATION": " Example.com, example.nl",
        "MICROSHARE_TIME_ZONE": "America/New_York", "MICROSHARE_LANGUAGE": "nl",
        "MICROSHARE_SMTP_URL": "smtps://ada:secret@mail.example.com:465",
    })
    assert (settings.instance, settings.url, settings.port, settings.line_limit) == (
        Path("/srv/share"), "https://share.example.com", 8080, 280)
    assert settings.mail_domains == ("example.com", "example.nl")
    assert settings.zone == ZoneInfo("America/New_York")
    assert (settings.language, settings.smtp_url) == (
        "nl", "smtps://ada:secret@mail.example.com:465")


@pytest.mark.parametrize(("name", "near"), [
    ("DATABSE_URL", "DATABASE_URL"), ("SMTP", "SMTP_URL"), ("LINELIMIT", "LINE_LIMIT"),
    ("POORT", "PORT"),
])
def test_a_typing_error_is_refused_and_the_right_name_is_told(name: str, near: str) -> None:
    refused = refusal(**{name: "1"})
    assert (refused.code, refused.facts) == (
        "setting-unknown", {"name": f"MICROSHARE_{name}", "near": f"MICROSHARE_{near}"})


def test_a_name_like_no_other_is_refused_without_a_guess() -> None:
    assert refusal(xyzzy="1").facts == {"name": "MICROSHARE_XYZZY", "near": ""}


@pytest.mark.parametrize(("name", "value"), [
    ("port", "http"), ("port", "-1"), ("port", "65536"), ("port", "٣"), ("port", " 80"),
    ("port", ""), ("line_limit", "19"), ("line_limit", "1001"), ("proxies", "1.5"),
    ("note_limit", "9" * 5000),
    ("url", "share.example.com"), ("url", "ftp://x"), ("url", "http://x:port"), ("url", ""),
    ("smtp_url", "mail.example.com"), ("database_url", "mysql://x"),
    ("registration", "everybody"), ("registration", "@example.com"), ("registration", ""),
    ("registration", "example.com,"), ("language", "fr"), ("language", ""),
    ("time_zone", "Amsterdam"), ("time_zone", ""), ("log_level", "loud"), ("company", ""),
    ("host", ""), ("mail_from", ""), ("instance", ""),
])
def test_a_value_that_cannot_be_is_refused_with_what_it_must_be(name: str, value: str) -> None:
    refused = refusal(**{name: value})
    assert refused.code == "setting-malformed"
    assert refused.facts["name"] == f"MICROSHARE_{name.upper()}"
    assert refused.facts["value"] == value
    assert len(refused.facts["expected"]) > 5


@pytest.mark.parametrize("name", ["smtp_url", "database_url"])
def test_an_empty_value_means_the_default_where_empty_is_the_default(name: str) -> None:
    assert config.read({f"MICROSHARE_{name.upper()}": ""}) == Settings()


def test_every_setting_has_a_reader_and_a_line_for_the_readme() -> None:
    for setting in fields(Settings):
        assert callable(setting.metadata["read"]), setting.name
        assert setting.metadata["doc"], setting.name


def test_every_default_could_have_been_typed() -> None:
    for setting in fields(Settings):
        if setting.default != "":
            assert setting.metadata["read"](str(setting.default)) == setting.default


@pytest.mark.parametrize(("registration", "domains"), [
    ("open", ()), ("closed", ()), ("example.com", ("example.com",)),
])
def test_only_named_domains_may_join_by_themselves(
    registration: str, domains: tuple[str, ...]
) -> None:
    assert Settings(registration=registration).mail_domains == domains


def test_the_database_is_in_the_instance_folder_unless_it_is_named(tmp_path: Path) -> None:
    assert Settings(instance=tmp_path).database == f"sqlite:///{tmp_path}/microshare.db"
    named = "postgresql://x/y"
    assert Settings(instance=tmp_path, database_url=named).database == named


def test_the_address_follows_host_and_port_unless_it_is_named() -> None:
    assert config.read({"MICROSHARE_PORT": "8080"}).url == "http://127.0.0.1:8080"
    assert config.read({"MICROSHARE_PORT": "8080", "MICROSHARE_URL": "http://share"}).url == (
        "http://share")


def test_a_child_process_reads_the_same_settings(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, port=8080, url="https://share.example.com",
                        registration="example.com", line_limit=200)
    told = config.environment(settings)
    assert config.read({k: v for k, v in told.items() if k.startswith("MICROSHARE_")}) == settings


def test_the_secret_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    key = config.secret_key(tmp_path)
    assert len(bytes.fromhex(key)) == 32
    assert config.secret_key(tmp_path) == key
    path = tmp_path / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret.key"]


def test_two_installations_have_two_keys(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    assert config.secret_key(tmp_path / "a") != config.secret_key(tmp_path / "b")


def test_the_key_of_a_process_that_was_a_moment_earlier_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token_hex = secrets.token_hex

    def slowly(length: int) -> str:
        (tmp_path / "secret.key").write_text("theirs")
        return token_hex(length)

    monkeypatch.setattr(secrets, "token_hex", slowly)
    assert config.secret_key(tmp_path) == "theirs"
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret.key"]


READ = """
import sys
from pathlib import Path
from microshare import config
print("ready", flush=True)
sys.stdin.readline()
print(config.secret_key(Path(sys.argv[1])), flush=True)
"""


def test_processes_that_start_at_once_have_the_same_key(tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", READ, str(tmp_path)], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    keys = [process.communicate()[0].strip() for process in started]
    assert len(set(keys)) == 1
    assert len(keys[0]) == 64
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_that_was_brought_along_takes_the_place_of_the_instances_own(tmp_path: Path) -> None:
    config.secret_key(tmp_path)
    config.keep_secret_key(tmp_path, "of elsewhere")
    assert config.secret_key(tmp_path) == "of elsewhere"
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret.key"]
