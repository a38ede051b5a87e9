"""`microshare digest`: look at the weekly letter, or send it."""

import sys
from datetime import datetime

import click

from microshare import clock, digest, digest_letter, digest_run, handover, people, periods, rows
from microshare.commands.frame import found, ready
from microshare.errors import Refused


@click.group("digest")
def digest_commands() -> None:
    """Look at the weekly letter, or send it."""


@digest_commands.command("preview")
@click.argument("username")
@click.option("--at", "when", default="", help="A time such as 2026-11-23T08:00; else now.")
@click.option("--html", is_flag=True, help="The HTML part instead of the text.")
@ready
def preview_digest(username: str, when: str, html: bool) -> None:
    """Print the letter that a colleague would get of the seven days up to now."""
    reader = found(username)
    now = _moment(when)
    contents = digest.compose(reader, periods.up_to(now, people.zone_of(reader)), now)
    if contents.is_empty:
        click.echo("There is nothing to say: no letter.", err=True)
        return
    letter = digest_letter.render(reader, contents)
    click.echo(letter.html if html else f"Subject: {letter.subject}\n\n{letter.text}")


@digest_commands.command("send")
@click.option("--at", "when", default="", help="As if it were this time, 2026-11-23T08:00.")
@click.option("--to", "username", default="", help="One colleague, now; else all who are due.")
@ready
def send_digests(when: str, username: str) -> None:
    """Send the letters that are due, each once a period; or one colleague's now."""
    now = _moment(when)
    if username:
        run = digest_run.send_to(found(username), now)
    else:
        run = digest_run.send_due(now, told=_show)
    if run is None:
        click.echo("No letter is due.")
        return
    click.echo(f"{run.sent} sent, {run.empty} had nothing to say, {run.failed} failed.")
    waiting = [row for row in digest_run.troubled() if row.state == "claimed"]
    if waiting:
        raise Refused("digests-wait", count=len(waiting), why=waiting[0].error)
    if run.failed:
        raise Refused("digests-failed", count=run.failed)


def _show(done: int, total: int) -> None:
    """A line of progress on the error stream, of a long run on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\rSending {done} of {total}", nl=done == total, err=True)


def _moment(written: str) -> datetime:
    """The time that an option names, or the present."""
    return rows.parse_time(written) if written else clock.now()


@click.command("hand-over", hidden=True)
@ready
def hand_over() -> None:
    """Bring letters from standard input to the mail server; see handover.py."""
    handover.run(sys.stdin, sys.stdout)
