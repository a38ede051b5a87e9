"""Posts: publish, edit, withdraw, tag on. The only place that knows what a post may be.

Every door calls `publish`. It tidies, counts, finds tags, mentions and the question mark, and
renders the safe HTML once; what it accepts is in one transaction with its tags, its mentions and
the writer's key, and what it refuses it leaves untouched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from microshare import config, markup, notices, people, tags, text
from microshare.db import add_once, db
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Department, Mention, Post, PostTag, Revision, User

LINE_BYTES, NOTE_BYTES = 4096, 16384  # ceilings against endless URLs and marks
TAG_LIMIT, MENTION_LIMIT = 30, 30
KEY_LIMIT = 200
KINDS = ("update", "question")


@dataclass(frozen=True)
class Draft:
    """A line and a note that a post may have: tidied, counted, taken apart."""

    line: str
    note: str
    kind: str
    tags: dict[str, str]  # folded name: spelling, in order
    mentioned: dict[str, int]  # folded username: user id


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
) -> Post:
    """A new post of this author; the same `key` from the same author gives the same post back.

    `kind` overrules the question mark. `tagged` are (folded, spelling) pairs beside those in the
    text. `department` is where the author was when it was written, if not where they are now.
    Raises `Refused`, with a code for each way in which a text can be wrong.
    """
    if author.suspended_at is not None:
        raise Forbidden("suspended")
    key = key or None
    if key is not None and len(key) > KEY_LIMIT:
        raise Refused("key-too-long", limit=KEY_LIMIT)
    if key is not None and (earlier := _by_key(author, key)) is not None:
        return earlier
    if reply_to is not None and reply_to.withdrawn_at is not None:
        raise Refused("reply-withdrawn")
    draft = _drafted(line, note, kind, is_reply=reply_to is not None, extra_tags=len(tagged))
    post = Post(
        author_id=author.id,
        department_id=department.id if department else author.department_id,
        created_at=now,
        key=key,
        reply_to_id=reply_to.id if reply_to else None,
        thread_id=reply_to.root_id if reply_to else None,
        reply_count=0,
        thanks_count=0,
        version=1,
        indexed_version=0,
        **_written(draft),
    )
    try:
        with db.session.begin_nested():
            db.session.add(post)
    except IntegrityError:
        if key is not None and (earlier := _by_key(author, key)) is not None:
            return earlier  # the same key, sent twice at the same moment
        raise
    _tie(post, draft, now)
    _tag(post, [pair for pair in tagged if pair[0] not in draft.tags], author.id, now)
    if reply_to is not None:
        db.session.execute(
            update(Post).where(Post.id == reply_to.id).values(reply_count=Post.reply_count + 1)
        )
        notices.tell(reply_to.author_id, "reply", post.id, author.id, now)
    return post


def _by_key(author: User, key: str) -> Post | None:
    return db.session.scalars(select(Post).filter_by(author_id=author.id, key=key)).one_or_none()


def _drafted(
    line: str, note: str, kind: str | None, *, is_reply: bool, extra_tags: int = 0
) -> Draft:
    """The draft of a post, or the `Refused` that says what its text breaks."""
    line, note = _checked_line(line), _checked_note(note)
    if kind is not None and kind not in KINDS:
        raise Refused("kind-unknown", kind=kind)
    written = dict(text.written_tags(line) + text.written_tags(note))
    if len(written) + extra_tags > TAG_LIMIT:
        raise Refused("too-many-tags", count=len(written) + extra_tags, limit=TAG_LIMIT)
    names = set(text.mentions(line) + text.mentions(note))
    if len(names) > MENTION_LIMIT:
        raise Refused("too-many-mentions", count=len(names), limit=MENTION_LIMIT)
    # A reply that ends in a question mark asks inside its thread; the board is for the company.
    asks = text.is_question(line) and not is_reply
    return Draft(
        line, note, kind or ("question" if asks else "update"), written, people.known(names)
    )


def _checked_line(line: str) -> str:
    limit = config.current().line_limit
    if len(line) > LINE_BYTES or len(line.encode("utf-8", "replace")) > LINE_BYTES:
        # Counted only so far as it may be: a megabyte of nonsense is not worth a count.
        raise Refused("post-too-large", limit=LINE_BYTES)
    if text.has_control(line):
        raise Refused("post-control")
    line = text.tidy(line)
    count = text.count(line)
    if count == 0:
        raise Refused("post-empty")
    if count > limit:
        raise Refused("post-too-long", over=count - limit, limit=limit)
    return line


def _checked_note(note: str) -> str:
    limit = config.current().note_limit
    if len(note) > NOTE_BYTES or len(note.encode("utf-8", "replace")) > NOTE_BYTES:
        raise Refused("note-too-large", limit=NOTE_BYTES)
    if text.has_control(note):
        raise Refused("note-control")
    note = text.tidy_note(note)
    if len(note) > limit:
        raise Refused("note-too-long", over=len(note) - limit, limit=limit)
    return note


def _written(draft: Draft) -> dict[str, str]:
    """The columns that follow from the text alone."""
    return {
        "kind": draft.kind,
        "line": draft.line,
        "note": draft.note,
        "line_html": markup.line_html(draft.line, draft.mentioned),
        "note_html": markup.note_html(draft.note, draft.mentioned) if draft.note else "",
    }


def _tie(post: Post, draft: Draft, now: datetime) -> None:
    """Store the tags and mentions of the text, and tell who is mentioned for the first time."""
    _tag(post, list(draft.tags.items()), None, now)
    for user_id in draft.mentioned.values():
        if add_once(Mention, post_id=post.id, user_id=user_id):
            notices.tell(user_id, "mention", post.id, post.author_id, now)


def _tag(post: Post, written: Sequence[tuple[str, str]], by_id: int | None, now: datetime) -> None:
    known = tags.named(written, now)
    for position, (name, _) in enumerate(written):
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
    version: int | None = None,
    now: datetime,
) -> Post:
    """Change the text; what it said before stays readable in its history.

    `version` is the one that the editor saw: `Refused("edited-meanwhile")` when it has changed.
    """
    _may_change(post, editor)
    if version is not None and version != _text_version(post):
        raise Refused("edited-meanwhile")
    draft = _drafted(line, note, kind, is_reply=post.reply_to_id is not None)
    if (draft.line, draft.note, draft.kind) == (post.line, post.note, post.kind):
        return post
    db.session.add(
        Revision(
            post_id=post.id,
            version=post.version,
            line=post.line,
            line_html=post.line_html,
            note=post.note,
            note_html=post.note_html,
            written_at=post.edited_at or post.created_at,
        )
    )
    for column, value in _written(draft).items():
        setattr(post, column, value)
    post.edited_at = now
    post.version += 1
    known = [tag.id for tag in tags.named(draft.tags.items(), now).values()]
    db.session.execute(
        delete(PostTag).where(
            PostTag.post_id == post.id, PostTag.added_by_id.is_(None), PostTag.tag_id.not_in(known)
        )
    )
    db.session.execute(
        delete(Mention).where(
            Mention.post_id == post.id, Mention.user_id.not_in(draft.mentioned.values())
        )
    )
    db.session.flush()
    _tie(post, draft, now)
    return post


def _text_version(post: Post) -> int:
    """The version that an editor sees: tags and answers of others do not count as edits."""
    return len(history(post)) + 1


def history(post: Post) -> Sequence[Revision]:
    """What the post said before, oldest first."""
    return db.session.scalars(
        select(Revision).filter_by(post_id=post.id).order_by(Revision.version)
    ).all()


def withdraw(post: Post, by: User, now: datetime) -> None:
    """Out of every list, search and feed at once; a line stays in its thread.

    The author may, and who manages the community.
    """
    if not by.manages:
        _may_change(post, by)
    if post.withdrawn_at is not None:
        return
    post.withdrawn_at = now
    post.version += 1
    if post.reply_to_id is not None:
        db.session.execute(
            update(Post).where(Post.id == post.reply_to_id).values(reply_count=Post.reply_count - 1)
        )
    db.session.flush()


def tag_on(post: Post, tagger: User, written: Sequence[tuple[str, str]], now: datetime) -> None:
    """Bring somebody's post to the followers of more tags; the post shows who did."""
    if post.withdrawn_at is not None:
        raise Missing("post", id=post.id)
    there = {tie.tag.name for tie in post.tags}
    fresh = [pair for pair in written if pair[0] not in there]
    if len(there) + len(fresh) > TAG_LIMIT:
        raise Refused("too-many-tags", count=len(there) + len(fresh), limit=TAG_LIMIT)
    if fresh:
        _tag(post, fresh, tagger.id, now)
        post.version += 1
        db.session.flush()


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


def _may_change(post: Post, user: User) -> None:
    if post.author_id != user.id:
        raise Forbidden("not-the-author")
    if post.withdrawn_at is not None:
        raise Missing("post", id=post.id)
