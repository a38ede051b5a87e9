"""The words for the refusals of reports: a part of those in `sentences.py`."""

from flask_babel import lazy_gettext

_ = lazy_gettext

REFUSALS = {
    "report-yourself": _("You cannot report yourself."),
    "report-elsewhere": _("Not all of these posts are by %(name)s."),
    "report-category": _("A report is one of: %(categories)s."),
    "report-control": _(
        "What you tell has control characters that nobody can see; please type it anew or paste "
        "it as plain text."
    ),
    "report-too-long": _(
        "What you tell is %(over)s characters too long: it has at most %(limit)s."
    ),
    "report-too-wide": _("A report is about at most %(limit)s posts."),
    "report-nobody": _(
        "Nobody but %(name)s manages the community here, so nobody else would read it. "
        "Please speak to somebody in person."
    ),
    "too-many-reports": _(
        "You have reported %(limit)s times in a day, which is the most. Please speak to the "
        "community manager."
    ),
}
