"""The words for the refusals of mail, in and out; a part of those in `sentences.py`."""

from flask_babel import lazy_gettext

_ = lazy_gettext

REFUSALS = {
    "dkim-key-unreadable": _(
        "The key of MICROSHARE_DKIM_KEY cannot be read from %(path)s: %(why)s."
    ),
    "dkim-key-broken": _(
        "%(path)s of MICROSHARE_DKIM_KEY is no private RSA key in PEM, or is damaged or encrypted. "
        "`openssl genrsa -out dkim.pem 2048` makes one."
    ),
    "dkim-key-short": _(
        "The key in %(path)s has %(bits)s bits: receivers take no less than %(least)s, and 2048 "
        "are usual. `openssl genrsa -out dkim.pem 2048` makes one."
    ),
    "mail-extra-missing": _(
        "This needs %(what)s, which is not installed: `pip install 'microshare[mail]'`."
    ),
    "letter-empty": _("There was no text in your letter."),
    "letter-unreadable": _(
        "The text of your letter could not be read. Please write it as plain text."
    ),
    "letter-answers-ours": _(
        "You answered a letter of ours, and such an answer is not posted by itself. To post it, "
        "write a new letter to the address; to reply to a post, use its page."
    ),
    "mail-door-closed": _(
        "The mail door is closed: MICROSHARE_MAIL_IN names the address that it takes letters for."
    ),
    "letter-not-there": _(
        "No letter that failed has this name: `microshare mail failed` lists them."
    ),
    "letters-failed": _("%(count)s letters failed again; they are kept."),
}
