"""What a mail server means by its refusal: of the mailbox, of the letter, or of us.

Only a refusal of the mailbox may stop an address; one of our name, our rights or a letter's
content says nothing about the reader. Codes are those of RFC 5321 and, in the text, RFC 3463.
"""

import regex

# for now · the mailbox, for good · full or not well, of which nobody knows for how long ·
# this letter · the sender, which is ours to mend
LATER, MAILBOX, SOFT, LETTER, US = "later", "mailbox", "soft", "letter", "us"

_ENHANCED = regex.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_FULL = regex.compile(
    r"(?i)mailbox(?: is|_)?.{0,9}full|over.?quota|quota.{0,9}exceed|exceed.{0,20}(?:quota|storage)"
    r"|insufficient (?:system )?storage|postvak.{0,9}vol"
)
_UNKNOWN = regex.compile(
    r"(?i)(?:user|mailbox|recipient|address|account|addressee).{0,40}(?:unknown|not (?:be )?found"
    r"|n[o']t exist|doesn.t exist|does not exist|disabled|inactive|invalid|not known|bestaat niet)"
    r"|(?:unknown|no such|invalid|not a valid|not our|non-?existent|nosuch) ?(?:local )?"
    r"(?:user|mailbox|recipient|address|account|person|here)|no mailbox here|mailbox unavailable"
    r"|name is not recognized|not listed in|onbekende (?:gebruiker|ontvanger)"
)
_NOWHERE = regex.compile(
    r"(?i)(?:no such|unknown|unrouteable|bad|null) (?:domain|host|mx|address|mail domain)"
    r"|(?:host|domain)(?: name)?(?: \S{1,200})? (?:was )?(?:not found|unknown|does not exist)"
    r"|nxdomain|does not accept mail"
)
_POLICY = regex.compile(
    r"(?i)spam|block|black.?list|polic|relay|\bspf\b|\bdkim\b|\bdmarc\b|reputation|denied|\brbl\b"
    r"|authenticat|sender|banned|not (?:allowed|permitted|authori[sz]ed)|rejected by|junk|virus"
)
_LARGE = regex.compile(r"(?i)(?:message|size|letter).{0,30}(?:too (?:large|big|long)|exceed)")
_OURS = {500, 501, 502, 503, 504, 530, 534, 535, 538}  # our command, or our right to give one


def of(code: int, said: str, at: str = "rcpt") -> str:
    """The meaning of an answer to `mail`, `rcpt` or `data`, or in a `report` that came later.

    >>> of(550, "5.1.1 no such mailbox"), of(550, "5.7.1 SPF check failed")
    ('mailbox', 'us')
    >>> of(552, "5.2.2 over quota"), of(554, "5.6.0 that is junk", "data"), of(451, "greylisted")
    ('soft', 'letter', 'later')
    """
    if not 500 <= code < 600:
        return LATER
    if at == "mail" or (code in _OURS and at != "report"):
        return US
    if _FULL.search(said):
        return SOFT
    found = [(int(m[2]), int(m[3])) for m in _ENHANCED.finditer(said) if m[1] == "5"]
    telling = [status for status in found if status not in ((0, 0), (1, 0), (2, 0))]
    meant = _by_status(*telling[0], at, said) if telling else _by_words(code, said, at)
    return LETTER if meant == US and at == "data" else meant


def _by_status(subject: int, detail: int, at: str, said: str) -> str:
    if subject == 1:
        return US if detail in (7, 8, 9) else MAILBOX
    if subject == 2:
        return {1: MAILBOX, 3: LETTER}.get(detail, SOFT)
    if subject == 3:
        return LETTER if detail in (4, 6) else SOFT
    if subject == 4:
        return MAILBOX if _NOWHERE.search(said) or _UNKNOWN.search(said) or detail == 1 else SOFT
    return US if subject == 7 else LETTER


def _by_words(code: int, said: str, at: str) -> str:
    if _LARGE.search(said):
        return LETTER
    if _UNKNOWN.search(said) or (at == "report" and _NOWHERE.search(said)):
        return MAILBOX
    if _POLICY.search(said):
        return US
    if at == "rcpt":
        return {550: MAILBOX, 551: MAILBOX, 553: MAILBOX, 552: SOFT}.get(code, LETTER)
    return LETTER if at == "data" else SOFT


def status(said: str) -> str:
    """The enhanced status code in a text, such as `5.1.1`; empty where there is none.

    >>> status("550 5.1.1 <ada@example.com>: unknown, 10.5.1.1 said")
    '5.1.1'
    """
    found = _ENHANCED.search(said)
    return found[0] if found else ""
