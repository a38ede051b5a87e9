"""The photos themselves, for signed-in colleagues only."""

import re
from collections.abc import Sequence

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from microshare import clock, photos, posts, revisions
from microshare.db import saving
from microshare.errors import Missing
from microshare.models import Post
from microshare.photos import Said
from microshare.web import composing, sent
from microshare.web.asked import again, by_letter, number, user

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
    """What the photos of a post show, told by its author afterwards: an edit of nothing else."""
    post = posts.visible(post_id)
    posts.may_change(post, user())
    if not post.photos_json:
        raise Missing("photo")
    if request.method == "GET":
        return _describing(post)
    said = [one._replace(is_decoration=not one.alt.strip()) for one in sent.said()]
    again(lambda: _describing(posts.get(post_id), said))
    with saving():
        post = posts.get(post_id)
        posts.edit(
            post,
            user(),
            post.line,
            note=post.note,
            kind=post.kind,
            photos=photos.changed(photos.read(post.photos_json), said, []),
            version=number(request.form.get("version", "")),
            now=clock.now(),
        )
    return redirect(url_for("posts.thread", post_id=post_id), 303)


def _describing(post: Post, said: Sequence[Said] = ()) -> str:
    had = composing.said_anew(photos.read(post.photos_json), said)
    version = revisions.version_of(post)
    return render_template("describe.html", post=post, had=had, version=version)
