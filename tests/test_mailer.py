import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from flask import Flask

from microshare import account_letters, create_app, mailer
from microshare.config import Settings
from microshare.db import db, saving
from microshare.errors import Refused, Unavailable
from microshare.mailer import Letter
from microshare.models import PendingLetter
from tests import mail_server
from tests.acts import raced
from tests.conftest import NOON


def letter(to: str = "grace@example.com", subject: str = "Één lekkage — pomp №5") -> Letter:
    return Letter(to, subject, "tekst é", "<p>tekst é</p>", "id.1@example.com", {"X-Kind": "test"})


def test_a_letter_travels_whole_over_smtp(settings: Settings) -> None:
    with mail_server.served() as server:
        app = create_app(replace(settings, smtp_url=server.url))
        with app.app_context(), mailer.opened() as transport:
            transport.send(letter(), NOON)
            transport.send(replace(letter(), message_id="id.2@example.com"), NOON)
            db.engine.dispose()
    first, second = server.to("grace@example.com")
    assert first["Subject"] == "Één lekkage — pomp №5"
    assert first["From"].addresses[0].addr_spec == "share@example.com"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"].datetime == NOON
    assert first.get_body(("plain",)).get_content().strip() == "tekst é"  # type: ignore[union-attr]
    assert (first["Message-ID"], second["Message-ID"]) == (
        "<id.1@example.com>",
        "<id.2@example.com>",
    )


def test_a_refusal_for_good_and_one_for_now_are_told_apart(settings: Settings) -> None:
    with mail_server.served() as server:
        app = create_app(replace(settings, smtp_url=server.url))
        with app.app_context(), mailer.opened() as transport:
            with pytest.raises(Refused) as refused:
                transport.send(letter("gone@example.com"), NOON)
            assert "550" in refused.value.facts["why"]
            with pytest.raises(Unavailable):
                transport.send(letter("later@example.com"), NOON)
            transport.send(letter(), NOON)  # the connection is still of use
            db.engine.dispose()
    assert len(server.letters) == 1


def test_no_server_is_an_outage(settings: Settings) -> None:
    with mail_server.served() as server:
        url = server.url
    app = create_app(replace(settings, smtp_url=url))
    with app.app_context(), mailer.opened() as transport:
        with pytest.raises(Unavailable):
            transport.send(letter(), NOON)
        db.engine.dispose()


def test_a_password_never_travels_in_the_clear(settings: Settings) -> None:
    with mail_server.served() as server:
        url = server.url.replace("//", "//user:secret@")
        app = create_app(replace(settings, smtp_url=url))
        with app.app_context(), mailer.opened() as transport:
            with pytest.raises(Unavailable) as unavailable:
                transport.send(letter(), NOON)
            assert isinstance(unavailable.value.__cause__, smtplib.SMTPNotSupportedError)
            db.engine.dispose()
    assert server.letters == []


def test_a_line_break_in_a_header_cannot_be_smuggled_in(app: Flask) -> None:
    with app.app_context(), mailer.opened() as transport:
        with pytest.raises(ValueError, match=r"linefeed|newline|line"):
            transport.send(letter(subject="a\r\nBcc: everyone@example.com"), NOON)


def test_without_a_server_a_letter_is_a_file_and_the_same_letter_one_file(
    app: Flask, settings: Settings
) -> None:
    with app.app_context():
        del app.extensions["microshare.letters"]
        with mailer.opened() as transport:
            transport.send(letter(), NOON)
            transport.send(letter(), NOON)
    (file,) = (settings.instance / "outbox").glob("*.eml")
    assert file.stat().st_mode & 0o777 == 0o600
    read = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert read["To"] == "grace@example.com"


def test_an_account_letter_waits_while_the_server_is_away_and_is_deleted_once_sent(
    settings: Settings,
) -> None:
    with mail_server.served() as server:
        url = server.url
    app = create_app(replace(settings, smtp_url=url))
    with app.app_context():
        with saving():
            account_letters.write("reset", "ada@example.com", "en", NOON, path="/reset/t")
        assert account_letters.send_pending(NOON) == 0
        (waiting,) = account_letters.undelivered()
        assert waiting.attempts == 1
        assert account_letters.send_pending(NOON) == 0  # not before its pause is over
        db.session.remove()
        db.engine.dispose()
    with mail_server.served() as server:
        app = create_app(replace(settings, smtp_url=server.url))
        with app.app_context():
            with saving():
                db.session.query(PendingLetter).update({"not_before": NOON})
            assert account_letters.send_pending(NOON) == 1
            assert db.session.query(PendingLetter).count() == 0
            db.session.remove()
            db.engine.dispose()
    (sent,) = server.to("ada@example.com")
    assert "/reset/t" in sent.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_two_workers_that_both_believe_it_is_their_turn_send_a_letter_once(
    domain: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As after a restart of PostgreSQL, which forgets the locks of those who are alive.
    monkeypatch.setattr(account_letters, "exclusive", lambda name: nullcontext(True))
    with saving():
        for number in range(5):
            account_letters.write("reset", f"ada{number}@example.com", "en", NOON, path="/r/t")
    sent = raced(domain, *[lambda: account_letters.send_pending(NOON)] * 3)
    assert sum(sent) == 5
    assert len(domain.extensions["microshare.letters"]) == 5


def test_a_letter_that_left_is_marked_as_soon_as_the_database_answers(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    @contextmanager
    def away() -> Iterator[None]:
        tries.append(1)
        if 1 < len(tries) < 5:
            raise Unavailable("database", why="gone")
        with saving():
            yield

    monkeypatch.setattr(account_letters, "saving", away)
    monkeypatch.setattr("microshare.db.PAUSE", 0)
    with app.app_context():
        with saving():
            account_letters.write("reset", "ada@example.com", "en", NOON, path="/r/t")
        assert account_letters.send_pending(NOON) == 1
        assert len(app.extensions["microshare.letters"]) == 1
        assert db.session.query(PendingLetter).count() == 0
