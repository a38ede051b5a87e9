"""What this instance is, for anybody who asks: clients do so before they log in."""

from urllib.parse import urlsplit

from flask import Response, url_for

from microshare import config, marks, media, photos
from microshare.api.door import route
from microshare.api.said import answer
from microshare.version import VERSION

# Clients read the first three numbers. From 2 on they would ask for grouped notifications.
SPOKEN = f"4.2.0 (compatible; microshare {VERSION})"
API_VERSION = 1
TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/heif"]


def _configuration() -> dict[str, dict[str, object]]:
    """What clients count by, so that they let nothing be typed that is refused."""
    return {
        "statuses": {
            "max_characters": config.current().line_limit,
            "max_media_attachments": photos.LIMIT,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "supported_mime_types": TYPES,
            "description_limit": photos.ALT_LIMIT,
            "image_size_limit": media.LARGEST_FILE,
            "image_matrix_limit": media.LARGEST_AREA,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": 0,
            "max_characters_per_option": 0,
            "min_expiration": 0,
            "max_expiration": 0,
        },
        "accounts": {
            "max_featured_tags": marks.MOST["tag"],
            "max_pinned_statuses": marks.MOST["post"],
        },
    }


def _picture(name: str = "icon-512.png") -> str:
    return config.current().url + url_for("static", filename=name)


@route("/api/v1/instance")
def instance() -> Response:
    settings = config.current()
    return answer(
        {
            "uri": urlsplit(settings.url).netloc,
            "title": settings.company,
            "short_description": "",
            "description": "",
            "email": settings.mail_from,
            "version": SPOKEN,
            "urls": {"streaming_api": ""},
            "stats": {"user_count": 0, "status_count": 0, "domain_count": 0},
            "thumbnail": _picture(),
            "languages": list(config.LANGUAGES),
            "registrations": settings.registration == "open",
            "approval_required": False,
            "invites_enabled": False,
            "configuration": _configuration(),
            "contact_account": None,
            "rules": [],
        }
    )


@route("/api/v2/instance")
def instance_v2() -> Response:
    settings = config.current()
    host = urlsplit(settings.url).netloc
    feeds = {"local": "authenticated", "remote": "disabled"}
    return answer(
        {
            "domain": host,
            "title": settings.company,
            "version": SPOKEN,
            "source_url": "",
            "description": "",
            "usage": {"users": {"active_month": 0}},
            "thumbnail": {"url": _picture(), "blurhash": None, "versions": {}},
            "icon": [{"src": _picture(f"icon-{n}.png"), "size": f"{n}x{n}"} for n in (192, 512)],
            "languages": list(config.LANGUAGES),
            "configuration": {
                "urls": {"streaming": "", "status": None, "about": f"{settings.url}/help"},
                "vapid": {"public_key": ""},
                **_configuration(),
                "translation": {"enabled": False},
                "timelines_access": {"live_feeds": feeds, "hashtag_feeds": feeds},
                "limited_federation": True,
            },
            "registrations": {
                "enabled": settings.registration == "open",
                "approval_required": False,
                "message": None,
                "url": None,
            },
            "api_versions": {"mastodon": API_VERSION},
            "contact": {"email": settings.mail_from, "account": None},
            "rules": [],
        }
    )
