"""What the DNS tells: texts, addresses and mail servers under a name, within a time."""

from typing import Any

from microshare import config, extras

KINDS = ("TXT", "A", "AAAA", "MX")


class NoAnswer(Exception):
    """No DNS server answered in time: nothing is known, and later one may."""


def lookup(name: str, kind: str, seconds: float = 2.0) -> list[str]:
    """What stands under this name: texts with their pieces joined, addresses, or hosts of mail.

    Empty where there is no such name. `NoAnswer` where nobody tells.
    """
    dns = extras.library("dns.resolver")
    broken = extras.library("dns.exception").DNSException
    try:
        found = _resolver(dns).resolve(name, kind, lifetime=seconds, search=False)
    except (dns.NXDOMAIN, dns.NoAnswer):
        return []
    except (dns.LifetimeTimeout, dns.NoNameservers, dns.NoResolverConfiguration, OSError) as error:
        raise NoAnswer(str(error)) from error
    except (broken, UnicodeError, ValueError):
        return []  # a name that cannot be
    if kind == "TXT":
        return [b"".join(record.strings).decode("utf-8", "replace") for record in found]
    if kind == "MX":
        return [str(record.exchange).rstrip(".") for record in found]
    return [record.address for record in found]


def _resolver(dns: Any) -> Any:
    server = config.current().dns
    resolver = dns.Resolver(configure=not server)
    if server:
        host, _, port = server.partition(":") if server.count(":") == 1 else (server, "", "")
        resolver.nameservers, resolver.port = [host], int(port or 53)
    return resolver
