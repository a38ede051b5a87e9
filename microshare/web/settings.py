"""The reader's own settings: profile, digest, password, follows, mutes, tokens, sessions."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import login_user
from werkzeug.wrappers import Response

from microshare import (
    absence,
    clock,
    config,
    departments,
    follows,
    grants,
    mail_addresses,
    mutes,
    people,
    webhooks,
)
from microshare.db import saving
from microshare.errors import Refused
from microshare.web import accounts
from microshare.web.asked import again, day, number, reader, undo, user

pages = Blueprint("settings", __name__)
PROFILE = ("name", "username", "department", "language", "time_zone", "about")


@pages.get("/settings")
def show() -> str:
    return _page({})


def _page(typed: dict[str, str], token: str = "", kind: str = "feed") -> str:
    who = people.by_id(reader().id)
    if who is None:
        raise Refused("sign-in-wrong")
    tokens = grants.tokens_of(who)
    kept = {
        "name": who.name,
        "username": who.username,
        "department": who.department.slug,
        "language": who.language,
        "time_zone": who.time_zone,
        "about": who.about,
    }
    return render_template(
        "settings.html",
        user=who,
        profile=kept | typed,
        departments=departments.every(),
        languages=config.LANGUAGES,
        zones=people.zones(),
        follows=follows.targets(who),
        mutes=mutes.targets(who, clock.now()),
        tokens=[token for token in tokens if token.app_id is None],
        clients=[token for token in tokens if token.app_id is not None],
        stopped=webhooks.stopped(who.id),
        new_token=token,
        token_kind=kind,
        mail_in=mail_addresses.share(),
        own_address=mail_addresses.private(who),
        paused_until=absence.until(who, clock.now()),
        next_letter=absence.next_letter(who, clock.now()),
        tomorrow=clock.now().astimezone(people.zone_of(who)).date() + timedelta(days=1),
    )


@pages.post("/settings/profile")
def change() -> Response:
    typed = {name: request.form.get(name, "") for name in PROFILE}
    again(lambda: _page(typed))
    with saving():
        chosen = departments.chosen(typed["department"])
        people.change(
            user(), department=chosen, **{k: v for k, v in typed.items() if k != "department"}
        )
    return _saved()


@pages.post("/settings/digest")
def change_digest() -> Response:
    again(lambda: _page({}))
    with saving():
        weekday, hour = (number(request.form.get(name, "")) for name in ("weekday", "hour"))
        people.set_digest(
            user(), on=bool(request.form.get("on")), weekday=weekday or 0, hour=hour or 0
        )
        if "until" in request.form:
            absence.pause(user(), day(request.form["until"]), clock.now())
    return _saved()


@pages.post("/settings/keys")
def change_keys() -> Response:
    with saving():
        people.set_keys(user(), on=bool(request.form.get("on")))
    return _saved()


@pages.post("/settings/mail-address")
def renew_address() -> Response:
    """The old address ends at once."""
    with saving():
        mail_addresses.renew(user())
    flash(gettext("You have a new address; letters to the old one come back."))
    return redirect(url_for("settings.show", _anchor="mail-door"), 303)


@pages.post("/settings/password")
def change_password() -> Response:
    """A new password ends every session but this one."""
    again(lambda: _page({}))
    known = accounts.signed_in(reader().username, request.form.get("current", ""))
    if known is None:
        raise Refused("password-wrong")
    with saving():
        people.set_password(known, request.form.get("password", ""))
    login_user(known)
    return _saved()


@pages.post("/settings/tokens")
def tokens() -> str | Response:
    again(lambda: _page({}))
    kind = "api" if request.form.get("kind") == "api" else "feed"
    with saving():
        if undo():
            grants.revoke(user(), number(request.form.get("token", "")) or 0, clock.now())
            token = ""
        else:
            token = grants.create(user(), kind, request.form.get("name", ""), clock.now())
    return _page({}, token, kind) if token else _saved()


def _saved() -> Response:
    flash(gettext("Saved."))
    return redirect(url_for("settings.show"), 303)
