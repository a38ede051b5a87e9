"""Photos: sent ahead of a post, described, and given out to who has their address."""

import re

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from microshare import media as pictures
from microshare import photos, shown_photos, uploads
from microshare.api import entities, rates
from microshare.api.asked import params
from microshare.api.door import api, caller, now, route
from microshare.api.said import answer
from microshare.db import saving
from microshare.errors import Missing, Refused
from microshare.models import PhotoUpload
from microshare.photos import Photo
from microshare.web.asked import user

LARGEST_BODY = pictures.LARGEST_FILE + 1024 * 1024  # bytes: the photo and what is said of it
_NAME = re.compile(r"[0-9a-f]{20}(-\d{1,4})?")


def _upload() -> Response:
    """A photo of the caller, fit to show when this answers."""
    rates.count_photo(str(caller().id), now())
    asked = params()
    file = request.files.get("file")
    if file is None:
        raise Refused("parameter-missing", name="file")
    alt = _alt() if asked.has("description") else None
    picture = pictures.made(file.stream, 1)
    with saving():
        upload = uploads.keep(user(), picture, alt, now())
        told = _told(upload)
    return answer(told)


def _alt() -> str:
    """What is said of the photo; that nothing is said marks it as decoration."""
    written = params().text("description")
    return photos.checked_alt(written, 1) if written.strip() else ""


def _told(upload: PhotoUpload) -> dict[str, object]:
    photo = Photo(upload.name, upload.width, upload.height, upload.alt or "", upload.preview)
    return entities.attachment(photo, entities.around(), str(upload.id))


@route("/api/v2/media", method="POST", scope="write:media", largest=LARGEST_BODY)
def send_media() -> Response:
    return _upload()


@route("/api/v1/media", method="POST", scope="write:media", largest=LARGEST_BODY)
def send_media_v1() -> Response:
    return _upload()


@route("/api/v1/media/<id:upload_id>", scope="write:media")
def one_media(upload_id: int) -> Response:
    return answer(_told(uploads.get(user(), upload_id)))


@route("/api/v1/media/<id:upload_id>", method="PUT", scope="write:media")
def describe_media(upload_id: int) -> Response:
    asked = params()
    with saving():
        upload = uploads.get(user(), upload_id)
        if asked.has("description"):
            uploads.describe(upload, asked.text("description"))
        told = _told(upload)
    return answer(told)


@route("/api/v1/media/<id:upload_id>", method="DELETE", scope="write:media")
def forget_media(upload_id: int) -> Response:
    with saving():
        uploads.drop(user(), [uploads.get(user(), upload_id).id])
    return answer({})


@api.get("/media/<name>/<seal>.jpg")
def photo(name: str, seal: str) -> AnyResponse:
    """A photo in one of its sizes, for who was told its address."""
    if not _NAME.fullmatch(name) or not seal.isascii():
        raise Missing("photo")
    response = Response(shown_photos.content(name, seal), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.jpg"'
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # clients in browsers
    response.set_etag(name)
    return response.make_conditional(request)
