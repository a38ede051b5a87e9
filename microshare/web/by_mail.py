"""The pages that our answers to letters lead to: take back a post, publish a proposal.

The signed link is the permission: they open without a session, act upon the one thing that the
link names, and only when their button is pressed.
"""

from dataclasses import dataclass

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import refresh

from microshare import clock, config, mail_links, people, posts, proposals, tags
from microshare.db import saving
from microshare.errors import Forbidden, Missing
from microshare.mail_links import PROPOSAL, UNDO
from microshare.models import Post, Proposal, User
from microshare.web.asked import again, public

pages = Blueprint("by_mail", __name__, url_prefix="/mail")


def _author(user_id: int) -> User:
    """Whose letter it was; the page is in their language, whoever is signed in."""
    author = people.by_id(user_id)
    if author is None:
        raise Missing("person", name="")
    if author.suspended_at is not None:
        raise Forbidden("suspended")
    g.language = author.language
    refresh()
    return author


@pages.get("/undo/<token>")
@public
def ask_to_undo(token: str) -> str:
    """A page with a button: a scanner that follows the link changes nothing."""
    post = posts.get(mail_links.about(UNDO, token, clock.now()))
    _author(post.author_id)
    return render_template("mail_undo.html", post=post)


@pages.post("/undo/<token>")
@public
def undo(token: str) -> str:
    """Withdraw what the letter posted; the second time it is withdrawn already."""
    with saving():
        post = posts.get(mail_links.about(UNDO, token, clock.now()))
        author = _author(post.author_id)
        if post.withdrawn_at is None:
            posts.withdraw(post, author, clock.now())
    return render_template("mail_undo.html", post=posts.get(post.id))


@dataclass(frozen=True)
class _Form:
    """What stands in the form of a proposal."""

    line: str
    note: str
    ticked: frozenset[str]
    tags: str
    tell: bool
    tell_outside: bool


@pages.get("/proposal/<token>")
@public
def look(token: str) -> str:
    """What could be posted; or the post, once it is there."""
    proposal = proposals.get(mail_links.about(PROPOSAL, token, clock.now()))
    _author(proposal.author_id)
    if proposal.post_id is not None:
        return _published(proposal.post_id)
    ticked = frozenset(spelling for spelling, is_ticked in proposal.tags if is_ticked)
    return _asked(proposal, _Form(proposal.line, proposal.note, ticked, "", False, False))


@pages.post("/proposal/<token>")
@public
def publish(token: str) -> str:
    """Publish it; pressed again, or in another tab, it is the same post and no more letters."""
    proposal_id = mail_links.about(PROPOSAL, token, clock.now())
    proposal = proposals.get(proposal_id)
    _author(proposal.author_id)
    form = request.form
    typed = _Form(
        line=form.get("line", ""),
        note=form.get("note", ""),
        ticked=frozenset(form.getlist("tag")),
        tags=form.get("tags", ""),
        tell=form.get("tell") == "1",
        tell_outside=form.get("tell_outside") == "1",
    )
    again(lambda: _asked(proposals.get(proposal_id), typed))
    with saving():
        proposal = proposals.get(proposal_id)
        was_published = proposal.published_at is not None
        told = _told(proposal, typed)
        post = proposals.publish(
            proposal,
            _author(proposal.author_id),
            typed.line,
            typed.note,
            tags.parse(" ".join([*form.getlist("tag"), typed.tags])),
            told,
            clock.now(),
        )
        post_id = post.id
    return _published(post_id, 0 if was_published else len(told))


def _told(proposal: Proposal, typed: _Form) -> list[str]:
    """Who is told where the conversation goes on: nobody who was not ticked."""
    readers = proposals.readers(proposal)
    if readers.are_too_many:
        return []
    inside = readers.inside if typed.tell else []
    return [*inside, *(readers.outside if typed.tell_outside else [])]


def _asked(proposal: Proposal, form: _Form) -> str:
    return render_template(
        "mail_proposal.html",
        post=None,
        proposal=proposal,
        form=form,
        readers=proposals.readers(proposal),
        limit=config.current().line_limit,
    )


def _published(post_id: int, told: int = 0) -> str:
    post: Post = posts.get(post_id)
    undo = url_for("by_mail.ask_to_undo", token=mail_links.token(UNDO, post_id, clock.now()))
    return render_template(
        "mail_proposal.html",
        post=post,
        told=told,
        undo="" if post.withdrawn_at is not None else undo,
    )
