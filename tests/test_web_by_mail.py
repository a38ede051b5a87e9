"""The pages that our answers to letters lead to; without a session, and once."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from microshare import clock, mail_links, people, photos, posts, proposals
from microshare.config import Settings
from microshare.db import db, saving
from microshare.mail import posting
from microshare.mail_addresses import Share
from microshare.models import PendingLetter, Post, Proposal
from tests.conftest import Browser, Queries
from tests.test_mail_posting import chain, letter, picture


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, mail_in="share@acme.example", mail_from="post@acme.example")


@pytest.fixture
def anybody(site: Flask) -> FlaskClient:
    """A browser that nobody has signed in with."""
    return site.test_client()


def take(site: Flask, incoming: object) -> str:
    """Bring ada's letter; gives the path of the link in our answer."""
    with site.app_context():
        posting.take(incoming, people.get("ada"), Share(), clock.now())  # type: ignore[arg-type]
        told = db.session.query(PendingLetter).order_by(PendingLetter.id.desc()).first()
        assert told is not None
        found = re.search(r"http://localhost(/mail/\S+)", told.letter["text"])
        assert found is not None
        return found[1]


def withdrawn(site: Flask) -> list[bool]:
    with site.app_context():
        return [post.withdrawn_at is not None for post in db.session.query(Post)]


def test_undo_asks_first_and_a_look_changes_nothing(site: Flask, anybody: FlaskClient) -> None:
    link = take(site, letter("Quieter seal <b>tested</b>"))
    for _ in range(2):
        page = anybody.get(link)
        assert page.status_code == 200 and "Withdraw this post?" in page.text
        assert "&lt;b&gt;tested" in page.text
    assert anybody.head(link).status_code == 200
    assert withdrawn(site) == [False]
    for _ in range(2):
        page = anybody.post(link)
        assert page.status_code == 200 and "The post is withdrawn" in page.text
        assert withdrawn(site) == [True]
    assert "<button" not in anybody.get(link).text


@pytest.mark.parametrize("spoil", [
    lambda link: link[:-1],
    lambda link: link.replace("/undo/", "/undo/x"),
    lambda link: link.replace("/undo/", "/proposal/"),
])  # fmt: skip
def test_no_other_link_undoes_anything(site: Flask, anybody: FlaskClient, spoil) -> None:  # type: ignore[no-untyped-def]
    link = spoil(take(site, letter("Seal")))
    assert anybody.get(link).status_code == anybody.post(link).status_code == 422
    assert withdrawn(site) == [False]


def test_a_link_ends_after_its_days(site: Flask, anybody: FlaskClient) -> None:
    take(site, letter("Seal"))
    with site.app_context():
        old = clock.now() - timedelta(days=7, minutes=1)
        link = f"/mail/undo/{mail_links.token(mail_links.UNDO, 1, old)}"
    page = anybody.post(link)
    assert page.status_code == 422 and "worked for 7 days" in page.text
    assert withdrawn(site) == [False]


def test_the_link_of_who_was_suspended_does_nothing(site: Flask, anybody: FlaskClient) -> None:
    undo, proposal = take(site, letter("Seal")), take(site, chain())
    with site.app_context(), saving():
        people.set_role(people.get("grace"), "administrator")
        people.suspend(people.get("ada"), clock.now())
    for link in (undo, proposal):
        assert anybody.get(link).status_code == anybody.post(link).status_code == 403
    assert withdrawn(site) == [False]


def form(page: str) -> dict[str, str]:
    """What stands in the form of the proposal."""
    texts = re.findall(r'<textarea id="(line|note)".*?>\n(.*?)</textarea>', page, re.S)
    return dict(texts)


def test_a_proposal_is_published_by_one_button_and_once(site: Flask, anybody: FlaskClient) -> None:
    with site.app_context(), saving():
        posts.publish(people.get("grace"), "About #Pumps", now=clock.now())
    link = take(site, chain())
    page = anybody.get(link)
    assert page.status_code == 200
    assert form(page.text) == {
        "line": "Delivery of pumps: From March they take six weeks.",
        "note": "",
    }
    assert 'name="tag" value="Pumps" checked' in page.text
    assert "bob@acme.example, grace@example.com" in page.text
    assert 'name="tell" value="1">' in page.text  # not ticked
    assert withdrawn(site) == [False]  # grace's
    sent = {"line": "Six weeks for pumps", "note": "From March.", "tag": "Pumps", "tags": "#seals", "tell": "1"}
    first = anybody.post(link, data=sent)
    assert first.status_code == 200 and "2 readers of the conversation get a letter" in first.text
    again = anybody.post(link, data={**sent, "line": "Another tab says it otherwise", "tell_outside": "1"})
    assert again.status_code == 200 and "Six weeks for pumps" in again.text
    assert "Six weeks for pumps" in anybody.get(link).text
    with site.app_context():
        post = posts.get(2)
        assert (post.line, post.note) == ("Six weeks for pumps", "From March.")
        assert [tie.tag.name for tie in post.tags] == ["pumps", "seals"]
        assert db.session.query(Post).count() == 2
        letters = [row.letter for row in db.session.query(PendingLetter)]
        assert [one["to"] for one in letters[1:]] == ["bob@acme.example", "grace@example.com"]
    undo = re.search(r'href="(/mail/undo/[^"]+)"', again.text)
    assert undo is not None and "Withdraw this post?" in anybody.get(undo[1]).text


def test_who_is_outside_is_told_only_where_that_is_ticked_too(
    site: Flask, anybody: FlaskClient
) -> None:
    link = take(site, chain())
    anybody.post(link, data={"line": "Six weeks", "tell_outside": "1"})
    with site.app_context():
        told = [row.letter["to"] for row in db.session.query(PendingLetter)]
        assert told == ["ada@example.com", "customer@elsewhere.example"]


def test_what_is_refused_stands_in_the_form_again(site: Flask, anybody: FlaskClient) -> None:
    link = take(site, chain())
    page = anybody.post(link, data={"line": "x" * 141, "note": "kept", "tell": "1", "tags": "a-b c"})
    assert page.status_code == 422
    page = anybody.post(link, data={"line": "x" * 141, "note": "kept", "tell": "1", "tags": "a_b c"})
    assert page.status_code == 422 and "1 characters too long" in page.text
    assert form(page.text) == {"line": "x" * 141, "note": "kept"}
    assert 'name="tell" value="1" checked' in page.text and 'value="a_b c"' in page.text
    assert withdrawn(site) == []
    assert anybody.post(link, data={"line": "x"}).status_code == 200
    assert withdrawn(site) == [False]


def test_a_chain_of_a_thousand_is_no_chain_that_we_write_to(site: Flask, anybody: FlaskClient) -> None:
    many = tuple(f"p{n}@acme.example" for n in range(1000))
    link = take(site, chain(cc=("share@acme.example", *many)))
    page = anybody.get(link).text
    assert "1002 other readers" in page and 'name="tell"' not in page
    anybody.post(link, data={"line": "Six weeks", "tell": "1"})
    with site.app_context():
        assert db.session.query(PendingLetter).count() == 1


def test_the_pages_speak_the_language_of_who_wrote_the_letter(
    site: Flask, anybody: FlaskClient
) -> None:
    with site.app_context(), saving():
        people.get("ada").language = "nl"
    undo, proposal = take(site, letter("Seal")), take(site, chain())
    assert "Dit bericht intrekken?" in anybody.get(undo).text
    page = anybody.get(proposal, headers={"Accept-Language": "en"}).text
    assert '<html lang="nl">' in page and "Dit met iedereen delen?" in page
    refused = anybody.post(proposal, data={"line": "x" * 141}).text
    assert "(nu 1 te veel)" in refused


def test_a_look_at_a_proposal_makes_few_queries(site: Flask, anybody: FlaskClient) -> None:
    link = take(site, chain())
    with site.app_context(), Queries() as asked:
        anybody.get(link)
    assert 1 < len(asked) <= 4


def test_photos_of_a_letter_are_described_by_their_author(
    site: Flask, ada: Browser, grace: Browser
) -> None:
    sent = (("a.png", picture()), ("b.png", picture(300)))
    take(site, letter("New seal", photos=sent))
    page = ada.get("/posts/1/photos")
    assert page.status_code == 200 and "Photo 2 with “New seal”, not described yet" in page.text
    assert grace.get("/posts/1/photos").status_code == 403
    assert 'href="/posts/1/photos"' in ada.get("/posts/1/choices").text
    assert 'href="/posts/1/photos"' not in grace.get("/posts/1/choices").text
    kept = re.findall(r'name="kept" value="(\w+)"', page.text)
    form = {"csrf_token": ada.token(), "version": "1", "kept": kept, "kept_plain": ["", ""]}
    told = {**form, "kept_alt": [" The seal,\nfrom above ", ""]}
    assert ada.post("/posts/1/photos", data=told).status_code == 303
    with site.app_context():
        post = posts.get(1)
        assert [one.alt for one in photos.read(post.photos_json)] == ["The seal, from above", ""]
        assert post.version == 2 and post.edited_at is None
    assert "(added: The seal, from above)" in re.sub("<[^>]+>", "", grace.get("/posts/1/history").text)
    late = ada.post("/posts/1/photos", data={**form, "kept_alt": ["typed", "with care"]})
    assert late.status_code == 422 and "edited meanwhile" in late.text and "with care" in late.text
    long = {**form, "version": "2", "kept_alt": ["x" * 501, "kept too"]}
    refused = ada.post("/posts/1/photos", data=long)
    assert refused.status_code == 422 and "kept too" in refused.text and "photo 1" in refused.text


def test_what_moved_stands_on_the_page_of_the_manager(
    site: Flask, ada: Browser, anybody: FlaskClient
) -> None:
    link = take(site, chain())
    anybody.post(link, data={"line": "Six weeks", "tell": "1"})
    page = ada.get("/manage").text
    assert re.search(r"this week</th><td>1</td><td>1</td><td>2</td>", page)
    with site.app_context():
        assert db.session.query(Proposal).one().recipients == []
        assert proposals.chains_moved(clock.now().date()).recipients == 2


def test_the_help_names_the_address_while_the_door_is_open(anybody: FlaskClient) -> None:
    for path in ("/help", "/help/instead-of-a-cc"):
        assert 'href="mailto:share@acme.example"' in anybody.get(path).text
