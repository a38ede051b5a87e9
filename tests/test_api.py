"""The API by itself: the same product as the pages, and the details that clients lean on."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from microshare import clock, feeds, follows, grants, people, posts, pulled, tags
from microshare.api import rates
from microshare.db import db, saving
from microshare.errors import Missing, Refused
from microshare.pulled import Span
from tests.acts import publish
from tests.company import Caller, company
from tests.conftest import NOON, Browser, Queries, signed_in


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("api")
    with company(
        folder, installed, registration="open", api_origins="https://elk.example"
    ) as app:
        with app.app_context():
            with saving():
                ada = people.get("ada")
                for number in range(45):
                    posts.publish(ada, f"Number {number} #t{number % 5} @grace", now=NOON)
            db.session.remove()
        yield app


@pytest.fixture(scope="module")
def grace(site: Flask) -> Caller:
    return Caller(site, "grace")


@pytest.fixture(scope="module")
def ada(site: Flask) -> Caller:
    return Caller(site, "ada")


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.json
    return [int(one["id"]) for one in answer.json]


def test_the_cursors_walk_both_ways_and_combine(grace: Caller) -> None:
    for query, expected in (
        ("limit=3", [45, 44, 43]),
        ("max_id=43&limit=3", [42, 41, 40]),
        ("since_id=41&limit=3", [45, 44, 43]),
        ("min_id=41&limit=3", [44, 43, 42]),
        ("min_id=41&max_id=43", [42]),
        ("since_id=40&max_id=43&limit=1", [42]),
        ("min_id=45", []),
        ("max_id=1", []),
    ):
        assert ids(grace.get(f"timelines/public?{query}")) == expected, query
        assert ids(grace.get(f"accounts/1/statuses?{query}")) == expected


def test_the_way_on_is_written_as_clients_read_it(grace: Caller) -> None:
    answer = grace.get("timelines/tag/t0?any[]=t1&limit=2&max_id=40&only_media=false")
    link = answer.headers["Link"]
    assert re.fullmatch(
        r'<http://localhost/api/v1/timelines/tag/t0\?any%5B%5D=t1&only_media=false&max_id=\d+&limit=2>'
        r'; rel="next", <http://localhost/[^>]*&min_id=\d+&limit=2>; rel="prev"',
        link,
    )
    assert "Link" not in grace.get("timelines/public?max_id=1").headers
    last = grace.get("timelines/public?max_id=3").headers["Link"]
    assert 'rel="next"' not in last


def test_the_home_timeline_is_the_feed_and_takes_few_queries(
    site: Flask, grace: Caller
) -> None:
    with site.app_context():
        for many in (1, 4):
            with saving():
                reader = people.get("grace")
                for number in range(many):
                    follows.follow(reader, tags.get(f"t{number}"), NOON)
            feed = feeds.own(people.get("grace"), now=NOON, limit=20)
            expected = [item.post.id for item in feed.items]
            db.session.remove()
            grace.get("timelines/home")
            with Queries() as queries:
                shown = ids(grace.get("timelines/home"))
            assert shown == expected
            assert len(shown) == (9 if many == 1 else 20)
            assert len(queries) <= 8, queries


def test_the_own_feed_walks_upward_however_far_each_look_goes(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.app_context():
        reader = people.get("grace")
        whole = [one.post.id for one in feeds.own(reader, now=NOON, limit=100).items]
        for walk, window in ((1, 2), (3, 9), (500, 500)):
            monkeypatch.setattr(pulled, "WALK", walk)
            monkeypatch.setattr(pulled, "WINDOW", window)
            found: list[int] = []
            while True:
                span = Span(after=found[0] if found else 0, upward=True)
                page = feeds.own(reader, now=NOON, limit=4, span=span)
                if not page.items:
                    break
                found = [one.post.id for one in page.items] + found
            assert found == whole


def test_tags_join_and_leave_out(grace: Caller) -> None:
    assert len(ids(grace.get("timelines/tag/T0?limit=40"))) == 9
    assert len(ids(grace.get("timelines/tag/t0?any[]=t1&any[]=t2&limit=40"))) == 27
    assert ids(grace.get("timelines/tag/t0?all[]=t1")) == []
    assert len(ids(grace.get("timelines/tag/t0?any=t1&none[]=t1&limit=40"))) == 9
    assert ids(grace.get("timelines/tag/unknown")) == []


def test_every_list_of_a_status_is_a_list_and_every_flag_a_flag(grace: Caller) -> None:
    [status] = grace.get("timelines/public?limit=1").json
    for name in ("media_attachments", "mentions", "tags", "emojis", "filtered"):
        assert isinstance(status[name], list), name
    for name in ("sensitive", "favourited", "reblogged", "muted", "bookmarked", "pinned"):
        assert isinstance(status[name], bool), name
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", status["created_at"])
    assert status["edited_at"] is None
    assert status["microshare"] == {
        "kind": "update", "solved": False, "answer_id": None,
        "department": {"slug": "sales", "name": "Sales"}, "tagged_on": [],
    }
    for name in ("emojis", "roles", "fields"):
        assert isinstance(status["account"][name], list), name


def test_what_was_saved_last_comes_first_and_the_way_on_is_told_by_the_saving(
    ada: Caller,
) -> None:
    for number in (20, 22, 21):
        ada.post(f"statuses/{number}/bookmark")
    first = ada.get("bookmarks?limit=2")
    assert ids(first) == [21, 22]
    following = re.match(r'<[^?]*(\?[^>]*max_id=\d{18}[^>]*)>; rel="next"', first.headers["Link"])
    assert following is not None
    assert ids(ada.get(f"bookmarks{following[1]}")) == [20]
    for query, expected in (
        ("max_id=0", []), ("min_id=1", [21, 22, 20]), ("max_id=x", [21, 22, 20]),
        ("max_id=99999999999999999999999", [21, 22, 20]), ("since_id=-4", [21, 22, 20]),
    ):  # fmt: skip
        assert ids(ada.get(f"bookmarks?{query}")) == expected, query
    for number in (20, 22, 21):
        ada.post(f"statuses/{number}/unbookmark")
    assert "Link" not in ada.get("bookmarks").headers


def test_what_a_client_shows_is_what_the_page_did(
    site: Flask, grace: Caller, ada: Caller
) -> None:
    """Each act by a page is seen by a client, and the other way round."""
    browser = signed_in(site, "grace")
    browser.send("/posts/7/thanks")
    browser.send("/posts/7/save")
    status = grace.get("statuses/7").json
    assert (status["favourited"], status["bookmarked"]) == (True, True)
    assert status["favourites_count"] == 1
    assert ids(grace.get("favourites")) == ids(grace.get("bookmarks")) == [7]
    grace.post("statuses/7/unfavourite")
    grace.post("statuses/7/unbookmark")
    assert "saved-7" not in browser.get("/saved").get_data(as_text=True)
    assert ids(grace.get("favourites")) == []
    assert grace.post("statuses/7/mute").json["muted"]
    assert not grace.post("statuses/7/unmute").json["muted"]
    told = grace.post("statuses", json={"status": "Who knows a #pump that is quiet?"}).json
    assert told["microshare"]["kind"] == "question"
    assert "that is quiet?" in browser.get("/questions").get_data(as_text=True)
    assert ada.post(f"statuses/{told['id']}/favourite").status_code == 200
    assert ada("PUT", f"/api/v1/statuses/{told['id']}", json={"status": "x"}).status_code == 403
    assert ada.post("statuses/1/favourite").status_code == 403  # the own


def test_who_thanked_is_a_list_in_parts(site: Flask, grace: Caller, ada: Caller) -> None:
    own = grace.post("statuses", json={"status": "It holds"}).json["id"]
    for one in ada, Caller(site, "linus"):
        one.post(f"statuses/{own}/favourite")
    first = grace.get(f"statuses/{own}/favourited_by/?limit=1")
    assert ids(first) == [3]  # the newest
    older, newer = re.findall(r"<(\S+)>", first.headers["Link"])
    last = grace("GET", older)
    assert (ids(last), "next" in last.headers["Link"]) == ([1], False)
    assert ids(grace("GET", newer)) == []
    ada.post(f"statuses/{own}/unfavourite")
    assert ids(grace.get(f"statuses/{own}/favourited_by?max_id=1")) == []


def test_a_post_sent_twice_is_one_with_its_photo_on_it(grace: Caller) -> None:
    media = upload(grace, description="A seal").json
    sent = {"status": "Twice", "media_ids": [media["id"]]}
    key = {"Idempotency-Key": "é" * 300}
    first, second = (grace.post("statuses", json=sent, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json["id"] == second.json["id"]
    assert second.json["media_attachments"][0]["description"] == "A seal"
    other = grace.post("statuses", json={"status": "Other"}, headers=key)
    assert other.status_code == 422


def upload(
    caller: Caller, content: bytes | None = None, colour: str = "red", **fields: str
) -> Any:
    if content is None:
        drawn = io.BytesIO()
        Image.new("RGB", (30, 20), colour).save(drawn, "PNG")
        content = drawn.getvalue()
    return caller("POST", "/api/v2/media/", data={"file": (io.BytesIO(content), "a"), **fields})


def test_a_photo_of_which_a_client_says_nothing_is_named_by_its_line(grace: Caller) -> None:
    media = upload(grace, colour="green").json
    post = grace.post("statuses", json={"status": "A valve", "media_ids": [media["id"]]}).json
    [photo] = post["media_attachments"]
    assert photo["description"] == "Photo 1 with “A valve”, not described yet"


def test_a_photo_is_its_sender_s_alone_until_it_is_on_a_post(grace: Caller, ada: Caller) -> None:
    media = upload(grace, colour="blue").json
    assert ada.get(f"media/{media['id']}").status_code == 404
    sent = {"status": "With a photo", "media_ids": [media["id"]]}
    assert ada.post("statuses", json=sent).status_code == 422
    described = grace("PUT", f"/api/v1/media/{media['id']}", json={"description": "Red"})
    assert described.json["description"] == "Red"
    post = grace.post("statuses", json=sent).json
    assert grace.get(f"media/{media['id']}").status_code == 404  # it is the post's now
    photo = post["media_attachments"][0]
    path = photo["url"].removeprefix("http://localhost")
    assert grace.client.get(path).mimetype == "image/jpeg"
    other = "0" if path[-5] != "0" else "1"
    assert grace.client.get(f"{path[:-5]}{other}.jpg").status_code == 404
    same = {"status": "Edited", "media_ids": [photo["id"]]}
    assert grace("PUT", f"/api/v1/statuses/{post['id']}", json=same).status_code == 200
    anew = {"media_attributes": [{"id": photo["id"], "description": "Deep red"}]}
    edited = grace("PUT", f"/api/v1/statuses/{post['id']}", json=anew).json
    assert edited["media_attachments"][0]["description"] == "Deep red"
    assert edited["edited_at"] is not None  # as its text was; to describe it is no edit
    gone = grace("DELETE", f"/api/v1/statuses/{post['id']}").json
    assert gone["text"] == "Edited"
    assert grace.client.get(path).status_code == 404
    again = {"status": gone["text"], "media_ids": [gone["media_attachments"][0]["id"]]}
    anew = grace.post("statuses", json=again).json
    assert anew["media_attachments"][0]["id"] == photo["id"]
    for wanted, status in (("false", 200), ("true", 422)):
        grace("DELETE", f"/api/v1/statuses/{anew['id']}", json={"delete_media": wanted})
        answer = grace.post("statuses", json=again)
        assert answer.status_code == status
        anew = answer.json


def showing(post: Any) -> list[tuple[str, str | None]]:
    """The photos of a Status or of a part of its history."""
    return [(one["id"], one["description"]) for one in post["media_attachments"]]


def test_photos_are_added_removed_ordered_and_described_by_an_edit(grace: Caller) -> None:
    sent = [upload(grace, colour=colour, description=colour).json["id"]
            for colour in ("cyan", "pink", "gold")]
    first = grace.post("statuses", json={"status": "Three", "media_ids": sent[:2]}).json
    (cyan, _), (pink, _) = showing(first)
    path = f"/api/v1/statuses/{first['id']}"
    unsaid = upload(grace, colour="navy").json["id"]
    moved = grace("PUT", path, json={"status": "Three", "media_ids": [pink, sent[2], unsaid, cyan]})
    gold, navy = (one[0] for one in showing(moved.json)[1:3])
    assert showing(moved.json) == [(pink, "pink"), (gold, "gold"),
        (navy, "Photo 3 with “Three”, not described yet"), (cyan, "cyan")]  # fmt: skip
    assert moved.json["edited_at"] is not None
    assert grace.get(f"media/{sent[2]}").status_code == 404  # it is the post's now
    said = [{"id": navy, "description": "Night"}, {"id": gold, "description": None, "focus": "0,0"},
            {"id": cyan, "description": ""}]
    told = grace("PUT", path, json={"status": "Three, told", "media_attributes": said}).json
    assert showing(told) == [(pink, "pink"), (gold, "gold"), (navy, "Night"), (cyan, None)]
    form = {"media_ids[]": [navy, pink], "media_attributes[][id]": [pink],
            "media_attributes[][description]": ["Rose"]}
    assert showing(grace("PUT", path, data=form).json) == [(navy, "Night"), (pink, "Rose")]
    assert showing(grace("PUT", path, json={"media_ids": None}).json) == [
        (navy, "Night"), (pink, "Rose")]  # fmt: skip
    assert showing(grace("PUT", path, json={"media_ids": []}).json) == []
    edits = grace.get(f"statuses/{first['id']}/history").json
    assert [[alt for _, alt in showing(one)] for one in edits] == [
        ["cyan", "pink"], ["pink", "gold", "Photo 3 with “Three”, not described yet", "cyan"],
        ["pink", "gold", "Night", None], ["Night", "Rose"], [],
    ]  # fmt: skip
    at = [one["created_at"] for one in edits]
    assert at == sorted(set(at))
    gone = edits[0]["media_attachments"][0]["url"].removeprefix("http://localhost")
    assert grace.client.get(gone).status_code == 404


def test_an_edit_of_photos_that_cannot_be_changes_nothing(grace: Caller, ada: Caller) -> None:
    sent = [upload(grace, colour=colour, description=colour).json["id"]
            for colour in ("tan", "plum", "teal", "lime", "gray")]
    foreign = upload(ada, colour="snow").json["id"]
    post = grace.post("statuses", json={"status": "Stands", "media_ids": sent[:2]}).json
    path, (tan, plum) = f"/api/v1/statuses/{post['id']}", (one for one, _ in showing(post))
    for more, told in (
        ({"media_ids": [tan, foreign]}, "Photo 2 is not there"),
        ({"media_ids": [tan, "1" * 20]}, "Photo 2 is not there"),
        ({"media_ids": [tan, "nonsense"]}, "Photo 2 is not there"),
        ({"media_ids": [tan, "9" * 26]}, "Photo 2 is not there"),
        ({"media_ids": [tan, sent[0]]}, "Photo 2 is not there"),  # it is on the post already
        ({"media_ids": [tan, plum, *sent[2:]]}, "That makes 5 photos"),
        ({"media_ids": list(range(1, 301))}, "That makes 300 photos"),
        ({"media_ids": [tan], "media_attributes": [{"id": plum, "description": "x"}]},
         "Photo 1 is not there"),
        ({"media_attributes": [{"id": plum, "description": "x" * 501}]}, "photo 2 is 1 characters"),
        ({"media_attributes": [{"id": "x", "description": "x"}]}, "Photo 1 is not there"),
        ({"media_attributes": [{"id": plum, "description": {"a": 1}}]}, "is one value"),
        ({"media_ids": [tan], "status": "x" * 141}, "limit of 140"),
    ):
        answer = grace("PUT", path, json={"status": "Fallen", **more})
        assert answer.status_code == 422 and told in answer.json["error"], (more, answer.json)
    uneven = {"media_attributes[][id]": [tan, plum], "media_attributes[][description]": ["x"]}
    assert grace("PUT", path, data=uneven).status_code == 400
    assert ada("PUT", path, json={"media_ids": [foreign]}).status_code == 403
    assert grace.get(f"statuses/{post['id']}").json == post
    assert len(grace.get(f"statuses/{post['id']}/history").json) == 1
    assert grace.get(f"media/{sent[2]}").status_code == ada.get(f"media/{foreign}").status_code == 200


def test_a_file_that_is_no_photo_is_refused(grace: Caller) -> None:
    for content in (b"", b"nothing", b"<svg/>"):
        assert upload(grace, content).status_code == 422
    assert grace("POST", "/api/v2/media").status_code == 400


def test_the_rates_are_told_and_kept(site: Flask, grace: Caller) -> None:
    answer = grace.get("preferences")
    assert answer.headers["X-RateLimit-Limit"] == "1500"
    before = int(answer.headers["X-RateLimit-Remaining"])
    assert int(grace.get("preferences").headers["X-RateLimit-Remaining"]) == before - 1
    reset = datetime.strptime(answer.headers["X-RateLimit-Reset"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert reset.replace(tzinfo=UTC).minute % 5 == 0
    with site.app_context():
        rate = rates.count("call", "wild", 2, rates.WINDOW, NOON)
        assert not rate.is_over
        rates.count("call", "wild", 2, rates.WINDOW, NOON)
        assert rates.count("call", "wild", 2, rates.WINDOW, NOON).is_over
        for _ in range(300):  # a fifth of the calls: a company joins from one address
            rates.count_registration("192.0.2.1", NOON)
        with pytest.raises(Refused):
            rates.count_registration("192.0.2.1", NOON)
        later = NOON + rates.WINDOW
        assert not rates.count("call", "wild", 2, rates.WINDOW, later).is_over


def test_only_allowed_origins_may_read_the_answers(grace: Caller) -> None:
    asks = {"Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, idempotency-key"}
    allowed = {"Origin": "https://elk.example"}
    for path in ("/api/v1/statuses", "/oauth/token", "/.well-known/nodeinfo"):
        answer = grace.client.options(path, headers={**allowed, **asks})
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "https://elk.example"
        assert answer.headers["Access-Control-Allow-Headers"] == "authorization, idempotency-key"
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
        other = grace.client.options(path, headers={"Origin": "https://evil.example", **asks})
        assert "Access-Control-Allow-Origin" not in other.headers
    told = grace.get("preferences", headers=allowed)
    assert "Link" in told.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in told.headers
    # A browser lets a client see that something is not there only where it may ask.
    unknown = "/api/v2/notifications"
    assert grace.client.options(unknown, headers={**allowed, **asks}).status_code == 200
    assert grace.client.options(unknown, headers={**asks}).status_code == 404
    for answer in grace.get("preferences"), grace("GET", unknown):
        assert "Origin" in answer.headers["Vary"]


def test_a_session_opens_nothing_here(site: Flask) -> None:
    browser: Browser = signed_in(site, "grace")
    assert browser.get("/api/v1/timelines/home").status_code == 401
    token = browser.token()
    answer = browser.post("/api/v1/statuses", data={"status": "x", "csrf_token": token})
    assert answer.status_code == 401


def test_who_follows_whom_is_told_to_nobody(grace: Caller, ada: Caller) -> None:
    assert grace.post("accounts/1/follow").json["following"]
    assert ids(grace.get("accounts/2/following")) == [1]
    assert ids(ada.get("accounts/2/following")) == []
    assert ids(ada.get("accounts/1/followers")) == []
    assert ids(grace.get("accounts/1/followers")) == [2]  # only the caller, who knows it
    told = grace("GET", "/api/v1/accounts/familiar_followers", json={"id": [1, 3, 99]}).json
    assert told == [{"id": "1", "accounts": []}, {"id": "3", "accounts": []}]
    [relation] = ada.get("accounts/relationships?id[]=2").json
    assert relation["followed_by"] is False
    assert grace.get("accounts/1").json["followers_count"] == 0
    assert ada.get("accounts/verify_credentials").json["followers_count"] == 1
    grace.post("accounts/1/unfollow")


def test_joining_by_a_client_where_anybody_may(site: Flask) -> None:
    with site.app_context(), saving():
        client, _ = grants.register("New", [grants.OUT_OF_BAND], "read write", "", NOON)
        grants.give("own", client, "read write", NOON)
    asked = {"username": "new", "email": "new@example.com", "password": "a long password",
             "agreement": True, "locale": "nl-NL", "reason": "Research"}
    own = {"Authorization": "Bearer own"}
    browser = site.test_client()
    for field, wrong, code in (
        ("username", "", "ERR_BLANK"), ("username", "a b", "ERR_INVALID"),
        ("username", "ada", "ERR_TAKEN"), ("email", "", "ERR_BLANK"), ("email", "@", "ERR_INVALID"),
        ("email", "ada@example.com", "ERR_TAKEN"), ("password", "", "ERR_BLANK"),
        ("password", "short", "ERR_TOO_SHORT"), ("agreement", False, "ERR_ACCEPTED"),
    ):  # fmt: skip
        answer = browser.post("/api/v1/accounts", json={**asked, field: wrong}, headers=own)
        assert answer.status_code == 422
        assert answer.json["error"].startswith("Validation failed: ")
        [[told]] = [answer.json["details"][field]]
        assert (list(answer.json["details"]), told["error"]) == ([field], code)
        assert told["description"] in answer.json["error"]
    nothing = browser.post("/api/v1/accounts", json={}, headers=own)
    assert list(nothing.json["details"]) == ["username", "email", "password", "agreement"]
    token = browser.post("/api/v1/accounts", json=asked, headers=own).json["access_token"]
    told = browser.get(
        "/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token}"}
    ).json
    assert (told["username"], told["source"]["language"]) == ("new", "nl")
    assert told["display_name"] == ""  # clients show the username then
    again = {"Authorization": f"Bearer {token}"}
    assert browser.post("/api/v1/emails/confirmations", headers=again).json == {}
    assert "Research" in told["fields"][0]["value"]
    assert browser.post("/api/v1/accounts", json=asked, headers=own).status_code == 422


def test_what_a_client_sends_of_a_colleague_and_is_not_here_stays_as_it_is(grace: Caller) -> None:
    picture = io.BytesIO(b"whatever")
    sent = {"display_name": "Grace H", "avatar": (picture, "a.png"), "source[language]": "hr",
            "fields_attributes[0][name]": "a", "fields_attributes[0][value]": "b"}  # fmt: skip
    told = grace("PATCH", "/api/v1/accounts/update_credentials", data=sent).json
    assert (told["display_name"], told["source"]["language"]) == ("Grace H", "en")
    assert [one["name"] for one in told["fields"]] == ["Department"]
    for path in ("avatar", "header"):
        assert grace("DELETE", f"/api/v1/profile/{path}").json["avatar"] == told["avatar"]
    for sent, told in (({"display_name": ""}, ""), ({"note": "About"}, "")):  # as it came back
        answer = grace("PATCH", "/api/v1/accounts/update_credentials", json=sent)
        assert (answer.status_code, answer.json["display_name"]) == (200, told)
    many = [{"name": "a", "value": "b"}] * 5
    for five in ({"json": {"fields_attributes": many}},
                 {"data": {f"fields_attributes[{n}][name]": "a" for n in range(5)}}):  # fmt: skip
        answer = grace("PATCH", "/api/v1/accounts/update_credentials", **five)
        assert answer.status_code == 422
    grace("PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "Grace"})


def test_everybody_stands_in_the_directory_a_part_at_a_time(grace: Caller) -> None:
    by_name = ids(grace.get("directory"))
    assert by_name[:3] == [1, 2, 3]
    assert ids(grace.get("directory?limit=1&offset=1")) == [2]
    assert ids(grace.get("directory?order=new")) == sorted(by_name, reverse=True)


def test_a_colleague_is_left_out_for_as_long_as_the_client_says(
    grace: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_muted(later: int) -> bool:
        monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=later))
        [told] = grace.get("accounts/relationships?id=1").json
        return bool(told["muting"])

    for seconds, still, no_more in ((3, 2, 4), (100_000, 99_999, 100_001), (0, 10**9, None)):
        monkeypatch.setattr(clock, "now", lambda: NOON)
        assert grace.post("accounts/1/mute", json={"duration": seconds}).json["muting"]
        assert is_muted(still)
        assert no_more is None or not is_muted(no_more)
    assert not grace.post("accounts/1/unmute").json["muting"]


def test_what_a_client_keeps_for_its_colleague(grace: Caller, ada: Caller) -> None:
    post = grace.post("statuses", json={"status": "Always true #valves"}).json["id"]
    assert grace.post(f"statuses/{post}/pin").json["pinned"]
    assert grace.get(f"statuses/{post}").json["pinned"]
    assert not ada.get(f"statuses/{post}").json["pinned"]
    assert ids(ada.get("accounts/2/statuses?pinned=true")) == [int(post)]
    assert ada.post(f"statuses/{post}/pin").status_code == 403
    assert not grace.post(f"statuses/{post}/unpin").json["pinned"]
    assert ids(grace.get("accounts/2/statuses?pinned=true")) == []
    assert grace.get(f"statuses/{post}/quotes").json == []
    grace.post(f"statuses/{post}/pin")
    grace("DELETE", f"/api/v1/statuses/{post}")
    assert ids(grace.get("accounts/2/statuses?pinned=true")) == []
    assert grace.post(f"statuses/{post}/pin").status_code == 404
    for word in "pin", "endorse":
        assert grace.post(f"accounts/1/{word}").json["endorsed"]
        assert ids(grace.get("endorsements")) == ids(ada.get("accounts/2/endorsements")) == [1]
        assert ids(ada.get("endorsements")) == []
        assert not grace.post(f"accounts/1/un{word}").json["endorsed"]
    assert grace.post("accounts/1/note", json={"comment": "Knows valves"}).json["note"]
    assert grace.post("accounts/1/note", json={"comment": " Knows seals "}).json["note"] == (
        "Knows seals")
    assert ada.get("accounts/relationships?id=1").json[0]["note"] == ""
    assert grace.post("accounts/1/note", json={"comment": "x" * 2001}).status_code == 422
    assert grace.get("accounts/relationships?id=1").json[0]["note"] == "Knows seals"
    assert grace.post("accounts/1/note").json["note"] == ""


def test_the_tags_that_a_colleague_names(grace: Caller, ada: Caller) -> None:
    grace.post("statuses", json={"status": "One more #hoses"})
    assert "hoses" in [one["name"] for one in grace.get("featured_tags/suggestions").json]
    made = grace.post("featured_tags", json={"name": "#Hoses"}).json
    assert (made["name"], made["statuses_count"], len(made["last_status_at"])) == ("hoses", 1, 10)
    assert "hoses" not in [one["name"] for one in grace.get("featured_tags/suggestions").json]
    assert grace.post("tags/rings/feature").json["featuring"]
    assert grace.get("tags/rings").json["featuring"]
    assert not ada.get("tags/rings").json["featuring"]
    named = ada.get("accounts/2/featured_tags").json
    assert sorted(one["name"] for one in named) == ["hoses", "rings"]
    assert named == grace.get("featured_tags").json
    assert grace("DELETE", f"/api/v1/featured_tags/{made['id']}").json == {}
    assert not grace.post("tags/rings/unfeature").json["featuring"]
    assert grace.get("featured_tags").json == []
    assert grace.post("tags/never_written/unfeature").status_code == 404
    for wrong in ("a b", "42", ",", "x" * 600):
        assert grace.post("featured_tags", json={"name": wrong}).status_code == 422
    for number in range(10):
        assert grace.post("featured_tags", json={"name": f"n{number}"}).status_code == 200
    assert grace.post("featured_tags", json={"name": "n1"}).status_code == 200  # it is one of them
    before = grace.get("featured_tags").json
    assert grace.post("featured_tags", json={"name": "n10"}).status_code == 422
    assert grace.get("featured_tags").json == before


def test_a_post_tells_the_language_and_the_client_that_it_came_by(site: Flask) -> None:
    with site.app_context(), saving():
        page = "https://client.example/about"
        client, _ = grants.register("Named", [grants.OUT_OF_BAND], "read write", page, NOON)
        grants.give("named", client, "read write", NOON, for_id=people.get("linus").id)
    browser, header = site.test_client(), {"Authorization": "Bearer named"}
    for line, said, told in (
        ("test", "hr", "hr"), ("test", "zh-TW", "zh"), ("test", "", None), ("test", "nds", None),
        ("De pomp lekt weer bij de klant", "en", "nl"),  # what the text tells counts more
    ):  # fmt: skip
        sent = {"status": line, "language": said}
        post = browser.post("/api/v1/statuses", json=sent, headers=header).json
        assert post["language"] == told, said
    assert post["application"] == {"name": "Named", "website": page}
    path = f"/api/v1/statuses/{int(post['id']) - 4}"  # the first
    assert browser.put(path, json={"status": "tests"}, headers=header).json["language"] == "hr"


def test_a_tag_that_nobody_has_written_is_told_of_and_not_made(
    site: Flask, grace: Caller
) -> None:
    for answer in (grace.get("tags/Un_Written"), grace.post("tags/un_written/unfollow")):
        told = answer.json
        assert (told["name"], told["following"], len(told["history"])) == ("un_written", False, 7)
        assert told["url"] == "http://localhost/tags/un_written"
    with site.app_context(), pytest.raises(Missing):
        tags.get("un_written")
    assert grace.get("tags/a b").status_code == grace.get("tags/42").status_code == 404


def test_what_the_instance_tells_to_anybody_has_no_numbers(site: Flask) -> None:
    client = site.test_client()
    weeks = client.get("/api/v1/instance/activity").json
    assert len(weeks) == 12
    assert {one["statuses"] for one in weeks} == {"0"}
    monday = datetime.fromtimestamp(int(weeks[0]["week"]), UTC)
    assert (monday.weekday(), monday.hour, monday.minute) == (0, 0, 0)
    assert [one["code"] for one in client.get("/api/v1/instance/languages").json] == ["en", "nl"]
    assert client.get("/api/v1/instance/extended_description").json["content"] == ""


def test_an_edit_leaves_a_question_a_question(site: Flask, grace: Caller) -> None:
    with site.app_context():
        post = publish(people.get("grace"), "No mark", kind="question")
        post_id = post.id
        db.session.remove()
    edited = grace("PUT", f"/api/v1/statuses/{post_id}", json={"status": "Still none"})
    assert edited.json["microshare"]["kind"] == "question"
    kept = grace("PUT", f"/api/v1/statuses/{post_id}", json={"language": "en"})
    assert "Still none" in kept.json["content"]
    with site.app_context():
        assert posts.get(post_id).via == ""
