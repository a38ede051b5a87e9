"""How templates show things: words, reasons, highlights, addresses of files."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from babel import support
from flask import Flask, current_app, request, url_for
from flask_babel import get_locale
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from microshare import (
    config,
    digest_letter,
    letter_form,
    markup,
    media,
    photos,
    sentences,
    webhook_words,
)
from microshare.web import moments
from microshare.web.looking import Looking


def init_app(app: Flask) -> None:
    # A page asks for dozens of words; Flask-Babel looks up everything anew for each of them.
    app.jinja_env.globals.update(_=_said, gettext=_said, ngettext=_counted)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        ago=moments.ago,
        moment=moments.moment,
        day=moments.day,
        safe_html=safe_html,
        plain=markup.plain_line,
        folded=letter_form.folded,
    )
    app.jinja_env.globals.update(
        why=sentences.why,
        of_try=webhook_words.of_try,
        thanks_told=digest_letter.thanks_told,
        asset=asset,
        next_page=next_page,
        here=here,
        get_locale=get_locale,
        settings=config.current,
        photos_limit=photos.LIMIT,
        alt_limit=photos.ALT_LIMIT,
        photo_bytes=media.LARGEST_FILE,
    )


@pass_context
def _said(context: Context, word: str, /, **facts: object) -> str:
    """The word in the language of this page, with its facts; in a page the facts are escaped."""
    said = _worded(_language(context), current_app.root_path, word, context.eval_ctx.autoescape)
    return said % facts if facts else said


@pass_context
def _counted(context: Context, one: str, many: str, num: int, /, **facts: object) -> str:
    """The same with the form of the word that goes with this number."""
    said = _load(_language(context), current_app.root_path).ungettext(one, many, num)
    return (Markup(said) if context.eval_ctx.autoescape else said) % {"num": num, **facts}  # noqa: S704


def _language(context: Context) -> str:
    """Asked once for a whole page; a letter is in the language of the moment."""
    known: Looking | None = context.get("looking")
    return known.spoken[0] if known else str(get_locale())


@cache
def _worded(language: str, root: str, word: str, is_html: bool) -> str:
    said = _load(language, root).ugettext(word)
    return Markup(said) if is_html else str(said)  # noqa: S704 - words of our own


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
