"""For which of our addresses a letter is, where nobody but the letter tells."""

from microshare import mail_addresses
from microshare.mail import fields
from microshare.mail_addresses import Share

MOST = 20  # addresses of ours in a letter


def recipients(raw: bytes) -> list[str]:
    """The addresses of ours that a letter is for; where it tells none, that of everybody.

    A signed address wins over that, for a mailbox may stand behind all of them. What was delivered
    wins over what was written, for the other address gets a letter of its own.
    """
    delivered, written = (
        [one for one in dict.fromkeys(told) if mail_addresses.is_ours(one)][:MOST]
        for told in fields.recipients(raw)
    )
    for told in (delivered, written):
        signed = [one for one in told if _is_signed(one)]
        if signed:
            return signed
    return [mail_addresses.share() or ""]


def _is_signed(address: str) -> bool:
    meant = mail_addresses.meaning(address)
    return meant is not None and not isinstance(meant, Share)
