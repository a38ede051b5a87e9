"""The photos themselves, for signed-in colleagues only."""

import re

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from microshare import describing, photos, posts
from microshare.db import saving
from microshare.errors import Missing
from microshare.web.asked import again, by_letter, user

pages = Blueprint("photos", __name__)
_NAME = re.compile(r"[0-9a-f]{20}(-\d{1,4})?")


@pages.get("/photos/<name>")
@by_letter
def photo(name: str) -> AnyResponse:
    """A photo in one of its sizes.

    Its name changes with its content, so a browser keeps it for good; a withdrawn one is not
    given out again.
    """
    if not _NAME.fullmatch(name):
        raise Missing("photo")
    response = Response(photos.content(name), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.jpg"'
    response.set_etag(name)
    return response.make_conditional(request)


@pages.route("/posts/<id:post_id>/photos", methods=["GET", "POST"])
def describe(post_id: int) -> str | AnyResponse:
    """What the photos of a post show, told by its author afterwards."""
    post = posts.visible(post_id)
    posts.may_change(post, user())
    shown = photos.read(post.photos_json)
    if not shown:
        raise Missing("photo")
    if request.method == "GET":
        return render_template("describe.html", photos=shown, alts=[one.alt for one in shown])
    alts = request.form.getlist("alt")
    typed = [*alts, *("" for _ in shown)]
    again(lambda: render_template("describe.html", photos=shown, alts=typed))
    with saving():
        describing.describe(posts.get(post_id), user(), alts)
    return redirect(url_for("posts.thread", post_id=post_id), 303)
