"""The floor: the same rows as each page shows, by hand-written SQL on the bare driver.

What no page can be quicker than: no session, no objects, no template.
"""

import time
from typing import Any

from sqlalchemy import select, text

from bench.company import FOLLOWS
from bench.figures import percentile
from microshare.db import db
from microshare.models import Follow, User

TIMES = 60
_ROWS = (
    "SELECT p.id, p.line_html, p.note_html, p.created_at, u.name, u.username, d.name, d.slug "
    "FROM posts p JOIN users u ON u.id = p.author_id JOIN departments d ON d.id = p.department_id "
)
_NEWEST = " AND p.withdrawn_at IS NULL ORDER BY p.id DESC LIMIT 30"
_TAG = (
    "SELECT p.id, p.line_html, p.note_html, p.created_at, u.name, u.username, d.name, d.slug "
    "FROM post_tags t JOIN posts p ON p.id = t.post_id JOIN users u ON u.id = p.author_id "
    "JOIN departments d ON d.id = p.department_id "
    "WHERE t.tag_id = (SELECT id FROM tags WHERE name = {it}) AND p.withdrawn_at IS NULL "
    "ORDER BY t.post_id DESC LIMIT 30"
)
_STATEMENTS = {
    "everyone": f"{_ROWS} WHERE p.id > 0 {_NEWEST}",
    "tag, common": _TAG,
    "tag, middling": _TAG,
    "department": f"{_ROWS} WHERE p.department_id = "
    f"(SELECT id FROM departments WHERE slug = {{it}}) {_NEWEST}",
    "person": f"{_ROWS} WHERE p.author_id = "
    f"(SELECT id FROM users WHERE username_folded = {{it}}) {_NEWEST}",
    "thread": f"{_ROWS} WHERE p.id = {{it}} OR p.thread_id = {{it}} ORDER BY p.id",
}


def floors(paths: dict[str, list[str]]) -> dict[str, float]:
    """Median milliseconds for the rows of each page, by its name."""
    kinds = {name: paths.get(name, [""])[0].rpartition("/")[2].lstrip("@") for name in _STATEMENTS}
    found = {name: _timed(statement, kinds[name]) for name, statement in _STATEMENTS.items()}
    names = {"sixty": "60 follows", "twenty": "20 follows", "fivehundred": "500 follows",
             "rare": "20 rare follows"}  # fmt: skip
    for kind in FOLLOWS:
        statement = _own(kind)
        found[f"own feed, {names[kind]}"] = _timed(statement.format(bound=""), "")
        if kind == "sixty":
            before = paths["next page"][0].rpartition("=")[2]
            found["next page"] = _timed(statement.format(bound=f"AND p.id < {int(before)}"), "")
    return found


def _own(kind: str) -> str:
    """The newest posts that this reader's follows bring: walked down from the newest."""
    reader = db.session.scalars(select(User).filter_by(username=f"{kind}0")).one()
    followed: dict[str, list[str]] = {"tag": ["0"], "person": [str(reader.id)], "department": ["0"]}
    for follow in db.session.scalars(select(Follow).filter_by(reader_id=reader.id)):
        followed[follow.kind].append(str(follow.target_id))
    department_tags = db.session.execute(
        text("SELECT tag_id FROM department_tags WHERE department_id = :it"),
        {"it": reader.department_id},
    )
    followed["tag"] += [str(tag) for (tag,) in department_tags]
    return (
        f"{_ROWS} WHERE (p.author_id IN ({', '.join(followed['person'])}) "
        f"OR p.department_id IN ({', '.join(followed['department'])}) "
        "OR EXISTS (SELECT 1 FROM post_tags t WHERE t.post_id = p.id "
        f"AND t.tag_id IN ({', '.join(followed['tag'])}))) {{bound}} {_NEWEST}"
    )


def _timed(statement: str, it: str) -> float:
    """Median milliseconds of a statement; `{it}` in it is what it looks for."""
    mark = "?" if db.engine.dialect.name == "sqlite" else "%s"
    given: list[Any] = [int(it) if it.isdigit() else it] * statement.count("{it}")
    statement = statement.replace("{it}", mark)
    taken = []
    connection: Any = db.engine.raw_connection()
    cursor = connection.cursor()
    for _ in range(TIMES):
        began = time.perf_counter()
        cursor.execute(statement, given)
        cursor.fetchall()
        taken.append(time.perf_counter() - began)
    connection.rollback()
    connection.close()
    return percentile(taken, 0.5) * 1000
