"""The page of the programs that post for a colleague; who manages sees those of all."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from microshare import clock, config, integrations
from microshare.db import saving
from microshare.web.asked import again, reader, undo, user

pages = Blueprint("programs", __name__, url_prefix="/settings/programs")


@pages.get("")
def show() -> str:
    return _page()


def _page(token: str = "", name: str = "") -> str:
    """The page; `token`: the address of the program of this `name`, shown this once."""
    who = reader()
    address = config.current().url + url_for("incoming.post", token=token) if token else ""
    own = integrations.of(user())
    return render_template(
        "programs.html",
        programs=own,
        others=[one for one in integrations.every() if one.maker_id != who.id]
        if who.manages
        else [],
        address=address,
        name=name,
        typed=request.form.get("name", ""),
    )


@pages.post("")
def make() -> str:
    again(_page)
    with saving():
        made, token = integrations.make(user(), request.form.get("name", ""), clock.now())
        name = made.bot.name
    return _page(token, name)


@pages.post("/<id:integration_id>")
def change(integration_id: int) -> str | Response:
    """Another address for it; with `undo`, none any more."""
    again(_page)
    if undo():
        with saving():
            integrations.revoke(integration_id, user(), clock.now())
        flash(gettext("It cannot post any more."))
        return redirect(url_for("programs.show"), 303)
    with saving():
        found, token = integrations.renew(integration_id, user())
        name = found.bot.name
    return _page(token, name)
