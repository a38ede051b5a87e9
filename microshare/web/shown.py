"""How templates show things: times, reasons, highlights, addresses of files."""

import hashlib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import support
from flask import Flask, current_app, request, url_for
from flask_babel import format_date, format_datetime, format_timedelta, get_locale
from markupsafe import Markup

from microshare import clock, config, digest_letter, markup, sentences

RELATIVE_DAYS = 7  # older posts show their date


def init_app(app: Flask) -> None:
    # A page asks for hundreds of words; Flask-Babel looks up everything anew for each of them.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda word: _catalogue().ugettext(word),
        lambda one, many, count: _catalogue().ungettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        ago=ago,
        moment=moment,
        day=day,
        safe_html=safe_html,
        highlighted=highlighted,
        plain=markup.plain_line,
    )
    app.jinja_env.globals.update(
        why=sentences.why,
        thanks_told=digest_letter.thanks_told,
        asset=asset,
        next_page=next_page,
        here=here,
        get_locale=get_locale,
        settings=config.current,
    )


def _catalogue() -> support.NullTranslations:
    """The words of the language of the moment."""
    return _load(str(get_locale()), current_app.root_path)


@cache
def _load(language: str, root: str) -> support.NullTranslations:
    return support.Translations.load(str(Path(root, "translations")), [language], "messages")


def ago(then: datetime) -> str:
    """How long ago, for what is recent; else the day."""
    passed = clock.now() - then
    if passed.days >= RELATIVE_DAYS:
        return str(format_date(then, "d MMM yyyy"))
    return str(format_timedelta(-passed, threshold=1.2, add_direction=True))


def moment(then: datetime) -> str:
    """Day and time in the reader's zone and language."""
    return str(format_datetime(then, "d MMMM yyyy HH:mm"))


def day(then: date) -> str:
    return str(format_date(then, "EEEE d MMMM yyyy"))


def safe_html(html: str) -> Markup:
    """HTML that `markup.py` rendered and cleaned when the post was written."""
    return Markup(html)  # noqa: S704


def highlighted(html: str, matcher: object) -> Markup:
    """The same, with the words marked that a search was for."""
    return Markup(markup.highlight(html, matcher) if matcher else html)  # type: ignore[arg-type]  # noqa: S704


@cache
def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """The address of a static file, which changes with its content: cached for a year."""
    path = Path(current_app.root_path, "static", name)
    return url_for("static", filename=name, v=_fingerprint(path))


def next_page(before: int) -> str:
    """The address of this list from there on."""
    kept: dict[str, Any] = {k: v for k, v in request.args.items() if k not in ("before", "token")}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept, before=before)


def here() -> str:
    """The address of this page, to come back to after a form."""
    return request.full_path.rstrip("?") if request.method == "GET" else ""
