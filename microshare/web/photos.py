"""The photos themselves, for signed-in colleagues only."""

import re

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from microshare import photos
from microshare.errors import Missing
from microshare.web.asked import by_letter

pages = Blueprint("photos", __name__)
_NAME = re.compile(r"[0-9a-f]{20}(-\d{1,4})?")


@pages.get("/photos/<name>")
@by_letter
def photo(name: str) -> AnyResponse:
    """A photo in one of its sizes.

    Its name changes with its content, so a browser keeps it for good; a withdrawn one is not
    given out again.
    """
    if not _NAME.fullmatch(name):
        raise Missing("photo")
    response = Response(photos.content(name), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.jpg"'
    response.set_etag(name)
    return response.make_conditional(request)
