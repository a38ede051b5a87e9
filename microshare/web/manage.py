"""The page of the community manager and the administrator."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from microshare import (
    account_letters,
    clock,
    config,
    departments,
    digest_run,
    goals,
    indexing,
    links,
    mail_addresses,
    missed,
    people,
    proposals,
    reports,
    tags,
    unreachable,
    webhooks,
    words,
)
from microshare.db import saving
from microshare.errors import Refused
from microshare.models.people import ROLES
from microshare.web.asked import again, day, only_managers, reader, undo, user

pages = Blueprint("manage", __name__, url_prefix="/manage")
pages.before_request(only_managers)


@pages.get("")
def show() -> str:
    return _page()


def _page(invitation: str = "") -> str:
    return render_template(
        "manage.html",
        run=digest_run.last_run(),
        troubled=digest_run.troubled(),
        undelivered=account_letters.undelivered(),
        unreachable=unreachable.listed(),
        people=people.find(suspended=True),
        departments=departments.every(),
        headcounts=departments.headcounts(),
        roles=ROLES,
        goals=goals.open_goals(),
        waiting=indexing.waiting(),
        missed=missed.listed(),
        reports=reports.open_count(reader()),
        stopped=webhooks.stopped(),
        mail_in=mail_addresses.share(),
        moved=proposals.moved_lately(clock.now()),
        weeks=words.coming(clock.now()),
        words=words.written(clock.now()),
        word_limit=words.LIMIT,
        invitation=invitation,
        form=request.form,
    )


@pages.post("/invite")
def invite() -> str:
    """A letter with the link; without an address, the link itself to pass on."""
    again(_page)
    email = request.form.get("email", "").strip()
    settings = config.current()
    with saving():
        token = links.invite(email or None, request.form.get("role", "member"), user(), clock.now())
        path = url_for("accounts.accept", token=token)
        if email:
            account_letters.write(
                "invite",
                people.checked_email(email),
                settings.language,
                clock.now(),
                path=path,
                by=reader().name,
            )
    return _page(settings.url + path)


@pages.post("/people/<username>/role")
def role(username: str) -> Response:
    again(_page)
    with saving():
        people.set_role(people.get(username), request.form.get("role", ""), user())
    return _done()


@pages.post("/people/<username>/suspend")
def suspend(username: str) -> Response:
    again(_page)
    with saving():
        if undo():
            people.restore(people.get(username), user())
        else:
            people.suspend(people.get(username), clock.now(), user())
    return _done()


@pages.post("/missed")
def settle_missed() -> Response:
    again(_page)
    with saving():
        missed.settle(request.form.get("words", ""), user())
    return _done()


@pages.post("/addresses")
def allow_address() -> Response:
    """Letters go there again."""
    again(_page)
    with saving():
        unreachable.allow(request.form.get("address", ""), user())
    return _done()


@pages.post("/departments")
def add_department() -> Response:
    again(_page)
    with saving():
        departments.named(request.form.get("name", ""), clock.now())
    return _done()


@pages.post("/word")
def write_word() -> Response:
    """The line in the letters of a week; with `undo` there is none."""
    again(_page)
    week = day(request.form.get("week", "")) or date.min
    with saving():
        if undo():
            words.remove(week, user())
        else:
            words.write(week, request.form.get("word", ""), user(), clock.now())
    return _done()


@pages.post("/goals")
def set_goal() -> Response:
    again(_page)
    try:
        ends_on = date.fromisoformat(request.form.get("ends_on", ""))
    except ValueError:
        raise Refused("goal-date") from None
    with saving():
        goals.set_goal(
            tags.get(request.form.get("tag", "")),
            request.form.get("sentence", ""),
            ends_on,
            user(),
            clock.now(),
        )
    return _done()


@pages.post("/goals/<id:goal_id>")
def settle_goal(goal_id: int) -> Response:
    again(_page)
    with saving():
        goals.settle(goal_id, request.form.get("state", ""), user())
    return _done()


@pages.get("/reports")
def show_reports() -> str:
    return _reports()


def _reports() -> str:
    waiting = reports.open_reports(reader())
    return render_template("reports.html", reports=waiting, count=reports.open_count(reader()))


@pages.post("/reports/<id:report_id>")
def settle_report(report_id: int) -> Response:
    again(_reports)
    with saving():
        reports.settle(report_id, user(), clock.now())
    return _done("manage.show_reports")


def _done(where: str = "manage.show") -> Response:
    flash(gettext("Done."))
    return redirect(url_for(where), 303)
