"""The pages: one door among several. It reads, calls a verb and answers."""

from flask import Flask
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect

from microshare import config
from microshare.web import (
    accounts,
    asked,
    atom,
    authorise,
    by_letter,
    by_mail,
    digests,
    find,
    follows,
    frame,
    health,
    held,
    help,
    hints,
    inbox,
    incoming,
    kept,
    language,
    lists,
    log,
    manage,
    offline,
    packed,
    photos,
    posts,
    programs,
    refusals,
    reports,
    security,
    sent,
    settings,
    shown,
    steps,
    unchanged,
    webhooks,
)

BLUEPRINTS = (
    accounts,
    atom,
    authorise,
    by_mail,
    by_letter,
    digests,
    find,
    follows,
    health,
    held,
    help,
    hints,
    inbox,
    incoming,
    lists,
    manage,
    photos,
    offline,
    posts,
    programs,
    reports,
    settings,
    steps,
    webhooks,
)


def init_app(app: Flask) -> None:
    """Open this door of the application."""
    configured: config.Settings = app.config["MICROSHARE"]
    log.init_app(app)
    security.init_app(app)
    app.request_class = sent.PhotoRequest
    app.before_request(sent.allow_photos)
    app.before_request(asked.refuse_broken_text)  # before the forms are read for their tokens
    packed.init_app(app)
    csrf = CSRFProtect(app)
    app.jinja_env.globals["csrf_token"] = security.form_token
    Babel(
        app,
        default_locale=configured.language,
        default_timezone=configured.time_zone,
        default_translation_directories=f"{app.root_path}/translations",
        locale_selector=language.locale,
        timezone_selector=language.zone_name,
    )
    sessions = LoginManager(app)
    sessions.session_protection = None  # its mark of a fresh session is asked nowhere,
    sessions._session_identifier_generator = str  # and its print of the browser needs no making
    sessions.user_loader(frame.reader_of_session)
    app.before_request(frame.let_in)
    app.url_map.converters["id"] = asked.Id
    for door in BLUEPRINTS:
        app.register_blueprint(door.pages)
    csrf.exempt(digests.leave)  # RFC 8058: a POST without a session
    csrf.exempt(incoming.post)  # a program with no session
    for act in (by_mail.undo, by_mail.publish):
        csrf.exempt(act)  # the signed link is what nobody else has; a session there may be none
    for act in by_letter.thank, by_letter.follow:  # the link is the permission
        csrf.exempt(act)
    unchanged.init_app(app)
    refusals.init_app(app)
    shown.init_app(app)
    kept.init_app(app)
    offline.init_app(app)
    app.context_processor(frame.shown)
