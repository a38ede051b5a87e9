"""The search page, and what it tells of a search that found nothing."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from microshare import clock, feeds, missed, search
from microshare.db import saving
from microshare.search.query import LENGTH_LIMIT
from microshare.web.asked import before, reader
from microshare.web.language import zone

pages = Blueprint("find", __name__)
SORTS = ("newest", "best")


@pages.get("/search", endpoint="search")
def find() -> str:
    """The posts that a search finds; with `typing=1` its last word may be unfinished."""
    raw = request.args.get("q", "")
    sort = request.args.get("sort", "newest")
    sort = sort if sort in SORTS else "newest"
    typing = request.args.get("typing") == "1"
    page = matcher = suggestion = None
    missing, is_whole = "", True
    if raw.strip():
        page, found = feeds.found(
            reader(), raw, sort=sort, before=before(), zone=zone(), typing=typing
        )
        matcher, is_whole = found.matcher, found.is_whole
        if not found.ids and before() is None and not typing:
            suggestion = search.suggestion(raw, zone=zone())
            missing = "" if suggestion or not is_whole else missed.words_of(raw)
    return render_template(
        "search.html",
        q=raw,
        sort=sort,
        page=page,
        matcher=matcher,
        suggestion=suggestion,
        missing=missing,
        told=request.args.get("told") == "1",
        is_whole=is_whole,
    )


@pages.post("/search/missed")
def tell_missed() -> Response:
    """A search that found nothing, told by a button or the page's script: a GET counts nothing.

    A slip of the finger is nothing that is missing.
    """
    raw = request.form.get("q", "")
    _, found = feeds.found(None, raw, limit=1, zone=zone())
    if not found.ids and not search.suggestion(raw, zone=zone()):
        with saving():
            missed.count(missed.words_of(raw), clock.now().date())
    return redirect(url_for("find.search", q=raw[:LENGTH_LIMIT], told=1), 303)
