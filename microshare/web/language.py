"""Which language and time zone a page is in: the reader's, else the browser's, else the house's."""

from datetime import tzinfo
from zoneinfo import ZoneInfo

from flask import g, has_request_context, request
from flask_login import current_user

from microshare import config


def locale() -> str:
    """The language of this answer; a letter or command outside of any has the house's."""
    if not has_request_context():
        return config.current().language
    if (told := g.get("language")) is not None:
        return str(told)
    user = g.get("token_reader") or current_user
    if getattr(user, "language", None):
        return str(user.language)
    return request.accept_languages.best_match(config.LANGUAGES) or config.current().language


def zone() -> tzinfo:
    """The zone in which this reader reads dates."""
    if not has_request_context():
        return config.current().zone
    name = getattr(g.get("token_reader") or current_user, "time_zone", None)
    return ZoneInfo(name) if name else config.current().zone


def zone_name() -> str:
    """The same, as Babel asks for it."""
    return str(zone())
