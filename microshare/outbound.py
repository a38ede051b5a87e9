"""One POST to an address outside: checked, bounded, and to the very address that was checked.

Who makes a webhook chooses where our machine knocks. So every address that a name stands for is
looked at, also behind a redirect, and the connection goes to the one that was looked at: a name
server that says something else a moment later gains nothing. Nothing of the answer but its status
is told to anybody, and neither its length nor its slowness costs more than the limits.
"""

import http.client
import io
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

SECONDS = 10  # that a whole delivery may take, redirects and all
LARGEST = 64 * 1024  # bytes of an answer that are read at most: its head
REDIRECTS = 3
TRIED = 4  # addresses of one name

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
# Not private by any registry, and yet a cloud's own: Azure's wire server.
_OWN_TO_CLOUDS = {ipaddress.ip_address("168.63.129.16")}
_COMPATIBLE = ipaddress.ip_network("::/96")  # an old way to write an IPv4 address
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64
_ADDRESS = re.compile(r"https?://[\x21-\x7e]{1,1900}")


class Failed(Exception):
    """Why nothing was delivered: a word of `WHYS`, and what it is about."""

    def __init__(self, why: str, what: object = "") -> None:
        super().__init__(f"{why} {what}".strip())


# address: malformed; private: one that may not be reached; name: the name server knows none; plain:
# http over the open network; connect, certificate, slow, answer: what went wrong; redirect: too
# many of them.
WHYS = (
    "address",
    "private",
    "name",
    "plain",
    "connect",
    "certificate",
    "slow",
    "answer",
    "redirect",
)


class Answer(NamedTuple):
    """What a receiver said."""

    status: int
    retry_after: str = ""


class _Target(NamedTuple):
    """An address, taken apart."""

    is_safe: bool  # https
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_safe else 80) else f"{host}:{self.port}"


def networks(written: str) -> Networks:
    """The networks of a setting, with commas.

    >>> networks("10.0.0.0/8, ::1")
    [IPv4Network('10.0.0.0/8'), IPv6Network('::1/128')]
    """
    return [ipaddress.ip_network(one.strip()) for one in written.split(",") if one.strip()]


def is_open(address: str, allowed: Networks = ()) -> bool:
    """Whether this address is on the open internet, or one of those that are allowed.

    >>> [is_open(a) for a in ("93.184.215.14", "10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1")]
    [True, False, False, False]
    """
    ip = _plain(ipaddress.ip_address(address.partition("%")[0]))
    if any(ip in network for network in allowed if network.version == ip.version):
        return True
    closed = ip.is_multicast or ip.is_reserved or ip in _OWN_TO_CLOUDS
    return ip.is_global and not closed and not (ip.version == 6 and ip.is_site_local)


def _plain(ip: Ip) -> Ip:
    """The IPv4 address that one of IPv6 stands for, in any of the ways to write it."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if inner is None and (ip in _COMPATIBLE or ip in _TRANSLATED) and int(ip) > 1:
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner or ip


def check(address: str, allowed: Networks) -> None:
    """Whether it is an address that may be told of posts; `Failed` where it is none.

    Asks the name server, and connects to nothing.
    """
    _resolved(_parted(address), allowed, monotonic() + SECONDS / 2)


def post(address: str, body: bytes, headers: Mapping[str, str], allowed: Networks) -> Answer:
    """Send the body there; `Failed` where nothing answers, or nothing may be asked."""
    until = monotonic() + SECONDS
    for _ in range(REDIRECTS + 1):
        answer, location = _once(_parted(address), body, headers, allowed, until)
        if answer.status not in (307, 308) or not location:  # the others make a GET of it
            return answer
        address = urljoin(address, location)
    raise Failed("redirect")


def _parted(address: str) -> _Target:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise Failed("address") from None
    if not _ADDRESS.fullmatch(address) or not parts.hostname or "@" in parts.netloc:
        raise Failed("address")
    is_safe = parts.scheme == "https"
    path = parts.path or "/"
    return _Target(
        is_safe,
        parts.hostname,
        port or (443 if is_safe else 80),
        f"{path}?{parts.query}" if parts.query else path,
    )


def _resolved(target: _Target, allowed: Networks, until: float) -> list[Any]:
    """The addresses to connect to, all of them looked at."""
    found = _looked_up(target.host, target.port, until)
    for family, sockaddr in found:
        if family not in (socket.AF_INET, socket.AF_INET6) or not is_open(sockaddr[0], allowed):
            raise Failed("private", sockaddr[0])
        own = is_open(sockaddr[0]) is False  # allowed by the setting: a network of ours
        if not target.is_safe and not own:
            raise Failed("plain")
    return found[:TRIED]


def _looked_up(host: str, port: int, until: float) -> list[Any]:
    """What the name server says; it has no limit of its own, so that it is asked in a thread."""
    found: list[Any] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend((family, sockaddr) for family, _, _, _, sockaddr in answers)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(max(0, until - monotonic()))
    if asking.is_alive() or not found:
        raise Failed("name", host)
    return list(found)


def _once(
    target: _Target, body: bytes, headers: Mapping[str, str], allowed: Networks, until: float
) -> tuple[Answer, str]:
    connection = _connected(target, _resolved(target, allowed, until), until)
    try:
        told = {"Host": target.netloc, "Connection": "close", "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in {**told, **headers}.items())
        connection.settimeout(_left(until))
        connection.sendall(f"POST {target.path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)
        answer = http.client.HTTPResponse(_Bounded(connection, until), method="POST")  # type: ignore[arg-type]
        answer.begin()
    except TimeoutError:
        raise Failed("slow") from None
    except ssl.SSLError as error:
        raise Failed("certificate", error.reason or "") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Failed("answer", type(error).__name__) from None
    finally:
        connection.close()
    retry = (answer.getheader("Retry-After") or "")[:40]
    return Answer(answer.status, retry), answer.getheader("Location") or ""


def _connected(target: _Target, addresses: Sequence[Any], until: float) -> socket.socket:
    why = Failed("connect")
    for family, sockaddr in addresses:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(max(0.1, min(_left(until), SECONDS / 2)))
            plain.connect(sockaddr)
            if not target.is_safe:
                return plain
            return _context().wrap_socket(plain, server_hostname=target.host)
        except TimeoutError:
            why = Failed("slow")
        except ssl.SSLError as error:
            why = Failed("certificate", getattr(error, "verify_message", "") or error.reason or "")
        except (OSError, ValueError) as error:
            why = Failed("connect", getattr(error, "strerror", "") or "")
        plain.close()
    raise why


@cache  # to read the certificates of the machine takes longer than a delivery
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Bounded(io.RawIOBase):
    """What comes from a connection, until a moment and up to a size: not a limit for each byte."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        super().__init__()
        self._connection = connection
        self._until = until
        self._taken = 0

    def makefile(self, mode: str) -> io.BufferedReader:
        """As `http.client` asks a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._taken >= LARGEST:
            raise ValueError("an answer without an end")
        self._connection.settimeout(_left(self._until))
        count = self._connection.recv_into(buffer)
        self._taken += count
        return count
