"""Links in our answers to letters, each good for one act and for some days, without signing in.

What may be done, to what and until when stands signed in the link itself; whether it was done
already, in the database.
"""

from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from microshare import signing
from microshare.errors import Refused

# Salts, one for each act: a link for one is none for the other.
UNDO, PROPOSAL = "microshare mail undo", "microshare mail proposal"
LIFETIMES = {UNDO: timedelta(days=7), PROPOSAL: timedelta(days=14)}


def token(act: str, about_id: int, now: datetime) -> str:
    """The signed end of a link for this act upon a post or a proposal, counted from now."""
    until = int((now + LIFETIMES[act]).timestamp())
    return str(URLSafeSerializer(signing.key(), salt=act).dumps([about_id, until]))


def about(act: str, token: str, now: datetime) -> int:
    """What the link is about; `Refused`: `link-broken`, or `link-over` when it is too old."""
    try:
        about_id, until = URLSafeSerializer(signing.key(), salt=act).loads(token)
        about_id, until = int(about_id), int(until)
    except (BadSignature, ValueError, TypeError) as error:
        raise Refused("link-broken") from error
    if now.timestamp() >= until:
        raise Refused("link-over", days=LIFETIMES[act].days)
    return about_id
