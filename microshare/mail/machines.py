"""Whether a machine wrote a letter, and what kind of machine: by its header, senders and build.

Header fields that programs set for it come first, since they are certain. A third of real bounces
and list letters set none: those are known by who sends them, what they are called and how they are
built, two signs together where one alone may be a colleague's.
"""

import re

from microshare.mail import signs, subjects
from microshare.mail.parts import Part

BOUNCE, VACATION, LIST, OWN = "bounce", "vacation", "list", "own"
CALENDAR, RECEIPT, REPORT, AUTOMATIC = "calendar", "receipt", "report", "automatic"

_REPORTS = {"delivery-status": BOUNCE, "global-delivery-status": BOUNCE,
            "disposition-notification": RECEIPT, "feedback-report": REPORT}  # fmt: skip
MOST_TEXT = 8_000  # characters of the body that are looked at


def automatic(parts: list[Part], sender: str, subject: str, body: str, own: str) -> str:
    """What kind of machine wrote the letter; empty for one that a person wrote.

    `body` is its text with all that is quoted, since a bounce quotes what bounced; `own` is what is
    new in it, and all that counts of an answer: colleagues answer and forward what machines wrote.
    """
    letter = parts[0]
    body = (own if _is_answer(letter, subject) else body)[:MOST_TEXT]
    if letter.get("x-microshare") or letter.get("feedback-id").strip().endswith(":microshare"):
        return OWN
    return (
        _by_build(parts, subject, body)
        or (BOUNCE if _is_bounce(letter, sender, subject, body) else "")
        or (VACATION if _is_vacation(letter, subject, body) else "")
        or (LIST if _is_list(letter, sender) else "")
        or (AUTOMATIC if _is_automatic(letter, sender, body) else "")
    )


def _is_answer(letter: Part, subject: str) -> bool:
    """Whether a letter answers another or forwards it, as far as its header tells."""
    named = letter.get("in-reply-to") or letter.get("references")
    return bool(named) or subject != subjects.bare(subject)


def _by_build(parts: list[Part], subject: str, body: str) -> str:
    """What the kinds of the parts tell, but those of a letter within the letter."""
    own = [part for part in parts if not part.enclosed]
    kinds = {part.kind for part in own}
    reports = parts[0].kind == "multipart/report"
    told = parts[0].parameters.get("report-type", "delivery-status").lower() if reports else ""
    for kind, what in _REPORTS.items():
        if kind == told or f"message/{kind}" in kinds:
            return what
    if reports or (len(own) < len(parts) and not body.strip()
                   and signs.REPORT_SUBJECT.match(subject)):  # fmt: skip
        return REPORT
    methods = {part.parameters.get("method", "").lower() for part in own
               if part.kind == "text/calendar"}  # fmt: skip
    answers = {"reply", "counter", "cancel", "refresh", "declinecounter"}
    return CALENDAR if methods & answers else ""


def _is_bounce(letter: Part, sender: str, subject: str, body: str) -> bool:
    if letter.get("x-failed-recipients"):
        return True
    named = bool(signs.BOUNCE_SUBJECT.match(subject))
    daemon = _is_daemon(letter, sender)
    if daemon == "surely":
        return not signs.AWAY_SUBJECT.match(subject)
    says = bool(signs.BOUNCE_BODY.search(body))
    codes = bool(signs.SMTP_CODE.search(body))
    returned = bool(signs.RETURNED.search(body))
    by_nobody = bool(daemon) or _has_no_return(letter)
    if by_nobody:
        return named or says or codes
    if _is_answer(letter, subject):
        return False
    return (named and (codes or returned)) or (says and returned)


def _is_daemon(letter: Part, sender: str) -> str:
    """`surely` where a mail server is the sender, `maybe` where it is its keeper."""
    local = sender.partition("@")[0]
    written = letter.get("from").lower()
    if signs.DAEMON.fullmatch(local) or (not sender and signs.DAEMON.search(written)):
        return "surely"
    if signs.DAEMON_NAME.search(written) or "mailer-daemon" in letter.get("return-path").lower():
        return "surely"
    return "maybe" if local in ("postmaster", "mailadmin", "mailmaster", "mail") else ""


def _has_no_return(letter: Part) -> bool:
    return any(re.fullmatch(r"\s*<\s*>\s*", path) for path in letter.all("return-path"))


def _is_vacation(letter: Part, subject: str, body: str) -> bool:
    told = letter.get("auto-submitted").lower()
    if "auto-replied" in told or "auto_reply" in letter.get("precedence").lower():
        return True
    if any(letter.get(name) for name in signs.VACATION_FIELDS):
        return True
    if signs.REPLIES_BY_ITSELF.match(subject):
        return True
    away = bool(signs.AWAY_BODY.search(body))
    answers = bool(letter.get("in-reply-to") or letter.get("references"))
    if signs.AWAY_SUBJECT.match(subject):
        suppressed = bool(letter.get("x-auto-response-suppress"))
        return away or answers or suppressed or _has_no_return(letter)
    return away and bool(signs.AWAY_ADVICE.search(body)) and (
        answers or _has_no_return(letter) or len(body) < 1_500
    )


def _is_list(letter: Part, sender: str) -> bool:
    if any(letter.get(name) for name in signs.LIST_FIELDS):
        return True
    precedence = letter.get("precedence").strip().lower()
    if precedence in ("list", "bulk", "junk"):
        return True
    if "mailing list" in letter.get("delivered-to").lower():
        return True
    senders = [*letter.all("sender"), *letter.all("return-path"), *letter.all("errors-to")]
    return any(signs.LIST_SENDER.search(each.lower()) for each in senders)


def _is_automatic(letter: Part, sender: str, body: str) -> bool:
    told = letter.get("auto-submitted").strip().lower()
    if told and not told.startswith("no"):
        return True
    suppressed = letter.get("x-auto-response-suppress").strip().lower()
    if suppressed and suppressed != "none":
        return True
    if any(letter.get(name) for name in signs.MACHINE_FIELDS):
        return True
    if _has_no_return(letter):
        return True
    senders = [sender, *letter.all("reply-to")[:3], *letter.all("sender")[:3]]
    if any(signs.NO_REPLY.search(each.lower()) for each in senders):
        return True
    return bool(signs.SAYS_AUTOMATIC.search(body))
