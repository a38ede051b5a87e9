"""The forms that pull something in or leave it out: follow and mute, each with `undo`."""

from collections.abc import Callable

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from microshare import clock, departments, follows, mutes, people, searches, tags
from microshare.db import saving
from microshare.models import SavedSearch, Tag, User
from microshare.web.asked import back, undo, user
from microshare.web.language import zone_name

pages = Blueprint("follows", __name__)


@pages.post("/tags/<name>/follow")
def follow_tag(name: str) -> Response:
    return _follow(lambda: tags.get(name), url_for("lists.tag", name=name))


@pages.post("/people/<username>/follow")
def follow_person(username: str) -> Response:
    return _follow(lambda: people.get(username), url_for("lists.person", username=username))


@pages.post("/departments/<slug>/follow")
def follow_department(slug: str) -> Response:
    return _follow(lambda: departments.get(slug), url_for("lists.department", slug=slug))


@pages.post("/searches")
def follow_words() -> Response:
    """Follow a search by its words: nobody may have followed it before."""
    raw = request.form.get("q", "")
    return _follow(
        lambda: searches.named(raw, zone_name(), clock.now()),
        url_for("find.search", q=searches.tidied(raw)),
    )


@pages.post("/searches/<id:search_id>/follow")
def follow_search(search_id: int) -> Response:
    return _follow(lambda: searches.get(search_id), url_for("settings.show"))


@pages.post("/searches/<id:search_id>/mute")
def mute_search(search_id: int) -> Response:
    return _mute(lambda: searches.get(search_id), url_for("settings.show"))


@pages.post("/tags/<name>/mute")
def mute_tag(name: str) -> Response:
    return _mute(lambda: tags.get(name), url_for("lists.tag", name=name))


@pages.post("/people/<username>/mute")
def mute_person(username: str) -> Response:
    return _mute(lambda: people.get(username), url_for("lists.person", username=username))


@pages.post("/departments/<slug>/tags")
def department_tag(slug: str) -> Response:
    """The department follows a tag for its people, or no longer does."""
    with saving():
        department = departments.get(slug)
        written = request.form.get("tags", "")
        if undo():
            # A button beside the tag names it itself; a form names it in its field.
            name = written or request.form["undo"]
            departments.unfollow_tag(department, tags.get(name), user())
        else:
            for tag in tags.named(tags.parse(written), clock.now()).values():
                departments.follow_tag(department, tag, user(), clock.now())
    return back(url_for("lists.department", slug=slug))


def _follow(find: Callable[[], follows.Target], default: str) -> Response:
    with saving():
        target = find()
        if undo():
            follows.unfollow(user(), target)
        else:
            follows.follow(user(), target, clock.now())
    return back(default)


def _mute(find: Callable[[], Tag | User | SavedSearch], default: str) -> Response:
    with saving():
        target = find()
        if undo():
            mutes.unmute(user(), target)
        else:
            mutes.mute(user(), target, request.form.get("span", "good"), clock.now())
    return back(default)
