"""Real clients of the Mastodon API, over HTTP against the served product.

They log in through the page on which a colleague lets them in, and then do what people do with them.
"""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import toot.api
import toot.auth
import toot.config
from click.testing import CliRunner, Result
from mastodon import Mastodon, MastodonAPIError, MastodonNotFoundError, MastodonUnauthorizedError
from mastodon.errors import MastodonServiceUnavailableError
from PIL import Image
from toot.cli import cli as toot_cli

from microshare import create_app, posts
from microshare.config import Settings
from microshare.db import db, saving
from tests import served
from tests.conftest import NOON, PASSWORD, furnish
from tests.forks import Forks
from tests.served import Visitor

SCOPES = ["read", "write", "follow", "push"]
OOB = "urn:ietf:wg:oauth:2.0:oob"


@pytest.fixture(scope="module")
def url(
    tmp_path_factory: pytest.TempPathFactory, installed: Path, forked: Forks
) -> Iterator[str]:
    """The address of a served company in which ada wrote fifty posts."""
    instance = tmp_path_factory.mktemp("served") / "instance"
    shutil.copytree(installed, instance)
    settings = Settings(instance=instance, password_memory=8, company="Acme")
    app = create_app(settings)
    with app.app_context():
        house = furnish()
        with saving():
            for number in range(50):
                posts.publish(house.ada, f"Number {number} of the seals #pumps", now=NOON)
        db.session.remove()
        db.engine.dispose()
    with served.running(settings, by=forked) as (_, address):
        yield address


@pytest.fixture(scope="module")
def grace(url: str) -> Mastodon:
    return log_in(url, "grace")


@pytest.fixture(scope="module")
def ada(url: str) -> Mastodon:
    return log_in(url, "ada")


def let_in(url: str, login: str, asked: str) -> str:
    """The code that the page shows when this colleague says yes to what stands at `asked`."""
    visitor = Visitor(url, login, PASSWORD)
    path = asked.removeprefix(url)
    page = visitor.get(path)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    answer = urlencode({**hidden, "decision": "allow"}).encode()
    with visitor.opener.open(f"{url}/oauth/authorize", answer, timeout=30) as shown:
        found = re.search(r'<code[^>]* id="code">([^<]+)</code>', shown.read().decode())
    assert found is not None
    return found[1]


def log_in(url: str, login: str) -> Mastodon:
    client_id, secret = Mastodon.create_app("Tester", scopes=SCOPES, api_base_url=url)
    client = Mastodon(
        client_id=client_id, client_secret=secret, api_base_url=url, ratelimit_method="throw"
    )
    asked = client.auth_request_url(scopes=SCOPES, state="s", allow_http=True)
    client.log_in(code=let_in(url, login, asked), scopes=SCOPES, allow_http=True)
    return client


def until(found: Callable[[], Any]) -> Any:
    """What is found at last: the index is made first, and follows a post within seconds."""
    for _ in range(100):
        with suppress(MastodonServiceUnavailableError):
            if result := found():
                return result
        time.sleep(0.1)
    raise AssertionError("it is not found")


def test_the_web_processes_count_calls_together(url: str) -> None:
    def call(number: int) -> tuple[str, int]:
        with urlopen(f"{url}/api/v1/instance", timeout=30) as answer:
            return (answer.headers["X-RateLimit-Reset"], int(answer.headers["X-RateLimit-Remaining"]))

    with ThreadPoolExecutor(8) as at_once:
        told = list(at_once.map(call, range(64)))
    assert len(set(told)) == 64
    for window in {reset for reset, _ in told}:
        left = [remaining for reset, remaining in told if reset == window]
        assert max(left) - min(left) == len(left) - 1


def test_a_client_knows_who_it_acts_for_and_where(grace: Mastodon) -> None:
    assert grace.account_verify_credentials().username == "grace"
    assert grace.app_verify_credentials().name == "Tester"
    instance = grace.instance()
    assert instance.title == "Acme"
    assert instance.configuration.statuses.max_characters == 140
    assert grace.instance_v1().uri == instance.domain
    assert grace.verify_minimum_version("4.2.0")
    assert grace.preferences()["posting:default:visibility"] == "public"


def test_posting_replying_editing_and_deleting(ada: Mastodon, grace: Mastodon) -> None:
    post = grace.status_post("A new seal, @ada #valves", language="en")
    assert post.content.startswith("<p>A new seal, <span class=\"h-card\">")
    assert [tag.name for tag in post.tags] == ["valves"]
    assert [one.acct for one in post.mentions] == ["ada"]
    assert (post.application.name, post.visibility) == ("Tester", "public")
    reply = ada.status_post("Which one?", in_reply_to_id=post)
    assert reply.in_reply_to_id == post.id
    assert reply.in_reply_to_account_id == post.account.id
    folded = ada.status_post("It is **long**", in_reply_to_id=reply, spoiler_text="The answer")
    assert (folded.spoiler_text, folded.content) == (
        "The answer", "<p>It is <strong>long</strong></p>")
    context = grace.status_context(reply)
    assert [one.id for one in context.ancestors] == [post.id]
    assert [one.id for one in context.descendants] == [folded.id]
    source = ada.status_source(folded)
    assert (source.spoiler_text, source.text) == ("The answer", "It is **long**")
    edited = ada.status_update(reply, "Which one, and where?")
    assert edited.edited_at is not None
    assert [re.sub("<.*?>", "", one.content) for one in ada.status_history(reply)] == [
        "Which one?", "Which one, and where?"]
    gone = ada.status_delete(folded)
    assert gone["text"] == "It is **long**"
    with pytest.raises(MastodonNotFoundError):
        grace.status(folded)
    with pytest.raises(MastodonAPIError, match="author"):
        grace.status_update(reply, "Not mine")


def test_three_pages_of_a_timeline_and_the_way_back(grace: Mastodon) -> None:
    first = grace.timeline_public(limit=15)
    second = grace.fetch_next(first)
    third = grace.fetch_next(second)
    ids = [one.id for one in (*first, *second, *third)]
    assert len(ids) == 45
    assert ids == sorted(set(ids), reverse=True)
    assert [one.id for one in grace.fetch_previous(third)] == [one.id for one in second]
    pumps = grace.timeline_hashtag("Pumps", limit=40)
    assert len(grace.fetch_remaining(pumps)) == 50


def test_what_is_followed_stands_in_the_home_timeline(ada: Mastodon, grace: Mastodon) -> None:
    post = ada.status_post("Only here #bearings")
    assert post.id not in [one.id for one in grace.timeline_home()]
    assert grace.tag_follow("Bearings").following
    assert post.id in [one.id for one in grace.timeline_home()]
    assert [one.name for one in grace.followed_tags()] == ["bearings"]
    assert not grace.tag_unfollow("bearings").following
    ada_there = grace.account_lookup("ada")
    assert grace.account_follow(ada_there).following
    assert post.id in [one.id for one in grace.timeline_home()]
    assert grace.account_mute(ada_there).muting
    assert post.id not in [one.id for one in grace.timeline_home()]
    assert [one.acct for one in grace.mutes()] == ["ada"]
    grace.account_unmute(ada_there)
    assert not grace.account_unfollow(ada_there).following
    [relation] = grace.account_relationships(ada_there)
    assert (relation.following, relation.muting) == (False, False)


def test_thanks_and_saved_posts_and_what_ada_hears_of_them(
    ada: Mastodon, grace: Mastodon
) -> None:
    ada.notifications_clear()
    post = ada.status_post("Grease every Monday #grease")
    thanked = grace.status_favourite(post)
    assert (thanked.favourited, thanked.favourites_count) == (True, 1)
    assert [one.acct for one in ada.status_favourited_by(post)] == ["grace"]
    assert [one.id for one in grace.favourites()] == [post.id]
    reply = grace.status_reply(post, "Done", untag=True)
    heard = ada.notifications()
    assert [(one.type, one.account.acct, one.status.id) for one in heard] == [
        ("mention", "grace", reply.id), ("favourite", "grace", post.id)]
    assert [one.type for one in ada.notifications(types=["favourite"])] == ["favourite"]
    assert ada.notifications_unread_count()["count"] == 2
    ada.markers_set("notifications", heard[0].id)
    assert ada.notifications_unread_count()["count"] == 0
    assert ada.markers_get("notifications").notifications.last_read_id == heard[0].id
    ada.notifications_dismiss(heard[1])
    assert [one.type for one in ada.notifications()] == ["mention"]
    assert grace.status_bookmark(post).bookmarked
    assert [one.id for one in grace.bookmarks()] == [post.id]
    assert not grace.status_unbookmark(post).bookmarked
    assert not grace.status_unfavourite(post).favourited


def test_a_photo_with_a_description(grace: Mastodon, tmp_path: Path) -> None:
    picture = tmp_path / "seal.png"
    Image.new("RGB", (900, 600), "red").save(picture)
    media = grace.media_post(picture.read_bytes(), "image/png", description="A worn seal", focus=(0.1, 0.2))
    post = grace.status_post("This is how it looks #valves", media_ids=[media])
    [shown] = post.media_attachments
    assert (shown.description, shown.type) == ("A worn seal", "image")
    for address in shown.url, shown.preview_url:
        with served.urllib.request.urlopen(address) as answer:  # as clients do, without a token
            assert answer.headers["Content-Type"] == "image/jpeg"
    assert post.id in [one.id for one in grace.timeline_public(only_media=True)]
    Image.new("RGB", (90, 60), "blue").save(picture)
    added = grace.media_post(picture.read_bytes(), "image/png", description="A new seal")
    told = [grace.generate_media_edit_attributes(one, description=alt)
            for one, alt in ((added, "Our new seal"), (shown, "A torn seal"))]
    edited = grace.status_update(post, "This is how it looks", media_attributes=told)
    assert [one.description for one in edited.media_attachments] == ["Our new seal", "A torn seal"]
    assert [[one.description for one in then.media_attachments] for then in grace.status_history(post)] == [
        ["A worn seal"], ["Our new seal", "A torn seal"]]


def test_a_report(ada: Mastodon, grace: Mastodon) -> None:
    post = grace.status_post("Buy it now")
    with pytest.raises(MastodonAPIError, match="Nobody but Ada"):
        grace.report(ada.me())
    told = ada.report(grace.me(), status_ids=[post], comment="Every day", category="spam")
    assert (told.status_ids, told.category, told.action_taken) == ([str(post.id)], "spam", False)
    assert told.target_account.acct == "grace"


def test_what_a_client_keeps_and_what_it_asks_by_moments(ada: Mastodon, grace: Mastodon) -> None:
    before, after = (datetime.now(UTC) + timedelta(seconds=20 * way) for way in (-1, 1))
    post = ada.status_post("Turn it off first #safety", language="fr")
    assert post.id in [one.id for one in ada.timeline_home(min_id=before, max_id=after)]
    assert post.id not in [one.id for one in ada.timeline_home(max_id=before)]
    assert ada.timeline_home(min_id=after) == []
    assert ada.status_pin(post).pinned
    there = grace.account_lookup("ada")
    assert [one.id for one in grace.account_statuses(there, pinned=True)] == [post.id]
    assert not ada.status_unpin(post).pinned
    tag = ada.featured_tag_create("safety")
    assert [(one.name, one.statuses_count) for one in grace.account_featured_tags(there)] == [
        ("safety", 1)]
    ada.featured_tag_delete(tag)
    assert grace.account_note_set(there, "Knows seals").note == "Knows seals"
    assert grace.account_endorse(there).endorsed
    assert [one.acct for one in grace.endorsements()] == ["ada"]
    assert not grace.account_unendorse(there).endorsed
    assert "ada" in [one.acct for one in grace.directory()]
    assert grace.instance_health()


def test_search_finds_posts_people_tags_and_addresses(ada: Mastodon, grace: Mastodon) -> None:
    post = ada.status_post("Cavitation in the third pump #hydraulics")
    until(lambda: grace.search("cavitation").statuses)
    found = grace.search("hydraulics")
    assert [one.name for one in found.hashtags] == ["hydraulics"]
    assert [one.id for one in grace.search("cavitation").statuses] == [post.id]
    assert [one.id for one in grace.search(post.url, resolve=True).statuses] == [post.id]
    assert [one.acct for one in grace.account_search("ad")] == ["ada"]


def test_a_post_sent_twice_is_one(ada: Mastodon) -> None:
    first, second = (ada.status_post("Sent twice", idempotency_key="k1") for _ in range(2))
    assert first.id == second.id


def test_what_was_given_back_opens_nothing(url: str) -> None:
    client = log_in(url, "linus")
    client.account_verify_credentials()
    token = client.access_token
    client.revoke_access_token(allow_http=True)
    again = Mastodon(access_token=token, api_base_url=url)
    with pytest.raises(MastodonUnauthorizedError):
        again.account_verify_credentials()


@pytest.fixture(scope="module")
def toot_of_linus(
    url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Result]]:
    """The toot command, logged in as linus."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("toot")))

        def run(*words: str, **more: Any) -> Result:
            result = CliRunner().invoke(toot_cli, words, catch_exceptions=False, **more)
            assert result.exit_code == 0, result.output
            return result

        app = toot.auth.get_or_create_app(url)
        code = let_in(url, "linus", toot.api.get_browser_login_url(app))
        run("login", "-i", url, input=f"n\n{code}\n")
        yield run


def test_toot_does_what_people_do_in_a_terminal(
    toot_of_linus: Callable[..., Result], ada: Mastodon, url: str, tmp_path: Path
) -> None:
    run = toot_of_linus
    assert "@linus" in run("whoami").output
    run("post", "From a terminal #terminal")
    [mine] = ada.timeline_hashtag("terminal")
    assert mine.application.name == "toot - a Mastodon CLI client"
    run("post", "-r", str(mine.id), "And a reply")
    assert "And a reply" in run("thread", str(mine.id)).output
    picture = tmp_path / "x.png"
    Image.new("RGB", (20, 20), "blue").save(picture)
    run("post", "-m", str(picture), "-d", "A blue square", "With a photo #terminal")
    assert ada.timeline_hashtag("terminal")[0].media_attachments[0].description == "A blue square"
    post = ada.status_post("For linus to thank")
    for act in "favourite", "bookmark", "unbookmark", "unfavourite":
        run(act, str(post.id))
    run("tags", "follow", "pumps")
    assert "pumps" in run("tags", "followed").output
    assert run("timelines", "home", "-l", "40", "--no-pager").output.count("Number ") > 30
    user, app = toot.config.get_active_user_app()
    pages = toot.api.home_timeline_generator(app, user, limit=10)
    assert len({one["id"] for _ in range(3) for one in next(pages)}) == 30
    assert "ada" in run("search", "ada").output
    run("follow", "ada")
    run("unfollow", "@ada")
    run("bookmark", f"{url}/posts/{post.id}")
    ada.status_post("Hello @linus")
    assert "Hello @linus" in run("notifications").output
    assert "Acme" in run("instance").output
    run("delete", str(mine.id))
    assert mine.id not in [one.id for one in ada.timeline_hashtag("terminal")]


def test_the_colleague_sees_and_ends_what_a_client_may(url: str) -> None:
    client = log_in(url, "grace")
    visitor = Visitor(url, "grace", PASSWORD)
    page = visitor.get("/settings")
    [token_id, *_] = re.findall(r'name="token" value="(\d+)"', page)
    assert "Tester" in page
    visitor.send("/settings/tokens", undo="1", token=token_id)
    with pytest.raises(MastodonUnauthorizedError):
        client.account_verify_credentials()
