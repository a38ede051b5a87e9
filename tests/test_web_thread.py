"""The page of a thread: what stands where, in short threads and in long ones."""

import re

import pytest
from flask import Flask

from microshare import departments, people, threads
from microshare.db import db, saving
from tests.acts import publish, thank
from tests.conftest import NOON, Browser, House, Queries, furnish
from tests.test_web_posts import _check, ids
from tests.test_web_posts import publish as send


def page(browser: Browser, post: int, query: str = "") -> str:
    answer = browser.get(f"/posts/{post}{query}")
    assert answer.status_code == 200
    _check(f"/posts/{post}", answer.get_data())
    return str(answer.get_data(as_text=True))


def shown(browser: Browser, post: int, query: str = "") -> list[int]:
    return ids(browser.get(f"/posts/{post}{query}"))


def reply(browser: Browser, to: int, line: str = "reply") -> int:
    return send(browser, line, reply_to=str(to))


def test_replies_stand_below_the_post_that_they_answer(ada: Browser, grace: Browser) -> None:
    root = send(ada, "Noisy pump")
    first = reply(grace, root, "first")
    second = reply(grace, root, "second")
    below = reply(ada, first, "to the first")
    deeper = reply(ada, below, "deeper")
    for opened in (root, first, second, below, deeper):  # a short thread is whole from anywhere
        assert shown(ada, opened) == [root, first, below, deeper, second]
    text = page(ada, deeper)
    assert text.count('class="deep-1"') == 1
    assert text.count('class="deep-2"') == 1
    assert "in reply to" not in text
    assert f'id="post-{deeper}" aria-current="true"' in text


def test_far_below_it_says_to_what_it_replies_where_that_is_not_just_above(
    ada: Browser, grace: Browser
) -> None:
    root = send(ada, "Noisy pump")
    deep = root
    chain = [deep := reply(grace, deep, f"step {n}") for n in range(4)]
    late = reply(ada, chain[2], "to the third")
    text = page(ada, root)
    assert shown(ada, root) == [root, *chain, late]
    assert re.findall("in reply to Grace: (?:<span [^>]+>)?(step \\d)", text) == ["step 2"]


def test_the_answer_is_marked_and_on_top_once(ada: Browser, grace: Browser) -> None:
    root = send(ada, "Who knows #atex?")
    first = reply(grace, root, "not me")
    second = reply(grace, first, "but I do")
    thanked = reply(ada, second, "thank you")
    third = reply(grace, root, "me neither")
    ada.send(f"/posts/{root}/answer", reply=str(second))
    assert shown(grace, root) == [root, second, thanked, first, third]
    text = page(grace, root)
    assert text.count("The answer") == 1
    assert 'in reply to Grace: <span lang="en">not me' in text
    assert text.index("The answer") < text.index(f'data-post-id="{second}"')
    assert text.count(f'data-post-id="{second}"') == 1


def test_a_withdrawn_post_leaves_a_line_where_it_stood(ada: Browser, grace: Browser) -> None:
    root = send(ada, "a secret slipped")
    first = reply(ada, root, "also secret")
    below = reply(grace, first, "oops")
    for post in (root, first):
        ada.send(f"/posts/{post}/withdraw")
    text = page(grace, below)
    assert shown(grace, below) == [root, first, below]
    assert text.count("This post was withdrawn.") == 2
    assert "secret" not in text
    ada.send(f"/posts/{below}/withdraw")
    assert grace.get(f"/posts/{root}").status_code == 200


def test_an_answer_that_was_withdrawn_is_none(ada: Browser, grace: Browser) -> None:
    root = send(ada, "Who knows?")
    answer = reply(grace, root, "me")
    ada.send(f"/posts/{root}/answer", reply=str(answer))
    grace.send(f"/posts/{answer}/withdraw")
    text = page(ada, root)
    assert "The answer" not in text
    assert "This post was withdrawn." in text


def a_long_thread(browser: Browser) -> tuple[int, list[int], list[int]]:
    root = send(browser, "root")
    replies = [reply(browser, root, f"reply {n}") for n in range(14)]
    at = replies[-1]
    return root, replies, [at := reply(browser, at, f"deep {n}") for n in range(6)]


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WHOLE", 5)
    monkeypatch.setattr(threads, "ANCESTORS", 2)


@pytest.mark.usefixtures("short_pages")
def test_a_long_thread_is_shown_part_by_part(ada: Browser) -> None:
    root, replies, deep = a_long_thread(ada)
    found: list[int] = []
    query, pages = "", 0
    while True:
        text = page(ada, root, query)
        first, *part = shown(ada, root, query)
        assert first == root
        found += part
        pages += 1
        following = re.search(r'rel="next" href="/posts/\d+(\?after=\d+)"', text)
        if following is None:
            break
        query = following[1]
    assert found == [*replies, *deep]
    assert pages == 4
    assert "The whole thread, 21 posts" in text
    assert shown(ada, root, "?after=nonsense") == shown(ada, root, "?after=999") == shown(ada, root)


@pytest.mark.usefixtures("short_pages")
def test_a_reply_of_a_long_thread_shows_what_it_stands_below_and_what_was_said_to_it(
    ada: Browser,
) -> None:
    root, replies, deep = a_long_thread(ada)
    assert shown(ada, replies[3]) == [root, replies[3]]
    assert shown(ada, replies[-1]) == [root, replies[-1], *deep[:5]]
    text = page(ada, deep[4])
    assert shown(ada, deep[4]) == [root, deep[2], deep[3], *deep[4:]]
    assert "3 posts between" in text
    assert f'href="/posts/{root}">The whole thread, 21 posts</a>' in text


@pytest.mark.usefixtures("short_pages")
def test_the_answer_of_a_long_thread_is_told_wherever_it_stands(ada: Browser) -> None:
    root = send(ada, "Who knows?")
    replies = [reply(ada, root, f"reply {n}") for n in range(8)]
    ada.send(f"/posts/{root}/answer", reply=str(replies[6]))
    assert shown(ada, root)[:3] == [root, replies[6], replies[0]]
    assert shown(ada, replies[2]) == [root, replies[6], replies[2]]
    assert page(ada, replies[2]).count("The answer") == 1


def test_a_thread_takes_the_same_queries_however_long_it_is(house: House) -> None:
    root = publish(house.ada, "root")

    def asked() -> int:
        with Queries() as queries:
            threads.of(house.grace, root.id, NOON)
        return len(queries)

    publish(house.grace, "reply #x", reply_to=root)
    few = asked()
    at = root
    for n in range(80):
        at = publish(house.grace, f"reply {n} #y{n}", reply_to=at if n % 3 else root)
    assert asked() == few <= 5  # two of them for the reader and the post


def test_who_thanked_is_named_and_the_author_sees_how_far_it_reached(
    ada: Browser, grace: Browser, linus: Browser
) -> None:
    post = send(ada, "useful")
    assert "Thanks from" not in page(ada, post)
    grace.send(f"/posts/{post}/thanks")
    linus.send(f"/posts/{post}/thanks")
    text = page(ada, post)
    assert re.search(r"Thanks from <a[^>]*>Linus</a>, <a[^>]*>Grace</a>", text)
    assert "reached 2 departments" in text
    assert "reached" not in page(grace, post)


def test_of_many_who_thanked_some_are_named_and_the_others_folded(app: Flask) -> None:
    app.test_client_class = Browser
    with app.app_context():
        house = furnish()
        post = publish(house.ada, "useful")
        many = [_colleague(n) for n in range(14)]
        thank(post, *many)
        number = post.id
        db.session.remove()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in("ada")
    assert "<summary>and 2 more</summary>" in page(browser, number)


def _colleague(number: int):  # type: ignore[no-untyped-def]
    with saving():
        return people.join(
            email=None,
            username=f"c{number}",
            name=f"C {number}",
            department=departments.get("research"),
            now=NOON,
        )


def test_a_colleague_tags_on_from_the_page_and_reads_what_it_said_before(
    ada: Browser, grace: Browser
) -> None:
    post = send(ada, "old words")
    assert f'action="/posts/{post}/tags"' in page(grace, post)
    grace.send(f"/posts/{post}/tags", tags="#acme", next=f"/posts/{post}")
    assert "tagged on by" in page(ada, post)
    ada.send(f"/posts/{post}/edit", line="new words", version="1")
    assert f'<a href="/posts/{post}/history">What it said before' in page(grace, post)
