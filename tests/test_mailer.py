import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from flask import Flask

from microshare import account_letters, config, create_app, mailer, pace, unreachable
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


@pytest.fixture(scope="module")
def smtp() -> Iterator[mail_server.MailServer]:
    with mail_server.served() as server:
        yield server


@pytest.mark.parametrize(("name", "code", "said"), [
    ("gone", "address-refused", "550 5.1.1"),
    ("full", "letter-refused", "552 5.2.2"),
    ("strict", "mail", "550 5.7.1"),
    ("later", "mail", "451 4.7.1"),
    ("bye", "mail", "421 4.3.2"),
    ("spam", "letter-refused", "554 5.7.1"),
    ("large", "letter-refused", "552 5.3.4"),
    ("busy", "mail", "452 4.3.1"),
    ("drop", "mail", "closed"),
    ("slow", "mail", "timed out"),
])
def test_what_a_server_says_is_told_apart_and_the_next_letter_goes(
    smtp: mail_server.MailServer, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    name: str, code: str, said: str,
) -> None:
    app = create_app(replace(settings, smtp_url=smtp.url))
    with app.app_context(), mailer.opened() as transport:
        with (
            monkeypatch.context() as patched,
            pytest.raises(Refused if code != "mail" else Unavailable) as refused,
        ):
            if name == "slow":  # the others have all the time that they need
                patched.setattr(mailer, "TIMEOUT", 0.3)
            transport.send(letter(f"{name}@example.com"), NOON)
        assert refused.value.code == code
        assert said in refused.value.facts["why"]
        before = len(smtp.letters)
        transport.send(letter(), NOON)
        assert len(smtp.letters) == before + 1
        db.engine.dispose()


def test_a_conversation_that_ended_meanwhile_is_begun_anew(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailer, "IDLE", 0.0)
    with mail_server.served() as server:
        app = create_app(replace(settings, smtp_url=server.url))
        with app.app_context(), mailer.opened() as transport:
            transport.send(letter(), NOON)
            assert isinstance(transport, mailer.Smtp)
            assert transport.server is not None
            assert transport.server.sock is not None
            transport.server.sock.close()
            transport.send(letter(), NOON)
            db.engine.dispose()
    assert len(server.letters) == 2


def test_a_letter_comes_back_to_its_own_address(
    smtp: mail_server.MailServer, settings: Settings
) -> None:
    app = create_app(replace(settings, smtp_url=smtp.url))
    with app.app_context(), mailer.opened() as transport:
        transport.send(replace(letter(), return_path="share+b7@example.com"), NOON)
        transport.send(letter(), NOON)
        db.engine.dispose()
    assert smtp.senders[-2:] == ["share+b7@example.com", "share@example.com"]


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


def test_nobodys_answer_goes_to_an_address_that_is_stopped_but_a_password_does(
    app: Flask, letters: list[Letter]
) -> None:
    with app.app_context():
        with saving():
            unreachable.hard("ada@example.com", "550 5.1.1 no such mailbox", NOON)
            account_letters.write("reset", "ada@example.com", "en", NOON, path="/r/t")
            answer = replace(letter("ada@example.com"), headers={"Auto-Submitted": "auto-replied"})
            db.session.add(PendingLetter(
                letter=answer.as_dict(), created_at=NOON, not_before=NOON, attempts=0, error=""))
        assert account_letters.send_pending(NOON) == 1
        assert db.session.query(PendingLetter).count() == 0
    assert ["/r/t" in sent.text for sent in letters] == [True]


def test_letters_go_at_the_pace_that_is_set(
    domain: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    at = [NOON]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        at[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(pace, "sleep", sleep)
    monkeypatch.setattr("microshare.clock.now", lambda: at[0])
    domain.config["MICROSHARE"] = replace(config.current(), mail_per_minute=30)
    with saving():
        for number in range(4):
            account_letters.write("reset", f"a{number}@example.com", "en", NOON, path="/r/t")
    assert account_letters.send_pending(NOON) == 4
    assert sum(slept) == pytest.approx(6)  # three pauses of two seconds, and none before the first
    with saving():
        assert pace.reserve(NOON + timedelta(seconds=6)) == NOON + timedelta(seconds=8)
        # Whoever waited long finds his place free, and no crowd behind it.
        assert pace.reserve(NOON + timedelta(hours=1)) == NOON + timedelta(hours=1)
        assert pace.reserve(NOON + timedelta(hours=1)) == NOON + timedelta(hours=1, seconds=2)
        # A clock that was put back by a day does not stop the mail for a day.
        assert pace.reserve(NOON - timedelta(days=1)) == NOON - timedelta(days=1)


def test_places_are_given_out_once(domain: Flask) -> None:
    domain.config["MICROSHARE"] = replace(config.current(), mail_per_minute=60)

    def take() -> list[datetime]:
        with domain.app_context():
            taken = []
            for _ in range(5):
                with saving():
                    taken.append(pace.reserve(NOON))
            db.session.remove()
            return taken

    places = [place for taken in raced(domain, take, take, take) for place in taken]
    assert sorted(places) == [NOON + timedelta(seconds=n) for n in range(15)]
