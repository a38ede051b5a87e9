"""What we write to whom a held letter names: a sentence, at most once a day.

A letter that proves nothing may carry anybody's address, and who is answered for it may never have
written. So a colleague is told at the address that we know, whatever the letter says; and a
stranger only where the sender's own domain or our relay vouches for the address. Others hear
nothing. A stranger is told that the letter was not posted, and nothing of who is a colleague.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import render_template
from flask_babel import force_locale, lazy_gettext

from microshare import account_letters, config, mail_addresses, mailer
from microshare.mail import register
from microshare.mail.reading import Incoming
from microshare.mail_letters import Origin
from microshare.mailer import Letter
from microshare.models import User

_ = lazy_gettext

# Why a letter is held, for the colleague whose it may be.
WHY = {
    "stranger": _("It came from an address that is not yours, to an address that is."),
    "refuted": _("Our mail server saw that it does not come from your mail system."),
    "unsigned": _("Your mail system did not sign it (DKIM)."),
    "misaligned": _("It is signed (DKIM) by another domain than that of your address."),
    "broken": _("Its signature (DKIM) is not right: it was changed on the way, or forged."),
    "weak": _("Its signature (DKIM) does not cover all that counts."),
    "stale": _("Its date is missing, or too long ago."),
    "elsewhere": _("It was written to others: you in bcc, or somebody who passed it on."),
    "odd": _("It is built so oddly that its signature tells nothing."),
    "unanswered": _("No name server told the key of its signature (DKIM)."),
}
AUTOMATIC = _("A program wrote it, and not you yourself, as far as we can see.")


def why(code: str) -> str:
    """Why a letter is held, in a sentence."""
    return str(WHY.get(code, AUTOMATIC))


def held(to: User, of: register.Entry, incoming: Incoming, code: str, now: datetime) -> None:
    """To the colleague whose letter it may be: it waits, and where one releases it."""
    if not to.email or not register.may_answer(to.email, now):
        return
    with force_locale(to.language):
        reason = why(code)
    _write("held", to.email, to.language, of, incoming, now, {
        "sender": incoming.sender,
        "reason": reason,
        "link": f"{config.current().url}/letters",
        "settings": f"{config.current().url}/settings",
        "days": register.HELD_FOR.days,
    })  # fmt: skip


def stranger(of: register.Entry, incoming: Incoming, now: datetime) -> None:
    """To somebody who is no colleague, and whose address is real."""
    to = incoming.sender
    if not to.isascii() or mail_addresses.is_ours(to) or not register.may_answer(to, now):
        return
    facts = {"address": mail_addresses.share() or ""}
    _write("stranger", to, config.current().language, of, incoming, now, facts)


def _write(
    kind: str,
    to: str,
    language: str,
    of: register.Entry,
    incoming: Incoming,
    now: datetime,
    facts: Mapping[str, Any],
) -> None:
    settings = config.current()
    origin = Origin(of.key, incoming.subject, incoming.message_id, incoming.references)
    told = {**facts, "subject": of.subject, "company": settings.company, "url": settings.url}
    with force_locale(language):
        subject = " ".join(render_template(f"mail/{kind}.subject.txt", **told).split())
        letter = Letter(
            to=to,
            subject=subject,
            text=render_template(f"mail/{kind}.txt", **told),
            html=render_template(f"mail/{kind}.html", **told),
            message_id=f"{kind}.{of.key[:40]}@{mailer.domain()}",
            headers={
                "Auto-Submitted": "auto-replied",
                "Precedence": "bulk",
                **origin.headers(),
            },
            return_path="<>",  # nobody is told that it did not arrive (RFC 3834, 3.3)
        )
    account_letters.queue(letter, now)
