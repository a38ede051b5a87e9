"""The words for why a message to a webhook did not arrive, in the catalogue's languages."""

from flask_babel import lazy_gettext

_ = lazy_gettext

# Why a message to a webhook did not arrive, by the words of `outbound.WHYS`.
TRIES = {
    "address": _("it is no address that begins with https://."),
    "private": _(
        "%(what)s is inside a network of our own, which only the administrator can allow "
        "(MICROSHARE_WEBHOOK_NETWORKS)."
    ),
    "name": _("there is no host %(what)s."),
    "plain": _("over the open network only https:// is allowed."),
    "connect": _("no connection. %(what)s"),
    "certificate": _("its certificate does not do. %(what)s"),
    "slow": _("it takes too long to answer."),
    "answer": _("its answer makes no sense. %(what)s"),
    "redirect": _("it leads on to other addresses too often."),
    "status": _("it answers with the status %(what)s."),
    "off": _("the webhook has been switched off for two weeks."),
}


def of_try(why: str) -> str:
    """What a person reads of why a message did not arrive."""
    code, _, what = why.partition(" ")
    return (str(TRIES[code]) % {"what": what}).strip() if code in TRIES else why
