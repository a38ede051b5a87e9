"""The digest as a letter: HTML and text in the reader's language, and its unsubscribe link."""

import functools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from flask import render_template
from flask_babel import force_locale, get_locale, gettext, ngettext
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup, escape

from microshare import bounces, config, letter_form, letter_parts, mailer, markup, signing
from microshare.digest import Contents, Entry, Thanked
from microshare.errors import Refused
from microshare.letter_parts import Words
from microshare.mailer import Letter
from microshare.models import User

LARGEST = 57_000  # bytes of both parts; with its headers a letter is under 60 KB
SUBJECT = 60  # characters of the best line; phones show some forty of a subject
# Blanks that keep the beginning of the letter out of the list of letters, behind the preheader.
FILLER = "\u200c\u00a0" * 40


def render(reader: User, digest: Contents) -> Letter:
    """The letter of this digest; its Message-ID is the same whenever it is rendered.

    Where long names and another script make it too large, it has some lines less.
    """
    letter = _rendered(reader, digest)
    while len(letter.html) + len(letter.text) > LARGEST // 3 and mailer.size(letter) > LARGEST:
        parts = {name: getattr(digest, name) for name in ("yours", "questions", "thanked")}
        longest = max(parts, key=lambda name: len(parts[name]))
        if len(parts[longest]) < 2:
            break
        fewer: dict[str, Any] = {longest: parts[longest][:-1]}
        digest = replace(digest, **fewer)
        letter = _rendered(reader, digest)
    return letter


def _rendered(reader: User, digest: Contents) -> Letter:
    settings = config.current()
    leave = f"{settings.url}/digest/unsubscribe/{_signer().dumps(reader.id)}"
    day, email = digest.period.day, reader.email or ""
    site = digest.site or settings.url
    with force_locale(reader.language):
        locale = get_locale()
        facts: dict[str, Any] = {
            "reader": reader,
            "digest": digest,
            "site": site,
            "leave": leave,
            "company": settings.company,
            "rest": digest.yours_total - len(digest.yours),
            "locale": str(locale),
            "direction": locale.text_direction if locale else "ltr",
            **_words(str(locale)),
        }
        lines = [*digest.yours, *digest.elsewhere, *digest.questions]
        subject = _subject(lines)
        facts |= {
            "subject": subject,
            "preheader": " · ".join(markup.plain_line(item.post.line) for item in lines[1:3]),
            "filler": FILLER,
            "thanks": [_thanks(thanked, site) for thanked in digest.thanked],
            "html_of": letter_parts.html,
            "text_of": letter_parts.text,
        }
        html = letter_form.inlined(render_template("mail/digest.html", **facts))
        text = render_template("mail/digest.txt", **facts)
    return Letter(
        to=email,
        subject=subject,
        text=text.strip() + "\n",
        html=html,
        message_id=message_id(reader.id, day),
        headers=_headers(day, leave),
        return_path=bounces.return_path(email, reader.id, day) or "",
    )


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
    post = entry.post
    tags = [tie.tag for tie in post.tags]
    reason = next((r.name for r in entry.reasons if r.kind in ("tag", "department-tag")), "")
    tag = next((t for t in tags if t.name == reason), entry.tag or (tags[0] if tags else None))
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


@functools.cache  # by locale, which is in force where this is called
def _words(locale: str) -> dict[str, Words]:
    """What stands under the lines of each part."""
    words = Words(locale, gettext("Thank"), gettext("Reply"), gettext("follow"))
    return {
        "words": words,
        "words_elsewhere": words._replace(reason=gettext("thanked for by other departments")),
        "words_asked": words._replace(reply=gettext("Answer")),
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
    return URLSafeSerializer(signing.key(), salt="microshare digest unsubscribe")


def unsubscriber(token: str) -> int:
    """The id of the reader whose letter held this unsubscribe link."""
    try:
        return int(_signer().loads(token))
    except (BadSignature, ValueError, TypeError) as error:
        raise Refused("link-broken") from error
