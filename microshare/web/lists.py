"""The feeds as pages: own, everyone, tags, people, departments, questions, saved."""

from datetime import timedelta

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from microshare import (
    aliases,
    cards,
    clock,
    departments,
    feeds,
    follows,
    interests,
    people,
    tag_facts,
    tags,
)
from microshare.db import saving
from microshare.tags import AnyTag
from microshare.web import unchanged
from microshare.web.asked import (
    again,
    back,
    before,
    by_letter,
    needed_number,
    number,
    numbers,
    quiet,
    reader,
    undo,
    user,
)

pages = Blueprint("lists", __name__)
AGES = (0, 1, 7, 30)  # days that a question has waited, to choose from


@pages.get("/")
@by_letter
def own() -> str:
    page = feeds.own(reader(), now=clock.now(), before=before())
    return render_template(
        "own.html",
        page=page,
        key=unchanged.new_key(),
        popular=tags.most_used(8) if not page.items else [],
    )


@pages.post("/read")
def mark_read() -> Response:
    """The reader has read the feed down from this post; told by a button or the page's script."""
    with saving():
        feeds.mark_read(user(), needed_number("up_to"))
    return back(url_for("lists.own"))


@pages.get("/everyone")
@by_letter
def everyone() -> str:
    return render_template(
        "everyone.html",
        page=feeds.everyone(reader(), before=before()),
        key=unchanged.new_key(),
    )


@pages.get("/news")
@quiet
def news() -> Response:
    """How many posts came after this one, for a page that asks now and then; 204 where none did."""
    feed = request.args.get("feed", "own")
    after = number(request.args.get("after", "")) or 0
    count = feeds.news(reader(), after, now=clock.now(), everyone=feed == "everyone")
    return jsonify(count=count) if count else Response(status=204)


@pages.get("/counts")
@quiet
def counts() -> Response:
    """Replies and thanks of these posts, for a page that asks now and then: `{"7": [2, 1]}`."""
    asked = numbers(request.args.get("posts", ""))[: feeds.LARGEST_PAGE]
    answer = jsonify(cards.counts(asked))
    answer.add_etag(weak=True)
    return answer.make_conditional(request)


@pages.get("/saved")
def saved() -> str:
    return render_template("saved.html", page=feeds.saved(reader(), before=before()))


@pages.get("/tags")
@by_letter
def all_tags() -> str:
    words = request.args.get("q", "")
    listed = tags.suggest(words, 200) if words else tags.most_used()
    return render_template("tags.html", tags=listed, words=words)


@pages.get("/tags/<name>")
@by_letter
def tag(name: str) -> str | Response:
    found = aliases.seen(name)
    if found.name != name:
        return redirect(url_for("lists.tag", name=found.name, before=before()))
    return _tag_page(found)


def _tag_page(found: AnyTag) -> str:
    who = reader()
    about = tag_facts.of(found, who, clock.now())
    return render_template(
        "tag.html",
        tag=found,
        about=about,
        page=feeds.tagged(who, found, before=before()),
        department=who.department,
        other_names=aliases.of(found) if about.has_other_names else (),
        own_names=aliases.own(found) if who.manages else (),
        form=request.form,
    )


@pages.post("/tags/<name>/names")
def other_name(name: str) -> Response:
    """Another name for the tag; with `undo`, one that goes."""
    again(lambda: _tag_page(tags.get(name)))
    with saving():
        if undo():
            aliases.drop(request.form.get("other", ""), user())
        else:
            aliases.add(tags.get(name), request.form.get("other", ""), user(), clock.now())
    return back(url_for("lists.tag", name=name))


@pages.post("/tags/<name>/describe")
def describe(name: str) -> Response:
    with saving():
        tags.describe(tags.get(name), request.form.get("description", ""))
    return back(url_for("lists.tag", name=name))


@pages.get("/people")
@by_letter
def everybody() -> str:
    words = request.args.get("q", "")
    return render_template("people.html", people=people.find(words), words=words)


@pages.get("/@<username>")
@by_letter
def person(username: str) -> str | Response:
    found = people.get(username)
    if found.username != username:
        return redirect(url_for("lists.person", username=found.username, before=before()))
    who = reader()
    return render_template(
        "person.html",
        person=found,
        maker=people.by_id(found.maker_id) if found.maker_id else None,
        page=feeds.written_by(who, found, before=before()),
        standing=interests.standing(who, "person", found.id, clock.now()),
        follower_count=follows.follower_count(found) if found.id == who.id else None,
    )


@pages.get("/departments")
@by_letter
def all_departments() -> str:
    return render_template(
        "departments.html", departments=departments.every(), headcounts=departments.headcounts()
    )


@pages.get("/departments/<slug>")
@by_letter
def department(slug: str) -> str:
    found = departments.get(slug)
    who = reader()
    about = departments.about(found, who, clock.now())
    return render_template(
        "department.html",
        department=found,
        page=feeds.from_department(who, found, before=before()),
        about=about,
        may_choose=departments.may_choose(found, who),
    )


@pages.get("/questions")
@by_letter
def questions() -> str:
    chosen = {name: request.args.get(name, "") for name in ("tag", "department", "days")}
    days = number(chosen["days"])
    page = feeds.questions(
        reader(),
        before=before(),
        tag=tags.get(chosen["tag"]) if chosen["tag"] else None,
        department=departments.get(chosen["department"]) if chosen["department"] else None,
        until=clock.now() - timedelta(days=days) if days and days <= 36500 else None,
    )
    return render_template(
        "questions.html",
        page=page,
        chosen=chosen,
        atom_filters={name: value for name, value in chosen.items() if value},
        ages=AGES,
        departments=departments.every(),
    )
