"""Handing digests over to the mail server, so that a run can be killed at any moment.

Between the server's yes and our mark of it lies a gap in which a killed run would not know
whether the letter left. So the conversation with the server, and the mark, are the work of a
small process of its own: when the run dies, it finishes the one letter it holds, marks it, and
ends. The next run waits for it. If it is killed itself in that gap (some tenths of a
millisecond), the letter goes again with the same Message-ID, by which mail servers know a copy.

On PostgreSQL a lock ends with its connection too: whoever lost it hands over nothing more, and
the letter that it holds is left alone by others for a while (`claims.may_try`).
"""

import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Protocol, TextIO

from flask import current_app

from microshare import claims, config, mailer, sentences, unreachable
from microshare.claims import Claim
from microshare.db import insist
from microshare.errors import Refused, Unavailable
from microshare.mailer import Letter, Transport
from microshare.turns import exclusive

LOCK = "hand-over"
MARK_FOR = 1800  # seconds to go on trying to mark a letter that left


class Carrier(Protocol):
    """Something that brings a claimed letter to the mail server."""

    def carry(self, claim: Claim, letter: Letter, now: datetime) -> str:
        """Hand the letter over and mark the claim; returns its state, or `waiting`."""


@contextmanager
def carrier() -> Iterator[Carrier]:
    """The carrier of one run: a process where there is a mail server, else this one."""
    with exclusive(LOCK, wait=True):
        pass  # what an earlier run left behind has finished its letter
    if config.current().smtp_url and "microshare.letters" not in current_app.extensions:
        with Child() as child:
            yield child
    else:
        with mailer.opened() as transport:
            yield Here(transport)


class Here:
    """Carries in this process: files and memory have no gap."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def carry(self, claim: Claim, letter: Letter, now: datetime) -> str:
        try:
            self.transport.send(letter, now)
        except Refused as refusal:
            told = functools.partial(_tell, refusal, letter.to, now)
            return claims.refuse(claim, now, sentences.reason(refusal), told)
        except Unavailable as refusal:
            return claims.put_off(claim, now, sentences.reason(refusal))
        # The letter has left: nothing is worth more now than this mark.
        return insist(lambda: claims.mark(claim, "sent", now), MARK_FOR)


def _tell(refusal: Refused, address: str, now: datetime) -> None:
    """What a refusal says of the address; one of the letter or of us says nothing."""
    why = refusal.facts["why"]
    if refusal.code == "address-refused":
        unreachable.hard(address, why, now)
    elif refusal.facts["full"]:
        unreachable.soft(address, why, now)


class Child:
    """Carries in a process that outlives this one; they speak in lines of JSON."""

    def __enter__(self) -> "Child":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "microshare.cli", "hand-over"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=config.environment(config.current()),
            start_new_session=True,  # a signal to the run's group is not for it
        )
        self._answer()  # it holds the lock from here on
        return self

    def carry(self, claim: Claim, letter: Letter, now: datetime) -> str:
        asked = {
            "reader_id": claim.reader_id,
            "day": claim.day.isoformat(),
            "now": now.isoformat(),
            "letter": letter.as_dict(),
        }
        try:
            print(json.dumps(asked), file=self.process.stdin, flush=True)
        except BrokenPipeError as error:
            raise Unavailable("mail", why="hand-over") from error
        return self._answer()

    def _answer(self) -> str:
        stdout = self.process.stdout
        line = stdout.readline().strip() if stdout else ""
        if not line:
            raise Unavailable("mail", why="hand-over")
        return line

    def __exit__(self, *_: object) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait()


def run(asked: TextIO, answers: TextIO) -> None:
    """The process of `Child`: carries letter after letter until nobody sends more."""
    with exclusive(LOCK) as turn:
        if not turn:
            return
        print("ready", file=answers, flush=True)
        with mailer.opened() as transport:
            here = Here(transport)
            for line in asked:
                if not line.endswith("\n"):
                    return  # the run died in the middle of a line: this letter never left it
                if not turn.stands():
                    return  # another run may hold this letter by now
                state = _carry(here, json.loads(line))
                try:
                    print(state, file=answers, flush=True)
                except BrokenPipeError:
                    return  # nobody waits for the answer any more; the mark is made


def _carry(here: Here, asked: dict[str, Any]) -> str:
    claim = Claim(asked["reader_id"], date.fromisoformat(asked["day"]))
    return here.carry(claim, Letter(**asked["letter"]), datetime.fromisoformat(asked["now"]))
