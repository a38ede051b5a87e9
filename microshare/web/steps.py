"""The first steps after joining: three plain pages, each with a way around it."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from microshare import clock, departments, steps, tags
from microshare.db import saving
from microshare.web import unchanged
from microshare.web.asked import again, reader, user

pages = Blueprint("steps", __name__)


@pages.get("/welcome")
def department() -> str:
    return _departments(reader().department.slug)


def _departments(chosen: str) -> str:
    return render_template("steps_department.html", choices=steps.choices(), chosen=chosen)


@pages.post("/welcome")
def choose_department() -> Response:
    name = request.form.get("department", "")
    again(lambda: _departments(name))
    with saving():
        steps.move(user(), departments.chosen(name))
    return redirect(url_for("steps.follow"), 303)


@pages.get("/welcome/tags")
def follow() -> str:
    return _tags("")


def _tags(written: str) -> str:
    who = reader()
    return render_template(
        "steps_tags.html",
        offered=steps.offered(who),
        followed=steps.followed(who),
        enough=steps.ENOUGH,
        written=written,
        chosen=request.form.getlist("tag"),
    )


@pages.post("/welcome/tags")
def follow_tags() -> Response:
    written = request.form.get("tags", "")
    again(lambda: _tags(written))
    with saving():
        chosen = tags.parse(" ".join((*request.form.getlist("tag"), written)))
        steps.follow_tags(user(), chosen, clock.now())
    return redirect(url_for("steps.write"), 303)


@pages.get("/welcome/post")
def write() -> str:
    who = reader()
    known = steps.followed(who) or departments.tags_of(departments.get(who.department.slug))
    return render_template(
        "steps_post.html",
        line=request.args.get("line", ""),
        key=unchanged.new_key(),
        tag=known[0].spelling if known else "",
    )


@pages.post("/welcome/done")
def finish() -> Response:
    with saving():
        steps.finish(user(), clock.now())
    return redirect(url_for("lists.own"), 303)
