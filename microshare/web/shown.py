"""How templates show things: words, reasons, highlights, addresses of files."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from babel import support
from flask import Flask, current_app, request, url_for
from flask_babel import get_locale
from markupsafe import Markup

from microshare import config, digest_letter, markup, sentences
from microshare.web import moments


def init_app(app: Flask) -> None:
    # A page asks for hundreds of words; Flask-Babel looks up everything anew for each of them.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda word: _catalogue().ugettext(word),
        lambda one, many, count: _catalogue().ungettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        ago=moments.ago,
        moment=moments.moment,
        day=moments.day,
        iso=moments.iso,
        safe_html=safe_html,
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


def safe_html(html: str) -> Markup:
    """HTML that `markup.py` rendered and cleaned when the post was written."""
    return Markup(html)  # noqa: S704


@cache
def _address(root: str, name: str) -> str:
    content = Path(root, "static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"


def asset(name: str) -> str:
    """The address of a static file, which changes with its content: cached for a year."""
    return _address(current_app.root_path, name)


def next_page(before: int) -> str:
    """The address of this list from there on."""
    kept: dict[str, Any] = {k: v for k, v in request.args.items() if k not in ("before", "token")}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept, before=before)


def here() -> str:
    """The address of this page, to come back to after a form."""
    return request.full_path.rstrip("?") if request.method == "GET" else ""
