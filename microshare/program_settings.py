"""What the settings of programs may be: each reads a value, or says what it must be."""

import re
from ipaddress import ip_network


def networks(value: str) -> str:
    try:
        for one in value.split(","):
            ip_network(one.strip())
    except ValueError as error:
        raise ValueError("networks with commas, such as 10.1.0.0/16,127.0.0.1") from error
    return value


def origins(value: str) -> str:
    origins = [one.strip().rstrip("/") for one in value.split(",")]
    if value == "*" or all(re.fullmatch(r"https?://[^/\s]+", one) for one in origins):
        return ",".join(origins)
    raise ValueError("* or origins such as https://elk.example.com, with commas")
