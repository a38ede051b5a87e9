"""The words for the refusals of programs: a part of those in `sentences.py`."""

from flask_babel import lazy_gettext

_ = lazy_gettext

REFUSALS = {
    "bot-no-way-in": _("%(name)s is a program that posts for a colleague: it cannot sign in."),
    "too-many-integrations": _("You have %(limit)s programs that post already, which is the most."),
    "too-many-posts": _("More than %(limit)s posts at once: try again in %(seconds)s seconds."),
    "incoming-json": _("The body is no JSON object."),
    "incoming-type": _("“%(name)s” must be a text without control characters."),
    "incoming-empty": _("There is nothing to post: send a “line” or a “text”."),
    "incoming-method": _("This address takes posts: use POST."),
    "webhook-kind": _(
        "A webhook listens to a tag, a department or a search, and speaks JSON, Slack or Teams."
    ),
    "too-many-webhooks": _("There are %(limit)s webhooks already, which is the most."),
    "webhook-address": _("That address cannot be told of posts: %(why)s"),
}
