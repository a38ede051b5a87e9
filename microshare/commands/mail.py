"""`microshare mail`: what leaves and what comes in."""

import sys

import click

from microshare import clock, mail_check
from microshare.commands.frame import REFUSED, TRY_AGAIN, ready
from microshare.findings import BAD, GOOD, NOTE, UNKNOWN

SIGNS = {GOOD: "ok", NOTE: "note", BAD: "wrong", UNKNOWN: "unknown"}


@click.group("mail")
def mail() -> None:
    """Look after the letters that leave and those that come in."""


@mail.command("check")
@ready
def check() -> None:
    """Tell what SPF, DKIM, DMARC and the mail server look like for the domain of our letters.

    Ends with 1 where something is wrong, and 75 where something could not be asked.
    """
    levels = set()
    for heading, findings in mail_check.look(clock.now()):
        for finding in findings:
            levels.add(finding.level)
            click.echo(f"{heading:8}{SIGNS[finding.level]:8}{finding.said}")
    if BAD in levels:
        sys.exit(REFUSED)
    if UNKNOWN in levels:
        sys.exit(TRY_AGAIN)
