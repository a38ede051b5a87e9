"""The digest as a letter: HTML and text in the reader's language, and its unsubscribe link."""

import functools
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import render_template
from flask_babel import force_locale, get_locale, gettext, ngettext
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup

from microshare import bounces, config, letter_form, mailer, markup, sentences, signing
from microshare.digest import Contents, Entry, Thanked
from microshare.errors import Refused
from microshare.mailer import Letter
from microshare.models import User

SUBJECT = 60  # characters of the best line; phones show some forty of a subject
# Blanks that keep the beginning of the letter out of the list of letters, behind the preheader.
FILLER = "\u200c\u00a0" * 60


def render(reader: User, digest: Contents) -> Letter:
    """The letter of this digest; its Message-ID is the same whenever it is rendered."""
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
            "why": sentences.why,
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
            "thanks_linked": _thanks_linked(site),
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
    best = _best(lines[0]) if lines else ""
    told = render_template("mail/digest.subject.txt", best=best, more=len(lines) - 1)
    return " ".join(told.split())


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
def _words(locale: str) -> dict[str, dict[str, str]]:
    """What stands under the lines of each part."""
    thank, reply, follow = gettext("Thank"), gettext("Reply"), gettext("follow")
    words = {"thank": thank, "reply": reply, "follow": follow, "reason": ""}
    return {
        "words": words,
        "words_elsewhere": words | {"reason": gettext("thanked for by other departments")},
        "words_asked": words | {"reply": gettext("Answer")},
    }


def thanks_told(thanked: Thanked) -> str:
    """Who thanked for a post, in a sentence: names, not counts, as far as they fit."""
    return _thanks_told(thanked, [giver.name for giver in thanked.givers[:2]])


def _thanks_linked(site: str) -> Callable[[Thanked], Markup]:
    """The same as HTML, where the names lead to the colleagues."""

    def told(thanked: Thanked) -> Markup:
        link = Markup('<a href="{}/@{}">{}</a>').format
        names = [link(site, giver.username, giver.name) for giver in thanked.givers[:2]]
        # The names are escaped, and the words around them ours.
        return Markup(_thanks_told(thanked, names))  # noqa: S704

    return told


def _thanks_told(thanked: Thanked, names: Sequence[str]) -> str:
    others = len(thanked.givers) - len(names)
    told = ", ".join(names)
    if others:
        told = ngettext(
            "%(names)s and %(num)s other", "%(names)s and %(num)s others", others, names=told
        )
    return str(
        ngettext(
            "%(told)s, from %(num)s department",
            "%(told)s, from %(num)s departments",
            thanked.department_count,
            told=told,
        )
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
