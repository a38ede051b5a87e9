"""The digest as a letter: HTML and text in the reader's language, and its unsubscribe link."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from typing import Any, NamedTuple

from flask import current_app
from flask_babel import force_locale, get_locale, gettext, ngettext
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup, escape

from microshare import (
    bounces,
    config,
    letter_form,
    letter_frames,
    letter_parts,
    mailer,
    markup,
    signing,
)
from microshare.cards import Card, Label
from microshare.digest import Contents, Entry, Thanked
from microshare.errors import Refused
from microshare.letter_parts import Words
from microshare.mailer import Letter
from microshare.readers import AnyAddressee

LARGEST = 57_000  # bytes of both parts; with its headers a letter is under 60 KB
SUBJECT = 60  # characters of the best line; phones show some forty of a subject


def render(reader: AnyAddressee, digest: Contents) -> Letter:
    """The letter of this digest; its Message-ID is the same whenever it is rendered.

    Where long names and another script make it too large, it has some lines less.
    """
    letter = _rendered(reader, digest)
    while not mailer.is_below(letter, LARGEST) and mailer.size(letter) > LARGEST:
        parts = {name: getattr(digest, name) for name in ("yours", "questions", "thanked")}
        longest = max(parts, key=lambda name: len(parts[name]))
        if len(parts[longest]) < 2:
            break
        fewer: dict[str, Any] = {longest: parts[longest][:-1]}
        digest = replace(digest, **fewer)
        letter = _rendered(reader, digest)
    return letter


def _rendered(reader: AnyAddressee, digest: Contents) -> Letter:
    settings = config.current()
    leave = f"{settings.url}/digest/unsubscribe/{_signer().dumps(reader.id)}"
    day, email = digest.period.day, reader.email or ""
    site = digest.site or settings.url
    rest = digest.yours_total - len(digest.yours)
    with force_locale(reader.language):
        locale = str(get_locale())
        words = _words(locale)
        frame = letter_frames.of(locale, settings.company, day, digest.word, tuple(digest.goals))
        subject = _subject([*digest.yours, *digest.elsewhere, *digest.questions])
        told = {
            "name": reader.name, "subject": subject, "preheader": _preheader(digest),
            "site": site, "leave": leave, "rest": _rest(locale, rest) if rest else "",
        }  # fmt: skip
        html = {name: letter_form.in_html(said) for name, said in told.items()}
        html |= {name: letter_form.in_attribute(told[name]) for name in ("site", "leave")}
        for name, items in _parts(digest):
            html[name], told[name] = letter_parts.said(items, words[name], site)
        html["thanked"], told["thanked"] = _thanked(digest.thanked, site)
    sections = _sections(digest, rest)
    return Letter(
        to=email,
        subject=subject,
        text=letter_frames.filled(frame.text, sections, told).strip() + "\n",
        html=letter_frames.filled(frame.html, sections, html),
        message_id=message_id(reader.id, day),
        headers=_headers(day, leave),
        return_path=bounces.return_path(email, reader.id, day) or "",
    )


def _parts(digest: Contents) -> tuple[tuple[str, Sequence[Entry]], ...]:
    return (
        ("yours", digest.yours),
        ("elsewhere", digest.elsewhere),
        ("questions", digest.questions),
    )


def _sections(digest: Contents, rest: int) -> list[str]:
    """Those in which this letter has something to say."""
    found = {name: bool(items) for name, items in _parts(digest)}
    found |= {"rest": bool(digest.yours and rest), "thanked": bool(digest.thanked)}
    return [name for name in letter_frames.SECTIONS if found.get(name, True)]


def _preheader(digest: Contents) -> str:
    """What stands beside the subject in a list of letters: the two lines after the best."""
    lines = [*digest.yours, *digest.elsewhere, *digest.questions]
    return " · ".join(markup.plain_line(item.post.line) for item in lines[1:3])


@lru_cache(letter_parts.KEPT)  # by locale, which is in force where this is called
def _rest(locale: str, count: int) -> str:
    told = ngettext("%(num)s more post in your feed", "%(num)s more posts in your feed", count)
    return str(told)


def _thanked(some: Sequence[Thanked], site: str) -> tuple[str, str]:
    """The reader's posts and who thanked for them, in HTML and in text."""
    if not some:
        return "", ""
    module: Any = current_app.jinja_env.get_template("mail/_parts.html").module
    html, text = "", ""
    for one in some:
        thanks, plain = _thanks(one, site), markup.plain_line(one.post.line)
        html += f'{module.line(one.post, site)}\n<p class="told">{thanks.linked}</p>\n'
        text += f"{letter_form.folded(plain, '* ', '  ')}\n"
        text += f"{letter_form.folded(thanks.plain, '  ')}\n  {site}/posts/{one.post.id}\n\n"
    return letter_form.inlined_part(html) + "\n", text


def _headers(day: date, leave: str) -> dict[str, str]:
    """What tells programs that this is a list, and how to leave it with one click (RFC 8058)."""
    company, domain = config.current().company, mailer.domain()
    return {
        "List-Id": f"{letter_form.phrase(company)} <digest.{domain}>",
        "List-Unsubscribe": f"<{leave}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
        # Campaign, kind, domain, sender: receivers count complaints by it.
        "Feedback-ID": f"{day}:digest:{domain}:microshare",
    }


def _subject(lines: Sequence[Entry]) -> str:
    """The best line under its tag, cut at a word, and how many more there are."""
    if not lines:
        return str(gettext("Thanks to you, this week"))
    best, more = " ".join(_best(lines[0]).split()), len(lines) - 1
    if not more:
        return best
    told = ngettext("%(line)s, and %(num)s more", "%(line)s, and %(num)s more", more, line=best)
    return str(told)


def _best(entry: Entry) -> str:
    """`#pumps: Quieter seal tested`: the tag for which it is there, else its first."""
    reason = next((r.name for r in entry.reasons if r.kind in ("tag", "department-tag")), "")
    return _under_tag(entry.post, reason, entry.tag)


@lru_cache(letter_parts.KEPT)
def _under_tag(post: Card, reason: str, offered: Label | None) -> str:
    tags = [tie.tag for tie in post.tags]
    tag = next((t for t in tags if t.name == reason), offered or (tags[0] if tags else None))
    plain = markup.plain_line(post.line)
    if tag is None:
        return letter_form.shortened(plain, SUBJECT)
    # Tags at either end only tell where it belongs, which the subject has told.
    words = plain.split()
    while len(words) > 1 and words[-1].startswith("#"):
        words.pop()
    if words[0].rstrip(":").casefold() == f"#{tag.spelling}".casefold():
        words.pop(0)
    line = " ".join(words)
    line = f"#{tag.spelling}: {line}" if line else f"#{tag.spelling}"
    return letter_form.shortened(line, SUBJECT)


@cache  # by locale, which is in force where this is called
def _words(locale: str) -> dict[str, Words]:
    """What stands under the lines of each part."""
    words = Words(locale, gettext("Thank"), gettext("Reply"), gettext("follow"))
    return {
        "yours": words,
        "elsewhere": words._replace(reason=gettext("thanked for by other departments")),
        "questions": words._replace(reply=gettext("Answer")),
    }


class Thanks(NamedTuple):
    """Who thanked for a post, in a sentence; in HTML the names lead to the colleagues."""

    plain: str
    linked: Markup


def thanks_told(thanked: Thanked) -> str:
    """Who thanked for a post, in a sentence: names, not counts, as far as they fit."""
    return _thanks(thanked, "").plain


def _thanks(thanked: Thanked, site: str) -> Thanks:
    named = thanked.givers[:2]
    others = len(thanked.givers) - len(named)
    told = "\x01"  # where the names go
    if others:
        told = ngettext(
            "%(names)s and %(num)s other", "%(names)s and %(num)s others", others, names=told
        )
    said = ngettext(
        "%(told)s, from %(num)s department",
        "%(told)s, from %(num)s departments",
        thanked.department_count,
        told=told,
    )
    link = Markup('<a href="{}/@{}">{}</a>').format
    links = Markup(", ").join(link(site, giver.username, giver.name) for giver in named)
    return Thanks(
        said.replace("\x01", ", ".join(giver.name for giver in named)),
        Markup(escape(said).replace("\x01", links)),  # noqa: S704 - both are safe
    )


def message_id(reader_id: int, period: date) -> str:
    """One reader, one period, one letter, one id: a copy is known as a copy.

    >>> from datetime import date
    >>> from flask import Flask
    >>> app = Flask("x")
    >>> app.config["MICROSHARE"] = config.Settings(mail_from="share@example.com")
    >>> with app.app_context():
    ...     message_id(7, date(2026, 11, 23))
    'digest.2026-11-23.7@example.com'
    """
    return f"digest.{period.isoformat()}.{reader_id}@{mailer.domain()}"


def _signer() -> URLSafeSerializer:
    return _signing(signing.key())


@lru_cache(1)
def _signing(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="microshare digest unsubscribe")


def unsubscriber(token: str) -> int:
    """The id of the reader whose letter held this unsubscribe link."""
    try:
        return int(_signer().loads(token))
    except (BadSignature, ValueError, TypeError) as error:
        raise Refused("link-broken") from error
