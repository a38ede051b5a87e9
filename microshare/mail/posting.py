"""What a letter does: posts, replies, or proposes; and what its sender is told of it.

A letter to our address alone is posted. One that goes to others too posts nothing by itself: its
sender gets a proposal. One to the address behind a post is a reply to it. What comes of a letter,
the mark that it was taken, and our answer are saved together: a letter that is brought again, also
after a crash at any moment, adds nothing.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from microshare import (
    by_mail,
    interests,
    mail_addresses,
    mail_letters,
    photo_words,
    photos,
    posts,
    proposals,
    taken,
    text,
)
from microshare.db import saving
from microshare.errors import Forbidden, Missing, Refusal, Refused
from microshare.mail.reading import Incoming, subject_line
from microshare.mail_addresses import Private, Reply, Share
from microshare.mail_letters import Origin, Told
from microshare.models import Post, User
from microshare.photos import Chosen, Upload

_ADDRESS = re.compile(r"[!#-'*+/-9=?^-~-]{1,64}@[a-z0-9.-]{1,189}")  # that every relay takes

@dataclass(frozen=True)
class Outcome:
    """What came of a letter.

    `posted` and `replied` have a post, also where it was there already; `proposed`; `known`: its
    chain has a proposal; `refused`: the sender is told why; `repeated`: it was taken before;
    `ignored`: a machine wrote it.
    """

    kind: str
    post_id: int | None = None
    why: str = ""  # the code of the refusal


def take(
    incoming: Incoming, sender: User, meaning: Share | Private | Reply, now: datetime
) -> Outcome:
    """Act upon a letter of this colleague. It saves by itself: never call it inside `saving()`.

    `Unavailable` where the database, or the turn to make photos, is not to be had: nothing has
    happened then, and the letter is to be brought again.
    """
    if incoming.automatic:
        return Outcome("ignored")
    incoming = _storable(incoming)
    recipient = f"reply {meaning.post_id}" if isinstance(meaning, Reply) else "share"
    key = taken.key(sender.id, incoming.message_id, recipient)
    if taken.is_taken(key):
        return Outcome("repeated")
    origin = Origin(key, incoming.subject, incoming.message_id, incoming.references)
    try:
        if isinstance(meaning, Reply):
            return _reply(incoming, sender, meaning.post_id, origin, now)
        if _is_aside(incoming):
            return _propose(incoming, sender, origin, now)
        return _post(incoming, sender, origin, now)
    except (Refused, Forbidden, Missing) as refusal:
        return _refuse(incoming, sender, refusal, origin, now)


def _storable(incoming: Incoming) -> Incoming:
    """The letter without what no post, no database and no answer can hold."""
    return replace(
        incoming,
        message_id=text.visible(incoming.message_id),
        references=tuple(map(text.visible, incoming.references)),
        subject=text.visible(incoming.subject),
        text=text.visible(incoming.text),
    )


def _is_aside(incoming: Incoming) -> bool:
    """Whether the letter was meant for others, and we only see it: then it posts nothing.

    It is meant for us where our address stands in it and no other does; or alone in To, whoever is
    in cc, in a letter that answers none. In bcc we cannot know who else is.
    """
    to = [one for one in incoming.to if one != incoming.sender]
    if not any(map(mail_addresses.is_ours, (*to, *incoming.cc))):
        return True
    is_begun_to_us = bool(to) and all(map(mail_addresses.is_ours, to)) and not incoming.references
    return bool(_others(incoming)) and not is_begun_to_us


def _others(incoming: Incoming) -> list[str]:
    """Whom the letter went to beside us and its sender."""
    everybody = dict.fromkeys([*incoming.to, *incoming.cc])
    return [one for one in everybody if one != incoming.sender and not mail_addresses.is_ours(one)]


def _check(incoming: Incoming) -> None:
    if incoming.references and mail_letters.is_one(incoming.references[-1]):
        raise Refused("letter-answers-ours")
    if not incoming.text and incoming.unreadable:
        raise Refused("letter-unreadable")


def _post(incoming: Incoming, sender: User, origin: Origin, now: datetime) -> Outcome:
    _check(incoming)
    said = by_mail.post(subject_line(incoming.subject), incoming.text)
    return _publish(incoming, sender, said, None, origin, now)


def _reply(
    incoming: Incoming, sender: User, post_id: int, origin: Origin, now: datetime
) -> Outcome:
    if not incoming.text and incoming.unreadable:
        raise Refused("letter-unreadable")
    return _publish(incoming, sender, by_mail.reply(incoming.text), post_id, origin, now)


def _publish(
    incoming: Incoming,
    sender: User,
    said: by_mail.Said,
    reply_to: int | None,
    origin: Origin,
    now: datetime,
) -> Outcome:
    if not said.line:
        raise Refused("letter-empty")
    came = _photos(incoming, said.line, sender.language)
    with saving():
        if not taken.take(origin.key, now):
            return Outcome("repeated")
        replied = posts.get(reply_to) if reply_to is not None else None
        post_id = posts.publish(
            sender,
            said.line,
            note=said.note,
            reply_to=replied,
            key=f"mail-{origin.key}",
            kind=said.kind if replied is None else None,
            photos=came.chosen,
            now=now,
        ).id
        post = posts.get(post_id)
        told = Told(
            rest=said.rest,
            photos=len(came.chosen),
            left_out=came.left_out,
            unread=came.unread,
            is_muted=replied is not None and _mutes(sender, replied, now),
        )
        answer_to = mail_addresses.reply_to(sender, post_id)
        mail_letters.posted(sender, post, origin, told, now, answer_to=answer_to)
    return Outcome("posted" if reply_to is None else "replied", post_id)


def _mutes(sender: User, post: Post, now: datetime) -> bool:
    return interests.standing(sender, "thread", post.root_id, now).is_muted


@dataclass(frozen=True)
class _Photos:
    """Those of a letter: the first that can be shown, why others cannot, how many are too many."""

    chosen: Sequence[Chosen]
    left_out: Sequence[Refusal]
    unread: int


def _photos(incoming: Incoming, line: str, language: str) -> _Photos:
    """The photos of a letter, each named by the line that it came with."""
    chosen: list[Chosen] = []
    left_out: list[Refusal] = []
    looked = 0
    for looked, (_, content) in enumerate(incoming.photos, 1):
        alt = photo_words.undescribed(len(chosen) + 1, line, language)
        try:
            made = photos.chosen([Upload(io.BytesIO(content), alt, is_decoration=False)])
        except Refused as refusal:
            refusal.facts["number"] = looked  # among those of the letter
            left_out.append(refusal)
            continue
        chosen += made
        if len(chosen) == photos.LIMIT:
            break
    return _Photos(chosen, left_out, len(incoming.photos) - looked)


def _propose(incoming: Incoming, sender: User, origin: Origin, now: datetime) -> Outcome:
    chain = proposals.Chain(
        subject_line(incoming.subject),
        incoming.text,
        [one for one in _others(incoming) if _ADDRESS.fullmatch(one)],
        len(incoming.photos),
        origin,
    )
    suggestion = proposals.suggested(chain)
    if not suggestion.said.line:
        raise Refused("letter-empty")
    with saving():
        if not taken.take(origin.key, now):
            return Outcome("repeated")
        proposal = proposals.propose(sender, chain, suggestion, now)
        if proposal is None:
            return Outcome("known")
        mail_letters.proposed(sender, proposal, origin, now)
    return Outcome("proposed")


def _refuse(
    incoming: Incoming, sender: User, refusal: Refusal, origin: Origin, now: datetime
) -> Outcome:
    with saving():
        if not taken.take(origin.key, now):
            return Outcome("repeated")
        mail_letters.refused(sender, refusal, origin, incoming.text, now)
    return Outcome("refused", why=refusal.code)
