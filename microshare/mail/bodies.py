"""Which of a letter's parts is its text: plain, HTML, Outlook's own, a meeting's.

Of alternatives the plain one is read where it says something. Where several parts follow one
another (a phone puts photos between them), all are the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from microshare.mail import flowed, hypertext, sealed, tnef
from microshare.mail.parts import Part

MOST_TEXT = 512 * 1024  # bytes of plain text that are read, of all parts
MOST_HTML = 1024 * 1024
MOST_FILE = 20 * 1024 * 1024

_MOST_INNER = 4  # letters in one another
_MOST_TEXTS, _MOST_TNEFS = 20, 3  # parts that are read for text
_UNREAD = ("text/calendar", "text/x-vcard", "text/vcard", "text/directory", "text/css",
           "text/x-amp-html", "text/rfc822-headers", "text/csv", "text/xml")  # fmt: skip
_PLACEHOLDER = re.compile(r"\[(?:cid:[^\]\s]{1,200}|image: ?[^\]\n]{0,200})\]")
_SIGNED = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z-]{1,20}: [^\n]{0,100}\n){0,5}\n"
)
_DESCRIBED = re.compile(r"(?im)^DESCRIPTION(?:;[^:\n]{0,200})?:(.*)$")


@dataclass(frozen=True)
class Body:
    """The text with all that is quoted in it, and the HTML's where the text is not that itself."""

    text: str
    html: str = ""  # as text, marked; read only where it is needed
    unreadable: str = ""  # why there is no text: `encrypted`, `signed`, `winmail`
    is_inner: bool = False  # of the letter that it passes on, since it says nothing itself
    files: tuple[tuple[str, bytes], ...] = ()  # out of a `winmail.dat`


def read(parts: list[Part]) -> Body:
    """The text of a letter, if only that of the one letter that it passes on."""
    own = [part for part in parts if not part.enclosed]
    plain, html = _texts(own)
    plain = _bare(plain)
    files: tuple[tuple[str, bytes], ...] = ()
    if tnefs := [part for part in own if _is_tnef(part)]:
        plain, html, files = _with_tnef(tnefs, plain, html)
    plain = plain if plain.strip() or html.strip() else _bare(_described(own))
    if why := _locked(parts, plain):
        return Body("", unreadable=why, files=files)
    is_inner = not plain.strip() and not html.strip() and not files
    for depth in range(1, _MOST_INNER if is_inner else 1):
        plain, html = _texts([part for part in parts if part.enclosed == depth])
        if plain.strip() or html.strip():
            break
    unreadable = "winmail" if tnefs and not (files or plain.strip() or html.strip()) else ""
    return Body(plain if plain.strip() else html, html, unreadable, is_inner, files)


def _with_tnef(
    tnefs: list[Part], plain: str, html: str
) -> tuple[str, str, tuple[tuple[str, bytes], ...]]:
    files: list[tuple[str, bytes]] = []
    for part in tnefs[:_MOST_TNEFS]:
        if found := tnef.opened(part.body(MOST_FILE)):
            files += found.files
            plain = plain if plain.strip() or html.strip() else found.text
            if not plain.strip() and not html.strip():
                html = hypertext.text_of(found.html)
    return plain, html, tuple(files)


def _texts(parts: list[Part]) -> tuple[str, str]:
    """The plain text, and that of the HTML where the plain is not enough.

    Parts that follow one another are read one after another.
    """
    said = list(islice(_said(parts), _MOST_TEXTS))
    choices = any(map(_is_alternative, said))
    plain: list[str] = []
    html = [part for part in said if part.kind in ("text/html", "text/enriched")]
    for part in said:
        if part not in html and (not plain or not _is_alternative(part)):
            plain.append(_plain(part, MOST_TEXT - sum(map(len, plain))))
    written = "\n\n".join(text.strip("\n") for text in plain)
    draws = any(part.cid for part in parts)
    if written.strip() and choices and not draws:
        return written, ""
    room, tags, marked = MOST_HTML, hypertext.MOST_TAGS, []
    for part in html:
        source = part.text(max(room, 0))
        marked.append(hypertext.text_of(source, max(tags, 0)))
        room, tags = room - len(source), tags - source.count("<")
    all_html = "\n\n".join(marked)
    both = bool(written.strip()) and not choices
    return f"{written}\n\n{all_html}" if both else written, all_html


def _said(parts: list[Part]) -> Iterator[Part]:
    is_first = True
    for part in parts:
        is_text = part.kind.startswith("text/") and part.kind not in _UNREAD
        if is_text and not part.is_attached and (is_first or not part.name):
            is_first = False
            yield part


def _is_alternative(part: Part) -> bool:
    around = part.parent
    while around is not None:
        if around.kind == "multipart/alternative":
            return True
        around = around.parent
    return False


def _plain(part: Part, most: int) -> str:
    text = part.text(max(most, 0))
    if part.parameters.get("format", "").lower() == "flowed":
        deletes = part.parameters.get("delsp", "").lower() == "yes"
        return flowed.unflowed(text, deletes_space=deletes)
    return text


def _bare(plain: str) -> str:
    """Plain text without the armour of a signature and the names of pictures."""
    if "[" in plain:
        plain = _PLACEHOLDER.sub("", plain)
    if armour := _SIGNED.search(plain):
        inner, _, after = plain[armour.end() :].partition("\n-----BEGIN PGP SIGNATURE-----")
        rest = after.partition("-----END PGP SIGNATURE-----")[2]
        plain = plain[: armour.start()] + re.sub(r"(?m)^- (?=-|From )", "", inner) + rest
    return plain


def _is_tnef(part: Part) -> bool:
    return part.kind in ("application/ms-tnef", "application/vnd.ms-tnef") or (
        part.name.lower() == "winmail.dat"
    )


def _described(parts: list[Part]) -> str:
    """What a meeting is about, where the letter says nothing besides."""
    for part in parts:
        if part.kind == "text/calendar":
            unfolded = re.sub(r"\n[ \t]", "", part.text(MOST_TEXT))
            if found := _DESCRIBED.search(unfolded):
                return re.sub(r"\\([nN,;\\])", lambda m: "\n" if m[1] in "nN" else m[1], found[1])
    return ""


def _locked(parts: list[Part], plain: str) -> str:
    letter = parts[0]
    if letter.kind == "multipart/encrypted" or "-----BEGIN PGP MESSAGE-----" in plain[:2_000]:
        return "encrypted"
    if letter.kind in sealed.KINDS:
        is_signed = "signed" in letter.parameters.get("smime-type", "").lower()
        return "signed" if is_signed else "encrypted"
    return ""
