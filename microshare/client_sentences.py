"""The words for the refusals of clients and programs; a part of those in `sentences.py`."""

from flask_babel import lazy_gettext

_ = lazy_gettext

REFUSALS = {
    "token-invalid": _("The access token is invalid"),
    "token-missing": _("This API requires an authenticated user"),
    "scope-missing": _("This action is outside the authorized scopes"),
    "scope-unknown": _("There is no scope “%(scope)s”."),
    "redirect-malformed": _("A code cannot be sent to “%(address)s”."),
    "body-malformed": _("The body is no JSON object."),
    "parameter-missing": _("The parameter “%(name)s” is missing."),
    "parameter-odd": _("The parameter “%(name)s” is one value, and no list."),
    "too-many-calls": _("Too many requests"),
    "photo-gone": _("Photo %(number)s is not there: it was never sent, or is on a post already."),
    "not-private": _(
        "Every post here is open to all colleagues: a private one cannot be published."
    ),
    "registration-closed": _("Nobody can join by a client here."),
    "remark-too-long": _(
        "A note on a colleague has at most %(limit)s characters, and none that nobody can see."
    ),
    "too-many-marks": _("There are %(limit)s of these already, which is the most."),
    "no-boosts": _("This action is not allowed"),
    "not-here": _("This cannot be done here: %(what)s."),
}
