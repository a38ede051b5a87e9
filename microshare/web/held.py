"""The letters that came in a colleague's name, which nobody proved to have sent."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from microshare.db import saving
from microshare.mail import answers, register
from microshare.web.asked import number, reader, undo

pages = Blueprint("held", __name__)


@pages.get("/letters")
def show() -> str:
    return render_template(
        "held.html",
        letters=register.held_for(reader()),
        why=answers.why,
        days=register.HELD_FOR.days,
    )


@pages.post("/letters")
def decide() -> Response:
    """One button for each: it is mine, or it is not."""
    with saving():
        letter_id = number(request.form.get("letter", "")) or 0
        register.decide(reader(), letter_id, "dropped" if undo() else "released")
    flash(
        gettext("Thrown away.")
        if undo()
        else gettext("Released: it is posted in a moment, and a letter tells you.")
    )
    return redirect(url_for("held.show"), 303)
