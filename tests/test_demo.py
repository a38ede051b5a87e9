"""The demonstration at size: what is stored in bulk is what the verbs would have made."""

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from microshare import demo, feeds, inbox, people, posts, tags, text
from microshare.db import Base, db, saving
from microshare.models import (
    Follow,
    InboxItem,
    Mention,
    Post,
    PostTag,
    Revision,
    Saved,
    Tag,
    Thanks,
    User,
)
from tests.conftest import NOON


def build(number: int = 3000, **more: Any) -> None:
    demo.build(people=60, posts=number, tags=70, now=NOON, played=100, **more)


def rows(model: type[Any]) -> list[Any]:
    return list(db.session.scalars(select(model)))


def faults() -> list[str]:
    """Everything that does not agree with what it is counted or derived from."""
    by_id = {post.id: post for post in rows(Post)}
    replies = Counter(p.reply_to_id for p in by_id.values() if p.reply_to_id and not p.withdrawn_at)
    thanks = Counter(row.post_id for row in rows(Thanks))
    names = {tag.id: tag.name for tag in rows(Tag)}
    tied: dict[int, list[str]] = defaultdict(list)
    for tie in sorted(rows(PostTag), key=lambda tie: (tie.post_id, tie.position)):
        if tie.added_by_id is None:
            tied[tie.post_id].append(names[tie.tag_id])
    users = {user.id: user for user in rows(User)}
    revised = {row.post_id: row for row in rows(Revision)}
    found = []
    last = None
    for post in sorted(by_id.values(), key=lambda post: post.id):
        parent = by_id.get(post.reply_to_id) if post.reply_to_id else None
        agrees: dict[str, bool] = {
            "comes after the one before": last is None or last <= post.created_at,
            "replies": post.reply_count == replies[post.id],
            "thanks": post.thanks_count == thanks[post.id],
            "thread": post.thread_id == (parent.root_id if parent else None),
            "parent is earlier": parent is None or parent.id < post.id,
            "tags": tied[post.id] == text_tags(post),
            "answer": post.answer_id is None
            or (by_id[post.answer_id].root_id == post.id and post.solved_at is not None),
            "solved": post.solved_at is None or post.kind == "question",
            "history": (post.edited_at is not None) == (post.id in revised),
            "department": post.department_id == users[post.author_id].department_id,
        }
        found += [f"{post.id}: {name}" for name, right in agrees.items() if not right]
        last = post.created_at
    return found + [f"inbox: {item}" for item in told(by_id) ^ expected(by_id)]


def text_tags(post: Post) -> list[str]:
    return list(dict.fromkeys(text.tags(post.line) + text.tags(post.note)))


def told(by_id: dict[int, Post]) -> set[tuple[int, str, int, int]]:
    items = [(row.reader_id, row.kind, row.post_id, row.actor_id) for row in rows(InboxItem)]
    assert len(items) == len(set(items))
    return set(items)


def expected(by_id: dict[int, Post]) -> set[tuple[int, str, int, int]]:
    """The inbox as it follows from replies, mentions, thanks and answers."""
    found = {(by_id[p.reply_to_id].author_id, "reply", p.id, p.author_id)
             for p in by_id.values() if p.reply_to_id}
    found |= {(row.user_id, "mention", row.post_id, by_id[row.post_id].author_id)
              for row in rows(Mention)}
    found |= {(by_id[row.post_id].author_id, "thanks", row.post_id, row.giver_id)
              for row in rows(Thanks)}
    found |= {(by_id[p.answer_id].author_id, "answer", p.answer_id, p.author_id)
              for p in by_id.values() if p.answer_id}
    return {item for item in found if item[0] != item[3]}


def test_all_counts_threads_and_notices_of_a_large_company_agree(domain: Flask) -> None:
    build()
    assert faults() == []
    counted = Counter(type(row).__name__ for model in (Post, Thanks, Saved, Revision, Follow)
                      for row in rows(model))
    assert counted["Post"] == 3000
    assert min(counted[name] for name in ("Thanks", "Saved", "Revision", "Follow")) > 30
    made = rows(Post)
    assert 500 < sum(post.reply_to_id is not None for post in made) < 1000
    assert sum(post.answer_id is not None for post in made) > 50
    assert sum(post.is_open for post in made) > 30
    assert 0 < sum(post.withdrawn_at is not None for post in made) < 100
    assert any(tie.added_by_id for tie in rows(PostTag))


def test_a_fault_in_a_count_is_found(domain: Flask) -> None:
    build(300)
    with saving():
        db.session.get_one(Post, 7).thanks_count += 1
        db.session.get_one(Post, 9).reply_count += 1
    assert faults() == ["7: thanks", "9: replies"]


def test_the_verbs_go_on_where_the_bulk_ended(domain: Flask) -> None:
    build(300)
    ada = people.get("ada")
    with saving():
        reply = posts.publish(ada, "One more #pumps", now=NOON, reply_to=posts.get(300))
    assert reply.id == 301
    assert faults() == []


def test_a_large_company_covers_three_years_and_ends_now(domain: Flask) -> None:
    build(2000)
    first, last = db.session.execute(
        select(func.min(Post.created_at), func.max(Post.created_at))).one()
    assert timedelta(days=1060) < NOON - first < timedelta(days=1096)
    assert timedelta(0) <= NOON - last < timedelta(days=5)
    weekend = sum(post.created_at.weekday() > 4 for post in rows(Post))
    assert weekend < 100


def test_everybody_has_something_new_in_feed_and_inbox_and_not_everything(domain: Flask) -> None:
    build()
    ada = people.get("ada")
    assert 0 < ada.read_up_to < 3000
    assert len(feeds.own(ada, now=NOON).items) == feeds.PAGE
    news = [inbox.new_count(user) for user in rows(User)]
    assert any(news)
    assert sum(news) < db.session.scalar(select(func.count()).select_from(InboxItem)) / 2  # type: ignore[operator]
    assert tags.most_used(5)


@pytest.mark.parametrize("played", [100, 1000])
def test_the_same_seed_is_the_same_company(domain: Flask, played: int) -> None:
    def told_of() -> list[tuple[Any, ...]]:
        return [(p.line, p.note, p.author_id, p.reply_to_id, p.created_at, p.thanks_count,
                 p.withdrawn_at) for p in sorted(rows(Post), key=lambda p: p.id)]

    heard: list[int] = []
    demo.build(people=12, posts=200, tags=70, now=NOON, played=played, told=heard.append)
    once = told_of()
    assert sum(heard) == len(once) == 200
    db.session.rollback()
    with saving():
        for table in reversed(Base.metadata.sorted_tables):
            db.session.execute(table.delete())
    db.session.expunge_all()
    demo.build(people=12, posts=200, tags=70, now=NOON, played=played)
    assert [row[:2] for row in told_of()] == [row[:2] for row in once]
