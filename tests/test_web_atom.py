"""Every list as an Atom feed: valid by RFC 4287, read with a token, sent once."""

import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from flask import Flask

from microshare import clock, feed_tokens, grants, indexing, people
from microshare.db import db, saving
from tests.conftest import Browser

ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# RFC 4287, 4.1.1 and 4.1.2: each at most once, and which must be there.
ONCE = {
    "feed": {"generator", "icon", "id", "logo", "rights", "subtitle", "title", "updated"},
    "entry": {"content", "id", "published", "rights", "source", "summary", "title", "updated"},
}
MANY = {"author", "category", "contributor", "link"}
NEEDED = {"id", "title", "updated"}
WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def wrongs(feed: Element) -> Iterator[str]:
    """What breaks a rule of RFC 4287; by section."""
    if feed.tag != ATOM + "feed":
        yield "2: the root is no feed"
    ids = [entry.findtext(ATOM + "id") for entry in feed.findall(ATOM + "entry")]
    if len(ids) != len(set(ids)):
        yield "4.1.1: two entries of one id and one moment"
    has_author = feed.find(ATOM + "author") is not None
    for place in (feed, *feed.findall(ATOM + "entry")):
        kind = place.tag.removeprefix(ATOM)
        names = [child.tag.removeprefix(ATOM) for child in place]
        allowed = ONCE[kind] | MANY | ({"entry"} if kind == "feed" else set())
        yield from (f"4.1: {kind} has {name}" for name in set(names) - allowed)
        yield from (f"4.1: {kind} lacks {name}" for name in NEEDED - set(names))
        yield from (f"4.1: {kind} has {n} twice" for n in ONCE[kind] if names.count(n) > 1)
        if kind == "entry" and not has_author and "author" not in names:
            yield "4.1.2: an entry without an author"
        if kind == "entry" and "content" not in names and not place.findall(
                f"{ATOM}link[@rel='alternate']"):
            yield "4.1.2: neither content nor an alternate"
        if kind == "feed" and "link" not in names:
            yield "4.1.1: a feed should link to itself"
        for author in place.findall(ATOM + "author"):
            if not author.findtext(ATOM + "name"):
                yield "3.2.1: a person without a name"
        for link in place.findall(ATOM + "link"):
            if not re.match(r"https?://[^\s<>\"]+$", link.get("href", "")):
                yield f"4.2.7: {link.get('href')}"
        for category in place.findall(ATOM + "category"):
            if not category.get("term"):
                yield "4.2.2: a category without a term"
        for name in ("updated", "published"):
            found = place.findtext(ATOM + name)
            if found is not None and not WHEN.fullmatch(found):
                yield f"3.3: {found}"
        if not re.match(r"[a-z][a-z0-9+.-]*:\S+$", place.findtext(ATOM + "id") or ""):
            yield "4.2.6: an id that is no IRI"
        content = place.find(ATOM + "content")
        if content is not None and content.get("type") not in ("text", "html"):
            yield "4.1.3: of another type"
        if len(place.findall(f"{ATOM}link[@rel='self']")) > 1:
            yield "4.1.1: two of itself"


LISTS = (
    "/feed.atom", "/everyone.atom", "/tags/pumps.atom", "/tags/Pumps.atom", "/departments/sales.atom",
    "/@ada.atom", "/@ADA.atom", "/questions.atom", "/questions.atom?tag=pumps&department=sales&days=0",
    "/saved.atom", "/inbox.atom", "/search.atom?q=pump", "/search.atom?q=%01%3Cnothing%3E",
    "/posts/1.atom", "/departments/research.atom", "/@linus.atom",
)


@pytest.fixture
def written(site: Flask, ada: Browser, grace: Browser) -> Flask:
    """A company that has something in each of its lists."""
    ada.send("/posts", line="A <noisy> & **loud** #Pumps?", note="See *it*, #größe\n\n> seen")
    grace.send("/posts", line="@ada yes, the seal", reply_to="1")
    grace.send("/posts/1/thanks")
    ada.send("/posts/2/save")
    with site.app_context():
        indexing.catch_up()
    return site


def token_of(site: Flask, username: str = "ada") -> str:
    with site.app_context(), saving():
        return grants.create(people.get(username), "feed", "a reader", clock.now())


def test_every_list_has_a_feed_that_keeps_the_rules(written: Flask) -> None:
    token, reader = token_of(written), written.test_client()
    counts = {}
    for path in LISTS:
        answer = reader.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, path
        assert answer.mimetype == "application/atom+xml"
        feed = ElementTree.fromstring(answer.get_data())
        assert list(wrongs(feed)) == [], path
        assert token not in answer.get_data(as_text=True)
        counts[path] = len(feed.findall(ATOM + "entry"))
    assert counts["/posts/1.atom"] == counts["/everyone.atom"] == 2
    assert counts["/inbox.atom"] == 3  # a reply, which mentions too, and thanks
    assert counts["/saved.atom"] == counts["/questions.atom?tag=pumps&department=sales&days=0"] == 1
    assert counts["/departments/research.atom"] == 1
    assert counts["/@linus.atom"] == 0


def test_the_rules_find_what_is_wrong() -> None:
    feed = f"<feed xmlns='{ATOM[1:-1]}'><title>x</title><entry><id>no iri</id></entry></feed>"
    told = " ".join(wrongs(ElementTree.fromstring(feed)))
    for part in ("feed lacks id", "entry lacks updated", "without an author", "no IRI", "itself"):
        assert part in told


def test_an_id_is_the_same_in_every_feed_however_it_is_asked(written: Flask, ada: Browser) -> None:
    ada.send("/posts/1/edit", line="A quiet #Pumps?", note="", version="1")
    feeds = {path: ElementTree.fromstring(ada.get(path).get_data()) for path in LISTS}
    post = "http://localhost/posts/1"
    for path in ("/everyone.atom", "/tags/pumps.atom", "/@ada.atom", "/posts/1.atom"):
        entries = {e.findtext(ATOM + "id"): e for e in feeds[path].findall(ATOM + "entry")}
        assert entries[post].findtext(ATOM + "updated") > str(entries[post].findtext(ATOM + "published"))
    ids = {path: feed.findtext(ATOM + "id") for path, feed in feeds.items()}
    assert ids["/@ada.atom"] == ids["/@ADA.atom"] == "http://localhost/@ada.atom"
    assert ids["/tags/pumps.atom"] == ids["/tags/Pumps.atom"]
    assert ids["/search.atom?q=pump"] == "http://localhost/search.atom?q=pump"
    assert len(set(ids.values())) == len(ids) - 2
    entry = feeds["/everyone.atom"].findall(ATOM + "entry")[1]
    assert entry.get(XML_LANG) in (None, "en")
    assert "/tags/pumps" in str(entry.findtext(ATOM + "content"))


def test_who_has_it_gets_nothing_again_until_it_changes(written: Flask, ada: Browser) -> None:
    token, reader = token_of(written), written.test_client()
    path = f"/everyone.atom?token={token}"
    first = reader.get(path)
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    newest = ElementTree.fromstring(first.get_data()).findtext(ATOM + "updated")
    assert newest is not None
    assert parsedate_to_datetime(modified) == datetime.fromisoformat(newest).replace(microsecond=0)
    for has in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        again = reader.get(path, headers=has)
        assert (again.status_code, again.get_data()) == (304, b"")
        assert again.headers["ETag"] == etag
    packed = reader.get(path, headers={"Accept-Encoding": "gzip"})
    has = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert packed.headers["Content-Encoding"] == "gzip"
    assert reader.get(path, headers=has).status_code == 304
    old = parsedate_to_datetime(modified) - timedelta(days=1)
    assert reader.get(path, headers={"If-Modified-Since": old.strftime("%a, %d %b %Y %H:%M:%S GMT")}
                      ).status_code == 200
    ada.send("/posts/1/withdraw")
    both = {"If-None-Match": etag, "If-Modified-Since": modified}
    assert reader.get(path, headers=both).status_code == 200
    assert reader.head(path).status_code == 200


def test_the_settings_tell_when_a_token_was_used_last(written: Flask, ada: Browser) -> None:
    token, reader = token_of(written), written.test_client()
    assert "never used yet" in ada.get("/settings").get_data(as_text=True)
    for _ in range(2):
        assert reader.get(f"/saved.atom?token={token}").status_code == 200
    with written.app_context():
        found = feed_tokens.get(token)
        assert found is not None
        first = found.last_used_at
        assert first is not None
        assert not feed_tokens.is_use_to_note(found, first + timedelta(minutes=59))
        assert feed_tokens.is_use_to_note(found, first + timedelta(minutes=61))
        db.session.rollback()
    page = ada.get("/settings").get_data(as_text=True)
    assert "never used yet" not in page
    assert "last used" in page


def test_no_token_stands_in_the_log(
    written: Flask, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    token = token_of(written)
    written.logger.propagate = True
    written.logger.setLevel(logging.DEBUG)
    reader = written.test_client()
    for path in ("/feed.atom", "/@nobody.atom", "/posts/999.atom", "/nowhere.atom", "/"):
        reader.get(f"{path}?token={token}")
    told = caplog.text + "".join(capsys.readouterr())
    assert "atom.own 200" in told
    assert token not in told


def test_a_feed_token_reads_feeds_and_nothing_else(written: Flask) -> None:
    token, reader = token_of(written), written.test_client()
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("/", "/settings", "/posts/1", "/inbox"):
        assert reader.get(path, headers=headers).status_code == 303
    assert reader.post("/posts", data={"line": "x"}, headers=headers).status_code in (400, 403)
    assert reader.post("/everyone.atom", headers=headers).status_code == 405


def test_every_page_of_a_list_leads_to_its_feed(written: Flask, ada: Browser) -> None:
    for page, feed in (
        ("/", "/feed.atom"), ("/everyone", "/everyone.atom"), ("/tags/pumps", "/tags/pumps.atom"),
        ("/departments/sales", "/departments/sales.atom"), ("/@ada", "/@ada.atom"),
        ("/questions", "/questions.atom"), ("/questions?tag=pumps", "/questions.atom?tag=pumps"),
        ("/saved", "/saved.atom"), ("/search?q=pump", "/search.atom?q=pump"),
        ("/posts/1", "/posts/1.atom"), ("/inbox", "/inbox.atom"),
    ):
        told = f'<link rel="alternate" type="application/atom+xml" href="{feed}">'
        assert told in ada.get(page).get_data(as_text=True), page
