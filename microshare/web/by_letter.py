"""What the links of a letter open: pages to read without a password, and one button to one act.

A GET changes nothing, so that a scanner which follows a link does no harm. The link to read puts
itself into a session of its own kind: it opens the pages that are marked `asked.by_letter`, and
each time it is asked anew whether it still holds. It never signs in.
"""

from collections.abc import Callable
from urllib.parse import quote

from flask import Blueprint, current_app, g, make_response, redirect, request, session, url_for
from flask import render_template as rendered
from flask_babel import force_locale
from flask_login import current_user
from werkzeug.wrappers import Response

from microshare import clock, follows, letter_links, people, posts, tags, thanks
from microshare.db import saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.letter_links import FOLLOW, READ, THANK, Right
from microshare.readers import Reader
from microshare.web.asked import as_json, is_local, public, reader

pages = Blueprint("by_letter", __name__, url_prefix="/digest")
HELD = "letter"  # where the session holds the link


@pages.after_request
def tell_nobody(response: Response) -> Response:
    """The addresses of these pages are secrets: no other site and no log of a proxy is told."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@pages.get("/read/<token>/", defaults={"path": ""})
@pages.get("/read/<token>/<path:path>")
@public
def enter(token: str, path: str) -> str | Response | tuple[str, int]:
    """To a page, to read it; who is signed in goes there as always."""
    query = request.query_string.decode("ascii", "replace")
    wanted = "/" + quote(path, safe="/@:") + (f"?{query}" if query else "")
    wanted = wanted if is_local(wanted) else url_for("lists.own")
    if current_user.is_authenticated:
        return redirect(wanted, 303)
    right = letter_links.read(token, READ)
    if letter_links.holder(right, clock.now()) is None:
        return rendered("letter_ended.html", next=wanted), 403
    session.clear()  # what an earlier visitor left is not taken along
    session.permanent = True
    session[HELD] = token
    return redirect(wanted, 303)


@pages.get("/ways-in")
@public
def ways_in() -> str | Response:
    """How who reads by a letter comes to write: the page of every refusal, to be gone to."""
    known = _holder()
    return _ways(known) if known else redirect(url_for("accounts.enter"), 303)


def _ways(known: Reader) -> str:
    typed = {name: request.form[name] for name in ("line", "note") if request.form.get(name)}
    with force_locale(known.language):
        return rendered("letter_reading.html", person=known, typed=typed)


def let_in(view: object) -> tuple[bool, Response | None]:
    """Whether a letter's link is held, and what it is answered: None, the page itself."""
    known = _holder()
    if known is None:
        return False, None
    if request.method in ("GET", "HEAD") and getattr(view, "opens_by_letter", False):
        g._login_user = known
        g.by_letter = True
        return True, None
    if as_json():
        raise Forbidden("reading-only")
    return True, make_response(_ways(known), 403)


def instead() -> str | None:
    """What who reads by a letter is shown in place of a form's answer; None for all others."""
    known = _holder()
    return _ways(known) if known else None


def _holder() -> Reader | None:
    """Who reads by the link that this session holds; with no more rights than any colleague."""
    if HELD not in session:
        return None
    try:
        right = letter_links.read(session[HELD], READ)
    except Refused:
        return None
    known = letter_links.holder(right, clock.now())
    return known and known._replace(role="member", is_new=False, waiting=None)


@pages.route("/thank/<token>", methods=["GET", "POST"])
@public
def thank(token: str) -> str | tuple[str, int]:
    """A page with a button that thanks for one post."""
    right = letter_links.read(token, THANK)
    page = url_for("posts.thread", post_id=right.target)
    return _act(right, lambda: {"target": posts.visible(right.target), "page": page})


@pages.route("/follow/<token>", methods=["GET", "POST"])
@public
def follow(token: str) -> str | tuple[str, int]:
    """A page with a button that follows one tag."""
    right = letter_links.read(token, FOLLOW)

    def told() -> dict[str, object]:
        tag = tags.by_id(right.target)
        return {"target": tag, "page": url_for("lists.tag", name=tag.name)}

    return _act(right, told)


def _act(right: Right, told: Callable[[], dict[str, object]]) -> str | tuple[str, int]:
    """Ask, or do it: as who is signed in, else as the reader of the letter."""
    by_session = current_user.is_authenticated
    actor = reader() if by_session else letter_links.holder(right, clock.now())
    if actor is None:
        return rendered("letter_ended.html", next=told()["page"]), 403
    if done := request.method == "POST":
        if by_session:  # it is the session that acts, of which a form of ours knows
            current_app.extensions["csrf"].protect()
        with saving():
            _do(right, actor.id)
    with force_locale(actor.language):
        return rendered(
            "letter_act.html",
            act=right.act,
            actor=actor,
            whose=people.by_id(right.reader_id) if actor.id != right.reader_id else None,
            done=done,
            **told(),
        )


def _do(right: Right, actor_id: int) -> None:
    actor = people.by_id(actor_id)
    if actor is None:
        raise Missing("person", name="")
    if right.act == THANK:
        thanks.give(actor, posts.visible(right.target), clock.now())
    else:
        follows.follow(actor, tags.by_id(right.target), clock.now())
