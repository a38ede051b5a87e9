"""The search page."""

from flask import Blueprint, render_template, request

from microshare import feeds
from microshare.web.asked import before, reader
from microshare.web.language import zone

pages = Blueprint("find", __name__)
SORTS = ("newest", "best")


@pages.get("/search")
def search() -> str:
    raw = request.args.get("q", "")
    sort = request.args.get("sort", "newest")
    sort = sort if sort in SORTS else "newest"
    page = matcher = None
    is_whole = True
    if raw.strip():
        page, found = feeds.found(reader(), raw, sort=sort, before=before(), zone=zone())
        matcher, is_whole = found.matcher, found.is_whole
    return render_template(
        "search.html",
        q=raw,
        sort=sort,
        page=page,
        matcher=matcher,
        is_whole=is_whole,
    )
