"""`microshare mail`: letters in, by a relay's pipe or LMTP, and those that failed."""

import os
import sys
import traceback

import click

from microshare import clock, config, create_app, installing, mail_addresses
from microshare.commands.frame import TRY_AGAIN, ready
from microshare.db import OUTAGES, db, let_go
from microshare.errors import Refusal, Refused
from microshare.mail import envelopes, fields, kept, lmtp, receive
from microshare.mail.kept import FAILED
from microshare.mail.receive import LARGEST, Received

# sysexits.h, as mail servers know it.
TAKEN, TOO_LARGE, NO_SUCH_ADDRESS = 0, 65, 67
CODES = {"taken": TAKEN, "later": TRY_AGAIN, "unknown": NO_SUCH_ADDRESS, "large": TOO_LARGE}
_RECIPIENTS = ("RECIPIENT", "ORIGINAL_RECIPIENT")  # as Postfix, Exim and qmail tell it


@click.command("receive")
@click.argument("recipient", default="")
def receive_letter(recipient: str) -> None:
    """Take one letter from standard input, for a mail server's pipe.

    RECIPIENT is the address it came to; else the environment or the letter tells. The exit code
    is 0 when the letter is ours, 75 to bring it again, 65 too large, 67 no such address.
    """
    code = TRY_AGAIN  # whatever goes wrong, the mail server keeps it
    try:
        code = _taken(sys.stdin.buffer.read(LARGEST + 1), recipient)
    except Refusal as refusal:
        click.echo(f"microshare: {refusal.code}", err=True)
    except OUTAGES as error:
        click.echo(f"microshare: {type(error).__name__}", err=True)
    finally:
        if code == TRY_AGAIN and sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.exit(code)


def _taken(raw: bytes, recipient: str) -> int:
    """The exit code for the letter. For several addresses of ours, the one that asks for most."""
    app = create_app(patient=True)
    with app.app_context():
        try:
            _check()
            raw = fields.without_envelope(raw)
            told = os.environ.get("SENDER")
            if told is not None and not raw[:12].lower().startswith(b"return-path:"):
                raw = fields.with_return_path(raw, told)
            addresses = [recipient] if recipient else _told_by_environment()
            addresses = addresses or envelopes.recipients(raw)
            received = [receive.receive(raw, address, clock.now()) for address in addresses]
        finally:
            let_go()
            db.engine.dispose()
    states = {one.state for one in received}
    return CODES[next(state for state in ("later", "large", "unknown", "taken") if state in states)]


def _told_by_environment() -> list[str]:
    """The address of ours that the mail server tells; it may tell whom an alias led to instead."""
    told = (os.environ.get(name, "") for name in _RECIPIENTS)
    return [one for one in told if mail_addresses.is_ours(one)][:1]


def _check() -> None:
    """Refuse to take letters where they would have to be sent back for a fault of ours."""
    if not installing.is_current():
        raise Refused("not-installed")
    if mail_addresses.share() is None:
        raise Refused("mail-door-closed")


@click.command("serve")
@ready
def serve_letters() -> None:
    """Take letters by LMTP, where MICROSHARE_LMTP_LISTEN says, until a signal asks to stop."""
    _check()
    app = create_app(patient=True)
    lmtp.serve(app, _say_where)


def _say_where(where: str) -> None:
    click.echo(f"microshare takes letters for {config.read().mail_in} on {where} (LMTP).")


@click.command("failed")
@ready
def list_failed() -> None:
    """List the letters that could not be handled: name, time, recipient, reason."""
    for name in kept.names(FAILED):
        told = kept.told(FAILED, name)
        click.echo("\t".join((name[:16], told.at[:19], told.recipient or "-", told.why)))


@click.command("retry")
@click.argument("names", nargs=-1)
@ready
def retry_failed(names: tuple[str, ...]) -> None:
    """Try letters again that failed, by the names that `failed` lists; without names, all."""
    there = list(kept.names(FAILED))
    chosen = [one for one in there if not names or any(map(one.startswith, names))]
    if names and not chosen:
        raise Refused("letter-not-there")
    left = 0
    for name in chosen:
        received = receive.retry(name, clock.now())
        left += not _is_over(received)
        click.echo(f"{name[:16]}\t{received.state}\t{received.why}")
    if left:
        raise Refused("letters-failed", count=left)


def _is_over(received: Received) -> bool:
    return received.state == "taken" and received.why != "failed"


COMMANDS = (receive_letter, serve_letters, list_failed, retry_failed)
