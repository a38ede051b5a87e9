"""The search page: suggestions, typing, and what is told of a search that found nothing."""

import html
import re
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from microshare import finds, indexing, missed, search
from microshare.db import db
from tests.conftest import NOON, Browser, Queries
from tests.test_web_posts import ids, publish


def page(browser: Browser, **asked: str) -> str:
    answer = browser.get("/search", query_string=asked)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def indexed(site: Flask) -> None:
    with site.app_context():
        indexing.catch_up()
        db.session.remove()


@pytest.fixture
def pump(ada: Browser, site: Flask) -> int:
    number = publish(ada, "Noisy pump at #acme")
    indexed(site)
    return int(number)


def missing(site: Flask) -> list[tuple[str, int]]:
    with site.app_context():
        found = [(one.words, one.count) for one in missed.listed()]
        db.session.remove()
        return found


def test_what_was_meant_is_a_link_and_never_searched_by_itself(ada: Browser, pump: int) -> None:
    text = page(ada, q="Nosiy pump", sort="newest")
    assert 'href="/search?q=noisy+pump&amp;sort=newest">noisy pump</a>' in text
    assert "data-post-id" not in text
    assert "Did you mean" not in page(ada, q="noisy pump")
    assert "Did you mean" not in page(ada, q="zzzzzz")


def test_a_suggestion_is_text_and_no_html(ada: Browser, pump: int) -> None:
    assert "<b>" not in page(ada, q="pmup <b>noisy</b>")


def test_while_typing_the_last_word_may_be_unfinished(ada: Browser, pump: int) -> None:
    assert "data-post-id" not in page(ada, q="noisy pu")
    text = page(ada, q="noisy pu", typing="1")
    assert "<mark>pump</mark>" in text
    text = page(ada, q="noisy xy", typing="1")
    assert "/search/missed" not in text
    assert "Did you mean" not in text


def test_a_search_that_found_nothing_is_counted_when_it_is_told(
    ada: Browser, grace: Browser, pump: int, site: Flask
) -> None:
    text = page(ada, q="Centrifuge from:grace")
    assert 'action="/search/missed" data-when-seen' in text
    assert missing(site) == []  # a GET counts nothing
    answer = ada.send("/search/missed", q="Centrifuge from:grace")
    assert answer.headers["Location"] == "/search?q=Centrifuge+from:grace&told=1"
    assert "Counted" in page(ada, q="Centrifuge", told="1")
    grace.send("/search/missed", q="centrifuge")
    assert missing(site) == [("centrifuge", 2)]


def test_what_is_found_is_not_counted_whatever_the_form_says(
    ada: Browser, pump: int, site: Flask
) -> None:
    ada.send("/search/missed", q="pump")
    ada.send("/search/missed", q="pmup")  # was meant otherwise
    ada.send("/search/missed", q="from:nobody")
    ada.send("/search/missed", q="")
    assert missing(site) == []
    assert "/search/missed" not in page(ada, q="pump")
    assert "/search/missed" not in page(ada, q="pmup")
    assert "/search/missed" not in page(ada, q="from:nobody")


def test_nobody_counts_from_another_site_or_without_signing_in(
    ada: Browser, pump: int, site: Flask
) -> None:
    assert ada.post("/search/missed", data={"q": "centrifuge"}).status_code == 400
    stranger = site.test_client()
    assert isinstance(stranger, Browser)
    assert stranger.send("/search/missed", q="centrifuge").status_code in (302, 303)
    assert missing(site) == []


def test_a_megabyte_of_nonsense_is_cut(ada: Browser, pump: int, site: Flask) -> None:
    answer = ada.send("/search/missed", q="x" * 300_000)
    assert len(answer.headers["Location"]) < 600
    assert [len(words) for words, _ in missing(site)] == [missed.LENGTH_LIMIT]


def test_the_manager_sees_what_is_missed_and_sees_to_it(
    ada: Browser, grace: Browser, pump: int, site: Flask
) -> None:
    assert "Every search found something." in ada.get("/manage").get_data(as_text=True)
    for raw in ("once", "often", "often"):
        grace.send("/search/missed", q=raw)
    text = ada.get("/manage").get_data(as_text=True)
    assert re.findall(r'href="/search\?q=(\w+)">', text) == ["often", "once"]
    assert "2 times" in text
    assert grace.send("/manage/missed", words="often").status_code == 403
    assert ada.send("/manage/missed", words="often").status_code == 303
    assert missing(site) == [("once", 1)]


def test_a_tag_gets_other_names_on_its_page(
    ada: Browser, grace: Browser, pump: int, site: Flask
) -> None:
    assert grace.send("/tags/acme/names", other="acmebv").status_code == 403
    assert "Other names" not in grace.get("/tags/acme").get_data(as_text=True)
    assert ada.send("/tags/acme/names", other="#AcmeBV").status_code == 303
    assert "#acmebv" in grace.get("/tags/acme").get_data(as_text=True)
    assert "data-post-id" in page(grace, q="#acmebv")
    assert grace.get("/tags/AcmeBV").headers["Location"] == "/tags/acme"
    refused = ada.send("/tags/acme/names", other="two words")
    assert refused.status_code == 422
    assert 'value="two words"' in refused.get_data(as_text=True)
    ada.send("/tags/acme/names", other="acmebv", undo="1")
    assert "data-post-id" not in page(grace, q="#acmebv")
    assert grace.get("/tags/acmebv").status_code == 404


def test_search_still_says_so_where_the_index_is_gone(ada: Browser, site: Flask) -> None:
    with site.app_context():
        embedded = search.embedded()
        assert embedded is not None
        shutil.rmtree(embedded.shards.path, ignore_errors=True)
    assert ada.send("/search/missed", q="pump").status_code == 503


def chips(text: str) -> dict[str, str]:
    """The filters that a page offers, and the search that each leads to."""
    found = re.findall(r'<a data-chip href="([^"]+)"[^>]*>([^<]+)<', text)
    return {
        html.unescape(words): parse_qs(urlsplit(html.unescape(to)).query).get("q", [""])[0]
        for to, words in found
    }


def test_filters_are_written_in_the_searchs_own_words(ada: Browser, pump: int) -> None:
    offered = chips(page(ada, q="noisy  pump"))
    assert offered["is:open"] == "noisy pump is:open"
    assert offered["#acme"] == "noisy pump #acme"
    assert offered["from:ada"] == "noisy pump from:ada"
    assert offered["dept:sales"] == "noisy pump dept:sales"
    assert any(words.startswith("after:20") for words in offered)
    narrowed = chips(page(ada, q="noisy #acme after:2020 IS:QUESTION from:\"Ada L\""))
    assert narrowed["#acme"] == "noisy after:2020 IS:QUESTION from:\"Ada L\""
    assert narrowed["IS:QUESTION"] == "noisy #acme after:2020 from:\"Ada L\""
    assert narrowed["after:2020"] == "noisy #acme IS:QUESTION from:\"Ada L\""
    assert "is:question" not in narrowed
    assert len([words for words in narrowed if words.startswith("after:")]) == 1
    assert chips(page(ada))["from:ada"] == "from:ada"
    assert chips(page(ada, q="#acme"))["#acme"] == ""


def test_a_filter_is_text_and_no_html(ada: Browser, pump: int) -> None:
    assert "<b>" not in page(ada, q='from:"<b>x</b>" pump')


def test_the_number_found_is_told(ada: Browser, pump: int, site: Flask) -> None:
    assert 'data-count="1 post found"' in page(ada, q="pump")
    assert 'data-count="0 posts found"' in page(ada, q="turbine", typing="1")
    for number in range(31):
        publish(ada, f"seal {number}")
    indexed(site)
    assert 'data-count="More than 30 posts found"' in page(ada, q="seal")


def test_a_search_is_followed_muted_and_unfollowed_from_its_page(
    ada: Browser, grace: Browser, pump: int, site: Flask
) -> None:
    assert "Follow this search" in page(grace, q="pump noisy")
    assert grace.send("/searches", q=" pump  noisy").headers["Location"] == "/search?q=pump+noisy"
    text = page(grace, q="pump noisy")
    assert "Stop following this search" in text
    assert "Follow this search" in page(ada, q="pump noisy")
    with site.app_context():
        while finds.catch_up(NOON):
            pass
        db.session.remove()
    feed = grace.get("/")
    assert ids(feed) == [pump]
    assert "your search “pump noisy”" in feed.get_data(as_text=True)
    assert 'formaction="/searches/1/follow"' in feed.get_data(as_text=True)
    grace.send("/searches/1/mute", span="week")
    assert ids(grace.get("/")) == []
    settings = grace.get("/settings").get_data(as_text=True)
    assert settings.count("Search: pump noisy") == 2  # followed, and muted
    grace.send("/searches/1/mute", undo="1")
    assert ids(grace.get("/")) == [pump]
    assert grace.send("/searches/1/follow", undo="1").headers["Location"] == "/settings"
    assert ids(grace.get("/")) == []
    assert "Search: pump noisy" not in grace.get("/settings").get_data(as_text=True)


def test_following_nonsense_is_refused_with_a_sentence(ada: Browser, pump: int) -> None:
    for words in ("", " ", "?!", "-", "\x07"):
        answer = ada.send("/searches", q=words)
        assert answer.status_code == 422
        assert "asks for something" in answer.get_data(as_text=True)
    assert ada.send("/searches", q="x" * 300_000).status_code == 303
    assert ada.send("/searches/99/follow").status_code == 404
    assert ada.post("/searches", data={"q": "pump"}).status_code == 400


def test_an_empty_result_leads_on(ada: Browser, pump: int) -> None:
    text = page(ada, q="noisy pump turbine is:question")
    assert 'href="/new?line=noisy+pump+turbine?"' in text
    text = page(ada, q='"noisy pumps" tur* -fan why?')
    assert 'href="/new?line=noisy+pumps+tur+why?"' in text
    text = page(ada, q="noisy turbine #acme")
    assert "With one word less" in text
    assert 'href="/search?q=noisy+%23acme&amp;sort=newest"' in text
    assert 'href="/new?line=noisy+turbine?+%23acme"' in text
    typed = page(ada, q="noisy turbine #acme", typing="1")
    assert "With one word less" not in typed
    assert 'href="/new?line=noisy+turbine?+%23acme"' in typed


def test_a_search_page_takes_at_most_eight_queries(ada: Browser, pump: int, site: Flask) -> None:
    ada.send("/searches", q="pump")
    with site.app_context(), Queries() as queries:
        page(ada, q="pump")
    assert len(queries) <= 8


def test_what_is_marked_is_the_line_and_the_note_and_nothing_beside_them(
    site: Flask, ada: Browser
) -> None:
    # The line says what its own tags and its author are called.
    ada.send("/posts", line="line", note="lang of the line", key="marked-1")
    with site.app_context():
        indexing.catch_up()
    page = ada.get("/search?q=line").get_data(as_text=True)
    assert re.search(r'<p class="line"[^>]*><mark>line</mark></p>', page)
    assert "lang of the <mark>line</mark>" in page
    assert page.count("<mark>") == 2
