"""The settings: named, typed, from the environment (`MICROSHARE_*`), read once at start.

An unknown, malformed or missing setting refuses the start with a sentence that names the right
one: a typo that is ignored costs an administrator an afternoon.
"""

import difflib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from flask import current_app

from microshare import mail_settings, program_settings
from microshare.errors import Refused

PREFIX = "MICROSHARE_"
# Names that our own tests read, and the command for people; no settings, but no typing errors.
NOT_SETTINGS = {"MICROSHARE_DATA", "MICROSHARE_SERVER", "MICROSHARE_TOKEN"}
LANGUAGES = ("en", "nl")


def _text(value: str) -> str:
    if not value:
        raise ValueError("a text that is not empty")
    return value


def _folder(value: str) -> Path:
    return Path(_text(value))


def _secret(value: str) -> str:
    if len(value) < 32:
        raise ValueError("at least 32 characters, chosen at random")
    return value


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        expected = f"a whole number from {low} to {high}"
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(expected)
        return int(value)

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return value

    return read


def _address(*schemes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        expected = f"an address that begins with {' or '.join(s + '://' for s in schemes)}"
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError as error:
            raise ValueError(expected) from error
        if parts.scheme not in schemes:
            raise ValueError(expected)
        return value.rstrip("/")

    return read


def _zone(value: str) -> str:
    if value not in zones():
        raise ValueError("a time zone such as Europe/Amsterdam")
    return value


@cache
def zones() -> frozenset[str]:
    """The names of all time zones; cached, for the machine's folder is read for them."""
    return frozenset(available_timezones())


def _registration(value: str) -> str:
    domains = [domain.strip().lower() for domain in value.split(",")]
    if value in ("open", "closed") or all(
        "." in d and "@" not in d and " " not in d for d in domains
    ):
        return ",".join(domains)
    raise ValueError("closed, open, or mail domains such as example.com,example.nl")


def _setting(default: Any, read: Callable[[str], Any], doc: str, *, is_secret: bool = False) -> Any:
    return field(
        default=default,
        repr=not is_secret,
        metadata={"read": read, "doc": doc, "secret": is_secret},
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that may differ between two installations. README's table is made from it."""

    instance: Path = _setting(Path("instance"), _folder, "folder of the database, index and key")
    database_url: str = _setting(
        "",
        _address("sqlite", "postgresql", "postgresql+psycopg"),
        "the database; empty: SQLite in the instance folder",
    )
    secret_key: str = _setting(
        "",
        _secret,
        "signs sessions; empty: made by itself, in the instance folder or in PostgreSQL",
        is_secret=True,
    )
    url: str = _setting(
        "http://127.0.0.1:5000", _address("http", "https"), "the address that colleagues type"
    )
    host: str = _setting("127.0.0.1", _text, "the interface that the server listens on")
    port: int = _setting(5000, _number(0, 65535), "the port that the server listens on")
    web_processes: int = _setting(2, _number(1, 64), "web processes")
    web_threads: int = _setting(8, _number(1, 64), "threads in each web process")
    proxies: int = _setting(0, _number(0, 9), "how many proxies stand in front of the server")
    company: str = _setting("microshare", _text, "the name on the pages and in the letters")
    registration: str = _setting(
        "closed", _registration, "who may join: closed, open, or mail domains with commas"
    )
    smtp_url: str = _setting(
        "",
        _address("smtp", "smtps"),
        "smtp://user:password@host:587; empty: letters become files in the instance folder",
    )
    mail_from: str = _setting(
        "microshare@localhost", mail_settings.mail_address, "the address that letters come from"
    )
    mail_per_minute: int = _setting(
        0, _number(0, 60000), "letters a minute that the mail server gets at most; 0: any number"
    )
    dkim_key: str = _setting(
        "", _text, "the file with the private RSA key (PEM) that signs letters; empty: they are not"
    )
    dkim_selector: str = _setting(
        "microshare", mail_settings.label, "the name of that key in the DNS, before `._domainkey.`"
    )
    dns: str = _setting(
        "",
        mail_settings.server,
        "the DNS server to ask, as 192.0.2.53 or 127.0.0.1:5353; empty: the machine's",
    )
    mail_in: str = _setting(
        "",
        mail_settings.door_address,
        "the address that colleagues post to, share@example.com; empty: the mail door is off",
    )
    mail_authserv_id: str = _setting(
        "",
        mail_settings.relay_names,
        "the name under which your own relay writes Authentication-Results; several with commas",
    )
    imap_url: str = _setting(
        "",
        mail_settings.mailbox,
        "imaps://user:password@host/INBOX, the mailbox that the worker empties; empty: none",
    )
    imap_token_file: str = _setting(
        "", _text, "the file with an OAuth 2 token that signs in to it instead of a password"
    )
    lmtp_listen: str = _setting(
        "127.0.0.1:8024",
        mail_settings.listener,
        "where `microshare mail serve` listens; unix:/path for a socket",
    )
    language: str = _setting("en", _one_of(*LANGUAGES), "the language where nothing else tells")
    time_zone: str = _setting("Europe/Amsterdam", _zone, "the time zone of new colleagues")
    line_limit: int = _setting(140, _number(20, 1000), "the length of a line, in characters")
    note_limit: int = _setting(2000, _number(0, 20000), "the length of a note, in characters")
    password_memory: int = _setting(
        65536, _number(8, 4194304), "the memory that hashing a password takes, in KiB"
    )
    webhook_networks: str = _setting(
        "",
        program_settings.networks,
        "networks of our own that webhooks may reach, with commas; empty: none",
    )
    api_rate: int = _setting(
        1500, _number(10, 1000000), "calls of clients in five minutes, a colleague"
    )
    api_origins: str = _setting(
        "",
        program_settings.origins,
        "web clients that may call: origins with commas, or *; empty: none",
    )
    log_level: str = _setting(
        "info", _one_of("debug", "info", "warning", "error"), "how much is logged"
    )

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database."""
        return self.database_url or f"sqlite:///{self.instance.absolute() / 'microshare.db'}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def mail_relays(self) -> tuple[str, ...]:
        """The names of our own relay, of which there may be none."""
        return tuple(self.mail_authserv_id.split(",")) if self.mail_authserv_id else ()

    @property
    def mail_domains(self) -> tuple[str, ...]:
        """The domains whose addresses may join by themselves; empty when closed or open."""
        if self.registration in ("open", "closed"):
            return ()
        return tuple(self.registration.split(","))


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment names, checked; `Refused` tells what is wrong with one."""
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        if name not in known:
            bare = {known_name.removeprefix(PREFIX): known_name for known_name in known}
            near = difflib.get_close_matches(name.removeprefix(PREFIX), bare, n=1)
            raise Refused("setting-unknown", name=name, near=bare[near[0]] if near else "")
        if value == "" and known[name].default == "":
            continue
        try:
            values[known[name].name] = known[name].metadata["read"](value)
        except ValueError as error:
            # No password on a screen or in a log.
            shown = re.sub(r"[^/@]*:[^/@]*@", "…@", value)
            if known[name].metadata["secret"]:
                shown = "…"
            raise Refused(
                "setting-malformed", name=name, value=shown, expected=str(error)
            ) from error
    settings = Settings(**values)
    if "url" in values:
        return settings
    seen_as = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    return replace(settings, url=f"http://{seen_as}:{settings.port}")


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which a child process reads these same settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    told = {PREFIX + f.name.upper(): str(getattr(settings, f.name)) for f in fields(Settings)}
    return kept | {name: value for name, value in told.items() if value}


def current() -> Settings:
    """The settings of the running application."""
    return cast(Settings, current_app.config["MICROSHARE"])


def secret_key(instance: Path) -> str:
    """The key that signs sessions: random, made at the first start, readable by its owner alone.

    Written under another name and linked into place: of two processes that start at once, one
    wins and both read the same key, and a crash leaves no half a key.
    """
    path = instance / "secret.key"
    if not path.exists():
        draft = _draft(path, secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def keep_secret_key(instance: Path, key: str) -> None:
    """Let this key, of a database that was copied, be the instance's."""
    path = instance / "secret.key"
    _draft(path, key).replace(path)


def _draft(path: Path, key: str) -> Path:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key)
    return draft
