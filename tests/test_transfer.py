import json
import os
import threading
import tracemalloc
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from microshare import bulk, departments, feeds, people, posts, rows, tags, text, transfer
from microshare.cards import Card
from microshare.db import Base, db, saving
from microshare.errors import Refused
from microshare.models import Department, Post, PostTag, Tag, User
from microshare.transfer import Outcome
from tests.acts import publish
from tests.conftest import NOON, House, Queries

ROW = {"author": "mary", "name": "Mary J.", "department": "Service", "line": "a noisy #pump",
       "note": "very", "tags": ["heat"], "time": "2026-11-20T10:00:00+01:00", "id": "a1"}


@pytest.fixture
def file(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Writes a file of rows and gives its path."""

    def write(*rows: Any, name: str = "posts.jsonl") -> Path:
        path = tmp_path / name
        lines = [row if isinstance(row, bytes) else
                 (row if isinstance(row, str) else json.dumps(row)).encode() for row in rows]
        path.write_bytes(b"\n".join(lines) + b"\n")
        return path

    return write


def bring_in(path: Path, **more: bool) -> list[Outcome]:
    return list(transfer.bring_in(rows.read(path), NOON, **more))


def told(outcomes: list[Outcome]) -> list[str]:
    return [o.refusal.code if o.refusal else o.state for o in outcomes]


def stored() -> list[Card]:
    """All posts as the open feed has them, oldest first."""
    return [item.post for item in reversed(feeds.everyone(people.get("ada"), limit=100).items)]


def lines() -> list[str]:
    return [post.line for post in stored()]


def counted(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_row_becomes_a_post_of_its_author_time_and_department(house: House, file) -> None:  # type: ignore[no-untyped-def]
    assert told(bring_in(file(ROW))) == ["added"]
    post = stored()[0]
    assert (post.line, post.note_html) == ("a noisy #pump", "<p>very</p>")
    assert post.created_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert [tie.tag.name for tie in post.tags] == ["pump", "heat"]
    mary = people.get("mary")
    assert (post.author_id, mary.name, mary.email, mary.password_hash) == (
        mary.id, "Mary J.", None, None)
    assert (post.department.name, mary.department.name, mary.created_at) == (
        "Service", "Service", NOON)


def test_a_csv_file_has_the_same_rows(house: House, file) -> None:  # type: ignore[no-untyped-def]
    path = file(
        "author,department,line,note,tags,time,ignored",
        'mary,Service,"a ""noisy"", #pump","two', 'lines","heat, cold",2026-11-20T10:00,x',
        "ada,,short,,,,", name="posts.CSV")
    outcomes = bring_in(path)
    assert told(outcomes) == ["added", "added"]
    first, second = stored()
    assert (first.line, first.note_html) == (
            'a "noisy", #pump', "<p>two<br>lines</p>")
    assert [tie.tag.name for tie in first.tags] == ["pump", "heat", "cold"]
    assert first.created_at == datetime(2026, 11, 20, 9, tzinfo=UTC)  # company time
    assert (second.author.username, second.created_at, second.department.name) == (
        "ada", NOON, "Sales")


def test_a_file_from_a_spreadsheet_may_begin_with_a_mark(house: House, file) -> None:  # type: ignore[no-untyped-def]
    assert told(bring_in(file(b"\xef\xbb\xbfauthor,line", "ada,short", name="p.csv"))) == ["added"]


def test_an_author_is_found_by_username_or_address_and_made_where_unknown(
    house: House, file
) -> None:  # type: ignore[no-untyped-def]
    outcomes = bring_in(file(
        {"author": "ADA", "line": "one"}, {"author": "ada@example.com", "line": "two"},
        {"author": "new_one", "department": "Sales", "line": "three"},
        {"author": "new_one", "department": "Research", "line": "four"}))
    assert told(outcomes) == ["added"] * 4
    assert counted(User) == 4
    made = people.get("new_one")
    assert (made.name, made.department.name) == ("new_one", "Sales")
    assert [(p.author.username, p.department.name) for p in stored()] == [
        ("ada", "Sales"), ("ada", "Sales"), ("new_one", "Sales"), ("new_one", "Research")]


BROKEN: list[tuple[Any, str]] = [
    ({"line": "no author"}, "row-lacks"), ({"author": " ", "line": "x"}, "row-lacks"),
    ({"author": "ada"}, "row-lacks"), ({"author": "ada", "line": ""}, "row-lacks"),
    ({"author": "stranger", "line": "no department"}, "row-lacks"),
    ({"author": "ada", "line": "x" * 141}, "post-too-long"),
    ({"author": "ada", "line": "a\x00"}, "post-control"),
    ({"author": "ada", "line": "\ud800"}, "post-control"),
    ({"author": "ada", "line": "x", "note": "\ud800"}, "note-control"),
    ({"author": "\ud800", "department": "Sales", "line": "x"}, "row-malformed"),
    ({"author": "ada", "line": "x", "id": "\x00"}, "row-malformed"),
    ({"author": "two words", "department": "Sales", "line": "x"}, "username-malformed"),
    ({"author": "ada", "line": "x", "department": "!"}, "department-name"),
    ({"author": "ada", "line": "x", "department": "\ufdfa" * 80}, "department-name"),
    ({"author": "ada", "line": "x", "time": "yesterday"}, "time-malformed"),
    ({"author": "ada", "line": "x", "kind": "rumour"}, "kind-unknown"),
    ({"author": "ada", "line": "x", "id": "x" * 200}, "key-too-long"),
    ({"author": "ada", "line": "x", "reply_to": "nowhere"}, "post"),
    ({"author": "ada", "line": "x", "tags": [f"t{n}" for n in range(5000)]}, "too-many-tags"),
    ({"author": "ada", "line": "x", "tags": " ".join(f"t{n}" for n in range(5000))},
     "too-many-tags"),
    ({"author": "ada", "line": "x", "tags": {"a": 1}}, "row-malformed"),
    ({"author": "ada", "line": "x", "tags": [1]}, "row-malformed"),
    ({"author": ["ada"], "line": "x"}, "row-malformed"),
    ({"author": "ada", "line": {"text": "x"}}, "row-malformed"),
    ({"author": "ada", "line": 1.5}, "row-malformed"),
    (["ada", "x"], "row-malformed"), ("not JSON", "row-malformed"), ("{", "row-malformed"),
    ("[" * 100_000, "row-malformed"), (b'{"author": "ada", "line": "caf\xe9"}', "post-control"),
    (b'{"author": "\xff", "department": "Sales", "line": "x"}', "row-malformed"),
]


def test_a_row_that_breaks_a_rule_is_reported_and_the_others_come_in(house: House, file) -> None:  # type: ignore[no-untyped-def]
    good = [{"author": "ada", "line": f"good {number}"} for number in range(len(BROKEN))]
    mixed = [row for pair in zip((row for row, _ in BROKEN), good, strict=True) for row in pair]
    outcomes = bring_in(file(*mixed))
    assert [o.number for o in outcomes] == list(range(1, len(mixed) + 1))
    assert told(outcomes)[1::2] == ["added"] * len(good)
    found = [(row, code) for (row, _), code in zip(BROKEN, told(outcomes)[::2], strict=True)]
    assert found == BROKEN
    assert lines() == [row["line"] for row in good]


def test_a_refused_row_leaves_no_author_department_or_tag_behind(house: House, file) -> None:  # type: ignore[no-untyped-def]
    outcomes = bring_in(file(
        {"author": "mary", "department": "Service", "line": "x" * 141},
        {"author": "mary", "line": "a row later: she is still unknown"},
        {"author": "ada", "department": "Service", "line": "the department is made after all"}))
    assert told(outcomes) == ["post-too-long", "row-lacks", "added"]
    assert (counted(User), counted(Department)) == (3, 3)


def test_a_csv_without_the_columns_it_needs_is_refused_whole(house: House, file) -> None:  # type: ignore[no-untyped-def]
    for content in ("name,text", "author,text", "x" * 10):
        with pytest.raises(Refused) as refused:
            rows.read(file(content, "ada,short", name="p.csv"))
        assert refused.value.code == "file-format"
        assert refused.value.facts["name"] == "p.csv"


def test_an_empty_file_has_no_rows(house: House, file) -> None:  # type: ignore[no-untyped-def]
    assert bring_in(file("", "  ")) == []


def test_the_same_file_again_adds_nothing(house: House, file) -> None:  # type: ignore[no-untyped-def]
    path = file(ROW, {"author": "ada", "line": "without an id"},
                {"author": "ada", "line": "another", "note": "n"})
    assert told(bring_in(path)) == ["added"] * 3
    assert sorted(told(bring_in(path))) == ["there"] * 3
    assert counted(Post) == 3


def test_a_row_without_an_id_is_known_by_what_it_says(house: House, file) -> None:  # type: ignore[no-untyped-def]
    row = {"author": "ada", "line": "same", "time": "2026-11-20T10:00:00Z"}
    outcomes = bring_in(file(row, row, {**row, "time": "2026-11-20T10:00:01Z"},
                             {**row, "author": "grace"}))
    assert sorted(told(outcomes)) == ["added", "added", "added", "there"]


def test_an_import_that_was_broken_off_is_simply_done_again(
    house: House, file, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(transfer, "BATCH", 2)
    path = file(*({"author": "ada", "line": f"post {number}"} for number in range(7)))
    begun = transfer.bring_in(rows.read(path), NOON)
    assert [next(begun).state for _ in range(3)] == ["added"] * 3
    begun.close()  # type: ignore[attr-defined]
    db.session.remove()
    assert told(bring_in(path)) == ["there"] * 4 + ["added"] * 3
    assert counted(Post) == 7


def test_what_happened_first_goes_in_first_whatever_its_place_and_zone(
    house: House, file
) -> None:  # type: ignore[no-untyped-def]
    bring_in(file(
        {"author": "ada", "line": "third", "time": "2026-11-20T10:00:00+00:00"},
        {"author": "ada", "line": "second", "time": "2026-11-20T10:30:00+01:00"},
        {"author": "ada", "line": "first", "time": "2026-11-20 09:00:00Z"}))
    assert lines() == ["first", "second", "third"]


def test_rows_without_a_time_keep_their_place_and_come_now(house: House, file) -> None:  # type: ignore[no-untyped-def]
    bring_in(file(*({"author": "ada", "line": f"post {n}"} for n in range(12))))
    assert lines() == [f"post {n}" for n in range(12)]
    assert {post.created_at for post in stored()} == {NOON}


def test_a_row_replies_to_an_earlier_row_across_batches(
    house: House, file, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(transfer, "BATCH", 1)
    path = file({"author": "ada", "line": "root", "id": "a"},
                {"author": "grace", "line": "reply", "id": 2, "reply_to": "a"},
                {"author": "ada", "line": "deeper", "reply_to": 2})
    for state in ("added", "there"):
        assert told(bring_in(path)) == [state] * 3
    root, reply, deeper = stored()
    assert (reply.reply_to_id, deeper.reply_to_id) == (root.id, reply.id)
    assert (reply.thread_id, deeper.thread_id) == (root.id, root.id)
    assert root.reply_count == 1


@pytest.mark.parametrize("batch", [1, 200])
def test_a_dry_run_reports_as_the_real_one_would_and_keeps_nothing(
    house: House, file, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(transfer, "BATCH", batch)
    path = file(ROW, {"author": "mary", "department": "Service", "line": "a reply",
                      "reply_to": "a1", "time": "2026-11-21T10:00:00Z"},
                {"author": "ada", "line": "x" * 141, "time": "2026-11-22T10:00:00Z"},
                {"author": "mary", "department": "Fresh", "line": "x",
                 "time": "2026-11-22T11:00:00Z"})
    dry = bring_in(path, dry_run=True)
    assert (counted(Post), counted(User), counted(Department)) == (0, 3, 2)
    assert tags.most_used() == []
    assert told(dry) == told(bring_in(path)) == ["added", "added", "post-too-long", "added"]
    assert told(bring_in(path, dry_run=True)) == ["there", "there", "post-too-long", "there"]


def test_a_time_without_a_zone_is_the_companys(app: Flask) -> None:
    with app.app_context():
        for written, moment in (
            ("2026-11-23T08:00", datetime(2026, 11, 23, 7, tzinfo=UTC)),
            ("2026-07-23 08:00:30", datetime(2026, 7, 23, 6, 0, 30, tzinfo=UTC)),
            (" 2026-11-23T08:00:00Z ", datetime(2026, 11, 23, 8, tzinfo=UTC)),
            ("2026-11-23T08:00:00-05:00", datetime(2026, 11, 23, 13, tzinfo=UTC)),
            ("2026-11-23", datetime(2026, 11, 22, 23, tzinfo=UTC)),
        ):
            assert rows.parse_time(written) == moment


def test_what_is_no_time_is_refused_with_a_piece_of_it(
    app: Flask, subtests: pytest.Subtests
) -> None:
    for written in ("", "soon", "2026-13-01", "23-11-2026", "1e9", "x" * 10_000,
                    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        with subtests.test(written=written[:30]), app.app_context():
            with pytest.raises(Refused) as refused:
                rows.parse_time(written)
            assert refused.value.code == "time-malformed"
            assert len(refused.value.facts["value"]) <= 40


def company(house: House) -> None:
    """A thread with all that a post can have."""
    root = publish(house.ada, "Which #Pump?", NOON - timedelta(days=2), note="the *old* one")
    with saving():
        posts.tag_on(posts.get(root.id), house.linus, tags.parse("Tagged_On"), NOON)
    reply = publish(house.grace, "This one, @ada", NOON - timedelta(days=1), reply_to=root)
    publish(house.ada, "Thanks", NOON, reply_to=reply, kind="update")
    publish(house.linus, "no question?", NOON, kind="update")
    gone = publish(house.ada, "withdrawn")
    with saving():
        posts.withdraw(gone, house.ada, NOON)
        house.linus.department_id = departments.get("research").id


def test_an_export_has_every_visible_post_oldest_first(house: House) -> None:
    company(house)
    taken = list(transfer.take_out())
    assert [row["line"] for row in taken] == [
        "Which #Pump?", "This one, @ada", "Thanks", "no question?"]
    assert taken[0] == {
        "id": taken[0]["id"], "key": taken[0]["key"], "author": "ada", "name": "Ada", "department": "Sales",
        "line": "Which #Pump?", "note": "the *old* one", "tags": ["Tagged_On"],
        "time": "2026-11-21T12:00:00+00:00", "kind": "question"}
    assert taken[1]["reply_to"] == taken[0]["id"]
    assert taken[3]["department"] == "Sales"  # where linus was when he wrote


def test_an_export_comes_in_elsewhere_as_it_was(house: House, file) -> None:  # type: ignore[no-untyped-def]
    company(house)
    taken = list(transfer.take_out())
    db.session.rollback()
    with saving():
        for table in reversed(Base.metadata.sorted_tables):
            db.session.execute(delete(table))
    db.session.expunge_all()
    assert told(bring_in(file(*taken))) == ["added"] * len(taken)
    again = list(transfer.take_out())
    place = {row["id"]: number for number, row in enumerate(taken)}
    place_again = {row["id"]: number for number, row in enumerate(again)}
    for before, after in zip(taken, again, strict=True):
        assert {**before, "id": place[before["id"]], "reply_to": place.get(before.get("reply_to"))} \
            == {**after, "id": place_again[after["id"]],
                "reply_to": place_again.get(after.get("reply_to"))}


def test_a_reply_to_what_was_withdrawn_comes_in_elsewhere_too(house: House, file) -> None:  # type: ignore[no-untyped-def]
    root = publish(house.ada, "root")
    publish(house.grace, "reply", reply_to=root)
    with saving():
        posts.withdraw(root, house.ada, NOON)
    (taken,) = transfer.take_out()
    assert told(bring_in(file({**taken, "key": "elsewhere"}))) == ["added"]


def test_an_export_takes_the_same_queries_for_three_posts_and_for_thirty(house: House) -> None:
    def count() -> int:
        db.session.expunge_all()
        with Queries() as queries:
            list(transfer.take_out())
        return len(queries)

    for number in range(3):
        publish(house.ada, f"post {number} #pumps")
    few = count()
    for number in range(27):
        publish(people.get("ada"), f"more {number} #t{number}")
    assert count() == few


def test_a_tenth_of_the_real_messages_goes_in_but_for_lines_that_are_too_long(
    domain: Flask, data: Path, tmp_path: Path
) -> None:
    lines = (data / "posts/messages.jsonl").read_text("utf-8").splitlines()[::10]
    file = tmp_path / "messages.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    too_long = sum(text.count(json.loads(line)["line"]) > 140 for line in lines)
    states = Counter(o.state for o in transfer.bring_in(rows.read(file), NOON))
    assert too_long > 30
    assert states == {"added": len(lines) - too_long, "refused": too_long}
    again = Counter(o.state for o in transfer.bring_in(rows.read(file), NOON))
    assert again == {"there": len(lines) - too_long, "refused": too_long}


def test_an_export_brought_back_into_the_same_instance_adds_nothing(
    house: House, tmp_path: Path
) -> None:
    first = publish(house.ada, "one #x")
    publish(house.grace, "two", reply_to=first)
    file = tmp_path / "export.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in transfer.take_out()), "utf-8")
    states = Counter(o.state for o in transfer.bring_in(rows.read(file), NOON))
    assert states == {"there": 2}


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2999-01-01"])
def test_a_time_that_stands_for_none_is_refused(house: House, file, time: str) -> None:  # type: ignore[no-untyped-def]
    (outcome,) = bring_in(file({**ROW, "time": time}))
    assert outcome.refusal is not None
    assert outcome.refusal.code == "time-out-of-range"


def test_a_csv_file_with_semicolons_is_read_too(house: House, file) -> None:  # type: ignore[no-untyped-def]
    path = file("author;department;line", "mary;Service;a noisy #pump, again", name="posts.csv")
    assert told(bring_in(path)) == ["added"]


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that a post touches, but for moments of making."""
    wanted = {
        "posts": "id author_id department_id kind line line_html note note_html reply_to_id "
                 "thread_id key created_at reply_count thanks_count version language",
        "post_tags": "post_id position added_by_id added_at",
        "mentions": "post_id user_id",
        "inbox_items": "reader_id kind post_id actor_id at",
    }
    return {
        name: sorted(
            tuple(map(str, row)) for row in db.session.execute(
                select(*(Base.metadata.tables[name].c[column] for column in columns.split())))
        )
        for name, columns in wanted.items()
    } | {"tags": sorted(map(str, db.session.scalars(
        select(PostTag).join(Tag).with_only_columns(Tag.name + "/" + Tag.spelling))))}


def test_what_comes_in_is_stored_as_if_it_were_published(house: House, file) -> None:  # type: ignore[no-untyped-def]
    wanted: list[dict[str, Any]] = [
        {"author": "ada", "line": "A #Pump  for @grace and @ada", "note": "See *this* #Heat, @linus",
         "tags": ["heat", "New"], "key": "k1", "id": "1"},
        {"author": "grace", "line": "Who? #PUMP", "key": "k2", "id": "2", "reply_to": "1"},
        {"author": "linus", "line": "Which one? http://wiki/a_b", "key": "k3", "id": "3"},
        {"author": "ada", "line": "deeper _and_ deeper", "key": "k4", "reply_to": "2"},
        {"author": "ada", "line": "mine again", "key": "k5", "reply_to": "1", "kind": "question"},
    ]
    assert told(bring_in(file(*wanted))) == ["added"] * 5
    in_bulk = everything()
    with saving():
        for table in ("inbox_items", "mentions", "post_tags", "posts", "tags"):
            db.session.execute(delete(Base.metadata.tables[table]))
    first = int(in_bulk["posts"][0][0])
    made: dict[str, Post] = {}
    with saving():
        for row in wanted:
            post = posts.publish(
                people.get(row["author"]), row["line"], note=row.get("note", ""), now=NOON,
                key=row["key"], kind=row.get("kind"), tagged=tags.mended(row.get("tags", [])),
                reply_to=made.get(row.get("reply_to", "")))
            made[row.get("id", "")] = post
    shift = min(int(row[0]) for row in everything()["posts"]) - first
    with saving():
        one_by_one = everything()
    moved = {"posts": (0, 8, 9), "post_tags": (0,), "mentions": (0,), "inbox_items": (2,)}
    for name, places in moved.items():
        one_by_one[name] = sorted(
            tuple(str(int(cell) - shift) if at in places and cell != "None" else cell
                  for at, cell in enumerate(row)) for row in one_by_one[name])
    assert one_by_one == in_bulk


def test_a_row_names_who_came_in_by_an_earlier_one(house: House, file) -> None:  # type: ignore[no-untyped-def]
    bring_in(file({"author": "ada", "line": "@newbie is not here yet"},
                  {"author": "newbie", "department": "Sales", "line": "hello"},
                  {"author": "ada", "line": "Welcome @Newbie"}))
    first, _, third = stored()
    assert ('class="mention"' in first.line_html, 'class="mention"' in third.line_html) == (
        False, True)


def test_a_dry_run_knows_the_rows_of_its_other_batches(
    house: House, file, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(transfer, "BATCH", 1)
    path = file({"author": "ada", "line": "one", "id": "1"},
                {"author": "ada", "line": "one", "id": "1"},
                {"author": "ada", "line": "another text", "id": "1"},
                {"author": "fresh", "department": "Fresh", "line": "two"},
                {"author": "fresh", "line": "three", "reply_to": "1"})
    dry = told(bring_in(path, dry_run=True))
    assert dry == ["added", "there", "key-used", "added", "added"]
    assert counted(Post) == 0
    assert told(bring_in(path)) == dry


def test_a_file_takes_the_same_queries_for_ten_rows_and_for_a_hundred(house: House, file) -> None:  # type: ignore[no-untyped-def]
    def cost(name: str, number: int) -> int:
        path = file({"author": "ada", "line": "root #a @grace", "id": name}, *(
            {"author": "grace", "line": f"{name} {n} #t{n} @ada", "reply_to": name}
            for n in range(number)))
        with Queries() as queries:
            assert set(told(bring_in(path))) == {"added"}
        return len(queries)

    assert cost("first", 10) == cost("second", 100)


def test_rows_are_read_again_and_never_held(house: House, file) -> None:  # type: ignore[no-untyped-def]
    path = file(*({**ROW, "id": str(n), "note": "n" * 500} for n in range(5000)))
    tracemalloc.start()
    read = rows.read(path)
    for row in read:
        assert row.values["note"]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(read) == 5000
    assert most < path.stat().st_size / 5


@pytest.mark.parametrize("name", ["posts.jsonl", "posts.csv"])
def test_processes_that_read_one_file_keep_their_own_places_in_it(
    house: House, file, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(transfer, "BATCH", 30)
    note = "n" * 900  # so that the file is read in many pieces
    made = [f"ada,post {n},{note}" if name.endswith("csv") else
            {"author": "ada", "line": f"post {n}", "note": note} for n in range(400)]
    path = file("author,line,note", *made, name=name) if name.endswith("csv") else file(*made)
    assert told(bring_in(path)) == ["added"] * 400
    stored_lines = db.session.scalars(select(Post.line).order_by(Post.id)).all()
    assert stored_lines == [f"post {n}" for n in range(400)]


def test_a_pipe_and_an_old_macintosh_are_read_too(house: House, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(json.dumps(ROW).encode(),))
    writer.start()
    assert told(bring_in(pipe)) == ["added"]
    writer.join()
    old = tmp_path / "old.csv"
    old.write_bytes(b"author,line\rada,first\rada,second\r")
    assert told(bring_in(old)) == ["added", "added"]


def test_a_batch_that_collides_with_another_import_is_decided_anew(
    house: House, file, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    path = file({"author": "ada", "line": "one", "id": "1"}, {"author": "ada", "line": "two"})
    store, tries = bulk.store, []

    def collide(entries: Any) -> None:
        tries.append(len(entries))
        if len(tries) == 1:
            store([*entries, replace(entries[0], stored=bulk.Stored(house.ada.id))])
        store(entries)

    monkeypatch.setattr(bulk, "store", collide)
    assert told(bring_in(path)) == ["added", "added"]
    assert tries == [2, 2]
    assert (counted(Post), len(lines())) == (2, 2)
