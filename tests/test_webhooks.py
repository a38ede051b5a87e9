"""Webhooks: who is told of what, once and signed; where we never knock; and what becomes of it."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from microshare import (
    clock,
    config,
    outbound,
    posts,
    tags,
    webhook_bodies,
    webhook_messages,
    webhook_status,
    webhooks,
)
from microshare.config import Settings
from microshare.couriers import THREADS, Couriers
from microshare.db import db, saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import User, Webhook, WebhookEvent, WebhookMessage
from tests.conftest import NOON, Browser, House, furnish
from tests.receiver import Receiver, dripping, endless, receiving

HERE = outbound.networks("127.0.0.1")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings(**{**settings.__dict__, "webhook_networks": "127.0.0.1"})


@pytest.fixture(params=["sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    """One database where nothing depends on it."""
    return str(request.param)


BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])


def make(maker: User, kind: str, what: str, address: str = "https://a.example/", format: str = "json") -> int:
    with saving():
        return webhooks.make(maker, "a hook", address, format, kind, what, NOON).id


def publish(author: User, line: str, now: datetime = NOON, **more: Any) -> int:
    with saving():
        return posts.publish(author, line, now=now, **more).id


def spread(now: datetime = NOON) -> list[tuple[int, str, int | None]]:
    """What is to be told: (webhook, kind, post), in order, of all that was not there before."""
    before = set(db.session.scalars(select(WebhookMessage.id)))
    webhook_messages.spread(now, webhook_status.statuses)
    rows = db.session.scalars(select(WebhookMessage).order_by(WebhookMessage.id)).all()
    return [(row.webhook_id, row.kind, row.post_id) for row in rows if row.id not in before]


# who is told of what


def test_a_webhook_hears_of_its_tag_its_department_or_its_search(house: House) -> None:
    publish(house.ada, "older #pumps")
    tag = make(house.ada, "tag", "#Pumps")
    research = make(house.ada, "department", "Research")
    search = make(house.ada, "search", "leaking is:question")
    assert spread() == []  # what was written before is no news
    one = publish(house.ada, "noisy #pumps")
    two = publish(house.grace, "are they leaking? #pumps")
    publish(house.linus, "lunch")
    created = webhook_bodies.CREATED
    assert spread() == [(tag, created, one), (tag, created, two), (research, created, two), (search, created, two)]
    assert spread() == []
    assert db.session.scalars(select(WebhookEvent)).all() == []


@BOTH
def test_it_hears_of_edits_and_the_end_of_what_it_knows_and_of_nothing_else(house: House) -> None:
    old = publish(house.ada, "older")
    hook = make(house.ada, "tag", "#pumps") if publish(house.ada, "x #pumps") else 0
    one = publish(house.ada, "noisy #pumps")
    two = publish(house.ada, "lunch")
    spread()
    with saving():
        posts.edit(posts.get(one), house.ada, "quiet, no tag", now=NOON)
        posts.edit(posts.get(two), house.ada, "lunch #pumps", now=NOON)
        posts.edit(posts.get(old), house.ada, "older #pumps", now=NOON)
    assert spread() == [
        (hook, "post.edited", one), (hook, "post.created", two), (hook, "post.created", old)]
    three = publish(house.ada, "dinner")
    with saving():
        posts.tag_on(posts.get(three), house.grace, [("pumps", "pumps")], NOON)
        posts.tag_on(posts.get(one), house.grace, [("seals", "seals")], NOON)
    spread()
    with saving():
        posts.withdraw(posts.get(one), house.ada, NOON)
        posts.withdraw(posts.get(publish_inside(house.ada)), house.ada, NOON)
    assert spread() == [(hook, "post.withdrawn", one)]
    told = json.loads(db.session.scalars(select(WebhookMessage.body).order_by(WebhookMessage.id.desc())).first() or "")
    assert told["type"] == "post.withdrawn"
    assert told["data"]["id"] == str(one)
    assert "content" not in told["data"]


def publish_inside(author: User) -> int:
    return posts.publish(author, "gone at once #pumps", now=NOON).id


def test_an_old_post_that_is_edited_is_no_new_one(house: House) -> None:
    old = publish(house.ada, "noisy #pumps", NOON - timedelta(days=9))
    hook = make(house.ada, "tag", "pumps")
    make(house.ada, "tag", "pumps", format="slack")  # a channel hears nothing of it
    with saving():
        posts.edit(posts.get(old), house.ada, "noisier #pumps", now=NOON)
    assert spread() == [(hook, "post.edited", old)]


def test_nothing_is_noted_where_nobody_listens(house: House) -> None:
    publish(house.ada, "noisy #pumps")
    assert db.session.scalars(select(WebhookEvent)).all() == []
    hook = make(house.ada, "tag", "pumps")
    with saving():
        webhooks.switch(webhooks.get(hook), house.ada, NOON, on=False)
    publish(house.ada, "noisy #pumps")
    assert db.session.scalars(select(WebhookEvent)).all() == []


def test_who_manages_makes_them_and_each_part_is_checked(house: House) -> None:
    tags.named([("pumps", "pumps")], NOON)
    for maker, kind, what, code in (
        (house.grace, "tag", "pumps", Forbidden), (house.ada, "tag", "nothing", Missing),
        (house.ada, "department", "Nowhere", Refused), (house.ada, "search", "  ", Refused),
        (house.ada, "person", "ada", Refused),
    ):
        with pytest.raises(code):
            make(maker, kind, what)
    hook = make(house.ada, "search", "#pumps  leak")
    assert webhooks.labels(webhooks.every()) == {hook: "#pumps leak"}
    with pytest.raises(Forbidden), saving():
        webhooks.remove(webhooks.get(hook), house.linus)
    with saving():
        webhooks.remove(webhooks.get(hook), house.ada)
    assert webhooks.every() == []


# what is sent


def verify(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """As a receiver does it by standardwebhooks.com."""
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    given = [one.split(",", 1) for one in headers["webhook-signature"].split(" ")]
    return any(hmac.compare_digest(wanted, sign) for version, sign in given if version == "v1")


def test_the_signature_is_that_of_the_standard() -> None:
    # The example of the specification's own reference libraries.
    hook = Webhook(secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", old_secret="", old_secret_until=None)
    at = datetime.fromtimestamp(1614265330, tz=clock.now().tzinfo)
    headers = webhooks.signed(hook, "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_for_a_day_two_secrets_sign(house: House, receiver: Receiver) -> None:
    publish(house.ada, "x #pumps")
    hook = make(house.ada, "tag", "pumps", receiver.url)
    old = webhooks.get(hook).secret
    with saving():
        new = webhooks.renew(webhooks.get(hook), house.ada, NOON)
    assert new != old
    for hours in (1, 25):
        publish(house.ada, f"{hours} #pumps")
        spread(NOON + timedelta(hours=hours))
        webhook_messages.deliver(hook, lambda hours=hours: NOON + timedelta(hours=hours))  # type: ignore[misc]
        _, headers, body = receiver.got[-1]
        assert verify(headers, body, new)
        assert verify(headers, body, old) is (hours == 1)
        assert not verify(headers, body + b" ", new)


def test_slack_and_teams_are_told_in_their_own_way(house: House) -> None:
    line = "*Noisy* <@U1> & [link](https://a.b) `x` #pumps"
    publish(house.ada, line)
    for format in ("slack", "teams"):
        make(house.ada, "tag", "pumps", format=format)
    number = publish(house.ada, line)
    spread()
    slack, teams = (json.loads(b) for b in db.session.scalars(select(WebhookMessage.body).order_by(WebhookMessage.id)))
    assert slack["text"].startswith("Ada (Sales): Noisy &lt;@U1&gt; &amp; link x #pumps <http")
    assert slack["blocks"][0]["text"] == {"type": "plain_text", "text": "Noisy <@U1> & link x #pumps", "emoji": False}
    (attached,) = teams["attachments"]
    assert (teams["type"], attached["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attached["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert [block["inlines"][0]["text"] for block in card["body"]] == ["Ada (Sales)", "Noisy <@U1> & link x #pumps"]
    assert card["actions"][0]["url"] == f"http://localhost/posts/{number}"


# delivery


class Time:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


def state(hook: int) -> tuple[int, bool, str]:
    db.session.rollback()
    found = webhooks.get(hook)
    return found.failures, found.off_at is not None, found.error


@BOTH
def test_what_fails_is_tried_again_under_the_same_name_and_in_order(
    house: House, receiver: Receiver
) -> None:
    publish(house.ada, "x #pumps")
    hook, now = make(house.ada, "tag", "pumps", f"{receiver.url}/in?key=1"), Time()
    for n in range(3):
        publish(house.ada, f"{n} #pumps")
    spread()
    receiver.answers = [500, 204, (503, {"Retry-After": "90"}), 200, 201]
    webhook_messages.deliver(hook, now)
    assert len(receiver.got) == 1
    assert state(hook) == (1, False, "status 500")
    assert webhooks.due(now()) == []
    now.pass_by(seconds=6)
    assert webhooks.due(now()) == [hook]
    webhook_messages.deliver(hook, now)  # the first arrives, the second is put off
    now.pass_by(seconds=60)
    assert webhooks.due(now()) == []  # it asked for 90 seconds
    now.pass_by(seconds=31)
    webhook_messages.deliver(hook, now)
    names = receiver.names()
    assert names == [names[0], names[0], names[2], names[2], names[4]]
    assert len(set(names)) == 3
    lines = [json.loads(body)["data"]["content"] for _, _, body in receiver.got]
    assert [line[3] for line in lines] == ["0", "0", "1", "1", "2"]
    assert receiver.got[0][0] == "/in?key=1"
    assert state(hook) == (0, False, "")
    assert not webhooks.due(now())


def test_after_a_day_it_is_switched_off_with_a_sentence(house: House, receiver: Receiver) -> None:
    publish(house.ada, "x #pumps")
    hook, now = make(house.ada, "tag", "pumps", receiver.url), Time()
    publish(house.ada, "noisy #pumps")
    spread()
    receiver.answers = [500] * 99
    tries = 0
    while not state(hook)[1]:
        assert now() - NOON < timedelta(hours=27)
        now.at = webhooks.get(hook).not_before or now()
        webhook_messages.deliver(hook, now)
        tries += 1
    assert now() - NOON >= timedelta(days=1)
    assert tries == len(receiver.got)
    assert 12 <= tries <= 25
    assert [w.id for w in webhooks.stopped(house.ada.id)] == [w.id for w in webhooks.stopped()] == [hook]
    receiver.answers = []
    with saving():
        webhooks.switch(webhooks.get(hook), house.ada, now(), on=True)
    webhook_messages.deliver(hook, now)
    assert len(receiver.got) == tries + 1  # what waited goes out
    receiver.answers = [410]
    publish(house.ada, "gone #pumps")
    spread(now())
    webhook_messages.deliver(hook, now)
    assert state(hook)[1]  # a receiver that is gone for good is not asked again


def test_one_message_that_is_not_taken_holds_up_its_post_alone(
    house: House, receiver: Receiver
) -> None:
    publish(house.ada, "x #pumps")
    hook, now = make(house.ada, "tag", "pumps", receiver.url), Time()
    bad = publish(house.ada, "bad #pumps")
    with saving():
        posts.edit(posts.get(bad), house.ada, "bad still #pumps", now=NOON)
    good = publish(house.ada, "good #pumps")
    spread()
    receiver.answers = [422]
    webhook_messages.deliver(hook, now)
    told = [json.loads(body)["data"]["id"] for _, _, body in receiver.got]
    assert told == [str(bad), str(good)]
    now.pass_by(seconds=6)
    webhook_messages.deliver(hook, now)
    assert [json.loads(b)["type"] for _, _, b in receiver.got[2:]] == ["post.created", "post.edited"]
    assert not state(hook)[1]


def test_what_is_done_is_forgotten_after_a_week_and_what_waits_for_nobody_after_two(
    house: House, receiver: Receiver
) -> None:
    publish(house.ada, "x #pumps")
    hook, now = make(house.ada, "tag", "pumps", receiver.url), Time()
    publish(house.ada, "noisy #pumps")
    spread()
    webhook_messages.deliver(hook, now)
    publish(house.ada, "louder #pumps")
    spread()
    with saving():
        webhooks.switch(webhooks.get(hook), house.ada, NOON, on=False)
    left = []
    for days in (6, 8, 15, 23):
        with saving():
            webhook_messages.forget_old(NOON + timedelta(days=days))
        rows = db.session.scalars(select(WebhookMessage).order_by(WebhookMessage.id)).all()
        left.append([row.error or ("done" if row.done_at else "waits") for row in rows])
    assert left == [["done", "waits"], ["waits"], ["off"], []]


def test_a_killed_process_loses_nothing(house: House, receiver: Receiver) -> None:
    publish(house.ada, "x #pumps")
    hook, now = make(house.ada, "tag", "pumps", receiver.url), Time()
    publish(house.ada, "noisy #pumps")

    class Killed(BaseException):
        pass

    def killed(cards: Any, at: Any) -> Any:
        raise Killed

    with pytest.raises(Killed):
        webhook_messages.spread(NOON, killed)
    assert len(spread()) == 1
    receiver.answers = [lambda handler: (_ for _ in ()).throw(ConnectionError)]

    def dies() -> datetime:
        if receiver.got:
            raise Killed  # between the receiver's yes and our mark of it
        return NOON

    with pytest.raises(Killed):
        webhook_messages.deliver(hook, dies)
    webhook_messages.deliver(hook, now)
    assert len(receiver.got) == 2
    assert len(set(receiver.names())) == 1


# where we never knock


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "239.1.2.3", "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "168.63.129.16",
    "100.100.100.200", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
    "fec0::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
])
def test_addresses_inside_are_closed(address: str) -> None:
    assert not outbound.is_open(address)
    inner = address.partition("%")[0]
    assert outbound.is_open(address, outbound.networks("0.0.0.0/0, ::/0")) or inner == ""


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_outside_are_open(address: str) -> None:
    assert outbound.is_open(address)


def fails(address: str, allowed: outbound.Networks = ()) -> str:
    with pytest.raises(outbound.Failed) as failed:
        outbound.post(address, b"{}", {}, allowed)
    return str(failed.value)


@pytest.mark.parametrize("address", [
    "", "ftp://a.b/", "https://", "https://user:pw@a.b/", "https://a.b:99999/", "https://a b/", "file:///etc/passwd",
    "https://a.b/\r\nX: y", "https://é.nl/", "javascript:alert(1)", "https://[::1", "//a.b/", "gopher://127.0.0.1/",
])
def test_what_is_no_address_is_refused(address: str) -> None:
    assert fails(address).partition(" ")[0] in ("address", "name")


@pytest.mark.parametrize("host", ["127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"])
def test_other_ways_to_write_the_loopback_are_refused_too(host: str, receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    assert fails(f"https://{host}:{port}/").partition(" ")[0] in ("private", "name")
    assert receiver.got == []


def test_a_name_that_says_something_else_a_moment_later_gains_nothing(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    port, asked = int(receiver.url.rpartition(":")[2]), []
    real = socket.getaddrinfo

    def rebinding(host: str, *rest: Any, **more: Any) -> Any:
        if host != "evil.example":
            return real(host, *rest, **more)
        asked.append(host)
        ip = "127.0.0.1" if len(asked) == 1 else "10.9.9.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert outbound.post(f"http://evil.example:{port}/", b"{}", {}, HERE).status == 204
    assert len(asked) == 1  # the address that was looked at is the one that is connected to
    assert receiver.got[0][1]["host"] == f"evil.example:{port}"
    assert fails(f"http://evil.example:{port}/", HERE) == "private 10.9.9.9"
    mixed = [(socket.AF_INET, 1, 6, "", (ip, port)) for ip in ("8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: mixed)
    assert fails("https://evil.example/") == "private 127.0.0.1"


def test_no_redirect_leads_inside_and_none_without_end(receiver: Receiver) -> None:
    receiver.answers = [(307, {"Location": "http://10.0.0.1/"})]
    assert fails(receiver.url, HERE) == "private 10.0.0.1"
    receiver.answers = [(308, {"Location": "/there"}), 204]
    assert outbound.post(receiver.url, b"{1}", {}, HERE).status == 204
    assert [(path, body) for path, _, body in receiver.got[1:]] == [("/", b"{1}"), ("/there", b"{1}")]
    receiver.answers = [(307, {"Location": "/again"})] * 9
    assert fails(receiver.url, HERE) == "redirect"
    receiver.answers = [(302, {"Location": "http://10.0.0.1/"})]
    assert outbound.post(receiver.url, b"", {}, HERE).status == 302  # a failure, and not followed


def test_plain_http_is_for_networks_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [(socket.AF_INET, 1, 6, "", ("93.184.215.14", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    assert fails("http://example.com/") == "plain"


def test_neither_slowness_nor_length_costs_more_than_the_limits(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 0.6)
    receiver.answers = [dripping(20)]
    began = time.monotonic()
    assert fails(receiver.url, HERE) == "slow"
    assert time.monotonic() - began < 10
    receiver.answers = [endless]
    assert fails(receiver.url, HERE).startswith("answer")
    receiver.answers = [lambda handler: handler.wfile.write(b"nonsense\r\n\r\n")]
    assert fails(receiver.url, HERE) == "answer BadStatusLine"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert fails(f"http://127.0.0.1:{taken.getsockname()[1]}/", HERE).startswith("connect")


def test_a_certificate_must_be_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve() -> None:
            for _ in range(2):
                plain, _ = listener.accept()
                try:
                    with context.wrap_socket(plain, server_side=True) as safe:
                        safe.recv(4096)
                        safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                except OSError:
                    plain.close()

        serving = threading.Thread(target=serve)
        serving.start()
        address = f"https://localhost:{listener.getsockname()[1]}/"
        allowed = outbound.networks("127.0.0.1,::1")
        monkeypatch.setattr(outbound, "_looked_up", lambda host, port, until: [(socket.AF_INET, ("127.0.0.1", port))])
        assert fails(address, allowed).startswith("certificate")
        trusting = ssl.create_default_context(cafile=str(cert))
        monkeypatch.setattr(outbound, "_context", lambda: trusting)
        assert outbound.post(address, b"{}", {}, allowed).status == 200
        serving.join()


# the worker, and the pages


def test_a_slow_receiver_holds_up_nobody_else(
    app: Flask, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 60)
    with app.app_context(), receiving() as slow:
        house = furnish()
        publish(house.ada, "x #pumps")
        hanging = threading.Event()
        slow.answers = [lambda handler: hanging.wait(60)] * 6
        for _ in range(6):
            make(house.ada, "tag", "pumps", slow.url)
        make(house.ada, "tag", "pumps", receiver.url)
        publish(house.ada, "noisy #pumps")
        couriers = Couriers(app)
        couriers.tell_webhooks()
        slow.wait(6)
        receiver.wait(1)  # while six threads wait for the slow one
        hanging.set()
        couriers.stop()


def test_those_known_to_be_slow_have_half_of_the_threads(app: Flask) -> None:
    couriers = Couriers(app)
    couriers._slow = set(range(20))
    begun = [n for n in range(40) if couriers._may_begin(n)]
    assert [n for n in begun if n < 20] == list(range(THREADS // 2))
    assert len(begun) == THREADS
    assert not couriers._may_begin(begun[0])  # one thread at a time for each
    couriers.stop()


@contextmanager
def working(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker as a process of its own."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "microshare.cli", "worker"],
        env=config.environment(settings), stderr=subprocess.DEVNULL,
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait(30)


def test_the_worker_tells_within_seconds_and_the_next_takes_up_what_a_killed_one_held(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    with app.app_context():
        house = furnish()
        publish(house.ada, "x #pumps")
        hook = make(house.ada, "tag", "pumps", receiver.url)
        secret = webhooks.get(hook).secret
        with working(settings) as worker:
            publish(house.ada, "noisy #pumps", clock.now())
            receiver.wait(1)  # as soon as the worker has begun
            _, headers, body = receiver.got[0]
            assert verify(headers, body, secret)
            hanging = threading.Event()
            receiver.answers = [lambda handler: hanging.wait(20)]
            began = time.monotonic()
            publish(house.ada, "louder #pumps", clock.now())
            receiver.wait(2)
            assert time.monotonic() - began < 10
            worker.kill()  # in the middle of a message; the lock ends with the process
        couriers = Couriers(app)
        couriers.tell_webhooks()  # as the next worker does
        receiver.wait(3)
        assert receiver.names()[1] == receiver.names()[2]
        hanging.set()
        couriers.stop()


def test_a_manager_makes_tests_renews_and_removes_one(
    site: Flask, ada: Browser, grace: Browser, receiver: Receiver
) -> None:
    ada.send("/posts", line="noisy #pumps")
    form = {"name": "CRM", "address": receiver.url + "/in", "format": "json", "kind": "tag", "what": "#pumps"}
    assert grace.get("/manage/webhooks").status_code == 403
    assert grace.send("/manage/webhooks", **form).status_code == 403
    for wrong in ({"address": "http://10.0.0.1/"}, {"what": "#nothing"}, {"kind": "x"}, {"name": ""}):
        answer = ada.send("/manage/webhooks", **{**form, **wrong})
        assert answer.status_code in (404, 422)
        if "address" in wrong:
            assert "10.0.0.1 is inside a network of our own" in answer.get_data(as_text=True)
    page = ada.send("/manage/webhooks", **form).get_data(as_text=True)
    secret = page.split('<code class="secret">')[1].split("<")[0]
    assert secret.startswith("whsec_")
    assert secret not in ada.get("/manage/webhooks/1").get_data(as_text=True)
    assert "#pumps" in ada.get("/manage/webhooks").get_data(as_text=True)
    assert "The test arrived" in ada.send("/manage/webhooks/1/test").get_data(as_text=True)
    path, headers, body = receiver.got[0]
    assert (path, json.loads(body)["type"]) == ("/in", "test")
    assert verify(headers, body, secret)
    receiver.answers = [503]
    assert "status 503" in ada.send("/manage/webhooks/1/test").get_data(as_text=True)
    page = ada.send("/manage/webhooks/1/secret").get_data(as_text=True)
    assert "whsec_" in page
    assert "signs until" in page
    assert ada.send("/manage/webhooks/1/switch").status_code == 303
    assert "switched off" in ada.get("/manage/webhooks/1").get_data(as_text=True)
    assert ada.send("/manage/webhooks/1/switch", on="1").status_code == 303
    with site.app_context(), saving():
        found = webhooks.get(1)
        found.off_at, found.off_why = clock.now(), "status 500"
    for place in ("/manage", "/settings", "/manage/webhooks"):
        assert "it answers with the status 500" in ada.get(place).get_data(as_text=True), place
    assert ada.send("/manage/webhooks/1/remove").status_code == 303
    assert ada.get("/manage/webhooks/1").status_code == 404
    slack = {**form, "format": "slack"}
    page = ada.send("/manage/webhooks", **slack).get_data(as_text=True)
    assert "whsec_" not in page
    ada.send("/manage/webhooks/1/test")
    assert "A test of" in json.loads(receiver.got[-1][2])["text"]
