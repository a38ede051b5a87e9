"""The mail door's one way in: who may, what is held, what is answered, and that nothing is lost."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from microshare import bounces, mail_addresses, people, unreachable
from microshare.db import let_go, saving
from microshare.errors import Missing
from microshare.mail import answers as told_back
from microshare.mail import envelopes, kept, posting, receive, register, signatures
from microshare.mail.kept import FAILED, HELD, IN_HAND
from tests import door
from tests.conftest import NOON, furnish
from tests.door import SHARE, answers, entries, letter, lines, signed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def names() -> Iterator[door.Names]:
    with door.names() as told:
        yield told


@pytest.fixture
def opened(domain: Flask, names: door.Names) -> Flask:
    """The mail door of a company with ada, grace and linus, on both databases."""
    names.silent = False
    names.asked.clear()
    domain.config["MICROSHARE"] = replace(
        domain.config["MICROSHARE"], mail_in=SHARE, mail_authserv_id="mx.acme.example",
        dns=names.address,
    )
    furnish()
    let_go()
    return domain


def brought(raw: bytes, to: str = SHARE, at: timedelta = timedelta()) -> tuple[str, str]:
    received = receive.receive(raw, to, NOON + at)
    return received.state, received.why


def private(name: str = "ada") -> str:
    address = mail_addresses.private(people.get(name))
    let_go()
    assert address
    return address


def test_a_signed_letter_of_a_colleague_is_posted_once(opened: Flask) -> None:
    raw = signed(letter())
    assert brought(raw) == ("taken", "posted")
    assert brought(b"Received: by another way\r\n" + raw, at=HOUR) == ("taken", "known")
    assert lines() == ["The quiet #pump seal holds"]
    assert entries() == [("done", "posted")]
    assert [one["to"] for one in answers()] == ["ada@example.com"]
    assert list(kept.names(IN_HAND)) == list(kept.names(HELD)) == []


def test_a_private_address_takes_any_letter_and_only_while_it_stands(opened: Flask) -> None:
    old = private()
    assert brought(letter("ada@home.example"), old) == ("taken", "posted")
    with saving():
        mail_addresses.renew(people.get("ada"))
    assert brought(letter("ada@home.example", message_id="2@x"), old) == ("unknown", "")
    assert brought(letter("ada@home.example", message_id="3@x"), private()) == ("taken", "posted")
    with saving():
        people.suspend(people.get("grace"), NOON)
    assert brought(letter(message_id="4@x"), private("grace")) == ("unknown", "")
    assert len(lines()) == 2


def test_a_letter_to_two_addresses_of_the_door_is_one_post(opened: Flask) -> None:
    """To share@ it proves nothing and is held; what comes by the private address is taken."""
    raw = letter()
    assert brought(raw) == ("taken", "held")
    assert brought(raw, private()) == ("taken", "posted")
    assert lines() == ["The quiet #pump seal holds"] and list(kept.names(HELD)) == []
    assert brought(raw) == ("taken", "known")


RELAY = "Authentication-Results: mx.acme.example; dkim=pass header.d=example.com\r\n"


def test_our_relay_may_speak_for_a_colleague(opened: Flask) -> None:
    assert brought(letter(more=RELAY)) == ("taken", "posted")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_where_our_relay_has_no_name_nobody_speaks_for_it(opened: Flask) -> None:
    opened.config["MICROSHARE"] = replace(opened.config["MICROSHARE"], mail_authserv_id="")
    assert brought(letter(more=RELAY)) == ("taken", "held")


def test_a_domain_above_the_senders_may_sign(opened: Flask) -> None:
    with saving():
        people.get("ada").email = "ada@sales.example.com"
    assert brought(signed(letter("ada@sales.example.com"))) == ("taken", "posted")


def test_a_name_server_that_is_silent_is_waited_for_and_not_for_ever(
    opened: Flask, names: door.Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "SECONDS", 0.05)
    names.silent = True
    raw = signed(letter())
    assert brought(raw) == brought(raw, at=HOUR / 2) == ("later", "names")
    assert entries() == [("waiting", "")] and list(kept.names(IN_HAND)) == []
    assert brought(raw, at=HOUR) == ("taken", "held")
    assert entries() == [("held", "unanswered")] and answers()[0]["to"] == "ada@example.com"


def test_names_that_answer_again_bring_the_letter_in(
    opened: Flask, names: door.Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "SECONDS", 0.05)
    names.silent = True
    assert brought(signed(letter())) == ("later", "names")
    names.silent = False
    assert brought(signed(letter()), at=HOUR / 4) == ("taken", "posted")


def test_an_answer_to_a_post_is_its_readers(opened: Flask) -> None:
    assert brought(signed(letter())) == ("taken", "posted")
    address = mail_addresses.reply_to(people.get("grace"), 1) or ""
    let_go()

    def replied(sender: str, number: int, more: str = "") -> str:
        raw = letter(sender, text=f"Ours too, {number}", to=address, message_id=f"{number}@r",
                     more=more)  # fmt: skip
        return brought(raw, address)[1]

    assert replied("grace@example.com", 1) == "replied"
    assert replied("linus@example.com", 2) == "held"  # the letter was passed on, or he forges
    assert replied("eve@evil.example", 3) == "held"
    refuted = "Authentication-Results: mx.acme.example; dmarc=fail header.from=example.com\r\n"
    assert replied("grace@example.com", 4, refuted) == "held"
    assert lines()[1:] == ["Ours too, 1"]
    assert [why for _, why in entries()[2:]] == ["unsigned", "stranger", "refuted"]


def test_what_is_held_is_told_its_colleague_once_a_day(opened: Flask) -> None:
    for number in range(3):
        assert brought(letter(message_id=f"{number}@x")) == ("taken", "held")
    (told,) = answers()
    assert told["to"] == "ada@example.com" and "quiet #pump seal" in told["subject"]
    assert "http://localhost/letters" in told["text"]
    assert told["return_path"] == "<>"
    headers = told["headers"]
    assert isinstance(headers, dict)
    assert headers["Auto-Submitted"] == "auto-replied" and headers["In-Reply-To"] == "<0@x>"
    brought(letter(message_id="3@x"), at=DAY)
    assert len(answers()) == 2 and len(list(kept.names(HELD))) == 4


def test_a_stranger_hears_that_it_was_not_posted_if_the_address_is_real(
    opened: Flask, names: door.Names
) -> None:
    names.texts["s1._domainkey.customer.example"] = door.record()
    brought(letter("eve@customer.example"))
    assert answers() == []  # it may be anybody's address
    for number in range(2):
        brought(signed(letter("bob@customer.example", message_id=f"{number}@c"),
                       domain="customer.example"))  # fmt: skip
    (told,) = answers()
    assert told["to"] == "bob@customer.example" and told["return_path"] == "<>"
    said = str(told)
    assert not any(name in said for name in ("ada", "grace", "linus", "localhost", "/settings"))
    assert entries() == [("held", "stranger")] * 3


def test_a_suspended_colleague_is_a_stranger(opened: Flask) -> None:
    with saving():
        people.suspend(people.get("grace"), NOON)
    assert brought(signed(letter("grace@example.com"))) == ("taken", "held")
    (told,) = answers()
    assert "http://localhost" not in told["text"] and lines() == []


def test_a_program_is_held_in_silence(opened: Flask) -> None:
    vacation = letter(subject="Automatic reply: away", more="Auto-Submitted: auto-replied\r\n")
    assert brought(signed(vacation))[0] == "taken"
    assert brought(vacation.replace(b"one@", b"two@"), private())[0] == "taken"
    assert lines() == [] and answers() == []
    assert brought(letter("x@build.example", more="Auto-Submitted: auto-generated\r\n",
                          message_id="three@b"), private("grace"))[0] == "taken"  # fmt: skip
    assert [state for state, _ in entries()] == ["held"] * 3
    assert len(register.held_for(people.get("grace"))) == 1
    (waiting, _) = register.held_for(people.get("ada"))
    assert told_back.why(waiting.why).startswith("A program wrote it")


def test_a_program_without_end_is_let_go(
    opened: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "LIMIT", 4)
    for number in range(register.LIMIT + 2):
        raw = letter("noreply@builds.example", message_id=f"{number}@b",
                     more="Auto-Submitted: auto-generated\r\n")  # fmt: skip
        assert brought(raw)[0] == "taken"
    assert len(entries()) == len(list(kept.names(HELD))) == register.LIMIT


def test_at_most_so_many_letters_an_hour(
    opened: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert register.LIMIT == 20
    monkeypatch.setattr(register, "LIMIT", 4)
    address = private()
    for number in range(register.LIMIT):
        # The sender of each is another: they are one colleague's all the same.
        raw = letter(f"ada{number}@home.example", f"Line {number}", message_id=f"{number}@x")
        assert brought(raw, address) == ("taken", "posted")
    last = letter(message_id="last@x")
    assert brought(last, address) == ("later", "too-many")
    assert brought(last, private("grace")) == ("taken", "posted")  # counted by itself
    assert brought(letter(message_id="l2@x"), address, 2 * HOUR) == ("taken", "posted")
    assert len(lines()) == register.LIMIT + 2


def test_a_letter_is_released_by_its_colleague_alone(opened: Flask) -> None:
    brought(letter())
    ada, grace = people.get("ada"), people.get("grace")
    (waiting,) = register.held_for(ada)
    number = waiting.id
    assert list(register.held_for(grace)) == []
    with pytest.raises(Missing), saving():
        register.decide(grace, number, "released")
    with saving():
        register.decide(ada, number, "released")
    with pytest.raises(Missing), saving():
        register.decide(ada, number, "dropped")
    assert brought(letter()) == ("taken", "known")  # while it waits for the worker
    assert lines() == []
    assert receive.take_released(NOON) == 1
    assert receive.take_released(NOON) == 0
    assert lines() == ["The quiet #pump seal holds"]
    assert entries() == [("done", "released")] and list(kept.names(HELD)) == []
    assert people.get("ada").id == 1 and brought(letter()) == ("taken", "known")


def test_a_letter_of_another_host_is_left_to_it(opened: Flask) -> None:
    brought(letter())
    (name,) = kept.names(HELD)
    kept.drop(HELD, name)
    with saving():
        register.decide(people.get("ada"), 1, "released")
    assert receive.take_released(NOON) == 0
    assert entries() == [("released", "unsigned")]


def test_held_letters_expire_and_those_of_strangers_give_way(
    opened: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "STRANGERS", 2)
    brought(letter())
    for number in range(3):
        brought(letter(f"eve{number}@evil.example", message_id=f"{number}@e"), at=DAY)
    with saving():
        register.forget_old(NOON + DAY)
    receive.take_up(NOON + 2 * DAY)
    assert [state for state, _ in entries()] == ["held", "dropped", "held", "held"]
    assert len(list(kept.names(HELD))) == 3
    with saving():
        register.forget_old(NOON + 32 * DAY)
    receive.take_up(NOON + 32 * DAY)
    assert {state for state, _ in entries()} == {"dropped"} and list(kept.names(HELD)) == []
    with saving():
        register.forget_old(NOON + 92 * DAY)
    assert entries() == []


def test_a_fault_of_ours_keeps_the_letter_and_can_be_tried_again(
    opened: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(posting, "take", broken)
        assert brought(signed(letter())) == ("taken", "failed")
        (name,) = kept.names(FAILED)
        assert kept.told(FAILED, name).why == "ZeroDivisionError: a fault"
        assert receive.retry(name, NOON).why == "failed" and list(kept.names(FAILED)) == [name]
    assert receive.retry(name, NOON + DAY).why == "posted"
    assert lines() == ["The quiet #pump seal holds"] and list(kept.names(FAILED)) == []
    with pytest.raises(Missing):
        receive.retry("../../x", NOON)


def test_a_database_that_does_not_answer_leaves_the_letter_where_it_is(
    opened: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("", {}, Exception("gone"))

    with monkeypatch.context() as patch:
        patch.setattr(posting, "take", gone)
        assert brought(signed(letter())) == ("later", "OperationalError")
    assert list(kept.names(FAILED)) == [] and brought(signed(letter())) == ("taken", "posted")


REPORT = """From: MAILER-DAEMON@mx.example\r\nTo: <{to}>\r\nSubject: Undelivered Mail Returned to Sender
Message-ID: <report@mx.example>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

I could not deliver your letter.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox

--b--
"""


def test_a_report_counts_once_and_only_on_the_path_that_we_signed(opened: Flask) -> None:
    path = bounces.return_path("ada@example.com", people.get("ada").id, NOON.date()) or ""
    let_go()
    for to in (SHARE, SHARE.replace("@", "+forged@")):
        brought(REPORT.format(to=to).encode(), to)
    assert list(unreachable.listed()) == [] and answers() == []
    for _ in range(2):
        assert brought(REPORT.format(to=path).encode(), path) == ("taken", "bounce")
    (told,) = unreachable.listed()
    assert (told.row.address, told.row.hard) == ("ada@example.com", 1)
    assert brought(letter("ada@example.com"), path) == ("taken", "bounce")  # an answer to nobody
    assert lines() == [] and answers() == []


class Killed(BaseException):
    """As if the process ended here."""


def steps() -> list[tuple[object, str]]:
    """What is done with a letter, in its order; a process may end before and after each."""
    return [(kept, "keep"), (register, "enter"), (posting, "take"), (register, "mark"),
            (kept, "drop")]  # fmt: skip


def test_killed_at_any_step_it_is_posted_once(
    opened: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = [(where, name, after) for where, name in steps() for after in (False, True)]
    for number, (where, name, after) in enumerate(kills):
        raw = signed(letter(subject=f"Line {number}", message_id=f"{number}@x"))
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(where, name, _ending(getattr(where, name), after=after))
            brought(raw)
        let_go()
        assert brought(raw)[0] == "taken"
        receive.take_up(NOON + HOUR)
        assert lines() == [f"Line {one}" for one in range(number + 1)], (name, after)
        assert len(answers()) == number + 1 and list(kept.names(IN_HAND)) == []


def _ending(whole: Callable[..., object], *, after: bool) -> Callable[..., object]:
    def ends(*told: object) -> object:
        if after:
            whole(*told)
        raise Killed

    return ends


def test_a_letter_that_ends_the_process_each_time_is_set_aside(
    opened: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = signed(letter())

    def ends(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(posting, "take", ends)
        for _ in range(receive.TRIES):
            with pytest.raises(Killed):
                brought(raw)
            let_go()
    assert brought(raw) == ("taken", "failed")
    (name,) = kept.names(FAILED)
    assert kept.told(FAILED, name).why == "crashed"
    assert receive.retry(name, NOON).why == "posted"


def test_what_a_dead_process_had_in_hand_is_taken_up(opened: Flask) -> None:
    raw = signed(letter())
    kept.keep(IN_HAND, "0" * 16, raw, kept.Told(SHARE, NOON.isoformat()))
    receive.take_up(NOON + timedelta(minutes=5))
    assert lines() == []
    receive.take_up(NOON + HOUR)
    assert lines() == ["The quiet #pump seal holds"]


def test_a_file_that_was_half_written_goes(opened: Flask, tmp_path: Path) -> None:
    kept.keep(HELD, "0" * 16, b"", kept.Told(SHARE, NOON.isoformat()))
    draft = opened.config["MICROSHARE"].instance / "mail" / "held" / ".x.eml.0a"
    draft.write_bytes(b"half")
    kept.tidy(HELD, NOON - 400 * DAY)
    assert draft.exists()
    kept.tidy(HELD, NOON + 4000 * DAY)
    assert not draft.exists()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_address_of_nobody_is_told_so(opened: Flask) -> None:
    for address in (
        "", "share", "nobody@acme.example", "share+x@acme.example", "share@evil.example", "\0@\0",
        "share+" + "a" * 300 + "@acme.example",
    ):  # fmt: skip
        assert brought(letter(), address) == ("unknown", "")
    assert list(kept.names(IN_HAND)) == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_letter_that_is_too_large_is_told_so(
    opened: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "LARGEST", 1000)
    assert brought(letter(text="x" * 1000)) == ("large", "")


HEADS = st.lists(
    st.sampled_from([
        b"From: ada@example.com", b"From: <", b"From: a@b, c@d", b"From", b"Subject: =?utf-8?b?////?=",
        b"Message-ID: <>", b"Message-ID: <" + b"x" * 999 + b"@y>", b"DKIM-Signature: v=1; d=example.com",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from:subject:date; bh=x; b=y",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=\xff; h=from:subject:date; bh=eA==; b=eA==; t=x",
        b"Authentication-Results: mx.acme.example; dkim=pass header.d=\xff", b"Date: never",
        b"Authentication-Results: mx.acme.example; auth=pass smtp.auth=ada@example.com",
        b"Content-Type: multipart/mixed; boundary=x", b"Content-Type: text/plain; charset=none",
        b" folded", b"", b"\0", b"Date: Mon, 23 Nov 2026 12:00:00 +0000", b"Cc: " + b"a@b," * 50,
        b"Content-Transfer-Encoding: base64", b"Auto-Submitted: auto-replied",
        b"References: " + b"<a@b> " * 30,
    ]),
    max_size=8,
)  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"])
def test_no_bytes_whatever_raise_or_are_lost(opened: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "LIMIT", 10_000)
    addresses = [SHARE, private(), mail_addresses.bounce_to(1, 5) or ""]

    @settings(max_examples=25, deadline=None,
              suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
    @given(HEADS, st.binary(max_size=200), st.sampled_from(addresses))
    def any_letter(heads: list[bytes], body: bytes, to: str) -> None:
        raw = b"\r\n".join(heads) + b"\r\n\r\n" + body
        assert envelopes.recipients(raw)
        state, why = brought(raw, to)
        assert state == "taken" and why != "failed"

    any_letter()
    assert list(kept.names(IN_HAND)) == list(kept.names(FAILED)) == []
