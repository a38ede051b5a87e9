"""What the DNS tells: texts (TXT) under a name, within a time."""

from ipaddress import ip_address

from microshare import config, extras


class NoAnswer(Exception):
    """No server of names answered in time: later one may."""


def text(name: str, seconds: float) -> bytes | None:
    """The key or policy under this name, its pieces joined; None where there is no such name.

    Of several texts it is the one that tells of a key, for others may have been put beside it.
    """
    dns = extras.library("dns.resolver")
    extras.library("dns.exception")
    try:
        answer = _resolver(dns).resolve(name, "TXT", lifetime=seconds, search=False)
    except (dns.NXDOMAIN, dns.NoAnswer):
        return None
    except (dns.LifetimeTimeout, dns.NoNameservers, dns.NoResolverConfiguration) as error:
        raise NoAnswer(str(error)) from error
    except (extras.library("dns.exception").DNSException, UnicodeError, ValueError):
        return None  # a name that cannot be
    texts = [b"".join(record.strings) for record in answer]
    return next((one for one in texts if b"p=" in one), texts[0] if texts else None)


def _resolver(dns):  # type: ignore[no-untyped-def]
    server = config.current().dns
    resolver = dns.Resolver(configure=not server)
    if server:
        host, port = _parts(server)
        resolver.nameservers, resolver.port = [host], port
    return resolver


def _parts(server: str) -> tuple[str, int]:
    """Host and port of `192.0.2.53`, `127.0.0.1:5353` or `::1`.

    >>> _parts("127.0.0.1:5353"), _parts("::1")
    (('127.0.0.1', 5353), ('::1', 53))
    """
    host, _, port = server.partition(":") if server.count(":") == 1 else (server, "", "")
    return str(ip_address(host)), int(port or 53)
