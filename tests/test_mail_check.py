"""`microshare mail check` against a real DNS server and a real mail server on the loopback."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest
from aiosmtpd.smtp import AuthResult
from click.testing import CliRunner, Result
from flask import Flask

from microshare import config, create_app, mail_check, relay_check, seals, spf
from microshare.cli import main
from microshare.config import Settings
from microshare.db import db
from microshare.findings import BAD, GOOD, NOTE, UNKNOWN
from tests import mail_server
from tests.conftest import ROOT

CASES = ROOT / "tests" / "cases" / "mail"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
Zone = dict[tuple[str, str], list[str]]


class NameServer(socketserver.ThreadingUDPServer):
    """Answers what stands in its zone, and that there is nothing else."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.zone: Zone = {}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Answer(socketserver.BaseRequestHandler):
    server: NameServer

    def handle(self) -> None:
        data, from_ = self.request
        asked = dns.message.from_wire(data)
        told = dns.message.make_response(asked)
        (question,) = asked.question
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        if records := self.server.zone.get((name, kind)):
            told.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, records))
        elif not any(known == name for known, _ in self.server.zone):
            told.set_rcode(dns.rcode.NXDOMAIN)
        from_.sendto(told.to_wire(), self.client_address)


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    server = NameServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def site(installed: Path, names: NameServer) -> Iterator[Flask]:
    app = create_app(Settings(
        instance=installed, dns=names.address, mail_from="share@acme.example",
        mail_in="share@acme.example", dkim_key=str(CASES / "dkim.pem"), dkim_selector="post",
        smtp_url="smtp://relay.acme.example",
    ))
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def zone(site: Flask, names: NameServer) -> Zone:
    """Everything as it should be."""
    key = seals.record()
    names.zone = {
        ("acme.example", "TXT"): ['"google-site=x"', '"v=spf1 include:_spf.relay.example -all"'],
        ("acme.example", "MX"): ["10 relay.acme.example."],
        ("_spf.relay.example", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all"'],
        ("relay.acme.example", "A"): ["192.0.2.7"],
        ("post._domainkey.acme.example", "TXT"): [f'"{key[:200]}" "{key[200:]}"'],
        ("_dmarc.acme.example", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:d@acme.example"'],
    }
    return names.zone


def levels(site: Flask, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> dict[str, list[str]]:
    """Of each heading but the relay's, how bad what was found is; sentences are checked on the way."""
    monkeypatch.setattr(relay_check, "look", lambda now: [])
    monkeypatch.setitem(site.config, "MICROSHARE", replace(config.current(), **changed))
    found = mail_check.look(NOW)
    assert all(one.said.rstrip("=").endswith((".", "?", "”", "=")) or "p=" in one.said
               for _, all_ in found for one in all_)
    return {heading: [one.level for one in all_] for heading, all_ in found if heading != "Relay"}


ALL_GOOD = {"SPF": [GOOD], "DKIM": [GOOD], "DMARC": [GOOD, GOOD], "Bounces": [GOOD]}


def test_all_that_is_right_is_found_so(
    site: Flask, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert levels(site, monkeypatch) == ALL_GOOD


SPF = ("acme.example", "TXT")
KEY = ("post._domainkey.acme.example", "TXT")
DMARC = ("_dmarc.acme.example", "TXT")


@pytest.mark.parametrize(("where", "records", "heading", "expected"), [
    (SPF, [], "SPF", [BAD]),
    (SPF, ['"v=spf1 -all"', '"v=spf1 a -all"'], "SPF", [BAD]),
    (SPF, ['"v=spf1 ip4:192.0.2.0/24 +all"'], "SPF", [BAD, GOOD]),
    (SPF, ['"v=spf1 ip4:192.0.2.0/24"'], "SPF", [NOTE, GOOD]),
    (SPF, ['"v=spf1 ip4:198.51.100.1 -all"'], "SPF", [NOTE]),
    (SPF, ['"v=spf1 ip4:192.0.2.300 ip4:192.0.2.7 -all"'], "SPF", [BAD, GOOD]),
    (SPF, ['"v=spf1 include:nowhere.example ip4:192.0.2.7 -all"'], "SPF", [BAD, GOOD]),
    (SPF, ['"v=spf1 a:relay.acme.example -all"'], "SPF", [GOOD]),
    (SPF, ['"v=spf1 a:relay.acme.example/28 -all"'], "SPF", [GOOD]),
    (SPF, ['"v=spf1 mx ~all"'], "SPF", [GOOD]),
    (SPF, ['"v=spf1 redirect=_spf.relay.example"'], "SPF", [GOOD]),
    (SPF, ['"v=spf1 include:acme.example -all"'], "SPF", [BAD, NOTE]),  # of itself: without end
    (KEY, [], "DKIM", [BAD]),
    (KEY, ['"v=DKIM1; p="'], "DKIM", [BAD]),
    (KEY, ['"v=DKIM1; k=rsa; p=AAAA"'], "DKIM", [BAD]),
    (KEY, ["testing"], "DKIM", [GOOD, NOTE]),
    (DMARC, [], "DMARC", [BAD]),
    (DMARC, ['"v=DMARC1; p=none"'], "DMARC", [GOOD, GOOD]),
    (DMARC, ['"v=DMARC1; p=perhaps"'], "DMARC", [BAD, GOOD]),
    (("acme.example", "MX"), [], "Bounces", [BAD]),
])
def test_what_is_wrong_is_found(
    site: Flask, zone: Zone, monkeypatch: pytest.MonkeyPatch, where: tuple[str, str],
    records: list[str], heading: str, expected: list[str],
) -> None:
    if records == ["testing"]:
        key = seals.record().replace("k=rsa", "t=y")
        records = [f'"{key[:200]}" "{key[200:]}"']
    zone[where] = records
    found = levels(site, monkeypatch)
    assert found.pop(heading) == expected
    assert found.items() <= ALL_GOOD.items()


def test_what_is_missing_is_told_as_it_should_be(
    site: Flask, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    del zone[KEY]
    monkeypatch.setattr(relay_check, "look", lambda now: [])
    told = dict(mail_check.look(NOW))["DKIM"][0].said
    assert told.endswith(f"post._domainkey.acme.example. Add this TXT record there:\n{seals.record()}")


@pytest.mark.parametrize(("changed", "dmarc"), [
    ({"dkim_key": ""}, [GOOD, NOTE]),  # aligned by SPF alone
    ({"mail_in": "share@in.acme.example"}, [GOOD, GOOD]),  # relaxed: below counts as aligned
    ({"mail_in": "share@other.example"}, [GOOD, GOOD, NOTE]),
    ({"mail_in": "share@other.example", "dkim_key": ""}, [GOOD, BAD]),
    ({"mail_from": "share@news.acme.example"}, [GOOD, GOOD]),  # by the record above it
])
def test_alignment_is_looked_at_with_the_settings(
    site: Flask, zone: Zone, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str],
    dmarc: list[str],
) -> None:
    assert levels(site, monkeypatch, **changed)["DMARC"] == dmarc


def test_an_include_without_end_is_given_up(site: Flask, zone: Zone) -> None:
    for number in range(20):
        zone[f"s{number}.example", "TXT"] = [f'"v=spf1 include:s{number + 1}.example a mx -all"']
    policy = spf.of("s0.example")
    assert spf.LOOKUPS < policy.lookups <= spf.LOOKUPS + 2


def test_without_a_network_it_says_so_in_one_sentence(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        found = levels(site, monkeypatch, dns=f"127.0.0.1:{silent.getsockname()[1]}")
    assert found == {"DNS": [UNKNOWN]}


class Ada:
    """Lets ada in with her password."""

    def __call__(self, *told: Any) -> AuthResult:
        return AuthResult(success=told[-1].password == b"secret", handled=False)


@pytest.fixture(scope="module")
def relay() -> Iterator[mail_server.MailServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CASES / "server.pem")
    with mail_server.served(
        tls_context=context, authenticator=Ada(), auth_require_tls=True
    ) as server:
        yield server


@pytest.mark.parametrize(("address", "trusted", "expected", "words"), [
    ("//ada:secret@", True, [GOOD, GOOD, GOOD], "lets ada in"),
    ("//ada:wrong@", True, [BAD], "refuses our user and password: 535"),
    ("//ada:secret@", False, [BAD], "certificate of"),
    ("//", True, [GOOD, NOTE, NOTE], "offers STARTTLS, which is not used"),
])
def test_the_relay_is_told_of(
    site: Flask, relay: mail_server.MailServer, monkeypatch: pytest.MonkeyPatch, address: str,
    trusted: bool, expected: list[str], words: str,
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CASES / "server.pem"))
    url = relay.url.replace("//", address).replace("127.0.0.1", "localhost")
    monkeypatch.setitem(site.config, "MICROSHARE", replace(config.current(), smtp_url=url))
    found = relay_check.look(NOW)
    assert [one.level for one in found] == expected
    assert any(words in one.said for one in found)


@pytest.mark.parametrize(("url", "level", "words"), [
    ("", BAD, "MICROSHARE_SMTP_URL is not set"),
    ("smtp://127.0.0.1:1", BAD, "Nobody listens"),
    ("smtp://nowhere.invalid", UNKNOWN, "could not be looked up"),
    ("smtp://ada:secret@{plain}", BAD, "offers no STARTTLS"),
    ("smtp://{plain}", GOOD, "on this machine"),
])
def test_a_relay_that_does_not_do_is_told_of(
    site: Flask, monkeypatch: pytest.MonkeyPatch, url: str, level: str, words: str
) -> None:
    with mail_server.served() as plain:
        url = url.format(plain=plain.url.partition("//")[2])
        monkeypatch.setitem(site.config, "MICROSHARE", replace(config.current(), smtp_url=url))
        found = relay_check.look(NOW)
    assert (found[-1].level, words in found[-1].said) == (level, True), found


@pytest.fixture
def check(settings: Settings) -> Callable[..., Result]:
    def run(**changed: Any) -> Result:
        environment = config.environment(replace(settings, **changed))
        return CliRunner().invoke(main, ["mail", "check"], env=environment)

    return run


def test_the_command_ends_as_what_it_found(
    check: Callable[..., Result], names: NameServer, zone: Zone
) -> None:
    with mail_server.served() as plain:
        good: dict[str, Any] = {
            "dns": names.address, "mail_from": "share@acme.example", "smtp_url": plain.url,
            "mail_in": "share@acme.example", "dkim_key": str(CASES / "dkim.pem"),
            "dkim_selector": "post",
        }
        told = check(**good)
        assert (told.exit_code, "SPF     ok      acme.example has an SPF" in told.output) == (0, True)
        assert check(**good | {"smtp_url": ""}).exit_code == 1
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            told = check(**good | {"dns": f"127.0.0.1:{silent.getsockname()[1]}"})
        assert (told.exit_code, "Is there a network?" in told.output) == (75, True)
    told = check(**good | {"dkim_key": "/nowhere.pem"})
    assert (told.exit_code, "cannot be read from /nowhere.pem" in told.output) == (1, True)
