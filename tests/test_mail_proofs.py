"""What proves who sent a letter: our relay's word, and signatures that cover what counts."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from microshare import resolving
from microshare.mail import reading, relays, signatures
from tests import door
from tests.conftest import NOON
from tests.door import SHARE, letter, signed

DAY = timedelta(days=1)
RELAY = "Authentication-Results: mx.acme.example; dkim=pass header.d=example.com\r\n"
FORGED = "Received: from forger\r\n" + RELAY


@pytest.mark.parametrize(("fields", "expected"), [
    (RELAY, True),
    (f"Received: by mx\r\n{RELAY}", True),
    (RELAY.replace("dkim=pass", "spf=pass smtp.mailfrom=x.example; dkim=pass"), True),
    (RELAY.replace("mx.acme", "MX.Acme"), True),
    ("Authentication-Results: mx.acme.example; spf=none smtp.mailfrom=a.example\r\n" + FORGED,
     None),
    ("Authentication-Results: mx.acme.example;\r\n\tdmarc=pass header.from=example.com\r\n",
     True),
    ("Authentication-Results: mx.acme.example; auth=pass smtp.auth=ada@example.com\r\n", True),
    ("Authentication-Results: mx.acme.example; auth=pass smtp.auth=eve@example.com\r\n", None),
    ("Authentication-Results: mx.acme.example; spf=pass smtp.mailfrom=ada@example.com\r\n", None),
    (RELAY.replace("header.d=example.com", "header.d=evil.example"), None),
    (RELAY.replace("header.d=example.com", "header.d=com"), None),
    (RELAY.replace("dkim=pass", "dkim=fail"), None),
    (RELAY.replace("mx.acme.example", "mx.evil.example"), None),
    (RELAY.replace("mx.acme.example", "mx.acme.example.evil"), None),
    # What stands below our relay's own field came with the letter.
    (RELAY.replace("dkim=pass", "dkim=fail") + RELAY, None),
    (f"Received: by mx\r\n{RELAY.replace('dkim=pass', 'dkim=none')}{FORGED}", None),
    (f"Received: by mx\r\n{RELAY.replace('dkim=pass', 'dkim=none')}{RELAY}", None),
    (RELAY.replace("dkim=pass", "spf=none") + FORGED.replace("mx.acme", "mx2.acme"), None),
    (RELAY.replace("dkim=pass", "spf=none") + RELAY + "Received: by mx\r\n", True),
    (RELAY.replace("dkim=pass header.d", "dmarc=fail header.from"), False),
    (f"Authentication-Results: other.example; none\r\n{RELAY}Received: by mx\r\n", True),
    (f"Received: by mx\r\nAuthentication-Results: other.example; none\r\n{FORGED}", None),
    ("Authentication-Results: mx.acme.example; dkim=pass (((((header.d=example.com\r\n", None),
    ("Authentication-Results: mx.acme.example; " + "(" * 5000 + "\r\n", None),
    ("Authentication-Results: \r\n", None),
])  # fmt: skip
def test_what_our_relay_says_counts_and_what_others_wrote_does_not(
    fields: str, expected: bool | None
) -> None:
    raw = letter(more=fields)
    ours = ("mx.acme.example", "mx2.acme.example")
    assert relays.verdict(raw, "ada@example.com", ours) is expected
    assert relays.verdict(raw, "ada@example.com", ()) is None


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the DNS tells, by name."""
    told = {f"s1._domainkey.{domain}": door.record()
            for domain in ("example.com", "evil.example", "sales.example.com")}  # fmt: skip
    monkeypatch.setattr(resolving, "lookup", lambda name, *_: [
        one for one in (told.get(name.rstrip(".")),) if one is not None])  # fmt: skip
    return told


def why(raw: bytes) -> str:
    """Why the letter proves nothing; empty where it does."""
    return signatures.proof(raw, reading.read(raw), SHARE.__eq__, NOON)


def second(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode() + signed(letter())


Made = Callable[[], bytes]
LESS: list[tuple[str, Made]] = [
    ("unsigned", letter),
    ("unsigned", lambda: b"DKIM-Signature: ;;=;\r\n" + letter()),
    ("misaligned", lambda: signed(letter(), domain="evil.example")),
    ("misaligned", lambda: signed(letter(), domain="sales.example.com")),
    ("misaligned", lambda: signed(letter("ada@example.com.evil.example"))),
    ("misaligned", lambda: signed(letter("ada@badexample.com"))),
    ("misaligned", lambda: signed(letter()).replace(b"d=example.com", b"d=")),
    ("misaligned", lambda: signed(letter()).replace(b"d=example.com", b"d=com")),
    ("misaligned", lambda: b"DKIM-Signature: v=1\r\n" + letter()),
    ("broken", lambda: signed(letter()).replace(b"Three weeks", b"Four weeks")),
    ("broken", lambda: signed(letter()).replace(b"quiet", b"noisy")),
    ("broken", lambda: signed(letter()).replace(b"s=s1", b"s=s2")),
    ("broken", lambda: signed(letter()).replace(b" bh=", b" bx=")),
    ("weak", lambda: signed(letter(), length=True)),
    ("weak", lambda: signed(letter(), headers=("from", "to", "date"))),
    ("weak", lambda: signed(letter(), headers=("from", "subject"))),
    ("weak", lambda: signed(letter()).replace(b"rsa-sha256", b"rsa-sha1")),
    ("stale", lambda: signed(letter(at=NOON - 8 * DAY))),
    ("stale", lambda: signed(letter(at=NOON + DAY))),
    ("elsewhere", lambda: signed(letter(to="bob@customer.example"))),
    ("odd", lambda: second("Subject", "Buy now")),
    ("odd", lambda: second("From", "Ada <ada@example.com>")),
    ("odd", lambda: second("Content-Type", "text/html")),
    ("odd", lambda: signed(letter()).replace(b"Date:", b" \r\nDate:")),
    ("odd", lambda: b"no field\r\n" + signed(letter())),
    ("odd", lambda: b" folded\r\n" + signed(letter())),
    ("unsigned", lambda: b""),
]


@pytest.mark.parametrize(("expected", "made"), LESS)
def test_a_signature_proves_only_what_it_covers(expected: str, made: Made) -> None:
    assert why(made()) == expected


@pytest.mark.parametrize("made", [
    lambda: signed(letter()),
    lambda: signed(letter(), style="simple"),
    lambda: signed(letter(), headers=("from", "subject", "date")),  # as Microsoft 365 signs
    lambda: signed(signed(letter(), domain="evil.example")),  # by others on the way too
    lambda: signed(signed(letter()), domain="evil.example"),
    lambda: signed(letter(to="bob@customer.example", more=f"Cc: {SHARE}\r\n"),
                   headers=("from", "to", "cc", "subject", "date")),
    lambda: signed(letter("Ada <ADA@Example.com>")),
    lambda: signed(letter("ada@sales.example.com")),  # a domain above the sender's
    lambda: signed(letter()).replace(b"\r\n", b"\n"),  # as a pipe brings it
    lambda: signed(letter(text="a  b \t c \n d\n\n\n")),
    lambda: signed(letter(text="a  b \t c \n d\n\n\n"), style="simple"),
])  # fmt: skip
def test_a_right_signature_is_proof(made: Made) -> None:
    assert why(made()) == ""


def test_a_letter_of_blanks_takes_no_longer_than_another() -> None:
    """Half a minute by the library's own pattern; the test's time limit would end it sooner."""
    raw = signed(letter()).replace(b"Three", (b" " * 9_999 + b"x") * 300)
    assert why(raw) == "broken"


def test_a_key_that_is_short_or_none_proves_nothing(keys: dict[str, str]) -> None:
    keys["s1._domainkey.example.com"] = door.record(512)
    assert why(signed(letter(), bits=512)) == "broken"
    for broken in ("v=DKIM1; p=", "p=!", "v=DKIM1; k=rsa; p=AAAA", "p=" + "A" * 9000, "x" * 99,
                   "v=DKIM1; k=ed25519; p=AAAA"):  # fmt: skip
        keys["s1._domainkey.example.com"] = broken
        assert why(signed(letter())) == "broken"


def test_a_letter_of_many_signatures_asks_for_few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(resolving, "lookup", lambda name, *_: asked.append(name) or [])
    (seal,) = [signed(letter()).removesuffix(letter())]
    assert why(seal * 30 + letter()) == "broken"
    assert len(asked) == signatures.MOST_SIGNATURES
