"""The log of this door: a line a request, each with the request's id.

People occur by their ids alone, and addresses by the names of their pages: `/@ada` is a name.
"""

import logging
import re
import uuid
from time import perf_counter
from typing import Any

from flask import Flask, current_app, g, has_request_context, request, session
from werkzeug.wrappers import Response

from microshare.web.security import SESSIONLESS

_REQUEST_ID = re.compile(r"[\w.-]{1,64}")


class RequestId(logging.Filter):
    """Gives each line of the log the id of its request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = g.get("request_id", "-") if has_request_context() else "-"
        return True


def init_app(app: Flask) -> None:
    """Name each request, and tell what became of it."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(request_id)s %(message)s"))
    handler.addFilter(RequestId())
    app.logger.handlers[:] = [handler]
    app.logger.propagate = False
    app.logger.setLevel(app.config["MICROSHARE"].log_level.upper())
    app.before_request(_begin)
    app.after_request(_tell)
    app.log_exception = _fault  # type: ignore[method-assign]


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex[:16]
    g.began = perf_counter()


def _tell(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "-")
    level = logging.DEBUG if _is_quiet() else logging.INFO
    logger = current_app.logger
    if logger.isEnabledFor(level) and request.endpoint not in SESSIONLESS:
        reader = g.get("token_reader") or g.get("_login_user")
        logger.log(
            level,
            "%s %s %d, %d ms, user %s",
            request.environ["REQUEST_METHOD"],
            request.endpoint,
            response.status_code,
            1000 * (perf_counter() - g.get("began", perf_counter())),
            _id_of(reader),
        )
    return response


def _is_quiet() -> bool:
    return getattr(current_app.view_functions.get(request.endpoint or ""), "is_quiet", False)


def _id_of(reader: Any) -> str:
    """The id of who asked: as the session has it, for a saved row is loaded no more."""
    if "token_reader" in g:
        # A user's row that was saved would be loaded anew.
        known = vars(reader) if hasattr(reader, "__dict__") else {"id": getattr(reader, "id", "-")}
        return str(known.get("id", "-"))
    return str(session.get("_user_id", "-")).partition(".")[0]


def _fault(exc_info: Any) -> None:
    current_app.logger.error("fault in %s", request.endpoint, exc_info=exc_info)
