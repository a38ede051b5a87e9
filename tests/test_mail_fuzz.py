"""Nothing that comes in by mail stops the door: any bytes, real letters spoilt, floods.

Work is counted in calls, not in seconds. `python -m bench.letters` measures the time of the same
letters at full size.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from bench.letters import FLOODS, HUGE
from microshare import text
from microshare.mail import reading

SHORT = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
# What letters are made of, so that chance meets meaning.
PIECES = some.sampled_from([
    b"From: a@b.nl", b"To: ", b"Subject: ", b"Content-Type: multipart/mixed; boundary=b", b"\r\n",
    b"\r\n\r\n", b"\n", b"--b", b"--b--", b"Content-Type: message/rfc822", b"Content-Type: text/html",
    b"Content-Type: text/plain; charset=", b"utf-16", b"utf-7", b"idna", b"zip", b"hex", b"\xff\xfe",
    b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: x-uuencode", b"=?utf-8?q?",
    b"=?x?b?", b"?=", b"; name*0*=utf-8''%ff", b"; name*9999=", b"<", b">", b'"', b"(", b",", b"@", b"\0",
    b"\xed\xa0\x80", b"> ", b"On 3-11-2026 A <a@b> wrote:", b"-- ", b"<blockquote>", b"</div>", b"<!--",
    b"<a href='", b"begin 644 a", b"-----BEGIN PGP SIGNED MESSAGE-----", b"Date: 32 Jan 99999 25:61",
    b"\xff\xd8\xff", b"Content-Type: application/ms-tnef", b"\x78\x9f\x3e\x22", b"Message-ID: <", b" ",
    b"Content-Type: application/pkcs7-mime; smime-type=signed-data", b"\x30\x80", b"\x24\x80\x04\x82",
])  # fmt: skip


def check(raw: bytes) -> None:
    """Whatever comes in, what is read can be stored, shown and answered."""
    found = reading.read(raw)
    told = [found.message_id, found.sender, found.sender_name, found.subject, found.text,
            found.unreadable, found.automatic, *found.to, *found.cc, *found.references]  # fmt: skip
    assert not any(text.has_control(each) for each in told)
    assert found.message_id
    assert "\n" not in found.subject + found.message_id + found.sender + found.sender_name
    assert all(name and "/" not in name and content for name, content in found.photos)
    assert found.sent_at is None or found.sent_at.tzinfo is not None
    assert isinstance(reading.subject_line(found.subject), str)


@SHORT
@given(some.one_of(some.binary(max_size=400), some.lists(PIECES, max_size=30).map(b"".join)))
@example(b"")
@example(b"\n")
@example(b"\r")
@example(b"From: \xff\xfe@\xed\xa0\x80\nSubject: =?utf-8?q?=ED=A0=80=00?=\n\n\0")
@example(b"Content-Type: text/plain; charset=\xff\n\n\xff")
@example(b"Date: Mon, 31 Dec 9999 23:59:59 -2359\nMessage-ID: <>\n\nx")
@example(b"Date: 1 Jan 0001 00:00:00 +2359\n\nx")
def test_any_bytes_are_read(raw: bytes) -> None:
    check(raw)


LETTERS: list[bytes] = []


@pytest.fixture
def letters(data: Path) -> list[bytes]:
    if not LETTERS:
        LETTERS.extend(path.read_bytes() for path in sorted((data / "letters" / "raw").glob("*/*")))
    return LETTERS


@SHORT
@given(some.data())
def test_real_letters_are_read_however_they_are_spoilt(letters: list[bytes], data: Any) -> None:
    raw = bytearray(data.draw(some.sampled_from(letters)))
    for _ in range(data.draw(some.integers(1, 6))):
        at = data.draw(some.integers(0, len(raw)))
        length = data.draw(some.sampled_from([0, 0, 1, 7, 80, 2_000]))
        raw[at : at + length] = data.draw(some.one_of(PIECES, some.binary(max_size=4)))
    check(bytes(raw))


def test_every_real_letter_is_read(letters: list[bytes]) -> None:
    for raw in letters:
        check(raw)
        check(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        check(raw[: len(raw) // 2])


def few(share: float) -> Callable[[str, int], str]:
    return lambda piece, times: piece * max(int(times * share), 1)


def calls(raw: bytes) -> int:
    """How many calls it takes to read a letter, Python's and C's."""
    count = 0

    def told(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event.endswith("call")

    sys.setprofile(told)
    try:
        reading.read(raw)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", FLOODS)
def test_twice_the_flood_is_twice_the_work_at_most(kind: str) -> None:
    made = FLOODS[kind]
    check(made(few(0.003)))
    once, twice = (calls(made(few(share))) for share in (0.003, 0.006))
    assert twice <= 2.7 * once + 500  # it would be four times as much


MOST_CALLS = 2_000_000


@pytest.mark.parametrize("kind", ["nested multiparts", "nested letters", "nested HTML", "RFC 2231",
                                  "recipients", "encoded words"])  # fmt: skip
def test_there_is_an_end_to_the_work(kind: str) -> None:
    """Those that stop other readers, at full size."""
    assert calls(FLOODS[kind](few(1))) < MOST_CALLS


def test_thirty_megabytes_are_read() -> None:
    raw = HUGE["30 MB of text"]()
    found = reading.read(raw)
    assert len(raw) > 30_000_000
    assert found.text.startswith("Pump 7 is quiet now.\nPump 7")


def test_a_letter_that_holds_itself_has_an_end() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
    check(b"From: a@b.nl\n" + inner * 3_000)
