"""Reports, from a colleague to who manages the community: the rules, the API and the pages."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import html5lib
import pytest
from flask import Flask

from microshare import inbox, people, posts, reports
from microshare.db import db, saving
from microshare.errors import Forbidden, Missing, Refusal, Refused
from microshare.models import Report
from microshare.web import statuses
from tests.acts import publish, raced
from tests.company import Caller, company
from tests.conftest import NOON, House, Queries, signed_in

LATER = NOON + reports.DAY


def report(
    reporter: str, about: str, *post_ids: int, comment: str = "It sells", category: str = "spam",
    now: datetime = NOON,
) -> int:  # fmt: skip
    with saving():
        who, whom = people.get(reporter), people.get(about)
        return reports.report(who, whom, post_ids, comment, category, now).id


def waiting(manager: str) -> list[tuple[str, str, list[int], str]]:
    return [(one.reporter.username, one.about.username, [post.id for post in one.posts], one.comment)
            for one in reports.open_reports(people.get(manager))]


def settle(report_id: int, manager: str, now: datetime = NOON) -> None:
    with saving():
        reports.settle(report_id, people.get(manager), now)


def test_what_is_reported_waits_until_it_is_settled(house: House) -> None:
    seal, pump = (publish(house.linus, line).id for line in ("A seal", "A pump"))
    first = report("grace", "linus", seal, comment="  It sells \n\n\n again ")
    assert report("grace", "linus", seal, comment="") == first  # sent again it is the same
    assert waiting("ada") == [("grace", "linus", [seal], "  It sells\n\n again")]
    assert report("grace", "linus", seal, comment="It sells still", category="other") == first
    second = report("grace", "linus", pump, seal, comment="This too", now=LATER)
    alone = report("grace", "linus", comment="All of it")
    assert report("grace", "linus", comment="") == alone
    assert report("ada", "linus", seal, comment="Seen too") == alone + 1 == second + 2
    assert waiting("ada") == [
        ("grace", "linus", [seal], "It sells still"), ("grace", "linus", [pump], "This too"),
        ("grace", "linus", [], "All of it"), ("ada", "linus", [seal], "Seen too"),
    ]  # fmt: skip
    assert inbox.new_count(people.get("ada")) == reports.open_count(people.get("ada")) == 4
    assert inbox.new_count(people.get("linus")) == 0
    settle(first, "ada")
    settle(first, "ada", LATER)
    assert reports.get(first).settled_at == NOON
    assert reports.open_by(people.get("grace"), people.get("linus"), [seal]) is None
    assert report("grace", "linus", seal, comment="Again") == alone + 2
    assert [told[3] for told in waiting("ada")] == ["This too", "All of it", "Seen too", "Again"]


def test_many_wait_and_cost_no_more_queries_than_one(house: House) -> None:
    texts = [publish(house.linus, f"Text {number}").id for number in range(12)]
    for post_id in texts:
        report("grace", "linus", post_id)
    db.session.expunge_all()
    ada = people.get("ada")
    with Queries() as asked:
        found = reports.open_reports(ada)
        assert [(one.reporter.name, one.posts[0].id) for one in found] == [
            ("Grace", post_id) for post_id in texts[: reports.LISTED]]  # fmt: skip
    assert len(asked) == 2
    with Queries() as asked:
        assert inbox.new_count(ada) == 12
    assert len(asked) == 1


def test_who_is_reported_is_never_told_by_whom_also_where_they_manage(house: House) -> None:
    with saving():
        people.set_role(people.get("linus"), "community_manager")
    about_linus, about_ada = report("grace", "linus"), report("grace", "ada")
    assert [told[1] for told in waiting("linus")] == ["ada"]
    assert reports.open_count(people.get("linus")) == inbox.new_count(people.get("linus")) == 1
    assert [told[1] for told in waiting("ada")] == ["linus"]
    for report_id in about_linus, 99:
        with pytest.raises(Missing, match="report"):
            settle(report_id, "linus")
    for act in (lambda: settle(about_ada, "grace"), lambda: waiting("grace")):
        with pytest.raises(Forbidden, match="not-a-manager"):
            act()
    assert reports.get(about_linus).settled_at is reports.get(about_ada).settled_at is None


def test_a_manager_is_not_told_who_reported_the_own_bot(house: House) -> None:
    with saving():
        bot = people.get("linus")
        bot.maker_id = house.ada.id
    with pytest.raises(Refused, match="report-nobody"):
        report("grace", "linus")
    with saving():
        people.set_role(people.get("grace"), "community_manager")
    told = report("grace", "linus")
    assert (waiting("ada"), len(waiting("grace"))) == ([], 1)
    with pytest.raises(Missing, match="report"):
        settle(told, "ada")


def test_what_cannot_be_reported_is_refused_and_leaves_nothing(house: House) -> None:
    theirs, own, gone = (publish(who, "One").id for who in (house.linus, house.grace, house.linus))
    with saving():
        posts.withdraw(posts.get(gone), people.get("linus"), NOON)
    cases: Sequence[tuple[str, str, tuple[int, ...], dict[str, Any]]] = (
        ("report-yourself", "grace", (own,), {}),
        ("report-elsewhere", "linus", (theirs, own), {}),
        ("post", "linus", (theirs, gone), {}),
        ("post", "linus", (999,), {}),
        ("report-too-wide", "linus", tuple(range(1, 12)), {}),
        ("report-category", "linus", (theirs,), {"category": "nonsense"}),
        ("report-too-long", "linus", (theirs,), {"comment": "x" * 1001}),
        ("report-too-long", "linus", (theirs,), {"comment": "a\u0301" * 400_000}),
        ("report-control", "linus", (theirs,), {"comment": "a\0"}),
        ("report-nobody", "ada", (), {}),
    )
    for code, about, post_ids, more in cases:
        with pytest.raises(Refusal) as refused:
            report("grace", about, *post_ids, **more)
        assert refused.value.code == code
    with saving():
        people.suspend(people.get("grace"), NOON)
    with pytest.raises(Forbidden, match="suspended"):
        report("grace", "linus")
    assert db.session.query(Report).count() == 0


def test_so_many_in_a_day_and_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "A_DAY", 3)
    texts = [publish(house.linus, f"Text {number}").id for number in range(4)]
    for post_id in texts[:-1]:
        report("grace", "linus", post_id)
    with pytest.raises(Refused, match="too-many-reports") as refused:
        report("grace", "linus", texts[-1], now=LATER - timedelta(seconds=1))
    assert statuses.of(refused.value, {}) == 429
    assert report("grace", "linus", texts[0], comment="Other words") == 1  # no other report
    assert report("ada", "linus", texts[-1]) == 4
    assert report("grace", "linus", texts[-1], now=LATER) == 5


def test_what_is_sent_twice_at_once_is_one_report(domain: Flask, house: House) -> None:
    post_id = publish(house.linus, "One").id
    db.session.rollback()
    assert raced(domain, *[lambda: report("grace", "linus", post_id)] * 2) == [1, 1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[Flask]:
    with company(tmp_path_factory.mktemp("reports"), installed) as app:
        with app.app_context():
            publish(people.get("linus"), "A <b>seal</b> for #sale")
            db.session.remove()
        yield app


def test_a_client_reports(site: Flask) -> None:
    grace = Caller(site, "grace")
    asked = {"account_id": "3", "status_ids": ["1"], "comment": "Sold <twice>", "category": "spam",
             "forward": True, "rule_ids": ["7"]}
    first = grace.post("reports", json=asked)
    assert first.status_code == 200
    told = first.json
    assert told["target_account"]["username"] == "linus"
    assert {name: told[name] for name in told if name not in ("created_at", "target_account")} == {
        "id": "1", "action_taken": False, "action_taken_at": None, "category": "spam",
        "comment": "Sold <twice>", "forwarded": False, "status_ids": ["1"], "rule_ids": [],
    }
    assert grace.post("reports/", data={"account_id": 3, "status_ids[]": 1}).json["id"] == "1"
    assert grace.post("reports", json={"account_id": 3}).json["category"] == "other"
    for more, status in (
        ({"account_id": None}, 400), ({"account_id": "x"}, 404), ({"account_id": 99}, 404),
        ({"status_ids": ["x"]}, 404), ({"status_ids": [2**40]}, 404), ({"status_ids": [9]}, 404),
        ({"account_id": 2}, 403), ({"account_id": ["3"]}, 422), ({"category": "x"}, 422),
        ({"status_ids": list(range(1, 301))}, 422), ({"comment": "x" * 1001}, 422),
        ({"account_id": 1, "status_ids": []}, 422),
    ):
        answer = grace.post("reports", json={**asked, **more})
        assert answer.status_code == status and answer.json["error"], (more, answer.json)
    with site.app_context():
        assert db.session.query(Report).count() == 2
        db.session.remove()


def test_a_reader_reports_on_a_page_and_a_manager_settles(site: Flask) -> None:
    grace, ada, linus = (signed_in(site, name) for name in ("grace", "ada", "linus"))
    assert 'href="/posts/1/report"' in grace.get("/posts/1/choices").text
    assert 'href="/posts/1/report"' not in linus.get("/posts/1/choices").text
    assert 'href="/people/linus/report"' in grace.get("/@linus").text
    grace.send("/posts/1/report", comment="Sold <twice>", category="legal")
    kept = grace.get("/posts/1/report").text
    assert "Sold &lt;twice&gt;</textarea>" in kept and "You have reported this on" in kept
    long = grace.send("/posts/1/report", comment="typed with care" + "x" * 1000, category="legal")
    assert long.status_code == 422 and "typed with care" in long.text and "15 characters" in long.text
    sent = grace.send("/posts/1/report", comment="Sold <thrice>", category="legal")
    assert sent.headers["Location"] == "/posts/1"
    assert grace.send("/people/linus/report", comment="Rude", category="violation").status_code == 303
    page = ada.get("/manage/reports").text
    for html in (page, kept, long.text, grace.get("/people/linus/report").text, ada.get("/inbox").text):
        html5lib.HTMLParser(strict=True).parse(html)
    assert "Sold &lt;thrice&gt;" in page and "against the law" in page and "Rude" in page
    assert re.search(r'href="/@grace">Grace</a> reports <a class="person" href="/@linus">Linus', page)
    assert "2 reports wait" in ada.get("/inbox").text and "2 reports wait" in ada.get("/manage").text
    assert "new-count" in ada.get("/everyone").text
    for browser in (grace, linus):
        assert browser.get("/manage/reports").status_code == 403
        assert browser.send("/manage/reports/1").status_code == 403
        assert "report" not in browser.get("/inbox").text
    assert "href" in page and ada.post("/manage/reports/1").status_code == 400  # without its token
    assert ada.send("/manage/reports/1").headers["Location"] == "/manage/reports"
    linus.send("/posts/1/withdraw")
    late = grace.send("/posts/1/report", comment="typed with care")
    assert late.status_code == 404 and "typed with care" in late.text and "seal" not in late.text
    assert "Sold" not in ada.get("/manage/reports").text
    assert ada.send("/manage/reports/2").status_code == 303
    assert "new-count" not in ada.get("/everyone").text
    assert "waits" in ada.get("/manage/reports").text
