"""The digest as a letter: HTML and text in the reader's language, and its unsubscribe link."""

import functools
from datetime import date
from typing import Any

import css_inline
from flask import render_template
from flask_babel import force_locale, get_locale, ngettext
from itsdangerous import BadSignature, URLSafeSerializer

from microshare import config, mailer, sentences, signing
from microshare.digest import Contents, Thanked
from microshare.errors import Refused
from microshare.mailer import Letter
from microshare.models import User


def render(reader: User, digest: Contents) -> Letter:
    """The letter of this digest; its Message-ID is the same whenever it is rendered."""
    settings = config.current()
    leave = f"{settings.url}/digest/unsubscribe/{_signer().dumps(reader.id)}"
    with force_locale(reader.language):
        facts: dict[str, Any] = {
            "reader": reader,
            "digest": digest,
            "url": settings.url,
            "leave": leave,
            "company": settings.company,
            "why": sentences.why,
            "locale": str(get_locale()),
        }
        subject = " ".join(render_template("mail/digest.subject.txt", **facts).split())
        html = _inliner().inline(render_template("mail/digest.html", **facts))
        text = render_template("mail/digest.txt", **facts)
    return Letter(
        to=reader.email or "",
        subject=subject,
        text=text,
        html=html,
        message_id=message_id(reader.id, digest.period.day),
        headers={
            "List-Id": f"{settings.company} <digest.{mailer.domain()}>",
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        },
    )


def thanks_told(thanked: Thanked) -> str:
    """Who thanked for a post, in a sentence: names, not counts, as far as they fit."""
    names = [giver.name for giver in thanked.givers[:2]]
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


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    # Style sheets are cut off by some mail programs, so rules go onto the elements; what is only
    # for dark mode and narrow screens stays in the sheet. Nothing is fetched.
    return css_inline.CSSInliner(
        keep_style_tags=True, load_remote_stylesheets=False, keep_at_rules=True
    )
