"""The help pages: what there is, and a screen for each habit."""

from flask import Blueprint, render_template

from microshare import config, mail_addresses
from microshare.web.asked import public

pages = Blueprint("help", __name__)


@pages.get("/help")
@public
def show() -> str:
    settings = config.current()
    return render_template(
        "help.html",
        line_limit=settings.line_limit,
        note_limit=settings.note_limit,
        mail_in=mail_addresses.share(),
    )


@pages.get("/help/instead-of-a-cc")
@public
def instead_of_a_cc() -> str:
    return render_template("habit_cc.html", mail_in=mail_addresses.share())


@pages.get("/help/after-a-visit")
@public
def after_a_visit() -> str:
    return render_template("habit_visit.html")


@pages.get("/help/asking-around")
@public
def asking_around() -> str:
    return render_template("habit_asking.html")


@pages.get("/help/api")
@public
def programs() -> str:
    """How a program comes by a token and posts: for who writes a script, or sets up a client."""
    return render_template("help_api.html")
