"""Who may send for a domain, as its SPF record tells (RFC 7208); read, and followed to its end."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from microshare import resolving

LOOKUPS = 10  # terms that ask the DNS; whoever needs more is refused by receivers (4.6.4)

Network = IPv4Network | IPv6Network


@dataclass
class Policy:
    """What a record says in the end: the networks it allows, and what of all others."""

    records: int = 0  # SPF records under the domain; one is right
    networks: list[Network] = field(default_factory=list)
    rest: str = ""  # of all others: -, ~, ?, + and empty where nothing is said
    lookups: int = 0
    odd: list[str] = field(default_factory=list)  # terms that mean nothing, or ask for a macro

    def allows(self, address: str) -> bool:
        found = ip_address(address)
        return any(found in network for network in self.networks)


def of(domain: str) -> Policy:
    """The policy of this domain; raises `resolving.NoAnswer`."""
    policy = Policy()
    policy.records = _follow(policy, domain, is_first=True)
    return policy


def _follow(policy: Policy, domain: str, *, is_first: bool = False) -> int:
    texts = [t for t in resolving.lookup(domain, "TXT") if t.lower().split(" ")[0] == "v=spf1"]
    for term in texts[0].split()[1:] if texts else []:
        if policy.lookups > LOOKUPS and not term.lower().endswith("all"):
            continue
        _read(policy, domain, term.lower(), is_first=is_first)
    return len(texts)


def _read(policy: Policy, domain: str, term: str, *, is_first: bool) -> None:
    sign, bare = (term[0], term[1:]) if term[0] in "+-~?" else ("+", term)
    name, _, value = bare.partition("=" if bare.startswith(("redirect=", "exp=")) else ":")
    name, slash, bits = name.partition("/")
    if name == "all":
        policy.rest = sign if is_first else policy.rest
    elif name in ("ip4", "ip6"):
        try:
            policy.networks += [ip_network(value + slash + bits, strict=False)] * (sign == "+")
        except ValueError:
            policy.odd.append(term)
    elif "%" in value:
        policy.lookups += 1
        policy.odd.append(term)
    elif name in ("include", "redirect"):
        policy.lookups += 1
        if not _follow(policy, value, is_first=is_first and name == "redirect"):
            policy.odd.append(term)
    elif name in ("a", "mx"):
        policy.lookups += 1
        where, _, more = value.partition("/")
        _allow_hosts(policy, where or domain, name, (bits or more).split("/")[0])
    elif name in ("exists", "ptr"):
        policy.lookups += 1
    elif name != "exp":
        policy.odd.append(term)


def _allow_hosts(policy: Policy, domain: str, kind: str, bits: str) -> None:
    hosts = resolving.lookup(domain, "MX")[:LOOKUPS] if kind == "mx" else [domain]
    for host in hosts:
        for address in resolving.lookup(host, "A"):
            length = bits if bits.isdigit() and int(bits) <= 32 else "32"
            policy.networks.append(ip_network(f"{address}/{length}", strict=False))
        for address in resolving.lookup(host, "AAAA"):
            policy.networks.append(ip_network(f"{address}/128"))
