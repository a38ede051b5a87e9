"""What receivers see of us: SPF, DKIM, DMARC, and the mail server that takes our letters.

Each finding is a sentence for the administrator, in English as all that the command says.
"""

from datetime import datetime
from urllib.parse import urlsplit

from microshare import config, relay_check, resolving, seals, spf
from microshare.findings import BAD, GOOD, NOTE, UNKNOWN, Finding
from microshare.resolving import NoAnswer


def look(now: datetime) -> list[tuple[str, list[Finding]]]:
    """The findings under their headings. Asks the network, and gives up within seconds."""
    settings = config.current()
    domain = settings.mail_from.rpartition("@")[2].lower()
    back_to = (settings.mail_in or settings.mail_from).rpartition("@")[2].lower()
    try:
        asked = [
            ("SPF", _spf(back_to)),
            ("DKIM", _dkim(domain)),
            ("DMARC", _dmarc(domain, back_to)),
            ("Bounces", _bounces(back_to)),
        ]
    except NoAnswer:
        told = "No DNS server answered, so SPF, DKIM and DMARC are not known. Is there a network?"
        asked = [("DNS", [Finding(UNKNOWN, told)])]
    return [*asked, ("Relay", relay_check.look(now))]


def _spf(domain: str) -> list[Finding]:
    policy = spf.of(domain)
    if not policy.records:
        told = (
            f"{domain} has no SPF record, so anybody's server may send for it, and receivers "
            "mistrust all. Add a TXT record such as “v=spf1 include:… -all”, as your mail provider "
            "tells it."
        )
        return [Finding(BAD, told)]
    if policy.records > 1:
        told = f"{domain} has {policy.records} SPF records, so receivers heed none. Make them one."
        return [Finding(BAD, told)]
    found = [Finding(BAD, f"“{term}” in its SPF record leads nowhere.") for term in policy.odd]
    if policy.lookups > spf.LOOKUPS:
        told = f"Its SPF record needs more than {spf.LOOKUPS} look-ups; receivers give up then."
        found.append(Finding(BAD, told))
    if policy.rest == "+":
        found.append(Finding(BAD, "Its SPF record ends in “+all”: everybody may send for it."))
    elif policy.rest in ("", "?"):
        told = "Its SPF record says nothing of other servers; end it in “-all” or “~all”."
        found.append(Finding(NOTE, told))
    return [*found, *_relay_allowed(domain, policy)]


def _relay_allowed(domain: str, policy: spf.Policy) -> list[Finding]:
    host = urlsplit(config.current().smtp_url).hostname or ""
    addresses = [host] if host.replace(".", "").isdigit() else resolving.lookup(host, "A")
    if not host or host in ("localhost", "127.0.0.1"):
        told = f"{domain} has an SPF record. Whether it names your relay, only a letter tells."
        return [Finding(GOOD, told)]
    allowed = [address for address in addresses if policy.allows(address)]
    if allowed:
        return [Finding(GOOD, f"{domain} has an SPF record, which allows {host} ({allowed[0]}).")]
    told = (
        f"The SPF record of {domain} does not name {host} "
        f"({', '.join(addresses) or 'no address'}). That is right where the letters leave from "
        "other addresses of your provider: a letter to yourself shows it as “spf=pass” in its "
        "headers."
    )
    return [Finding(NOTE, told)]


def _dkim(domain: str) -> list[Finding]:
    settings = config.current()
    if not settings.dkim_key:
        told = (
            "We do not sign letters (MICROSHARE_DKIM_KEY is not set). That is right only where the "
            "relay does it for this domain."
        )
        return [Finding(NOTE, told)]
    _, modulus = seals.private_key(settings.dkim_key)
    name = f"{settings.dkim_selector}._domainkey.{domain}"
    texts = [t for t in resolving.lookup(name, "TXT") if "p=" in t]
    if not texts:
        told = f"There is no key under {name}. Add this TXT record there:\n{seals.record()}"
        return [Finding(BAD, told)]
    tags = _tags(texts[0])
    if not tags.get("p"):
        return [Finding(BAD, f"The key under {name} is taken back (its p= is empty).")]
    if seals.public_modulus(tags["p"]) != modulus:
        told = f"The key under {name} is another one than ours. It should be:\n{seals.record()}"
        return [Finding(BAD, told)]
    found = [Finding(GOOD, f"We sign, and the key under {name} is ours.")]
    if modulus.bit_length() < seals.GOOD:
        found.append(Finding(NOTE, f"It has {modulus.bit_length()} bits; 2048 are usual."))
    if "y" in tags.get("t", "").split(":"):
        told = f"It is marked as a trial (t=y), so that signatures may not count: see {name}."
        found.append(Finding(NOTE, told))
    if len(texts) > 1:
        found.append(Finding(BAD, f"There are {len(texts)} keys under {name}; let there be one."))
    return found


def _dmarc(domain: str, back_to: str) -> list[Finding]:
    where, tags = _policy(domain)
    if not tags:
        told = (
            f"{domain} has no DMARC record; large receivers ask for one. Begin with a TXT record "
            f"under _dmarc.{domain}: “v=DMARC1; p=none”."
        )
        return [Finding(BAD, told)]
    wish = tags.get("p", "none") if where == domain else tags.get("sp", tags.get("p", "none"))
    does = {"none": "only watched", "quarantine": "put aside", "reject": "refused"}
    then = does.get(wish, "treated in a way that nobody knows")
    told = f"{where} has a DMARC record: letters that fail it are {then} (p={wish})."
    found = [Finding(GOOD if wish in does else BAD, told)]
    signed = bool(config.current().dkim_key)
    by_spf = _is_aligned(back_to, domain, tags.get("aspf", "r"))
    if signed:
        found.append(Finding(GOOD, f"Our signature is of {domain} itself, so it is aligned."))
    if not by_spf:
        told = f"The return path is of {back_to}, which is not aligned with {domain}"
        if signed:
            found.append(Finding(NOTE, f"{told}: the signature alone counts."))
        else:
            found.append(Finding(BAD, f"{told}, and we do not sign: DMARC fails. Set a DKIM key."))
    elif not signed:
        told = f"SPF is aligned by {back_to}; a letter that is forwarded fails DMARC all the same."
        found.append(Finding(NOTE, told))
    return found


def _policy(domain: str) -> tuple[str, dict[str, str]]:
    """The DMARC record of the domain, or of the nearest one above it that has one."""
    labels = domain.split(".")
    for at in range(max(len(labels) - 1, 1)):
        above = ".".join(labels[at:])
        for text in resolving.lookup(f"_dmarc.{above}", "TXT"):
            if text.replace(" ", "").lower().startswith("v=dmarc1"):
                return above, {name: value.lower() for name, value in _tags(text).items()}
    return domain, {}


def _is_aligned(one: str, other: str, mode: str) -> bool:
    if mode == "s":
        return one == other
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _bounces(domain: str) -> list[Finding]:
    if resolving.lookup(domain, "MX") or resolving.lookup(domain, "A"):
        if config.current().mail_in:
            return [Finding(GOOD, f"Letters that come back find a mail server of {domain}.")]
        told = "Letters that come back are not read: that takes MICROSHARE_MAIL_IN."
        return [Finding(NOTE, told)]
    told = f"{domain} has no mail server (MX), so bounces and replies are lost, and some refuse us."
    return [Finding(BAD, told)]


def _tags(text: str) -> dict[str, str]:
    """`v=DKIM1; p=…` as names and values."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
