"""The inbox page."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from microshare import inbox, reports
from microshare.db import saving
from microshare.web.asked import back, before, needed_number, reader, user

pages = Blueprint("inbox", __name__)


@pages.get("/inbox")
def items() -> str:
    waiting = reports.open_count(reader()) if reader().manages else 0
    return render_template("inbox.html", inbox=inbox.of(user(), before=before()), reports=waiting)


@pages.post("/inbox/seen")
def mark_seen() -> Response:
    """The reader has seen all up to here; told by a button or the page's script."""
    with saving():
        inbox.mark_seen(user(), needed_number("up_to"))
    return back(url_for("inbox.items"))
