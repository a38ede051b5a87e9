"""A letter that came back, read: delivery reports (RFC 3464) and the common forms without rules.

Whoever likes can send us anything, so no library takes it apart: sizes, depth and numbers are
bounded, every pattern takes linear time, and what cannot be read is no bounce.
"""

import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import regex

from microshare import verdicts

HARD, SOFT, POLICY, DELAYED, NOTE = "hard", "soft", "policy", "delayed", "note"
KINDS = {
    verdicts.MAILBOX: HARD,
    verdicts.SOFT: SOFT,
    verdicts.LATER: SOFT,  # tried for days, and given up
    verdicts.LETTER: POLICY,
    verdicts.US: POLICY,
}
LARGEST, HEAD, TOLD = 400_000, 60_000, 30_000  # bytes: of a letter, its header, its words
DEPTH, PARTS = 5, 40  # levels of parts, parts of a level

_BOUNDARY = regex.compile(r'(?i)boundary\s{0,9}=\s{0,9}(?:"([^"\n]{1,200})"|([^\s;"]{1,200}))')
_ADDRESS = regex.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}+@[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}")
_DAEMON = regex.compile(
    r"(?i)mailer-?daemon|postmaster|mail(?: |-)delivery|mdaemon|\bmta\b|delivery subsystem"
)
_SUBJECT = regex.compile(
    r"(?i)undeliver|return(?:ed|ing).{0,12} (?:mail|message|to sender)|failure notice|bounce"
    r"|(?:delivery|mail|message).{0,30}(?:fail|status|delay|error|problem)|could not be delivered"
    r"|(?:mail|delivery|address).{0,9}(?:fail|error)|niet (?:worden )?(?:bezorgd|afgeleverd)"
    r"|onbestelbaar|unzustellbar|non remis|non.?delivery|rejected"
)
_FAILED = regex.compile(
    r"(?i)(?:could|can|was|were|has|have)(?:not|n't| not)? (?:not )?(?:be )?(?:been )?"
    r"(?:delivered|deliver|sent)|undeliver|permanent (?:fatal )?error|delivery (?:has )?failed"
    r"|fatal errors?|error delivering|returned to (?:the )?sender|was rejected|giving up"
    r"|did not reach|unable to deliver|not delivered|niet (?:worden )?(?:bezorgd|afgeleverd)"
)
# Behind these comes the letter that was sent, whose words say nothing of why it came back.
_COPY = regex.compile(
    r"(?im)^[ >*-]{0,40}(?:below this line is a copy|this is a copy of|message headers follow"
    r"|original message|bounced e-?mail|unsent message|returned message|the original message"
    r" follows|message header|headers? of the original).{0,80}$"
)
_ANSWER = regex.compile(
    r"(?<![\d.])([45]\d\d)[ -]{1,2}(?=\D)|(?<![\d.])#?([45])\.\d{1,3}\.\d{1,3}(?![\d.]*\d)"
)


@dataclass(frozen=True)
class Bounce:
    """A letter that came back: `kind` is hard, soft, policy, delayed, or a mere note."""

    kind: str
    recipient: str = ""  # who did not get it, as far as it is told; folded
    status: str = ""  # such as 5.1.1
    said: str = ""  # why, in the words of the server
    returned_to: tuple[str, ...] = ()  # the addresses that this report was sent to
    letter_to: tuple[str, ...] = ()  # whom the letter that came back was for
    message_id: str = ""  # of the letter that came back


Head = dict[str, list[str]]


@dataclass
class _Part:
    head: Head
    text: str
    kind: str = ""
    inner: list["_Part"] = field(default_factory=list)


def of(raw: bytes) -> Bounce | None:
    """What this letter tells of one that came back; None where it is no such letter."""
    letter = _part(raw[:LARGEST].decode("latin-1").replace("\r\n", "\n").replace("\0", ""))
    parts = list(_leaves(letter))
    report = next((p for p in parts if p.kind == "message/delivery-status"), None)
    told = "\n".join(p.text for p in parts if p.kind.startswith("text/plain"))
    told = told or "\n".join(_bare(p.text) for p in parts if p.kind == "text/html")
    told = told[:TOLD]
    if told.lstrip().startswith('{"notificationType"'):
        return _notified(told)
    copy = _COPY.search(told)
    words, rest = (told[: copy.start()], told[copy.end() :]) if copy else (told, "")
    if report is None and not _looks_so(letter, words, parts):
        return None
    sent = next((p for p in parts if p.kind in ("message/rfc822", "text/rfc822-headers")), None)
    origin = _head(sent.text.lstrip("\n") if sent else rest.lstrip())
    found = _reported(report.text, words) if report else None
    bounce = found or _worded(words, letter.head, _addresses(letter.head, "to"))
    return Bounce(
        *bounce,
        returned_to=_addresses(
            letter.head, "to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to"
        ),
        letter_to=_addresses(origin, "to", "x-original-to"),
        message_id=next(iter(origin.get("message-id", [])), "").strip("<> "),
    )


def _notified(told: str) -> Bounce | None:
    """What Amazon's service tells in a form of its own, one line of JSON."""
    try:
        notice = json.loads(told.lstrip().partition("\n")[0])
        sent, bounce = notice["mail"], notice.get("bounce", {})
        recipient: dict[str, str] = next(iter(bounce.get("bouncedRecipients", [])), {})
        said = str(recipient.get("diagnosticCode", "")).partition(";")[2].strip()[:500]
        kind = NOTE
        if bounce:
            kind = SOFT if bounce["bounceType"] == "Transient" else _kind(said, _code(said, ""))
        to = tuple(str(address).lower() for address in sent["destination"])
        who = str(recipient.get("emailAddress", "")).lower()
        return Bounce(kind, who, str(recipient.get("status", "")), said, letter_to=to)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _looks_so(letter: _Part, words: str, parts: list[_Part]) -> bool:
    """Whether a letter without a report is one all the same: by its sender, subject and words."""
    if any(part.kind == "message/feedback-report" for part in parts):
        return False
    head = letter.head
    kind = " ".join(head.get("content-type", [])).lower()
    if "multipart/report" in kind and "delivery-status" in kind:
        return True
    path = "".join(head.get("return-path", []))
    sender = " ".join(head.get("from", []))
    is_daemon = bool(_DAEMON.search(sender)) or path.strip() in ("<>", "<MAILER-DAEMON>")
    subject = " ".join(head.get("subject", []))
    if "x-failed-recipients" in head:
        return True
    return (
        is_daemon
        and bool(_SUBJECT.search(subject))
        and bool(_FAILED.search(words) or _ANSWER.search(words))
    )


def _reported(report: str, words: str) -> tuple[str, str, str, str] | None:
    """Kind, recipient, status and words of the first recipient that a report names."""
    for block in report.replace("\n\n\n", "\n\n").split("\n\n"):
        fields = _head(block.strip("\n") + "\n\n")
        recipient = " ".join(fields.get("final-recipient", fields.get("original-recipient", [])))
        if not recipient:
            continue
        action = " ".join(fields.get("action", ["failed"])).strip().lower()
        said = " ".join(fields.get("diagnostic-code", [])).partition(";")[2].strip()
        status = verdicts.status(" ".join(fields.get("status", [])))
        why = said or _why(words)
        kind = {"delayed": DELAYED}.get(action, NOTE)
        if action.startswith("fail"):
            kind = _kind(f"{why} {status}", _code(why, status))
        found = _ADDRESS.search(recipient.partition(";")[2] or recipient)
        return kind, found[0].lower() if found else "", verdicts.status(why) or status, why[:500]
    return None


def _worded(words: str, head: Head, own: tuple[str, ...]) -> tuple[str, str, str, str]:
    """The same of a letter that only says it in words."""
    why = _why(words)
    named = _addresses(head, "x-failed-recipients")
    others = (a.lower() for a in _ADDRESS.findall(words))
    recipient = named[0] if named else next((a for a in others if a not in own), "")
    return _kind(why, _code(why, "")), recipient, verdicts.status(why), why[:500]


def _kind(why: str, code: int) -> str:
    return KINDS[verdicts.of(code, why, "report")]


def _code(why: str, status: str) -> int:
    """The code of the answer; of a report without one, by the class of its status."""
    found = _ANSWER.search(why)
    first = (found[1] or found[2] or "")[0] if found else status[:1] or "5"
    return int(found[1]) if found and found[1] else int(first) * 100 + 50


def _why(words: str) -> str:
    """The lines that tell why: with an answer's code, else those that name what is wrong."""
    lines = [" ".join(line.split()) for line in words.split("\n")]
    for at, line in enumerate(lines):
        if _ANSWER.search(line):
            return " ".join([line, *(more for more in lines[at + 1 : at + 2] if more)])
    told = [line for line in lines if line]
    for line in told:
        if verdicts.of(550, line, "report") != verdicts.SOFT:
            return line
    return next((line for line in told if _FAILED.search(line)), told[0] if told else "")


def _part(text: str, depth: int = 0) -> _Part:
    if text.startswith(("From ", ">From ")):  # of a mailbox file
        text = text.partition("\n")[2]
    head_text, _, body = text.partition("\n\n") if not text.startswith("\n") else ("", "", text[1:])
    head = _head(head_text[:HEAD] + "\n\n")
    told = " ".join(head.get("content-type", ["text/plain"]))
    part = _Part(head, body, told.partition(";")[0].strip().lower())
    bounds = _BOUNDARY.search(told)
    if part.kind.startswith("multipart/") and bounds and depth < DEPTH:
        mark = "\n--" + (bounds[1] or bounds[2])
        pieces = f"\n{body}".split(mark, PARTS)[1:]
        part.inner = [
            _part(piece.partition("\n")[2], depth + 1)
            for piece in pieces
            if not piece.startswith("--")
        ]
    elif part.kind != "message/rfc822":
        part.text = _decoded(body, " ".join(head.get("content-transfer-encoding", [])))
    return part


def _leaves(part: _Part) -> Iterator[_Part]:
    if not part.inner:
        yield part
    for inner in part.inner:
        yield from _leaves(inner)


def _head(text: str) -> Head:
    """The headers at the beginning of a text, unfolded, by their names in small letters."""
    head: Head = {}
    values: list[str] = []
    for line in text[:HEAD].split("\n"):
        if not line.strip():
            break
        if line[0] in " \t" and values:
            values[-1] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        if colon and len(name) < 80:
            values = head.setdefault(name.strip().lower(), [])
            values.append(value.strip())
    return head


def _decoded(body: str, encoding: str) -> str:
    raw = body.encode("latin-1", "replace")
    if "base64" in encoding.lower():
        try:
            raw = binascii.a2b_base64(raw)
        except binascii.Error:
            return body
    elif "quoted" in encoding.lower():
        raw = binascii.a2b_qp(raw)
    return raw.decode("utf-8", "replace").replace("\r\n", "\n")


def _bare(html: str) -> str:
    """The words of HTML, roughly."""
    return str(regex.sub(r"<[^<>]{0,2000}+>", "\n", html[:100_000]))


def _addresses(head: Head, *names: str) -> tuple[str, ...]:
    found = " ".join(value[:2000] for name in names for value in head.get(name, [])[:5])
    return tuple(dict.fromkeys(address.lower() for address in _ADDRESS.findall(found)))
