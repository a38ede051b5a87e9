"""Drives a server over HTTP/1.1 with keep-alive, from one thread that itself takes little.

Requests are bytes made beforehand, answers are read as far as they must be: a client that parses
headers into objects takes more than the hello that it measures.
"""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
Next = Callable[[int], bytes | None]  # the next request on this connection; None: no more
Answered = Callable[[int, int, bytes], None]  # connection, status, head


@dataclass
class Run:
    """What became of a number of requests."""

    latencies: list[float] = field(default_factory=list)  # seconds, in the order of the answers
    statuses: dict[int, int] = field(default_factory=dict)  # 0: the connection broke
    length: int = 0  # bytes of all bodies
    seconds: float = 0.0
    driver_cpu: float = 0.0  # seconds

    @property
    def count(self) -> int:
        return len(self.latencies)

    def errors(self, *expected: int) -> int:
        """How many answers were of another status than these."""
        return sum(count for status, count in self.statuses.items() if status not in expected)


def get(path: str, cookie: str = "") -> bytes:
    """A GET as bytes."""
    signed_in = f"Cookie: {cookie}\r\n" if cookie else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{signed_in}\r\n".encode()


def post(path: str, cookie: str, form: str) -> bytes:
    """A form as bytes, sent from our own page."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n{form}"
    ).encode()


class _Connection:
    """One connection, with the request that is under way on it."""

    def __init__(self, number: int, port: int) -> None:
        self.number, self._port = number, port
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._begin()

    def _begin(self) -> None:
        self._buffer = bytearray()
        self._needed = -1  # bytes of the whole answer; -1: not known yet
        self.head = b""

    def send(self, request: bytes) -> None:
        self._begin()
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Read on; the length of the body once it is there, else None. OSError where it broke."""
        part = self.socket.recv(262144)
        if not part:
            raise ConnectionResetError
        self._buffer += part
        if self._needed < 0:
            end = self._buffer.find(HEAD_END)
            if end < 0:
                return None
            self.head = bytes(self._buffer[:end])
            self._needed = end + len(HEAD_END) + self._length()
        if len(self._buffer) < self._needed:
            return None
        return self._needed - len(self.head) - len(HEAD_END)

    def _length(self) -> int:
        if self.status in (204, 304):
            return 0
        lower = self.head.lower()
        start = lower.find(b"\r\ncontent-length:")
        if start < 0:
            raise ConnectionError("an answer without its length")
        return int(lower[start + 17 :].split(b"\r\n", 1)[0])

    @property
    def status(self) -> int:
        return int(self.head[9:12])

    @property
    def closes(self) -> bool:
        return b"\r\nconnection: close" in self.head.lower()

    @property
    def body(self) -> bytes:
        return bytes(self._buffer[len(self.head) + len(HEAD_END) : self._needed])

    def again(self) -> None:
        """A new connection in place of this one."""
        self.socket.close()
        self._connect()


def drive(
    port: int,
    following: Next,
    connections: int = 1,
    answered: Answered = lambda connection, status, head: None,
) -> Run:
    """Ask on so many connections at once, each the next request after the last answer."""
    run = Run()
    open_now = [_Connection(number, port) for number in range(connections)]
    cpu, began = time.process_time(), time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for connection in open_now:
            if (request := following(connection.number)) is not None:
                connection.send(request)
                selector.register(connection.socket, selectors.EVENT_READ, connection)
        while selector.get_map():
            for key, _ in selector.select():
                _go_on(key.data, run, following, answered, selector)
    run.seconds = time.perf_counter() - began
    run.driver_cpu = time.process_time() - cpu
    for connection in open_now:
        connection.socket.close()
    return run


def _go_on(
    connection: _Connection,
    run: Run,
    following: Next,
    answered: Answered,
    selector: selectors.BaseSelector,
) -> None:
    """Read what came on one connection; after a whole answer send the next request."""
    try:
        length = connection.receive()
    except OSError:
        run.statuses[0] = run.statuses.get(0, 0) + 1
        _reconnect(connection, selector)
    else:
        if length is None:
            return
        run.latencies.append(time.perf_counter() - connection.started)
        run.length += length
        status = connection.status
        run.statuses[status] = run.statuses.get(status, 0) + 1
        answered(connection.number, status, connection.head)
        if connection.closes:
            _reconnect(connection, selector)
    request = following(connection.number)
    if request is None:
        selector.unregister(connection.socket)
    else:
        connection.send(request)


def _reconnect(connection: _Connection, selector: selectors.BaseSelector) -> None:
    selector.unregister(connection.socket)
    connection.again()
    selector.register(connection.socket, selectors.EVENT_READ, connection)


def asked(port: int, request: bytes) -> tuple[int, bytes, bytes]:
    """One request on a connection of its own: status, head and body."""
    connection = _Connection(0, port)
    try:
        connection.send(request)
        while connection.receive() is None:
            pass
        return connection.status, connection.head, connection.body
    finally:
        connection.socket.close()
