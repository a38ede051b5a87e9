import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, delete, event, select

from bench import exactly_once
from microshare import (
    absence,
    claims,
    config,
    create_app,
    departments,
    digest,
    digest_letter,
    digest_run,
    digest_week,
    digest_writing,
    follows,
    mailer,
    mutes,
    opened,
    people,
    periods,
    posts,
    tags,
    unreachable,
)
from microshare.config import Settings
from microshare.db import db, saving
from microshare.errors import Refused
from microshare.mailer import Letter
from microshare.models import Digest, Opened
from tests import mail_server
from tests.conftest import NOON, House, Queries, furnish
from tests.mail_server import MailServer

# NOON is Monday 23 November 2026, 12:00 UTC; the letters of that Monday were due at 08:00 local.
DAY = NOON.date()


def share(house: House) -> None:
    """Ada wrote last week about what grace follows."""
    with saving():
        posts.publish(house.ada, "Quieter seal tested #pumps", now=NOON - timedelta(days=2))
        follows.follow(house.grace, tags.get("pumps"), NOON)


def states() -> dict[int, str]:
    return {row.reader_id: row.state for row in db.session.scalars(select(Digest))}


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    with mail_server.served() as server:
        yield server


def test_a_letter_goes_once_a_period_and_an_empty_one_never(house: House, domain: Flask) -> None:
    share(house)
    letters: list[Letter] = domain.extensions["microshare.letters"]
    run = digest_run.send_due(NOON)
    assert run is not None
    assert (run.sent, run.empty, run.failed) == (1, 2, 0)
    assert [letter.to for letter in letters] == ["grace@example.com"]
    assert states() == {house.ada.id: "empty", house.grace.id: "sent", house.linus.id: "empty"}
    assert digest_run.send_due(NOON + timedelta(hours=5)) is None
    assert len(letters) == 1


def test_a_letter_is_not_due_a_minute_before_its_local_hour(house: House, domain: Flask) -> None:
    share(house)
    with saving():
        people.join(
            email="rio@example.com",
            username="rio",
            name="Rio",
            now=NOON - timedelta(days=30),
            department=departments.get("sales"),
            time_zone="America/Sao_Paulo",
        )
        follows.follow(people.get("rio"), tags.get("pumps"), NOON)
    # 08:00 in São Paulo is 11:00 UTC.
    digest_run.send_due(datetime(2026, 11, 23, 10, 59, tzinfo=UTC))
    digest_run.send_due(datetime(2026, 11, 23, 11, 0, tzinfo=UTC))
    rio = people.get("rio").id
    rows = {
        row.period.isoformat(): row.state
        for row in db.session.scalars(select(Digest).filter_by(reader_id=rio))
    }
    assert rows == {"2026-11-16": "empty", "2026-11-23": "sent"}


def test_after_an_outage_only_the_newest_period_is_sent(house: House, domain: Flask) -> None:
    share(house)
    with saving():
        posts.publish(house.ada, "Long ago #pumps", now=NOON - timedelta(days=20))
    digest_run.send_due(NOON + timedelta(days=3))
    assert len(domain.extensions["microshare.letters"]) == 1


def test_who_joined_after_the_period_waits_for_the_next_in_the_worker(
    house: House, domain: Flask
) -> None:
    share(house)  # all three joined at NOON, after Monday 08:00
    assert digest_run.send_due(NOON, newcomers=False) is None
    assert digest_run.send_due(NOON + timedelta(days=7), newcomers=False) is not None


def test_a_letter_asked_for_by_hand_goes_once_a_day(house: House, domain: Flask) -> None:
    share(house)
    run = digest_run.send_to(people.get("grace"), NOON)
    assert run is not None
    assert run.sent == 1
    with pytest.raises(Refused) as refused:
        digest_run.send_to(people.get("grace"), NOON + timedelta(hours=1))
    assert refused.value.code == "digest-sent"


def test_a_reader_who_wants_none_gets_none(house: House, domain: Flask) -> None:
    share(house)
    with saving():
        people.set_digest(people.get("grace"), on=False, weekday=0, hour=8)
    digest_run.send_due(NOON)
    assert domain.extensions["microshare.letters"] == []


def test_not_even_by_hand_is_a_letter_sent_to_who_wants_none(house: House, domain: Flask) -> None:
    share(house)
    with saving():
        people.set_digest(people.get("grace"), on=False, weekday=0, hour=8)
    with pytest.raises(Refused) as refused:
        digest_run.send_to(people.get("grace"), NOON)
    assert refused.value.code == "digest-off"


def test_a_mail_server_that_is_away_is_not_asked_for_every_reader(settings: Settings) -> None:
    with mail_server.served() as server:
        url = server.url
    app = create_app(replace(settings, smtp_url=url))
    with app.app_context():
        share(furnish())
        with saving():
            for number in range(9):
                reader = people.join(
                    email=f"r{number}@example.com",
                    username=f"r{number}",
                    name="R",
                    now=NOON,
                    department=departments.get("sales"),
                )
                follows.follow(reader, tags.get("pumps"), NOON)
        digest_run.send_due(NOON)
        assert Counter(states().values())["claimed"] == digest_run.AWAY
        db.session.remove()
        db.engine.dispose()


def test_the_letter_over_smtp_has_both_parts_and_every_header(
    smtp: MailServer, settings: Settings
) -> None:
    app = create_app(replace(settings, smtp_url=smtp.url))
    with app.app_context():
        share(furnish())
        run = digest_run.send_due(NOON)
        assert run is not None
        assert run.sent == 1
        db.session.remove()
        db.engine.dispose()
    (letter,) = smtp.to("grace@example.com")
    assert letter["Subject"] == "#pumps: Quieter seal tested"
    assert letter["Message-ID"] == f"<digest.{DAY}.2@example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (
        str(letter["List-Unsubscribe"]).strip().startswith("<http://localhost/digest/unsubscribe/")
    )
    text, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    for part in (text, html):
        assert "Quieter seal tested #pumps" in part
        assert "http://localhost/posts/1" in part
        assert "#pumps" in part
    assert 'style="' in html
    assert "<script" not in html


def test_a_refused_address_fails_for_good_and_a_busy_server_is_tried_again(
    smtp: MailServer, settings: Settings
) -> None:
    app = create_app(replace(settings, smtp_url=smtp.url))
    with app.app_context():
        share(furnish())
        for name in ("gone", "later"):
            with saving():
                reader = people.join(
                    email=f"{name}@example.com",
                    username=name,
                    name=name,
                    now=NOON,
                    department=departments.get("sales"),
                )
                follows.follow(reader, tags.get("pumps"), NOON)
        run = digest_run.send_due(NOON)
        assert run is not None
        assert (run.sent, run.failed) == (1, 1)
        rows = {row.reader.username: row for row in digest_run.troubled()}
        assert (rows["gone"].state, rows["later"].state) == ("failed", "claimed")
        assert "550" in rows["gone"].error
        assert unreachable.is_stopped("gone@example.com")
        assert not unreachable.is_stopped("later@example.com")
        assert "451" in rows["later"].error
        assert digest_run.send_due(NOON + timedelta(seconds=30)) is None
        assert digest_run.send_due(NOON + timedelta(minutes=3)) is not None
        db.session.rollback()
        assert {row.reader.username: row.attempts for row in digest_run.troubled()}["later"] == 2
        db.session.remove()
        db.engine.dispose()


def test_a_company_has_each_letter_once_whatever_dies_and_when(tmp_path: Path) -> None:
    """As `bench.exactly_once` shows it of ten thousand readers, with a few."""
    steps = (
        "claimed, not handed over", "in DATA, the run alone", "between the yes and the mark",
    )
    found = exactly_once.prove(tmp_path / "company", 15, len(steps), steps)
    assert found["readers with a letter"] == 15
    assert found["readers with two different letters"] == 0
    # Killed between the yes and the mark, nobody can know: a copy, by its Message-ID.
    assert found["copies with the same Message-ID"] == 1


def test_an_address_without_a_mailbox_gets_no_more_and_manage_allows_it_again(
    house: House, domain: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(house)
    sent: list[Letter] = domain.extensions["microshare.letters"]

    def refuse(self: mailer.Memory, letter: Letter, now: datetime) -> None:
        raise Refused("address-refused", why="550 5.1.1 no such mailbox")

    with monkeypatch.context() as patched:
        patched.setattr(mailer.Memory, "send", refuse)
        run = digest_run.send_due(NOON)
    assert run is not None
    assert (run.sent, run.failed) == (0, 1)
    assert states()[house.grace.id] == "failed"
    (told,) = unreachable.listed()
    assert (told.row.address, told.row.said) == ("grace@example.com", "550 5.1.1 no such mailbox")
    with saving():
        posts.publish(people.get("ada"), "Newer #pumps", now=NOON + timedelta(days=3))
    next_week = NOON + timedelta(days=7)
    digest_run.send_due(next_week)
    assert sent == []
    with pytest.raises(Refused) as refused:
        digest_run.send_to(people.get("grace"), next_week)
    assert refused.value.code == "address-stopped"
    with saving():
        unreachable.allow("grace@example.com", people.get("ada"))
    digest_run.send_due(next_week)
    assert [letter.to for letter in sent] == ["grace@example.com"]


@pytest.mark.parametrize(("code", "full", "soft"), [("letter-refused", False, 0),
                                                    ("letter-refused", True, 1)])
def test_a_letter_that_is_refused_stops_no_address(
    house: House, domain: Flask, monkeypatch: pytest.MonkeyPatch, code: str, full: bool, soft: int
) -> None:
    share(house)

    def refuse(self: mailer.Memory, letter: Letter, now: datetime) -> None:
        raise Refused(code, why="552 no", full=full)

    monkeypatch.setattr(mailer.Memory, "send", refuse)
    digest_run.send_due(NOON)
    assert states()[house.grace.id] == "failed"
    assert [told.row.soft for told in unreachable.listed()] == [1] * soft
    assert not unreachable.is_stopped("grace@example.com")


def test_a_run_that_is_told_to_stop_leaves_the_rest_to_the_next(
    house: House, domain: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(house)
    sent: list[Letter] = domain.extensions["microshare.letters"]
    domain.config["MICROSHARE"] = replace(config.current(), mail_per_minute=1)
    with saving():
        follows.follow(house.linus, tags.get("pumps"), NOON)
    monkeypatch.setattr(digest_run, "locks_since", lambda: None)
    looks = iter([True] * 3 + [False] * 99)
    monkeypatch.setattr("microshare.pace.sleep", lambda seconds: None)
    digest_run.send_due(NOON, goes_on=lambda: next(looks))
    assert len(sent) == 1  # the first goes at once; the second would have waited for a minute
    assert Counter(states().values()) == {"sent": 1, "empty": 1, "claimed": 1}
    domain.config["MICROSHARE"] = replace(config.current(), mail_per_minute=0)
    digest_run.send_due(NOON + timedelta(minutes=3))
    assert Counter(letter.to for letter in sent) == {"grace@example.com": 1, "linus@example.com": 1}


def test_who_leaves_during_a_long_run_gets_no_letter(
    house: House, domain: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(house)
    claimed = claims.claim

    def leave(of: claims.Claim, now: datetime) -> None:
        claimed(of, now)
        with saving():
            people.get("grace").digest_on = False

    monkeypatch.setattr(claims, "claim", leave)
    digest_run.send_due(NOON)
    assert domain.extensions["microshare.letters"] == []


def test_a_letter_of_a_run_knows_what_changed_since_its_week_was_loaded(
    house: House, domain: Flask
) -> None:
    share(house)
    reader_id = house.grace.id
    week = digest_week.load(periods.up_to(NOON, people.zone_of(house.grace)))

    def written(reader_id: int = reader_id) -> Letter | None:
        return digest_writing.write(reader_id, week, NOON, wanted=digest_run._wants)

    alone = digest.compose(people.get("grace"), week.period, NOON)
    assert written() == digest_letter.render(people.get("grace"), alone)
    assert written(reader_id + 1000) is None
    for change, undone in (
        (lambda grace: people.suspend(grace, NOON), people.restore),
        (lambda grace: mutes.mute(grace, people.get("ada"), "day", NOON),
         lambda grace: mutes.unmute(grace, people.get("ada"))),
        (lambda grace: opened.open_note(grace, posts.get(1), NOON),
         lambda grace: db.session.execute(delete(Opened))),
        (lambda grace: posts.withdraw(posts.get(1), people.get("ada"), NOON), None),
    ):
        assert written()
        with saving():
            change(people.get("grace"))
        assert written() is None
        if undone:
            with saving():
                undone(people.get("grace"))


def test_a_letter_takes_two_queries_and_no_transaction_on_a_server(
    house: House, domain: Flask, engine: str
) -> None:
    share(house)
    period = periods.up_to(NOON, people.zone_of(people.get("grace")))
    week, reader_id = digest_week.load(period), people.get("grace").id
    digest_writing.write(reader_id, week, NOON)  # the posts are loaded
    domain.extensions.pop("microshare.reading", None)  # as in a job
    begun: list[bool] = []

    def note(connection: Connection, *rest: object) -> None:
        driver = connection.connection.dbapi_connection
        begun.append(getattr(driver, "autocommit", False) is not True)

    event.listen(db.engine, "before_cursor_execute", note)
    with Queries() as queries:
        assert digest_writing.write(reader_id, week, NOON)
    assert len(queries) == 2
    assert all(begun) == (engine == "sqlite")
    with saving():
        people.get("grace").name = "Grace"
    assert begun[-1]


def test_a_letter_that_somebody_may_still_hold_is_left_alone_for_a_while(
    house: House, domain: Flask, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "postgresql":
        monkeypatch.setattr(digest_run, "locks_since", lambda: NOON - timedelta(days=1))
    share(house)
    grace = claims.Claim(house.grace.id, DAY)
    claims.claim(grace, NOON)  # by a run of which nobody hears any more
    letters: list[Letter] = domain.extensions["microshare.letters"]
    digest_run.send_due(NOON + timedelta(seconds=100))
    # On SQLite the lock tells that the run is dead; on PostgreSQL a restart may have lost it.
    assert len(letters) == (0 if engine == "postgresql" else 1)
    digest_run.send_due(NOON + timedelta(seconds=130))
    assert len(letters) == 1
    assert [row.state for row in claims.rows(grace)] == ["sent"]


def test_the_while_begins_anew_when_the_server_does() -> None:
    row = Digest(attempts=0, claimed_at=NOON)
    minute = timedelta(minutes=1)
    assert claims.may_try(row, NOON, None)
    assert not claims.may_try(row, NOON + 3 * minute, NOON + 2 * minute)
    assert claims.may_try(row, NOON + 4 * minute, NOON + 2 * minute)
    row.attempts = 2
    assert not claims.may_try(row, NOON + 3 * minute, None)
    assert claims.may_try(row, NOON + 4 * minute, NOON + 4 * minute)


def test_a_run_without_its_environment_changes_nothing(settings: Settings) -> None:
    """The child of a run reads the same settings as the run itself."""
    told = config.environment(replace(settings, port=5099))
    assert told["MICROSHARE_PORT"] == "5099"
    assert config.read(told).port == 5099
    assert config.read(told) == replace(settings, port=5099)
    assert "PATH" in told or "PATH" not in os.environ


def test_readers_share_what_the_week_brought(house: House, domain: Flask) -> None:
    """However many readers follow however much, each adds the same few queries."""

    def grow(start: int, number: int) -> None:
        with saving():
            for place in range(start, start + number):
                reader = people.join(
                    email=f"reader{place}@example.com",
                    username=f"reader{place}",
                    name="R",
                    now=NOON - timedelta(days=30),
                    department=departments.get("sales"),
                )
                posts.publish(reader, f"By {place} #pumps", now=NOON - timedelta(days=3))
                follows.follow(reader, tags.get("pumps"), NOON)
                follows.follow(reader, people.get("ada"), NOON)

    def cost(now: datetime) -> int:
        db.session.expunge_all()
        with Queries() as queries:
            digest_run.send_due(now)
        return len(queries)

    share(house)
    first = NOON - timedelta(hours=4)
    grow(0, 4)
    four = cost(first)
    with saving():
        db.session.execute(delete(Digest))
    grow(4, 8)
    twelve = cost(first)
    letters: list[Letter] = domain.extensions["microshare.letters"]
    assert len([letter for letter in letters if letter.to.startswith("reader")]) == 4 + 12
    assert (twelve - four) / 8 <= 8


def test_what_is_withdrawn_during_a_run_is_in_no_letter_that_is_written_after_it(
    house: House, domain: Flask
) -> None:
    share(house)
    period = periods.up_to(NOON, people.zone_of(people.get("grace")))
    shared = digest_week.Shared()
    assert shared.week(period).posts([1]).keys() == {1}
    with saving():
        posts.withdraw(posts.get(1), people.get("ada"), NOON)
    assert shared.week(period).posts([1]) == {}


# Real zones, weeks in which the clocks go forward and back: (zone, Monday of the letter, when
# 08:00 of that Monday is). The week before ended with the change.
CHANGES = [
    ("Europe/Amsterdam", "2026-03-30", "2026-03-30T06:00"),
    ("Europe/Amsterdam", "2026-10-26", "2026-10-26T07:00"),
    ("America/New_York", "2026-03-09", "2026-03-09T12:00"),
    ("America/New_York", "2026-11-02", "2026-11-02T13:00"),
    ("Australia/Sydney", "2026-10-05", "2026-10-04T21:00"),  # forward
    ("Australia/Sydney", "2027-04-05", "2027-04-04T22:00"),  # back
]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_letter_comes_at_eight_on_both_sides_of_a_clock_change(
    house: House, domain: Flask, engine: str
) -> None:
    letters = domain.extensions["microshare.letters"]
    for number, (zone, monday, due) in enumerate(CHANGES):
        at = datetime.fromisoformat(due).replace(tzinfo=UTC)
        with saving():
            reader = people.join(
                email=f"r{number}@example.com", username=f"r{number}", name="R", now=NOON,
                department=departments.get("research"), time_zone=zone)
            follows.follow(reader, tags.named([("pumps", "pumps")], NOON)["pumps"], NOON)
            posts.publish(house.ada, f"Of week {number} #pumps", now=at - timedelta(minutes=1))
        digest_run.send_due(at - timedelta(seconds=1))
        assert f"r{number}@example.com" not in [
            letter.to for letter in letters if monday in letter.message_id]
        digest_run.send_due(at)
        assert [letter.message_id for letter in letters
                if letter.to == f"r{number}@example.com" and monday in letter.message_id]
        with saving():
            people.set_digest(people.get(f"r{number}"), on=False, weekday=0, hour=8)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_letters_pause_on_leave_and_those_of_the_leave_are_not_sent_afterwards(
    house: House, domain: Flask, engine: str
) -> None:
    grace, letters = house.grace, domain.extensions["microshare.letters"]
    with saving():
        tag = tags.named([("pumps", "pumps")], NOON)["pumps"]
        follows.follow(grace, tag, NOON)
        absence.pause(grace, date(2026, 12, 8), NOON)  # a Tuesday
        for week in range(5):
            at = NOON + timedelta(weeks=week, days=-1)
            posts.publish(house.ada, f"Week {week} #pumps", now=at)
    assert absence.next_letter(people.get("grace"), NOON).day == date(2026, 12, 14)
    days = []
    for day in range(30):
        digest_run.send_due(NOON + timedelta(days=day))
        days += [day] * (sum("grace" in letter.to for letter in letters) - len(days))
    assert [NOON.date() + timedelta(days=day) for day in days] == [
        date(2026, 12, 14), date(2026, 12, 21)]
    assert "Week 3" in letters[0].text
    assert "Week 2" not in letters[0].text
    assert absence.until(people.get("grace"), NOON) == date(2026, 12, 8)
    assert absence.until(people.get("grace"), NOON + timedelta(days=15)) is None


@pytest.mark.parametrize("engine", ["sqlite"])
def test_leave_begins_today_lasts_a_year_at_most_and_ends_when_it_is_taken_back(
    house: House, domain: Flask, engine: str
) -> None:
    for until, code in ((NOON.date(), "leave-past"), (date(2027, 12, 1), "leave-long")):
        with pytest.raises(Refused) as refused, saving():
            absence.pause(house.grace, until, NOON)
        assert refused.value.code == code
    share(house)
    with saving():
        absence.pause(people.get("grace"), date(2026, 12, 8), NOON)
    with pytest.raises(Refused) as refused:
        digest_run.send_to(people.get("grace"), NOON)
    assert refused.value.code == "digest-paused"
    with saving():
        absence.pause(people.get("grace"), None, NOON)
    digest_run.send_due(NOON)
    assert len(domain.extensions["microshare.letters"]) == 1


@pytest.mark.parametrize("engine", ["sqlite"])
def test_who_never_signed_in_gets_the_letter_with_links_that_open_pages(
    house: House, domain: Flask, engine: str
) -> None:
    share(house)
    with saving():
        noor = people.join(email="noor@example.com", username="noor", name="Noor", now=NOON,
                           department=departments.get("research"))
        follows.follow(noor, tags.get("pumps"), NOON)
        people.join(email=None, username="old", name="Of an import", now=NOON,
                    department=departments.get("research"))
    digest_run.send_due(NOON)
    told = {letter.to: letter.text for letter in domain.extensions["microshare.letters"]}
    assert sorted(told) == ["grace@example.com", "noor@example.com"]
    assert "/digest/read/" not in told["grace@example.com"]
    assert "http://localhost/posts/1" in told["grace@example.com"]
    assert "/posts/1" in told["noor@example.com"].split("/digest/read/r")[1]
    assert "http://localhost/posts/1" not in told["noor@example.com"]
