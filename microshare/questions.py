"""Questions: open until the asker accepts an answer or says that it is solved."""

from datetime import datetime

from microshare import indexed, notices
from microshare.db import db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Post, User


def accept(question: Post, reply: Post, asker: User, now: datetime) -> None:
    """The asker takes a reply of the thread as the answer; the question is solved by it."""
    _may_settle(question, asker)
    if reply.withdrawn_at is not None:
        raise Missing("post", id=reply.id)
    if reply.root_id != question.root_id or reply.id == question.id:
        raise Refused("answer-elsewhere")
    _forget_answer(question)
    question.answer_id = reply.id
    question.solved_at = question.solved_at or now
    question.version += 1
    db.session.flush()
    indexed.follow(question.id)
    notices.tell(reply.author_id, "answer", reply.id, asker.id, now)


def solve(question: Post, asker: User, now: datetime) -> None:
    """The asker needs no more answers."""
    _may_settle(question, asker)
    question.solved_at = question.solved_at or now
    question.version += 1
    db.session.flush()
    indexed.follow(question.id)


def reopen(question: Post, asker: User) -> None:
    """The asker does need an answer after all."""
    _may_settle(question, asker)
    _forget_answer(question)
    question.solved_at = question.answer_id = None
    question.version += 1
    db.session.flush()
    indexed.follow(question.id)


def _forget_answer(question: Post) -> None:
    """Who gave the answer that is one no longer is not told of it any more."""
    former = db.session.get(Post, question.answer_id) if question.answer_id else None
    if former is not None:
        notices.take_back(former.author_id, "answer", former.id, question.author_id)


def _may_settle(question: Post, asker: User) -> None:
    if question.withdrawn_at is not None:
        raise Missing("post", id=question.id)
    if question.kind != "question":
        raise Refused("not-a-question")
    if question.author_id != asker.id:
        raise Forbidden("not-the-asker")
