"""The page on which a colleague reports a post, or another colleague, to who manages."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from microshare import clock, people, posts, reports
from microshare.db import saving
from microshare.models import Post, User
from microshare.web.asked import again, reader, user

pages = Blueprint("reports", __name__)


@pages.route("/posts/<id:post_id>/report", methods=["GET", "POST"])
def of_post(post_id: int) -> str | Response:
    post = posts.visible(post_id)
    if request.method == "GET":
        return _page(post.author, post)
    again(lambda: _page(post.author, posts.get(post_id), typed=True))
    _report(post.author.username, [post_id])
    return redirect(url_for("posts.thread", post_id=post_id), 303)


@pages.route("/people/<username>/report", methods=["GET", "POST"])
def of_person(username: str) -> str | Response:
    if request.method == "GET":
        return _page(people.get(username))
    again(lambda: _page(people.get(username), typed=True))
    _report(username, [])
    return redirect(url_for("lists.person", username=username), 303)


def _report(username: str, post_ids: Sequence[int]) -> None:
    form = request.form
    with saving():
        reports.report(
            user(),
            people.get(username),
            post_ids,
            form.get("comment", ""),
            form.get("category", "other"),
            clock.now(),
        )
    flash(gettext("Thank you. The community managers will read it, and nobody else."))


def _page(about: User, post: Post | None = None, *, typed: bool = False) -> str:
    """The form: with what was typed, or with what this reader reported before and still waits."""
    known = reports.open_by(reader(), about, [post.id] if post else [])
    form = request.form
    return render_template(
        "report.html",
        about=about,
        post=post,
        known=known,
        comment=form.get("comment", "") if typed else (known.comment if known else ""),
        category=form.get("category", "") if typed else (known.category if known else "other"),
        categories=reports.CATEGORIES,
        limit=reports.COMMENT_LIMIT,
    )
