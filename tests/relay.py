"""A network between a browser and the server, with holes where a test wants them."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_OF_THE_ROAD = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Relay(ThreadingHTTPServer):
    """Hands each request on to the server, and its answer back; or not.

    `is_up`: nothing passes while it is false. `swallows`: posts get to the server, which takes
    them, and no answer comes back. `gate`: while it is closed, posts are held before they get to
    the server; `arrived` tells that one is there. `edited` changes the text of an answer.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port = port
        self.is_up, self.swallows = True, False
        self.gate, self.arrived = threading.Event(), threading.Event()
        self.gate.set()
        self.posts: list[bytes] = []  # the bodies that came to be posted
        self.edited = lambda path, text: text

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """A browser that is gone takes no answer: that is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    server: Relay

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_post = self.path == "/posts"
        if is_post and self.server.is_up:
            self.server.posts.append(body)
            self.server.arrived.set()
            self.server.gate.wait(60)
        self._pass_on(body, is_lost=is_post and self.server.swallows)

    def _pass_on(self, body: bytes, *, is_lost: bool = False) -> None:
        """Without an answer the connection just ends."""
        if not self.server.is_up:
            return
        server = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _OF_THE_ROAD}
            server.request(self.command, self.path, body, {**headers, "Accept-Encoding": ""})
            answer = server.getresponse()
            text = self.server.edited(self.path, answer.read())
        except OSError:
            return  # the server is away
        finally:
            server.close()
        if is_lost or not self.server.is_up:
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_THE_ROAD:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def running(port: int) -> Iterator[Relay]:
    """A relay to the server on this port."""
    relay = Relay(port)
    thread = threading.Thread(target=relay.serve_forever, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.gate.set()
        relay.shutdown()
        relay.server_close()
        thread.join()
