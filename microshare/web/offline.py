"""The product as an app on the device: its manifest, its worker, the outbox.

The worker and the outbox's script do the work (`static/`); what is answered here tells them which
files belong to this version, who is signed in, and the words.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, g, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from microshare import config, posts
from microshare.web.asked import public, reader
from microshare.web.language import locale
from microshare.web.security import form_token
from microshare.web.shown import asset

pages = Blueprint("offline", __name__)
KEPT = (".css", ".js", ".svg")  # static files that a page needs without a connection
COLOUR = "#0b6e63"  # the accent of the style sheet
PAPER = "#fbfbf9"
ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-192.png", "192x192", "maskable"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)


def init_app(app: Flask) -> None:
    app.after_request(_tell_reader)


def _tell_reader(response: Response) -> Response:
    """Whose page this is, for the worker: it keeps the pages of one colleague at a time.

    Pages that a letter's link opened are kept for nobody: the link ends.
    """
    user = None if g.get("by_letter") else g.get("_login_user")
    if response.mimetype == "text/html" and user is not None and user.is_authenticated:
        response.headers["Microshare-Reader"] = str(user.id)
    return response


@pages.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """What a phone needs to know to install the product beside its other apps."""
    company = config.current().company
    told = {
        "id": "/",
        "name": company,
        "short_name": company,
        "lang": locale(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": COLOUR,
        "background_color": PAPER,
        "icons": [
            {"src": asset(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
        "shortcuts": [{"name": gettext("New post"), "url": url_for("posts.compose")}],
    }
    return Response(json.dumps(told), mimetype="application/manifest+json")


@pages.get("/service-worker.js")
@public
def worker() -> AnyResponse:
    """The worker of this version: another file in `static/` makes it another worker."""
    response = Response(_worker(current_app.root_path), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response.make_conditional(request)


@cache
def _worker(root: str) -> str:
    folder = Path(root, "static")
    names = sorted(p.name for p in folder.iterdir() if p.suffix in KEPT)
    files = [asset(name) for name in names if name != "service-worker.js"]
    code = (folder / "service-worker.js").read_text("utf-8")
    version = hashlib.sha256(json.dumps([files, code]).encode()).hexdigest()[:10]
    known = {"version": version, "files": files, "outbox": asset("outbox.js")}
    return f"const KNOWN = {json.dumps(known)};\n{code}"


@pages.get("/offline")
@public
def away() -> str:
    """What the worker shows for a page that it does not keep; the same for everybody."""
    return render_template("offline.html")


@pages.get("/outbox")
def outbox() -> str:
    """The posts that wait on this device; the server knows none of them yet."""
    return render_template("outbox.html")


@pages.get("/outbox/token")
def token() -> tuple[dict[str, object], int, dict[str, str]]:
    """Who is signed in now, what a form of this session must carry, and the post of a key.

    For the outbox, which asks before it sends: a post of one is never sent by another.
    """
    told: dict[str, object] = {"user": reader().id, "csrf_token": form_token()}
    if (post := posts.with_key(reader().id, request.args.get("key", ""))) is not None:
        told["url"] = url_for("posts.thread", post_id=post.id)
    return told, 200, {"Cache-Control": "no-store"}
