"""Proposals: a running chain with our address in its cc becomes a post by one click of its writer.

The letter itself posts nothing. A chain gets one proposal, however many letters it goes on for;
publishing is done once, whoever clicks where and how often. Then, if the writer ticks it, one
letter goes to each of the chain's other readers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import regex
from sqlalchemy import delete, select, update

from microshare import by_mail, config, drafts, hints, mail_letters, posts, tags, taken, text
from microshare.db import add_once, db
from microshare.errors import Refused
from microshare.mail_letters import Origin
from microshare.mail_links import LIFETIMES, PROPOSAL
from microshare.models import ChainLetter, ChainsMoved, Post, Proposal, User

MOST_TOLD = 100  # readers of a chain that get a letter; a larger one is a mailing list
KEPT_FOR = timedelta(days=180)  # so long a chain gets no second proposal
_SUGGESTED = 6
_READ = 300  # words of a letter in which tags are looked for
_MOST_LETTERS = 50  # of a chain, whose ids are kept
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}_]{2,60}")


@dataclass(frozen=True)
class Chain:
    """A letter to others, with our address among theirs."""

    subject: str  # without Re: and the like
    body: str
    others: Sequence[str]  # addresses: to and cc, without ours and the sender's
    photos: int
    origin: Origin

    @property
    def letters(self) -> list[str]:
        """The names of its letters, the first one first."""
        ids = dict.fromkeys([*self.origin.references, self.origin.message_id])
        names = [taken.digest(one) for one in ids]
        return names if len(names) <= _MOST_LETTERS else names[:1] + names[1 - _MOST_LETTERS :]


@dataclass(frozen=True)
class Readers:
    """Who else is in a chain: colleagues, and those who cannot open a post."""

    inside: Sequence[str]
    outside: Sequence[str]

    @property
    def are_too_many(self) -> bool:
        return len(self.inside) + len(self.outside) > MOST_TOLD


@dataclass(frozen=True)
class Suggestion:
    """What is proposed of a letter, before it is stored."""

    said: by_mail.Said
    tags: Sequence[tuple[str, bool]]  # spelling, and whether it is ticked


def suggested(chain: Chain) -> Suggestion:
    """The line, the note and the tags for a chain. Asks the index: never inside `saving()`."""
    said = by_mail.proposal(chain.subject, chain.body)
    return Suggestion(said, _tags(said, chain))


def _tags(said: by_mail.Said, chain: Chain) -> list[tuple[str, bool]]:
    """Tags whose name the letter has as a word, ticked where the line has it; then fitting ones."""
    there = dict(text.written_tags(said.line) + text.written_tags(said.note))
    words = [text.fold(word) for word in _WORD.findall(f"{chain.subject} {chain.body[:20_000]}")]
    known = tags.spelt(list(dict.fromkeys(words))[:_READ])
    in_line = {text.fold(word) for word in _WORD.findall(said.line)}
    named = [(known[name], name in in_line) for name in known if name not in there]
    named.sort(key=lambda tag: not tag[1])
    taken_already = {text.fold(spelling) for spelling, _ in named} | there.keys()
    fitting = [
        (spelling, False)
        for spelling in hints.for_line(said.line).fitting
        if text.fold(spelling) not in taken_already
    ]
    return (named[: _SUGGESTED - len(fitting[:2])] + fitting)[:_SUGGESTED]


def propose(author: User, chain: Chain, suggestion: Suggestion, now: datetime) -> Proposal | None:
    """Store the proposal of a chain; None where the chain has one already."""
    drafts.may_publish(suspended=author.suspended_at is not None, withdrawn=False)
    letters = chain.letters
    if (known := _known(letters)) is not None:
        _remember(letters, known)  # whoever's program names the newest letters only finds it too
        return None
    said = suggestion.said
    proposal = Proposal(
        author_id=author.id,
        made_at=now,
        line=said.line,
        note=said.note,
        rest=said.rest,
        tags=[list(tag) for tag in suggestion.tags],
        photos=chain.photos,
        subject=chain.origin.subject,
        message_id=chain.origin.message_id,
        references=list(chain.origin.references),
        recipients=list(chain.others),
    )
    with db.session.begin_nested() as point:
        db.session.add(proposal)
        db.session.flush()
        if add_once(ChainLetter, name=letters[0], proposal_id=proposal.id):
            _remember(letters[1:], proposal.id)
            return proposal
        point.rollback()  # another letter of the chain was first, at this very moment
    return None


def _known(letters: Sequence[str]) -> int | None:
    return db.session.scalar(
        select(ChainLetter.proposal_id).where(ChainLetter.name.in_(letters)).limit(1)
    )


def _remember(letters: Sequence[str], proposal_id: int) -> None:
    for name in letters:
        add_once(ChainLetter, name=name, proposal_id=proposal_id)


def get(proposal_id: int) -> Proposal:
    """The proposal; `Refused("link-over")` when it is too old to be kept."""
    found = db.session.get(Proposal, proposal_id)
    if found is None:
        raise Refused("link-over", days=LIFETIMES[PROPOSAL].days)
    return found


def readers(proposal: Proposal) -> Readers:
    """Who else is in the chain. A colleague is known by the address, or by the house's domain."""
    settings = config.current()
    homes = {settings.mail_from.rpartition("@")[2].lower(), *settings.mail_domains}
    homes |= _above(settings.mail_in.rpartition("@")[2].lower())
    known = set(
        db.session.scalars(select(User.email).where(User.email.in_(proposal.recipients[:500])))
    )
    inside = [one for one in proposal.recipients if one in known or one.rpartition("@")[2] in homes]
    return Readers(inside, [one for one in proposal.recipients if one not in inside])


def _above(domain: str) -> set[str]:
    """A domain and those that it is a part of: the house of share@post.acme.example is acme's too.

    >>> sorted(_above("post.acme.example"))
    ['acme.example', 'post.acme.example']
    """
    labels = domain.split(".")
    return {".".join(labels[at:]) for at in range(max(1, len(labels) - 1))}


def publish(
    proposal: Proposal,
    author: User,
    line: str,
    note: str,
    tagged: Sequence[tuple[str, str]],
    told: Sequence[str],
    now: datetime,
) -> Post:
    """The post of a proposal, and a letter to each of `told`; the second time the same post.

    `told` are those of its readers that its author ticked. Of two who publish at the same
    moment, one does, with what stood there; the other one gets that post.
    """
    first = db.session.execute(
        update(Proposal)
        .where(Proposal.id == proposal.id, Proposal.published_at.is_(None))
        .values(published_at=now)
    )
    db.session.refresh(proposal)
    if first.rowcount != 1:  # type: ignore[attr-defined]
        return posts.get(proposal.post_id or 0)
    beside = dict(text.written_tags(line) + text.written_tags(note))
    post = posts.publish(
        author,
        line,
        note=note,
        tagged=[pair for pair in tagged if pair[0] not in beside],
        key=f"proposal-{proposal.id}",
        now=now,
    )
    key = taken.digest(f"{proposal.id} {proposal.message_id}")
    origin = Origin(key, proposal.subject, proposal.message_id, proposal.references)
    those = [one for one in proposal.recipients if one in set(told)][:MOST_TOLD]
    for number, address in enumerate(those):
        mail_letters.continued(author, address, post, origin, number, now)
    _count(_week(now), len(those))
    proposal.post_id = post.id
    _empty(proposal)
    return post


def _empty(proposal: Proposal) -> None:
    """Forget what the letter said, and to whom."""
    proposal.line = proposal.note = proposal.rest = proposal.subject = proposal.message_id = ""
    proposal.recipients, proposal.references, proposal.tags = [], [], []
    db.session.flush()


def _week(now: datetime) -> date:
    today = now.astimezone(config.current().zone).date()
    return today - timedelta(days=today.weekday())


def _count(week: date, recipients: int) -> None:
    add_once(ChainsMoved, week=week, published=0, chains=0, recipients=0)
    db.session.execute(
        update(ChainsMoved)
        .where(ChainsMoved.week == week)
        .values(
            published=ChainsMoved.published + 1,
            chains=ChainsMoved.chains + int(recipients > 0),
            recipients=ChainsMoved.recipients + recipients,
        )
    )


@dataclass(frozen=True)
class Moved:
    """What became of chains in a week: numbers only."""

    published: int = 0  # proposals that became posts
    chains: int = 0  # those that told their readers where they go on
    recipients: int = 0  # the readers that were told, and so are spared the rest


def chains_moved(week: date) -> Moved:
    """The figure of the week that this day is in."""
    found = db.session.get(ChainsMoved, week - timedelta(days=week.weekday()))
    return Moved(found.published, found.chains, found.recipients) if found else Moved()


def moved_lately(now: datetime) -> tuple[Moved, Moved]:
    """The figures of this week and of the one before, in the house's zone. One query."""
    week = _week(now)
    rows = db.session.scalars(
        select(ChainsMoved).where(ChainsMoved.week.in_([week, week - timedelta(days=7)]))
    )
    found = {row.week: Moved(row.published, row.chains, row.recipients) for row in rows}
    return found.get(week, Moved()), found.get(week - timedelta(days=7), Moved())


def forget_old(now: datetime) -> None:
    """Empty proposals whose links have ended, and drop what no chain goes on with any more."""
    ended = select(Proposal).where(
        Proposal.made_at < now - LIFETIMES[PROPOSAL], Proposal.message_id != ""
    )
    for proposal in db.session.scalars(ended):
        _empty(proposal)
    db.session.execute(delete(Proposal).where(Proposal.made_at < now - KEPT_FOR))
