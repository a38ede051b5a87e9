"""The door for a relay that speaks LMTP (RFC 2033): an answer for each recipient of a letter.

A letter is answered with 250 when it is ours: see `receive`. One connection at a time may do
what it likes; all together are bounded: in number, in time, in the size of a letter.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from flask import Flask

from microshare import clock, config, extras, mail_addresses
from microshare.db import OUTAGES, let_go
from microshare.mail import fields, receive
from microshare.mail.receive import LARGEST

CONNECTIONS = 20
AT_ONCE = 2  # letters that are taken at the same time; the others wait
RECIPIENTS = 50
TIMEOUT = 300.0  # seconds for a command, and for a letter with all that is done with it
LONGEST_LINE = 2**20  # bytes; relays break longer ones
STOP_WITHIN = 60.0  # seconds to finish what is in hand

ANSWERS = {
    "taken": "250 2.0.0 Taken",
    "later": "451 4.3.0 Try again later",
    "unknown": "550 5.1.1 No such address",
    "large": "552 5.3.4 Too large",
}
_TO_EACH = ("552 Error: Too much mail data", "500 Line too long")  # said once by the library


def serve(app: Flask, told: Callable[[str], None]) -> None:
    """Take letters until a signal asks to stop; `told` hears where."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the library's: addresses at each step
    asyncio.run(_serve(app, told))


async def _serve(app: Flask, told: Callable[[str], None]) -> None:
    settings: config.Settings = app.config["MICROSHARE"]
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    door = Door(app)
    make = partial(
        _protocol(door),
        door,
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
        hostname="microshare",
        ident="LMTP",
        timeout=TIMEOUT,
    )
    if settings.lmtp_listen.startswith("unix:"):
        path = settings.lmtp_listen.removeprefix("unix:")
        server: Any = await loop.create_unix_server(make, path)
        where = settings.lmtp_listen
    else:
        host, _, port = settings.lmtp_listen.rpartition(":")
        server = await loop.create_server(make, host.strip("[]"), int(port))
        where = "{}:{}".format(*server.sockets[0].getsockname()[:2])
    told(where)
    await stopping.wait()
    server.close()
    await door.finish()


class Door:
    """What happens to the commands of all connections."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="letter")
        self.open: set[Any] = set()  # connections
        self.in_hand = 0

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """What LMTP asks of a server besides; the library reads what is sent ahead anyhow."""
        session.host_name = hostname
        name, *can = responses
        return [name, "250-PIPELINING", "250-ENHANCEDSTATUSCODES", *can]

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        answer = await self._in_thread(self._known, address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        raw = fields.with_return_path(envelope.content, envelope.mail_from or "")
        answers = []
        for address in envelope.rcpt_tos:
            answers.append(await self._in_thread(self._receive, raw, address))
        return "\r\n".join(answers)

    async def handle_exception(self, error: Exception) -> str:
        self.app.logger.error("a conversation failed", exc_info=error)
        return ANSWERS["later"]

    async def _in_thread(self, work: Callable[..., str], *told: Any) -> str:
        self.in_hand += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.threads, work, *told)
        finally:
            self.in_hand -= 1

    def _known(self, address: str) -> str:
        with self.app.app_context():
            try:
                known = mail_addresses.meaning(address) is not None
            except OUTAGES:
                return ANSWERS["later"]
            finally:
                let_go()
        return "250 2.1.5 OK" if known else ANSWERS["unknown"]

    def _receive(self, raw: bytes, address: str) -> str:
        with self.app.app_context():
            received = receive.receive(raw, address, clock.now())
        return ANSWERS[received.state]

    async def finish(self) -> None:
        """Let what is in hand be answered, and end the conversations."""
        loop = asyncio.get_running_loop()
        until = loop.time() + STOP_WITHIN
        while self.in_hand and loop.time() < until:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)  # for the answer to leave
        for connection in list(self.open):
            connection.transport.write(b"421 4.3.2 Shutting down\r\n")
            connection.transport.close()
        self.threads.shutdown(wait=False, cancel_futures=True)


def _protocol(door: Door) -> Callable[..., Any]:
    """A connection, of the library that speaks its protocol, which is loaded now."""
    library = extras.library("aiosmtpd.lmtp")

    class Connection(library.LMTP):  # type: ignore[misc, name-defined]
        line_length_limit = LONGEST_LINE
        recipients = 0  # of the letter that is under way
        is_refused = False

        def connection_made(self, transport: Any) -> None:
            if len(door.open) >= CONNECTIONS:
                self.is_refused = True
                transport.write(b"421 4.3.2 Too many connections\r\n")
                transport.close()
                return
            door.open.add(self)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            if not self.is_refused:
                door.open.discard(self)
                super().connection_lost(error)

        async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
            self.recipients = len(self.envelope.rcpt_tos)
            try:
                await super().smtp_DATA(arg)
            finally:
                self.recipients = 0

        async def push(self, status: str) -> None:
            if self.recipients > 1 and status.startswith(_TO_EACH):
                status = "\r\n".join([status] * self.recipients)
            await super().push(status)

    return Connection
