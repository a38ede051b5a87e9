"""The pages and forms of a post: write, read its thread, edit, withdraw, thank, save, tag on."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from microshare import (
    clock,
    feeds,
    mutes,
    opened,
    photos,
    posts,
    questions,
    revisions,
    saves,
    tags,
    thanks,
    threads,
)
from microshare.changes import Words
from microshare.db import saving
from microshare.errors import Missing
from microshare.web import composing, sent, unchanged
from microshare.web.asked import (
    again,
    as_json,
    back,
    by_letter,
    needed_number,
    number,
    reader,
    undo,
    user,
)

pages = Blueprint("posts", __name__)


@pages.get("/new")
def compose() -> str:
    """The composer on a page of its own: for a new post, or a reply to one."""
    return composing.page(
        request.args.get("line", ""),
        request.args.get("note", ""),
        request.args.get("reply_to", ""),
        unchanged.new_key(),
    )


@pages.post("/posts")
def publish() -> Response | tuple[dict[str, object], int]:
    form = request.form
    line, note, key = form.get("line", ""), form.get("note", ""), form.get("key", "")

    def composer() -> str:
        used = g.get("refusal_code") == "key-used"
        fresh = unchanged.new_key() if used or not key else key
        typed = (line, note, form.get("reply_to", ""), fresh, form.get("kind", ""))
        return composing.page(*typed, photos=sent.words())

    again(composer)
    chosen = sent.chosen()
    with saving():
        reply_to = posts.get(needed_number("reply_to")) if form.get("reply_to") else None
        post_id = posts.publish(
            user(),
            line,
            note=note,
            reply_to=reply_to,
            key=key,
            kind=form.get("kind") or None,
            photos=chosen,
            now=clock.now(),
        ).id
    unchanged.key_was_used(post_id)
    return _published(post_id, url_for("posts.thread", post_id=post_id))


def _published(post_id: int, address: str) -> Response | tuple[dict[str, object], int]:
    return ({"id": post_id, "url": address}, 201) if as_json() else redirect(address, 303)


@pages.get("/posts/<id:post_id>")
@by_letter
def thread(post_id: int) -> str:
    after = number(request.args.get("after", ""))
    found = threads.of(reader(), post_id, clock.now(), after=after)
    if found.here.post.withdrawn_at is not None and found.count == 1:
        raise Missing("post", id=post_id)
    return render_template(
        "thread.html",
        thread=found,
        here=found.here,
        root=found.root,
        key=unchanged.new_key(),
        reach=thanks.reach_of(found.here.post),
        muted=found.is_muted,
    )


@pages.get("/posts/<id:post_id>/choices")
def choices(post_id: int) -> str:
    """What else can be done with a post: tag on, edit, withdraw, mute."""
    item = feeds.of(reader(), [posts.visible(post_id).id]).items[0]
    return render_template("choices.html", item=item, reach=thanks.reach_of(item.post))


@pages.get("/posts/<id:post_id>/history")
@by_letter
def history(post_id: int) -> str:
    post = posts.visible(post_id)
    return render_template(
        "history.html",
        post=post,
        versions=revisions.versions(
            post, Words(gettext("added:"), gettext("removed:"), str(get_locale()))
        ),
    )


@pages.route("/posts/<id:post_id>/edit", methods=["GET", "POST"])
def edit(post_id: int) -> str | Response:
    post = posts.visible(post_id)
    posts.may_change(post, user())
    if request.method == "GET":
        return composing.edit_page(post)
    form, said = request.form, sent.said()
    again(lambda: composing.edit_page(posts.get(post_id), form, said, sent.words()))
    added = sent.chosen(first=len(said) + 1)
    with saving():
        post = posts.get(post_id)
        posts.edit(
            post,
            user(),
            form.get("line", ""),
            note=form.get("note", ""),
            kind=form.get("kind") or None,
            photos=photos.changed(photos.read(post.photos_json), said, added),
            version=number(form.get("version", "")),
            now=clock.now(),
        )
    return redirect(url_for("posts.thread", post_id=post_id), 303)


@pages.route("/posts/<id:post_id>/withdraw", methods=["GET", "POST"])
def withdraw(post_id: int) -> str | Response:
    if request.method == "GET":
        return render_template("withdraw.html", post=posts.visible(post_id))
    with saving():
        post = posts.get(post_id)
        posts.withdraw(post, user(), clock.now())
        thread_id = post.thread_id
    if thread_id is not None:
        return redirect(url_for("posts.thread", post_id=thread_id), 303)
    return back(url_for("lists.own"))


@pages.post("/posts/<id:post_id>/thanks")
def thank(post_id: int) -> Response:
    with saving():
        post = posts.get(post_id)
        if undo():
            thanks.take_back(user(), post)
        else:
            thanks.give(user(), post, clock.now())
    return _to(post_id)


@pages.post("/posts/<id:post_id>/save")
def save(post_id: int) -> Response:
    with saving():
        post = posts.get(post_id)
        if undo():
            saves.drop(user(), post)
        else:
            saves.save(user(), post, clock.now())
    return _to(post_id)


@pages.post("/posts/<id:post_id>/tags")
def tag_on(post_id: int) -> Response:
    with saving():
        post = posts.get(post_id)
        if undo():
            posts.tag_off(post, user(), tags.get(request.form["undo"]).name)
        else:
            posts.tag_on(post, user(), tags.parse(request.form.get("tags", "")), clock.now())
    return _to(post_id)


@pages.post("/posts/<id:post_id>/answer")
def accept(post_id: int) -> Response:
    with saving():
        reply = posts.visible(needed_number("reply"))
        questions.accept(posts.get(post_id), reply, user(), clock.now())
    return _to(post_id)


@pages.post("/posts/<id:post_id>/solve")
def solve(post_id: int) -> Response:
    with saving():
        post = posts.get(post_id)
        if undo():
            questions.reopen(post, user())
        else:
            questions.solve(post, user(), clock.now())
    return _to(post_id)


@pages.post("/posts/<id:post_id>/mute")
def mute(post_id: int) -> Response:
    with saving():
        post = posts.get(post_id)
        if undo():
            mutes.unmute(user(), post)
        else:
            mutes.mute(user(), post, request.form.get("span", "good"), clock.now())
    return _to(post_id)


@pages.post("/posts/<id:post_id>/opened")
def mark_opened(post_id: int) -> tuple[str, int]:
    """Told by the page's script when a thread or note is looked at."""
    with saving():
        look = opened.open_thread if request.form.get("thread") else opened.open_note
        look(user(), posts.visible(post_id), clock.now())
    return "", 204


def _to(post_id: int) -> Response:
    return back(url_for("posts.thread", post_id=post_id))
