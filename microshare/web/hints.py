"""What the composer's scripts ask while somebody writes: completions, hints, a preview.

Short answers in JSON, which the browser keeps for a moment; nothing is stored.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from microshare import drafts, hints, sentences
from microshare.errors import Refusal
from microshare.web.asked import quiet

pages = Blueprint("hints", __name__)
KEPT = 60  # seconds for which the browser may keep an answer


@pages.get("/hints/tags")
@quiet
def tags() -> Response:
    """How a tag may go on, with how much each is used."""
    offers = hints.tags_for(request.args.get("q", ""))
    return _kept(
        options=[{"text": f"#{one.spelling}", "told": _uses(one)} for one in offers],
        said=ngettext("%(num)s tag: choose with the arrow keys.",
                      "%(num)s tags: choose with the arrow keys.", len(offers)),
    )  # fmt: skip


def _uses(one: hints.Offer) -> str:
    uses: str = ngettext("%(num)s post", "%(num)s posts", one.uses)
    near: str = gettext("%(uses)s, close to what you type", uses=uses)
    return near if one.is_near else uses


@pages.get("/hints/people")
@quiet
def people() -> Response:
    """Whom a mention may name."""
    found = hints.people_for(request.args.get("q", ""))
    return _kept(
        options=[
            {"text": f"@{username}", "told": f"{name} · {department}"}
            for username, name, department in found
        ],
        said=ngettext("%(num)s colleague: choose with the arrow keys.",
                      "%(num)s colleagues: choose with the arrow keys.", len(found)),
    )  # fmt: skip


@pages.get("/hints/line")
@quiet
def line() -> Response:
    """What there is to say of a line before it is posted."""
    found = hints.for_line(request.args.get("q", ""))
    return _kept(
        doubles=[
            {"written": f"#{one.written}", "near": [f"#{spelling}" for spelling in one.near]}
            for one in found.doubles
        ],
        fitting=[f"#{spelling}" for spelling in found.fitting],
    )


def _kept(**facts: object) -> Response:
    answer = jsonify(**facts)
    answer.headers["Cache-Control"] = f"private, max-age={KEPT}"
    return answer


@pages.post("/preview")
def preview() -> Any:
    """A note as it will look: for the script, or as a page of its own. Nothing is stored."""
    note = request.form.get("note", "")
    if request.accept_mimetypes.best == "application/json":
        return _answered(lambda: jsonify(html=drafts.note_html(note)))
    return render_template("preview.html", note_html=drafts.note_html(note))


def _answered(answer: Callable[[], Response]) -> tuple[Response, int] | Response:
    try:
        return answer()
    except Refusal as refusal:
        return jsonify(code=refusal.code, sentence=sentences.reason(refusal)), 422
