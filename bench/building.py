"""Builds a company in an empty instance, and tells what there is to be measured in it."""

import random
import time
from collections import Counter
from typing import Any

from sqlalchemy import select

from bench import loading, queries
from bench.company import STANDING, VARIANTS, Company
from bench.history import History
from microshare import installing
from microshare.db import db
from microshare.models import Post

LINES = 4000  # from which the searches are made


def build(posts: int, seed: int) -> dict[str, Any]:
    """Fill the instance of this context; returns the facts that the measurements need."""
    installing.install()
    began = time.monotonic()
    company = Company(posts, seed)
    loading.load(company)
    seconds = time.monotonic() - began
    dice = random.Random(f"{seed} lines")
    ids = sorted(dice.sample(range(1, posts + 1), min(LINES, posts)))
    lines = db.session.execute(
        select(Post.id, Post.line).where(Post.id.in_(ids), Post.withdrawn_at.is_(None))
    )
    return {
        "posts": posts,
        "users": company.size.users,
        "tags": company.size.tags,
        "departments": company.size.departments,
        "seconds": seconds,
        "queries": queries.listed(company, [str(line) for _, line in sorted(map(tuple, lines))]),
        "paths": _paths(company),
    }


def _paths(company: Company) -> dict[str, list[str]]:
    """Variants of each page, by its name in `pages`."""
    history, count = History(company), company.size.posts
    ordinary = Counter(one for one in history.author if one > len(STANDING))
    people = [company.people[one - 1].username for one, _ in ordinary.most_common(VARIANTS)]
    middle = len(company.tags) // 10
    return {
        "tag, common": [f"/tags/{tag}" for tag in company.tags[:VARIANTS]],
        "tag, middling": [f"/tags/{tag}" for tag in company.tags[middle : middle + VARIANTS]],
        "department": [f"/departments/{name.lower()}" for name in company.departments[:VARIANTS]],
        "person": [f"/@{name}" for name in people],
        "thread": [f"/posts/{place + 1}" for place in history.long_threads],
        "next page": [
            f"/?before={before}" for before in (count - 99, count * 3 // 4, count // 2, count // 4)
        ],
    }
