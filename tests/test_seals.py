import subprocess
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import dkim
import pytest

from microshare import create_app, mailer, seals
from microshare.config import Settings
from microshare.db import db
from microshare.errors import Refused
from microshare.mailer import Letter
from tests.conftest import NOON, ROOT

KEY = ROOT / "tests" / "cases" / "mail" / "dkim.pem"
LEAVE = "https://share.example.com/digest/unsubscribe/" + "a" * 120
HEADERS = {
    "List-Id": '"Acme" <digest.example.com>',
    "List-Unsubscribe": f"<{LEAVE}>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}
LETTER = Letter(
    "ada@example.com", "Eén pomp — stiller", "tekst é\n.\nFrom ons\n-- \n", "<p>é = é</p>",
    "digest.2026-11-23.7@example.com", HEADERS,
)


def asked(name: bytes, timeout: int = 5) -> bytes | None:
    """The DNS of a receiver, where the administrator put what `mail check` told."""
    der = subprocess.run(
        ["openssl", "rsa", "-in", str(KEY), "-pubout", "-outform", "DER"],
        capture_output=True, check=True,
    ).stdout
    records = {b"post._domainkey.example.com.": b"v=DKIM1; k=rsa; p=" + b64encode(der)}
    return records.get(name)


@pytest.fixture(scope="module")
def sealed(installed: Path) -> bytes:
    app = create_app(Settings(
        instance=installed, mail_from="share@example.com", company="Acmé",
        dkim_key=str(KEY), dkim_selector="post",
    ))
    with app.app_context():
        raw = mailer.message(LETTER, NOON)
        assert seals.record().encode() == asked(b"post._domainkey.example.com.")
        db.engine.dispose()
    return raw


def test_a_receiver_finds_the_seal_good(sealed: bytes) -> None:
    assert dkim.verify(sealed, dnsfunc=asked)
    assert dkim.verify(sealed.replace(b"Precedence", b"precedence"), dnsfunc=asked)


@pytest.mark.parametrize(("was", "becomes"), [
    (b"One-Click", b"One-Trick"),
    (b"unsubscribe/aa", b"unsubscribe/bb"),
    (b"digest.example.com>\r\n", b"other.example.com>\r\n"),
    (b"From: ", b"From: evil@example.org\r\nFrom: "),
    (b"To: ", b"Reply-To: evil@example.org\r\nTo: "),
    (b"To: ", b"List-Unsubscribe: <https://evil.example.org>\r\nTo: "),
    (b"tekst", b"tekzt"),
])
def test_a_letter_that_was_changed_has_no_good_seal(
    sealed: bytes, was: bytes, becomes: bytes
) -> None:
    assert was in sealed
    assert not dkim.verify(sealed.replace(was, becomes, 1), dnsfunc=asked)


def test_what_programs_read_travels_as_it_is_however_long(sealed: bytes) -> None:
    head, _, body = sealed.partition(b"\r\n\r\n")
    assert f"List-Unsubscribe: <{LEAVE}>".encode() in head.split(b"\r\n")
    assert b"Message-ID: <digest.2026-11-23.7@example.com>" in head.split(b"\r\n")
    assert sealed.isascii()
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert sealed.count(b"\n") == sealed.count(b"\r\n")


def test_without_a_key_nothing_is_signed(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        assert b"DKIM" not in mailer.message(LETTER, NOON)
        db.engine.dispose()


@pytest.mark.parametrize(("content", "code"), [
    (None, "dkim-key-unreadable"),
    (b"", "dkim-key-broken"),
    (b"no key at all", "dkim-key-broken"),
    (b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "dkim-key-broken"),
    (KEY.read_bytes()[:900] + b"\n-----END RSA PRIVATE KEY-----\n", "dkim-key-broken"),
    (b"\n".join(KEY.read_bytes().split(b"\n")[:9] + KEY.read_bytes().split(b"\n")[10:]),
     "dkim-key-broken"),
    ("public", "dkim-key-broken"),
    ("short", "dkim-key-short"),
    ("encrypted", "dkim-key-broken"),
])
def test_a_key_that_does_not_do_refuses_the_start(
    settings: Settings, tmp_path: Path, content: bytes | str | None, code: str
) -> None:
    path = tmp_path / "key.pem"
    made = {
        "public": ["rsa", "-in", str(KEY), "-pubout"],
        "short": ["genrsa", "-traditional", "512"],
        "encrypted": ["rsa", "-in", str(KEY), "-aes128", "-passout", "pass:secret"],
    }
    if isinstance(content, str):
        told = subprocess.run(["openssl", *made[content]], capture_output=True, check=True)
        content = told.stdout
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        create_app(replace(settings, dkim_key=str(path)))
    assert refused.value.code == code


def test_a_key_of_todays_openssl_is_read_too(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    told = subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", str(KEY)], capture_output=True, check=True
    )
    path.write_bytes(told.stdout.replace(b"\n", b"\r\n"))
    assert b"BEGIN PRIVATE KEY" in told.stdout
    create_app(replace(settings, dkim_key=str(path)))
