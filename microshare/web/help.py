"""The help page."""

from flask import Blueprint, render_template

from microshare import config
from microshare.web.asked import public

pages = Blueprint("help", __name__)


@pages.get("/help")
@public
def show() -> str:
    settings = config.current()
    return render_template(
        "help.html", line_limit=settings.line_limit, note_limit=settings.note_limit
    )
