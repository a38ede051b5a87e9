"""The address at which a program posts. It answers in JSON, and to what speaks Slack as Slack."""

from flask import Blueprint, Response, jsonify, request, url_for

from microshare import clock, config, incoming, integrations, posts
from microshare.db import saving
from microshare.errors import Refused
from microshare.web.asked import in_json, public

pages = Blueprint("incoming", __name__)
KEYS = ("Idempotency-Key", "webhook-id")  # headers that name a message that may come twice


@pages.route(
    "/hooks/<token>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], strict_slashes=False
)
@public
@in_json
def post(token: str) -> Response:
    """Publish what is sent; the same key, or the same header, gives the same post again."""
    if request.method != "POST":
        raise Refused("incoming-method")
    body = request.get_data(cache=True)
    integrations.by_token(token)  # before anybody reads what a stranger sends
    asked = incoming.read(body, request.mimetype, request.form)
    key = asked.key or next((request.headers[name] for name in KEYS if name in request.headers), "")
    now = clock.now()
    with saving():
        found = integrations.by_token(token)
        is_known = posts.with_key(found.bot_id, key) is not None
        bot = found.bot if is_known else integrations.used(found, now)
        written = posts.publish(
            bot, asked.line, note=asked.note, kind=asked.kind, key=key or None, now=now
        )
        post_id = written.id
    if asked.is_slack:
        return Response("ok", mimetype="text/plain")
    address = config.current().url + url_for("posts.thread", post_id=post_id)
    answer = jsonify(id=str(post_id), url=address)
    answer.status_code = 200 if is_known else 201
    return answer
