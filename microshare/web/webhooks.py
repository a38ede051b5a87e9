"""The pages of the webhooks, for who manages the community."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from microshare import (
    clock,
    config,
    departments,
    feeds,
    outbound,
    webhook_messages,
    webhook_status,
    webhook_words,
    webhooks,
)
from microshare.db import saving
from microshare.errors import Refused
from microshare.web.asked import again, only_managers, reader, user

pages = Blueprint("webhooks", __name__, url_prefix="/manage/webhooks")
pages.before_request(only_managers)
FIELDS = ("name", "address", "format", "kind", "what")


@pages.get("")
def show() -> str:
    return _list()


def _list() -> str:
    found = webhooks.every()
    return render_template(
        "webhooks.html",
        webhooks=found,
        labels=webhooks.labels(found),
        formats=webhooks.FORMATS,
        kinds=webhooks.KINDS,
        departments=departments.every(),
        typed={name: request.form.get(name, "") for name in FIELDS},
    )


@pages.post("")
def make() -> str:
    again(_list)
    form = {name: request.form.get(name, "") for name in FIELDS}
    form["address"] = form["address"].strip()
    try:  # asks a name server, and so outside of `saving`
        outbound.check(form["address"], outbound.networks(config.current().webhook_networks))
    except outbound.Failed as failed:
        if not str(failed).startswith("name "):  # which may not be known yet
            raise Refused("webhook-address", why=webhook_words.of_try(str(failed))) from None
    with saving():
        made = webhooks.make(user(), now=clock.now(), **form)
        webhook_id, secret = made.id, made.secret
    return _one(webhook_id, secret)


@pages.get("/<id:webhook_id>")
def one(webhook_id: int) -> str:
    return _one(webhook_id)


def _one(webhook_id: int, secret: str = "", tested: str | None = None) -> str:
    """The page of a webhook; `secret` is shown this once, `tested` says how a test went."""
    found = webhooks.get(webhook_id)
    return render_template(
        "webhook.html",
        webhook=found,
        host=found.address.split("/")[2],
        label=webhooks.labels([found]).get(found.id, ""),
        messages=webhooks.messages(found),
        secret=secret if found.format == "json" else "",
        tested=tested,
        now=clock.now(),
    )


@pages.post("/<id:webhook_id>/test")
def test(webhook_id: int) -> str:
    """Send the newest post as a test, now: the page says at once whether it arrived."""
    again(lambda: _one(webhook_id))
    found = webhooks.get(webhook_id)
    newest = next(iter(feeds.everyone(reader(), limit=1).items), None)
    card = newest.post if newest else None
    status = webhook_status.statuses([card], clock.now())[0] if card else {}
    why = webhook_messages.send_test(found, card, status, clock.now)
    return _one(webhook_id, tested=why)


@pages.post("/<id:webhook_id>/secret")
def renew(webhook_id: int) -> str:
    again(lambda: _one(webhook_id))
    with saving():
        secret = webhooks.renew(webhooks.get(webhook_id), user(), clock.now())
    return _one(webhook_id, secret)


@pages.post("/<id:webhook_id>/switch")
def switch(webhook_id: int) -> Response:
    again(lambda: _one(webhook_id))
    with saving():
        is_on = bool(request.form.get("on"))
        webhooks.switch(webhooks.get(webhook_id), user(), clock.now(), on=is_on)
    flash(gettext("It is switched on.") if is_on else gettext("It is switched off."))
    return redirect(url_for("webhooks.one", webhook_id=webhook_id), 303)


@pages.post("/<id:webhook_id>/remove")
def remove(webhook_id: int) -> Response:
    again(lambda: _one(webhook_id))
    with saving():
        webhooks.remove(webhooks.get(webhook_id), user())
    flash(gettext("The webhook is gone."))
    return redirect(url_for("webhooks.show"), 303)
