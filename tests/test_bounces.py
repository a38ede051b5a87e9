import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from microshare import bounces, config, people, unreachable
from microshare.bounces import DELAYED, HARD, NOTE, POLICY, SOFT, Bounce
from microshare.db import db, saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Unreachable
from tests.conftest import NOON, Browser, House

WEEK = timedelta(days=7)
# What a reader with the letters in front of him says of each: is it for good, for now, or of us?
REAL = {
    "mbox_content-length.mbox.txt#027": (HARD, "newsletter-request@imusic.com"),
    "delivery-status-no-blank-line": (HARD, "newsletter-request@imusic.com"),
    "messages_delivery-status.txt": (HARD, "newsletter-request@imusic.com"),
    "bounce_no-mx": (DELAYED, "user@example.com"),
    "activehunter-01": (HARD, "kijitora@example.org"),
    "amazonses-03": (SOFT, "kijitora@example.jp"),
    "amazonses-12": (NOTE, ""),  # a notice that a letter arrived
    "amazonses-15": (POLICY, "kijitora@neko.example.com"),
    "amazonses-19": (POLICY, "kijitora@example.com"),
    "barracuda-01": (POLICY, "kijitora@example.org"),
    "courier-01": (HARD, "kijitora@example.co.jp"),
    "courier-02": (HARD, "kijitora@example.jp"),
    "courier-03": (POLICY, "kijitora@example.jp"),
    "courier-04": (HARD, "kijitora@example.cat"),
    "domino-03": (SOFT, "kijitora@neko.example.org"),
    "dragonfly-04": (HARD, "postmaster@cx.libsisimai.org"),
    # The collection calls it none; a person reads that a mailbox is full.
    "rb-issue-368-bug": (SOFT, "xxxx@yyyyyy.net"),
}


def test_real_bounces_are_read_and_nothing_else_is_taken_for_one(data: Path) -> None:
    folder, seen, wrong = data / "letters", set(), []
    for told in (folder / "letters.jsonl").read_text().splitlines():
        row = json.loads(told)
        found = bounces.of((folder / row["file"]).read_bytes())
        name = next((part for part in REAL if part in row["file"]), "")
        seen.add(name)
        expected = REAL.get(name)
        if (found and (found.kind, found.recipient)) != expected:
            wrong.append((row["file"], row["kind"], found))
    assert seen >= set(REAL)
    assert wrong == []


PLAIN = """From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: Undelivered Mail Returned to Sender

I'm sorry to have to inform you that your message could not be delivered.

<ada@example.com>: host mx.example.net said: {said}
"""
REPORT = """Return-Path: <>
From: "Mail Delivery System" <postmaster@mx.example.net>
Delivered-To: {to}
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

Sorry.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Original-Recipient: rfc822;Ada@Example.com
Final-Recipient: rfc822; <Ada@Example.com>
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}
--x
Content-Type: text/rfc822-headers

Message-ID: <digest.2026-11-23.7@example.com>
To: Ada@example.com
--x--
"""


@pytest.mark.parametrize(("raw", "kind", "status"), [
    (PLAIN.format(to="x", said="550 5.1.1 User unknown (in reply to RCPT TO)"), HARD, "5.1.1"),
    (PLAIN.format(to="x", said="552 5.2.2 Mailbox full"), SOFT, "5.2.2"),
    (PLAIN.format(to="x", said="550 5.7.1 blocked by policy"), POLICY, "5.7.1"),
    (REPORT.format(to="x", action="failed", status="5.1.1", said="550 unknown user"), HARD, "5.1.1"),
    (REPORT.format(to="x", action="failed", status="4.4.7", said="expired"), SOFT, "4.4.7"),
    (REPORT.format(to="x", action="delayed", status="4.4.1", said="451 busy"), DELAYED, "4.4.1"),
    (REPORT.format(to="x", action="relayed", status="2.0.0", said="250 ok"), NOTE, "2.0.0"),
])
def test_reports_and_words_are_read(raw: str, kind: str, status: str) -> None:
    for text in (raw, raw.replace("\n", "\r\n"), f"From MAILER-DAEMON Mon Nov 23\n{raw}"):
        found = bounces.of(text.encode())
        assert found is not None
        assert (found.kind, found.recipient, found.status) == (kind, "ada@example.com", status)


def test_what_people_and_other_machines_write_is_no_bounce() -> None:
    for head, body in (
        ("From: ada@example.com\nSubject: Undelivered parcels", "They could not be delivered."),
        ("From: postmaster@example.com\nSubject: New rules", "Please read: 550 desks are moved."),
        ("Return-Path: <>\nFrom: ada@example.com\nSubject: Out of office", "I am back on Monday."),
        ("From: ada@example.com\nSubject: pump", "550 5.1.1 it says, what does that mean?"),
    ):
        assert bounces.of(f"{head}\nTo: share@example.com\n\n{body}\n".encode()) is None


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)), st.booleans())
@tried(max_examples=60, deadline=None)
def test_no_bytes_make_it_fail(raw: bytes, is_report: bool) -> None:
    head = REPORT.partition("Sorry.")[0] if is_report else "From: MAILER-DAEMON\n"
    bounces.of(raw)
    bounces.of(head.encode() + raw)


def test_no_bytes_make_it_slow() -> None:
    """It takes a tenth of a second; without bounds, minutes, which the limit of a test ends."""
    head = b"From: MAILER-DAEMON <>\nReturn-Path: <>\nSubject: undeliverable\n"
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(2000)
    )
    for piece in (b"#", b"a@", b"5.1.", b" ", b"user ", b"\n", b"<", b"could ", b"host "):
        bounces.of(head + b"\n" + piece * (300_000 // len(piece)))
        bounces.of(head + b"X: " + piece * (300_000 // len(piece)))
    assert bounces.of(head + nested) is None


@pytest.fixture
def door(house: House, domain: Flask) -> House:
    """The three, where letters that come back are read."""
    domain.config["MICROSHARE"] = replace(config.current(), mail_in="share@example.com")
    return house


def hard(to: str, recipient: str = "ada@example.com") -> Bounce:
    return Bounce(HARD, recipient, "5.1.1", "550 5.1.1 no such mailbox", (to,))


def path_of(user_id: int, email: str = "ada@example.com") -> str:
    path = bounces.return_path(email, user_id, NOON.date())
    assert path is not None
    assert len(path.partition("@")[0]) <= 64
    return path


def take(bounce: Bounce, now=NOON, to: str = "") -> str:  # type: ignore[no-untyped-def]
    with saving():
        return bounces.take(bounce, now, to)


def test_a_mailbox_that_is_gone_stops_its_address_until_somebody_allows_it(door: House) -> None:
    raw = REPORT.format(
        to=path_of(door.ada.id).upper(), action="failed", status="5.1.1", said="550 5.1.1 gone")
    found = bounces.of(raw.encode())
    assert found is not None
    assert found.message_id == "digest.2026-11-23.7@example.com"
    assert take(found) == HARD
    assert unreachable.is_stopped("Ada@example.com")
    (told,) = unreachable.listed()
    assert told.person is not None
    assert (told.person.username, told.row.hard, told.row.said) == ("ada", 1, "550 5.1.1 gone")
    with saving():
        with pytest.raises(Forbidden):
            unreachable.allow("ada@example.com", people.get("grace"))
        unreachable.allow("ada@example.com", people.get("ada"))
        with pytest.raises(Missing):
            unreachable.allow("ada@example.com", people.get("ada"))
    assert not unreachable.is_stopped("ada@example.com")


def test_nobody_stops_a_colleagues_mail_with_a_report_of_his_own(door: House) -> None:
    graces, elsewhere = path_of(door.grace.id, "grace@example.com"), "share+bxyz@example.com"
    forged = path_of(door.ada.id)[:-14] + "aa@example.com"
    for to in ("share@example.com", elsewhere, forged, "ada@example.com", ""):
        assert take(hard(to)) == ""
    # The path of his own letter stops his own address, whomever the report names.
    assert take(hard(graces, "ada@example.com")) == HARD
    assert [told.row.address for told in unreachable.listed()] == ["grace@example.com"]


def test_the_address_to_which_it_came_counts_where_the_header_has_none(door: House) -> None:
    assert take(hard("somebody@example.com"), to=path_of(door.ada.id)) == HARD


def test_a_path_ends_after_a_month_and_with_the_address(door: House) -> None:
    path = path_of(door.ada.id)
    assert take(hard(path), NOON + timedelta(days=31)) == ""
    with saving():
        unreachable.change(people.get("ada"), "ada@acme.example")
    assert take(hard(path)) == ""
    assert unreachable.listed() == []


def test_another_address_begins_anew_and_is_nobody_elses(door: House) -> None:
    assert take(hard(path_of(door.ada.id))) == HARD
    with saving():
        unreachable.change(people.get("ada"), "Ada@acme.example")
    assert people.get("ada").email == "ada@acme.example"
    assert db.session.query(Unreachable).count() == 0
    with pytest.raises(Refused) as refused, saving():
        unreachable.change(people.get("ada"), "grace@example.com")
    assert refused.value.code == "email-taken"


def test_an_invitation_that_comes_back_stops_the_address_it_went_to(door: House) -> None:
    path = path_of(0, "new@example.com")
    assert take(hard(path, "ada@example.com")) == ""
    assert take(hard(path, "new@example.com")) == HARD
    assert unreachable.is_stopped("new@example.com")


def test_full_mailboxes_stop_after_three_weeks_in_a_row(door: House) -> None:
    full = replace(hard(path_of(door.ada.id)), kind=SOFT)
    days = {0: False, 1: False, 7: False, 8: False, 14: True}
    for day, is_stopped in days.items():
        assert take(full, NOON + timedelta(days=day)) == SOFT
        assert unreachable.is_stopped("ada@example.com") is is_stopped
    (told,) = unreachable.listed()
    assert (told.row.soft, told.row.soft_weeks) == (5, 3)


def test_a_long_time_without_trouble_begins_anew(domain: Flask) -> None:
    with saving():
        for weeks in (0, 1, 10, 11):
            unreachable.soft("ada@example.com", "full", NOON + weeks * WEEK)
    assert not unreachable.is_stopped("ada@example.com")


def test_what_is_said_of_us_or_for_now_counts_nothing(door: House) -> None:
    for kind in (POLICY, DELAYED, NOTE):
        assert take(replace(hard(path_of(door.ada.id)), kind=kind)) == ""
    assert unreachable.listed() == []


def test_where_the_door_is_off_letters_come_back_to_the_sender(house: House) -> None:
    assert bounces.return_path("ada@example.com", house.ada.id, NOON.date()) is None


def test_manage_shows_what_was_said_and_sends_again(
    site: Flask, ada: Browser, grace: Browser
) -> None:
    with site.app_context(), saving():
        unreachable.hard("grace@example.com", "550 5.1.1 <no> such mailbox", NOON)
        unreachable.soft("linus@example.com", "452 full", NOON)
        unreachable.hard("new@example.com", "550 5.1.1 who?", NOON)
    page = ada.get("/manage").get_data(as_text=True)
    assert "550 5.1.1 &lt;no&gt; such mailbox" in page
    assert page.count("Send again") == 2  # linus has had one full mailbox, which stops nothing
    assert "Send letters to new@example.com again" in page
    assert grace.send("/manage/addresses", address="grace@example.com").status_code == 403
    assert ada.send("/manage/addresses", address="grace@example.com").status_code == 303
    assert ada.send("/manage/addresses", address="grace@example.com").status_code == 404
    with site.app_context():
        assert not unreachable.is_stopped("grace@example.com")
        assert unreachable.is_stopped("new@example.com")
