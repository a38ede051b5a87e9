"""The words for the refusals of programs: a part of those in `sentences.py`."""

from flask_babel import lazy_gettext

_ = lazy_gettext

REFUSALS = {
    "scope-unknown": _("There is no scope “%(scope)s”."),
    "redirect-malformed": _("A code cannot be sent to “%(address)s”."),
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
    "token-invalid": _("The access token is invalid"),
    "token-missing": _("This API requires an authenticated user"),
    "scope-missing": _("This action is outside the authorized scopes"),
    "body-malformed": _("The body is no JSON object."),
    "parameter-missing": _("The parameter “%(name)s” is missing."),
    "parameter-odd": _("The parameter “%(name)s” is one value, and no list."),
    "too-many-calls": _("Too many requests"),
    "photo-gone": _("Photo %(number)s is not there: it was never sent, or is on a post already."),
    "not-private": _(
        "Every post here is open to all colleagues: a private one cannot be published."
    ),
    "registration-closed": _("Nobody can join by a client here."),
    "photos-fixed": _(
        "The photos of a post, and what is said of them, stay as they were published."
    ),
    "no-boosts": _("This action is not allowed"),
    "not-here": _("This cannot be done here: %(what)s."),
}
