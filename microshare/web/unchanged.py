"""Pages that say the same as last time are not sent again: their `ETag`.

It is told from what a page shows. What is drawn anew for each answer and shown to nobody does not
count: the token of its forms, good as long as the session, and the key of its composer. A page
that a browser shows again so has the form that it came with. Its key must not have been used
since, so a post that is sent from a browser changes the tags of all pages there.
"""

import secrets
from hashlib import sha256

from flask import Flask, g, request, session
from werkzeug.wrappers import Response

from microshare.web.security import SESSIONLESS


def init_app(app: Flask) -> None:
    app.after_request(_compare)


def new_key() -> str:
    """The key under which a composer sends its post."""
    g.composer_key = secrets.token_urlsafe(12)
    return str(g.composer_key)


def key_was_used(post_id: int) -> None:
    """A post was published: no page of this browser is shown again with the keys it had."""
    session["published"] = post_id


def _compare(response: Response) -> Response:
    if (
        request.method not in ("GET", "HEAD")
        or response.status_code != 200
        or response.mimetype != "text/html"
        or request.endpoint in SESSIONLESS
    ):
        return response
    page = response.get_data()
    for drawn in (g.get("csrf_token"), g.get("composer_key")):
        if drawn:
            page = page.replace(drawn.encode(), b"")
    shown = sha256(page)
    shown.update(f"{session.get('csrf_token')} {session.get('published')}".encode())
    response.set_etag(shown.hexdigest()[:24], weak=True)  # the same to read, not byte for byte
    return response.make_conditional(request) if request.if_none_match else response
