"""What an open page asks now and then: what is new, and the counts of the posts it shows."""


import pytest
from flask import Flask
from sqlalchemy import event

from microshare.db import db
from tests.conftest import Browser
from tests.test_web_posts import publish


def counts(browser: Browser, posts: str) -> dict[str, list[int]]:
    answer = browser.get("/counts", query_string={"posts": posts})
    assert answer.status_code == 200
    return dict(answer.json)


def test_the_counts_of_the_posts_on_a_page_are_told_and_not_sent_again(
    ada: Browser, grace: Browser
) -> None:
    first, second = publish(ada, "Seal leaks"), publish(ada, "Seal holds")
    path = f"/counts?posts={first},{second}"
    answer = ada.get(path)
    assert answer.json == {str(first): [0, 0], str(second): [0, 0]}
    known = {"If-None-Match": answer.headers["ETag"]}
    again = ada.get(path, headers=known)
    assert (again.status_code, again.data) == (304, b"")
    grace.send(f"/posts/{first}/thanks")
    publish(grace, "indeed", reply_to=str(first))
    assert ada.get(path, headers=known).json[str(first)] == [1, 1]
    ada.send(f"/posts/{second}/withdraw")
    assert list(counts(grace, f"{first},{second}")) == [str(first)]


@pytest.mark.parametrize("nonsense", ["", ",", "x,-1,0", "9" * 400, "1e9,\u0661", "1;2"])
def test_nonsense_has_no_counts(ada: Browser, nonsense: str) -> None:
    publish(ada, "Seal leaks")
    assert counts(ada, nonsense) == {}


def test_no_more_posts_are_counted_than_a_page_has(ada: Browser) -> None:
    post = publish(ada, "Seal leaks")
    many = ",".join(str(number) for number in range(1000, 1100))
    assert counts(ada, f"{many},{post}") == {}
    assert counts(ada, f"{many[5:]},{post}") == {str(post): [0, 0]}


def test_who_is_signed_out_is_told_nothing(ada: Browser, site: Flask) -> None:
    stranger = site.test_client()
    for path in ("/news?after=0&feed=everyone", "/counts?posts=1"):
        answer = stranger.get(path)
        assert answer.status_code == 303 and "/sign-in" in answer.headers["Location"]


def test_counts_take_two_queries(site: Flask, ada: Browser) -> None:
    posts = [publish(ada, f"Seal {number}") for number in range(3)]
    asked: list[str] = []
    with site.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts(ada, ",".join(map(str, posts)))
    assert sum(statement.startswith("SELECT") for statement in asked) == 2


def test_a_feed_tells_its_script_from_where_on_posts_are_new(ada: Browser, grace: Browser) -> None:
    assert 'data-news="own" data-after="0"' in ada.get("/").get_data(as_text=True)
    post = publish(ada, "Seal leaks")
    for path, feed in (("/", "own"), ("/everyone", "everyone")):
        page = ada.get(path).get_data(as_text=True)
        assert f'data-news="{feed}" data-after="{post}"' in page
        older = ada.get(f"{path}?before={post + 1}").get_data(as_text=True)
        assert "data-news=" not in older
    page = grace.get("/everyone").get_data(as_text=True)
    assert 'data-news-one="1 new update"' in page
    assert 'data-news-many="{n} new updates"' in page


def test_the_page_of_a_posts_choices_shows_it_as_lists_do(ada: Browser, grace: Browser) -> None:
    # The script takes from there what stands on the page after thanks, saving and tagging on.
    post = publish(ada, "Seal leaks")
    grace.send(f"/posts/{post}/tags", tags="acme")
    answer = grace.send(f"/posts/{post}/thanks", next=f"/posts/{post}/choices")
    assert answer.headers["Location"] == f"/posts/{post}/choices"
    page, listed = (grace.get(path).get_data(as_text=True)
                    for path in (f"/posts/{post}/choices", "/everyone"))  # fmt: skip
    for part in ("actions", "chips"):
        begin = page.index(f'class="{part}"')
        assert page[begin : page.index("</article>", begin)] in listed
    assert 'title="Take your thanks back"' in page
