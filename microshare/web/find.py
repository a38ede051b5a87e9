"""The search page, and what it tells of a search that found nothing."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from microshare import clock, feeds, interests, missed, narrowing, search, searches
from microshare.db import saving
from microshare.search.query import LENGTH_LIMIT, is_filter, pieces
from microshare.web.asked import before, by_letter, reader
from microshare.web.language import zone, zone_name

pages = Blueprint("find", __name__)
SORTS = ("newest", "best")


@pages.get("/search", endpoint="search")
@by_letter
def find() -> str:
    """The posts that a search finds; with `typing=1` its last word may be unfinished."""
    raw = request.args.get("q", "")
    sort = request.args.get("sort", "newest")
    sort = sort if sort in SORTS else "newest"
    typing = request.args.get("typing") == "1"
    shown: dict[str, object] = {"page": None, "matcher": None, "is_whole": True}
    cards = []
    if raw.strip():
        page, found = feeds.found(
            reader(), raw, sort=sort, before=before(), zone=zone(), typing=typing
        )
        cards = [item.post for item in page.items]
        shown = {"page": page, "matcher": found.matcher, "is_whole": found.is_whole}
        shown |= _standing(raw)
        if not found.ids and before() is None:
            shown |= _help(raw, found.is_whole, typing=typing)
    today = clock.now().astimezone(zone()).date()
    return render_template(
        "search.html",
        q=raw,
        sort=sort,
        chips=narrowing.of(raw, cards, reader(), today),
        told=request.args.get("told") == "1",
        **shown,
    )


def _standing(raw: str) -> dict[str, object]:
    """Whether the reader follows this search."""
    search_id = searches.known(raw, zone_name())
    if search_id is None:
        return {"search_id": None}
    standing = interests.standing(reader(), "search", search_id, clock.now())
    return {"search_id": search_id, "standing": standing}


def _help(raw: str, is_whole: bool, *, typing: bool) -> dict[str, object]:
    """What may help where nothing was found; guesses are left to a search that is finished."""
    typed = pieces(raw)
    words = (one.strip('"*') for one in typed if not is_filter(one) and not one.startswith("-"))
    question = " ".join(words).rstrip("?")
    tags = [piece for piece in typed if piece.startswith("#")]
    asked: dict[str, object] = {
        "question": " ".join((f"{question}?" if question else "", *tags)).strip()
    }
    if typing:
        return asked
    suggestion = search.suggestion(raw, zone=zone())
    return asked | {
        "suggestion": suggestion,
        "fewer": search.fewer(raw, zone=zone()),
        "missing": "" if suggestion or not is_whole else missed.words_of(raw),
    }


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
