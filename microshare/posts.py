"""Posts: publish, edit, withdraw, tag on. Every door calls `publish`.

What it accepts is in one transaction with its tags, its mentions and the writer's key; what it
refuses (by the rules of `drafts`) it leaves untouched.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import joinedload, make_transient_to_detached, selectinload

from microshare import drafts, indexed, integrations, notices, revisions, ties, webhook_events
from microshare import photos as kept_photos
from microshare.db import added, db
from microshare.drafts import NO_CLIENT, Draft, Via
from microshare.errors import Forbidden, Missing, Refusal, Refused
from microshare.models import Department, Post, PostTag, User
from microshare.photos import Chosen, Photo


def publish(
    author: User,
    line: str,
    *,
    now: datetime,
    note: str = "",
    reply_to: Post | None = None,
    key: str | None = None,
    kind: str | None = None,
    tagged: Sequence[tuple[str, str]] = (),
    department: Department | None = None,
    photos: Sequence[Chosen] = (),
    via: Via = NO_CLIENT,
) -> Post:
    """A new post of this author; the same `key` from the same author gives the same post back.

    `kind` overrules the question mark; `tagged` are (folded, spelling) pairs beside those in the
    text; `department` is where it was written, if not where they are now; `via` names a client,
    whose word for the language counts where the text does not tell it.
    """
    try:
        _may_publish(author, reply_to, key)
        draft = drafts.drafted(line, note, kind, is_reply=reply_to is not None, beside=len(tagged))
    except Refusal:
        if (earlier := with_key(author.id, key)) is None:
            raise
        return _same(earlier, line)  # also where what it replies to was withdrawn meanwhile
    post = _insert(author, reply_to, photos, {
        "department_id": department.id if department else author.department_id,
        "created_at": now,
        "key": key or secrets.token_urlsafe(12),
        **(via.columns() | draft.columns(via.language)),
    })  # fmt: skip
    if post is None:
        return _same(db.session.scalars(_WITH_KEY, {"author": author.id, "key": key}).one(), line)
    author.welcomed_at = author.welcomed_at or now  # who writes has found the way
    ties.store(post, draft, now, drafts.beside(draft, tagged))
    _answer(post, reply_to)
    _changed(post.id, "published", now)
    return post


def _changed(post_id: int, how: str, now: datetime) -> None:
    """Let search and the webhooks know of what was flushed."""
    indexed.follow(post_id)
    webhook_events.note(post_id, how, now)


def _may_publish(author: User, reply_to: Post | None, key: str | None) -> None:
    drafts.check_key(key or "")
    drafts.may_publish(
        suspended=author.suspended_at is not None,
        withdrawn=reply_to is not None and reply_to.withdrawn_at is not None,
    )


_WITH_KEY = select(Post).where(
    Post.author_id == bindparam("author"), Post.key == bindparam("key")
)


def with_key(author_id: int, key: str | None) -> Post | None:
    """The post that this author published under the key."""
    if not key:
        return None
    drafts.check_key(key)
    return db.session.scalars(_WITH_KEY, {"author": author_id, "key": key}).one_or_none()


def _same(earlier: Post, line: str) -> Post:
    """The post that has the key; another text under it, from a page gone back to, is refused."""
    first = next(iter(revisions.of(earlier)), earlier)
    drafts.check_same(first.line, line)
    return earlier


def _insert(
    author: User, reply_to: Post | None, photos: Sequence[Chosen], columns: dict[str, Any]
) -> Post | None:
    """The new post, with its photos; None where there is one with its author's key already.

    It is not asked for before: the database tells, in the one statement that inserts.
    """
    columns |= {
        "author_id": author.id,
        "reply_to_id": reply_to.id if reply_to else None,
        "thread_id": reply_to.root_id if reply_to else None,
        "indexed_version": indexed.first_version(),
        "photos_json": kept_photos.told(photos),
    }
    row = added(Post, **columns)
    if row is None:
        return None
    post = Post(id=row[0], **columns)
    make_transient_to_detached(post)  # as if it had been loaded; what the table adds is, when asked
    db.session.add(post)
    kept_photos.store(post.id, photos)
    return post


def _answer(post: Post, replied: Post | None) -> None:
    if replied is None:
        return
    _count_reply(post, +1)
    notices.tell(replied.author_id, "reply", post.id, post.author_id, post.created_at)


def _count_reply(reply: Post, step: int) -> None:
    db.session.execute(
        update(Post).where(Post.id == reply.reply_to_id).values(reply_count=Post.reply_count + step)
    )


def get(post_id: int) -> Post:
    """The post with all that a door shows of it, withdrawn or not; or `Missing`."""
    found = db.session.scalars(
        select(Post)
        .filter_by(id=post_id)
        .options(
            joinedload(Post.author),
            joinedload(Post.department),
            selectinload(Post.tags).joinedload(PostTag.tag),
        )
    ).one_or_none()
    if found is None:
        raise Missing("post", id=post_id)
    return found


def visible(post_id: int) -> Post:
    """The post, or `Missing` when it never was or is withdrawn."""
    post = get(post_id)
    if post.withdrawn_at is not None:
        raise Missing("post", id=post_id)
    return post


def edit(
    post: Post,
    editor: User,
    line: str,
    *,
    note: str = "",
    kind: str | None = None,
    photos: Sequence[Photo | Chosen] | None = None,
    version: int | None = None,
    now: datetime,
) -> Post:
    """Change the text, and the photos to these; what it said before stays readable in its history.

    `version` is the one that the editor saw: `Refused("edited-meanwhile")` when it has changed.
    `photos` are what `photos.changed` gave; None: they stay. Photos that are only described anew,
    as those of letters are, do not mark the post as edited: what it says is what it said.
    """
    may_change(post, editor)
    if version is not None and version != revisions.version_of(post):
        raise Refused("edited-meanwhile")
    draft = _other_text(post, line, note, kind)
    shown = post.photos_json if photos is None else kept_photos.told(photos)
    if draft is None and shown == post.photos_json:
        return post
    revisions.keep(post, now)
    if draft is not None or not kept_photos.are_the_same(shown, post.photos_json):
        post.edited_at = now
    if photos is not None:
        kept_photos.store_anew(post, photos)
    post.version += 1
    if draft is not None:
        _say(post, draft, now)
    db.session.flush()
    _changed(post.id, "edited", now)
    return post


def _other_text(post: Post, line: str, note: str, kind: str | None) -> Draft | None:
    """The text of an edit; None where it is what the post says, which is not judged anew."""
    said = post.line, post.note, post.kind
    if (line, note, kind) == said:
        return None
    draft = drafts.drafted(line, note, kind, is_reply=post.reply_to_id is not None)
    return None if (draft.line, draft.note, draft.kind) == said else draft


def _say(post: Post, draft: Draft, now: datetime) -> None:
    for column, value in draft.columns(post.language).items():
        setattr(post, column, value)
    ties.drop(post, draft, now)
    ties.store(post, draft, now)


def withdraw(post: Post, by: User, now: datetime) -> None:
    """Out of every list and feed; a line stays. Its author may, who manages, and a bot's maker."""
    if not by.manages and not integrations.is_bot_of(post.author_id, by):
        may_change(post, by)
    if post.withdrawn_at is not None:
        return
    post.withdrawn_at = now
    post.version += 1
    if post.reply_to_id is not None:
        _count_reply(post, -1)
    db.session.flush()
    _changed(post.id, "withdrawn", now)


def tag_on(post: Post, tagger: User, written: Sequence[tuple[str, str]], now: datetime) -> None:
    """Bring somebody's post to the followers of more tags; the post shows who did."""
    if post.withdrawn_at is not None:
        raise Missing("post", id=post.id)
    there = {tie.tag.name for tie in post.tags}
    fresh = [pair for pair in written if pair[0] not in there]
    if len(there) + len(fresh) > drafts.TAG_LIMIT:
        raise Refused("too-many-tags", count=len(there) + len(fresh), limit=drafts.TAG_LIMIT)
    if fresh:
        ties.tag(post, fresh, tagger.id, now)
        post.version += 1
        db.session.flush()
        _changed(post.id, "tagged", now)


def tag_off(post: Post, by: User, name: str) -> None:
    """Take back a tag that was tagged on: the tagger may, the author, and who manages."""
    tie = next(
        (tie for tie in post.tags if tie.tag.name == name and tie.added_by_id is not None), None
    )
    if tie is None:
        raise Missing("tag", name=name)
    if by.id not in (tie.added_by_id, post.author_id) and not by.manages:
        raise Forbidden("not-your-tag")
    db.session.execute(delete(PostTag).filter_by(post_id=post.id, tag_id=tie.tag_id))
    post.version += 1
    db.session.flush()
    indexed.follow(post.id)


def may_change(post: Post, user: User) -> None:
    """Whether the user may edit the post; `Forbidden` or `Missing` where not."""
    if post.author_id != user.id:
        raise Forbidden("not-the-author")
    if post.withdrawn_at is not None:
        raise Missing("post", id=post.id)
