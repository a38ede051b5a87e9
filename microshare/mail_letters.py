"""What we write back to a letter: what became of it, in a few lines, once.

They wait with the letters of accounts and leave as those do. Each is a reply to the letter that it
answers (RFC 5322, 3.6.4) and says of itself that a machine wrote it (RFC 3834), so that no other
machine answers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from typing import Any

from flask import render_template
from flask_babel import force_locale

from microshare import account_letters, config, letter_form, mail_links, mailer, sentences
from microshare.errors import Refusal
from microshare.mail_links import PROPOSAL, UNDO
from microshare.mailer import Letter
from microshare.models import Post, Proposal, User

KINDS = ("posted", "proposal", "refused", "continued")
OTHERS = ("digest", "held", "stranger")  # letters that tell their kind in their id too
_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,250}")  # without angle brackets and blanks
_LONGEST = 950  # characters of References, which stand in one line of at most 998


@dataclass(frozen=True)
class Origin:
    """The letter that is answered: its subject, its own id, and those of the ones before it."""

    key: str  # as `taken.key` names it
    subject: str
    message_id: str
    references: Sequence[str]

    def headers(self) -> dict[str, str]:
        """What ties a letter to this one; ids that no header can hold are left out."""
        if not _ID.fullmatch(self.message_id):
            return {}
        ids = [f"<{one}>" for one in self.references if _ID.fullmatch(one)]
        last = f"<{self.message_id}>"
        first, newer = ids[:1], [one for one in ids[1:] if one != last]
        while sum(map(len, [*first, *newer, last])) + len(newer) > _LONGEST:
            newer.pop(0)  # the beginning of a thread and its end matter most
        return {"In-Reply-To": last, "References": " ".join(dict.fromkeys([*first, *newer, last]))}


@dataclass(frozen=True)
class Told:
    """What the sender is told of a post beside its line."""

    rest: str = ""  # of the note, what did not fit
    photos: int = 0  # that came along, and are not described
    left_out: Sequence[Refusal] = ()  # photos that could not
    unread: int = 0  # photos beyond the four
    is_muted: bool = False  # the sender mutes the thread of the reply


def posted(
    to: User, post: Post, origin: Origin, told: Told, now: datetime, *, answer_to: str | None
) -> None:
    """What was posted, its link, and the link that undoes it. `answer_to` replies to the post."""
    url = config.current().url
    with force_locale(to.language):
        reasons = [sentences.reason(one) for one in told.left_out]
    _write(
        "posted",
        to,
        origin,
        now,
        {"Reply-To": answer_to} if answer_to else {},
        post=post,
        told=told,
        reasons=reasons,
        is_reply=post.reply_to_id is not None,
        tags=[tie.tag.spelling for tie in post.tags],
        link=f"{url}/posts/{post.id}",
        undo=f"{url}/mail/undo/{mail_links.token(UNDO, post.id, now)}",
        days=mail_links.LIFETIMES[UNDO].days,
        describe=f"{url}/posts/{post.id}/photos",
        note_limit=config.current().note_limit,
        replies=answer_to,
    )


def proposed(to: User, proposal: Proposal, origin: Origin, now: datetime) -> None:
    """What could be posted, and the link to the page that does it."""
    _write(
        "proposal",
        to,
        origin,
        now,
        proposal=proposal,
        link=f"{config.current().url}/mail/proposal/{mail_links.token(PROPOSAL, proposal.id, now)}",
        days=mail_links.LIFETIMES[PROPOSAL].days,
    )


def refused(to: User, refusal: Refusal, origin: Origin, body: str, now: datetime) -> None:
    """Why nothing was posted, with all that was written."""
    with force_locale(to.language):
        reason = sentences.reason(refusal)
    _write("refused", to, origin, now, reason=reason, body=body, link=f"{config.current().url}/new")


def continued(
    author: User, address: str, post: Post, origin: Origin, number: int, now: datetime
) -> None:
    """To one reader of a chain, in its author's name: here it goes on. Answers go to the author."""
    headers = {
        "From": str(Address(author.name, addr_spec=config.current().mail_from)),
        "Auto-Submitted": "auto-generated",  # a click sends it, no letter
    }
    if author.email:
        headers["Reply-To"] = str(Address(author.name, addr_spec=author.email))
    is_reply = re.match(r"(?i)\s*(?:re|antw|aw|sv)\s*:", origin.subject)
    _write(
        "continued",
        author,
        origin,
        now,
        headers,
        address=address,
        number=number,
        author=author,
        post=post,
        subject=origin.subject if is_reply else f"Re: {origin.subject}",  # as its thread has it
        link=f"{config.current().url}/posts/{post.id}",
    )


def is_one(message_id: str) -> bool:
    """Whether a letter of this id is one of these, or a digest: an answer to it is no post.

    >>> from flask import Flask
    >>> app = Flask("x")
    >>> app.config["MICROSHARE"] = config.Settings(mail_from="share@example.com")
    >>> with app.app_context():
    ...     is_one("posted.0f@example.com"), is_one("posted@example.com")
    (True, False)
    """
    local, _, domain = message_id.lower().rpartition("@")
    kind, dot, _ = local.partition(".")
    return bool(dot) and domain == mailer.domain().lower() and kind in (*KINDS, *OTHERS)


def _write(
    kind: str,
    to: User,
    origin: Origin,
    now: datetime,
    headers: dict[str, str] | None = None,
    *,
    address: str = "",
    number: int = 0,
    **facts: Any,
) -> None:
    """Put the letter into the queue; whoever has no address gets none."""
    address = address or to.email or ""
    if not address:
        return
    settings = config.current()
    facts |= {"origin": origin, "company": settings.company, "url": settings.url}
    facts["locale"] = to.language
    with force_locale(to.language):
        subject = " ".join(render_template(f"mail/{kind}.subject.txt", **facts).split())
        letter = Letter(
            to=address,
            subject=subject,
            text=render_template(f"mail/{kind}.txt", **facts),
            html=letter_form.inlined(render_template(f"mail/{kind}.html", **facts)),
            message_id=f"{kind}.{origin.key}.{number}@{mailer.domain()}",
            headers={"Auto-Submitted": "auto-replied", **origin.headers(), **(headers or {})},
            # What a machine answered is not reported as undelivered to it (RFC 3834, 3.3).
            return_path="" if kind == "continued" else "<>",
        )
    account_letters.queue(letter, now)
