"""Whether this process is alive, and whether it can serve: for a load balancer, in plain text.

Public, without session or cookie. Neither tells a stranger more than a page does.
"""

import threading

from flask import Blueprint, Flask, Response, current_app

from microshare import installing
from microshare.db import OUTAGES
from microshare.web.asked import public

pages = Blueprint("health", __name__)
PATIENCE = 2  # seconds that the database has to answer
HEADERS = {"Cache-Control": "no-store"}
RETRY = "5"  # seconds after which to ask again
_KEY = "microshare.look"
_beginning = threading.Lock()


@pages.get("/health")
@public
def alive() -> Response:
    """This process answers; the database is not asked. The word is the one that clients expect."""
    return Response("OK", 200, HEADERS, mimetype="text/plain")


@pages.get("/ready")
@public
def ready() -> Response:
    """The database answers too, and its tables are those of this version, or of a later one."""
    found = _look()
    response = _told(found, 200 if found == "ready" else 503)
    if found != "ready":
        response.headers["Retry-After"] = RETRY
    return response


def _told(word: str, status: int) -> Response:
    return Response(word + "\n", status, HEADERS, mimetype="text/plain")


class Look(threading.Thread):
    """One look at the database; whoever asks meanwhile gets the same answer.

    A thread, for a server that is stopped in its tracks keeps who asks it waiting for ever; and
    one at a time, so that many questions are one to the database.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(daemon=True, name="ready")
        self.app = app
        self.found = "the database does not answer"

    def run(self) -> None:
        with self.app.app_context():
            try:
                told = installing.schema()
            except OUTAGES:
                return
        self.found = "the tables are of an older version" if told == "older" else "ready"


def _look() -> str:
    with _beginning:
        look: Look | None = current_app.extensions.get(_KEY)
        if look is None or not look.is_alive():
            look = current_app.extensions[_KEY] = Look(current_app._get_current_object())  # type: ignore[attr-defined]
            look.start()
    look.join(PATIENCE)
    return look.found
