"""Posts: publish, edit, withdraw, tag on. Every door calls `publish`.

What it accepts is in one transaction with its tags, its mentions and the writer's key; what it
refuses (by the rules of `drafts`) it leaves untouched.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from microshare import drafts, indexed, integrations, notices, revisions, tags, webhook_events
from microshare import photos as kept_photos
from microshare.db import add_once, db
from microshare.drafts import NO_CLIENT, Draft, Via
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Department, Mention, Post, PostTag, User
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
    if (earlier := with_key(author.id, key)) is not None:
        return _same(earlier, line)  # also where what it replies to was withdrawn meanwhile
    _may_publish(author, reply_to)
    draft = drafts.drafted(line, note, kind, is_reply=reply_to is not None, beside=len(tagged))
    post = Post(
        author_id=author.id,
        department_id=department.id if department else author.department_id,
        created_at=now,
        key=key or secrets.token_urlsafe(12),
        reply_to_id=reply_to.id if reply_to else None,
        thread_id=reply_to.root_id if reply_to else None,
        **(via.columns() | draft.columns(via.language)),
    )
    if (earlier := _insert(post, author, photos)) is not None:
        return _same(earlier, line)
    _tie(post, draft, now, drafts.beside(draft, tagged))
    _answer(post, reply_to)
    indexed.follow(post.id)
    webhook_events.note(post.id, "published", now)
    return post


def _may_publish(author: User, reply_to: Post | None) -> None:
    drafts.may_publish(
        suspended=author.suspended_at is not None,
        withdrawn=reply_to is not None and reply_to.withdrawn_at is not None,
    )


def with_key(author_id: int, key: str | None) -> Post | None:
    """The post that this author published under the key."""
    if not key:
        return None
    drafts.check_key(key)
    return db.session.scalars(select(Post).filter_by(author_id=author_id, key=key)).one_or_none()


def _same(earlier: Post, line: str) -> Post:
    """The post that has the key; another text under it, from a page gone back to, is refused."""
    first = next(iter(revisions.of(earlier)), earlier)
    drafts.check_same(first.line, line)
    return earlier


def _insert(post: Post, author: User, photos: Sequence[Chosen]) -> Post | None:
    """Insert the post and its photos; or give the one that came with the key at that moment."""
    key = post.key
    post.indexed_version = indexed.first_version()
    post.photos_json = kept_photos.told(photos)
    try:
        with db.session.begin_nested():
            db.session.add(post)
            db.session.flush()
            kept_photos.store(post.id, photos)
    except IntegrityError:
        if (earlier := with_key(author.id, key)) is None:
            raise
        return earlier
    author.welcomed_at = author.welcomed_at or post.created_at  # who writes has found the way
    return None


def _answer(post: Post, replied: Post | None) -> None:
    if replied is None:
        return
    _count_reply(post, +1)
    notices.tell(replied.author_id, "reply", post.id, post.author_id, post.created_at)


def _count_reply(reply: Post, step: int) -> None:
    db.session.execute(
        update(Post).where(Post.id == reply.reply_to_id).values(reply_count=Post.reply_count + step)
    )


def _tie(post: Post, draft: Draft, now: datetime, beside: Sequence[tuple[str, str]] = ()) -> None:
    """Store the tags and mentions of the text, and tell who is mentioned for the first time."""
    _tag(post, list(draft.tags.items()), None, now)
    _tag(post, beside, post.author_id, now, first=len(draft.tags))
    for user_id in draft.mentioned.values():
        if add_once(Mention, post_id=post.id, user_id=user_id):
            notices.tell(user_id, "mention", post.id, post.author_id, now)


def _tag(
    post: Post,
    written: Sequence[tuple[str, str]],
    by_id: int | None,
    now: datetime,
    *,
    first: int = 0,
) -> None:
    """Store ties to these (folded, spelling) tags, whose places on the post begin with `first`."""
    known = tags.named(written, now)
    for position, (name, _) in enumerate(written, first):
        add_once(
            PostTag,
            tag_id=known[name].id,
            post_id=post.id,
            position=position,
            added_by_id=by_id,
            added_at=now,
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
    indexed.follow(post.id)
    webhook_events.note(post.id, "edited", now)
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
    _untie(post, draft, now)
    _tie(post, draft, now)


def _untie(post: Post, draft: Draft, now: datetime) -> None:
    """Drop the tags and mentions that the new text has no more; what was tagged on stays."""
    kept = [tag.id for tag in tags.named(draft.tags.items(), now).values()]
    db.session.execute(
        delete(PostTag).where(
            PostTag.post_id == post.id, PostTag.added_by_id.is_(None), PostTag.tag_id.not_in(kept)
        )
    )
    db.session.execute(
        delete(Mention).where(
            Mention.post_id == post.id, Mention.user_id.not_in(draft.mentioned.values())
        )
    )
    db.session.flush()


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
    indexed.follow(post.id)
    webhook_events.note(post.id, "withdrawn", now)


def tag_on(post: Post, tagger: User, written: Sequence[tuple[str, str]], now: datetime) -> None:
    """Bring somebody's post to the followers of more tags; the post shows who did."""
    if post.withdrawn_at is not None:
        raise Missing("post", id=post.id)
    there = {tie.tag.name for tie in post.tags}
    fresh = [pair for pair in written if pair[0] not in there]
    if len(there) + len(fresh) > drafts.TAG_LIMIT:
        raise Refused("too-many-tags", count=len(there) + len(fresh), limit=drafts.TAG_LIMIT)
    if fresh:
        _tag(post, fresh, tagger.id, now)
        post.version += 1
        db.session.flush()
        indexed.follow(post.id)
        webhook_events.note(post.id, "tagged", now)


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
