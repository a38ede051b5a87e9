"""Hints while one writes: what goes on, what is doubled, what fits, and how a note will look."""

import pytest
from flask import Flask
from sqlalchemy import event

from microshare import aliases, hints, indexing, tags
from microshare.db import db, saving
from tests.conftest import NOON, Browser
from tests.test_web_posts import ids, publish


def hinted(browser: Browser, what: str, q: str) -> dict:  # type: ignore[type-arg]
    answer = browser.get(f"/hints/{what}", query_string={"q": q})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    return dict(answer.json)


def offered(browser: Browser, q: str) -> list[tuple[str, str]]:
    return [(one["text"], one["told"]) for one in hinted(browser, "tags", q)["options"]]


@pytest.fixture
def written(ada: Browser, grace: Browser, site: Flask) -> Browser:
    """Posts under a few tags; `#pomp` is another name of `#Pumps`."""
    for number in range(3):
        publish(ada, f"Noisy bearing {number} in the cellar #Pumps #acme")
    publish(grace, "A leak at the seal #pumpseals #acme")
    publish(grace, "The bearing of the mixer is noisy #mixers")
    publish(grace, "Price list of 2026 #prices")
    with site.app_context(), saving():
        ada_user = tags.get("pumps")
        from microshare import people

        aliases.add(ada_user, "pomp", people.get("ada"), NOON)
    with site.app_context():
        indexing.catch_up()
        db.session.remove()
    return grace


def test_a_tag_goes_on_by_its_uses(written: Browser) -> None:
    assert offered(written, "pu") == [("#Pumps", "3 posts"), ("#pumpseals", "1 post")]
    assert offered(written, "#PUMPS")[0] == ("#Pumps", "3 posts")
    assert offered(written, "")[0] == ("#acme", "4 posts")
    assert offered(written, "zz") == []
    assert hinted(written, "tags", "pu")["said"] == "2 tags: choose with the arrow keys."


@pytest.mark.parametrize("new", ["pumpz", "pupms", "umps", "pumpen", "pomp", "pompen", "Pómp"])
def test_a_near_double_is_offered_before_it_is_made(written: Browser, new: str) -> None:
    assert ("#Pumps", "3 posts, close to what you type") in offered(written, new)
    found = hinted(written, "line", f"Noise #{new}")["doubles"]
    assert found == [{"written": f"#{new}", "near": ["#Pumps"]}]


@pytest.mark.parametrize("new", ["pumps", "PUMPS", "valves", "pu", "acme", "mix", "prices2"])
def test_a_tag_that_is_there_or_like_none_is_no_double(written: Browser, new: str) -> None:
    assert not any("close" in told for _, told in offered(written, new))
    assert hinted(written, "line", f"Noise #{new}")["doubles"] == []


def test_people_go_on_by_username_and_by_any_part_of_the_name(ada: Browser) -> None:
    def named(q: str) -> list[str]:
        return [one["text"] for one in hinted(ada, "people", q)["options"]]

    ada.send("/settings/profile", name="Ada van Dijk", username="ada", email="ada@example.com",
             language="en", time_zone="UTC", about="", department="sales")  # fmt: skip
    assert named("gr") == named("@GR") == ["@grace"]
    assert named("dijk") == named("van") == ["@ada"]
    assert named("ijk") == named("") == named("%") == named("_") == []
    assert hinted(ada, "people", "l")["options"][0]["told"] == "Linus · Sales"
    ada.send("/manage/people/linus/suspend")
    # The browser may know him for a minute more; the server does not.
    assert named("lin") == []


def test_tags_of_posts_like_it_fit_a_line(written: Browser) -> None:
    assert hinted(written, "line", "A noisy bearing again")["fitting"] == ["#acme", "#Pumps"]
    assert hinted(written, "line", "A noisy bearing again #pumps")["fitting"] == ["#acme"]
    assert hinted(written, "line", "A noisy bearing again #pomp")["fitting"] == ["#acme"]
    for nothing in ("bearing", "an xylophone arrived", "", "@ada http://bearing/noisy"):
        assert hinted(written, "line", nothing)["fitting"] == []


def test_signs_of_a_search_are_words_to_a_hint(written: Browser) -> None:
    line = 'noisy bearing -cellar from:linus "quite another phrase" is:open before:2020'
    assert hinted(written, "line", line)["fitting"] == ["#acme", "#Pumps"]


def test_a_withdrawn_post_brings_no_tag(ada: Browser, written: Browser) -> None:
    for post in ids(ada.get("/@ada")):
        ada.send(f"/posts/{post}/withdraw")
    assert hinted(written, "line", "A noisy bearing again")["fitting"] == []


def test_hints_take_three_queries_beside_that_for_the_reader(
    written: Browser, site: Flask
) -> None:
    asked: list[str] = []
    with site.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = {}
    for what, q in (
        ("tags", "pumpz"),
        ("people", "gr"),
        ("line", "Noisy bearing " + " ".join(f"#pump{n}" for n in "abcdefgh")),
    ):
        asked.clear()
        hinted(written, what, q)
        counts[what] = sum(statement.startswith("SELECT") for statement in asked) - 1
    assert counts == {"tags": 3, "people": 1, "line": 3}


@pytest.mark.parametrize("q", ["x" * 3000, "#" * 3000, "\u202e\ud7ff%_\\'\"", "🏳️‍🌈" * 200, "#a " * 900])
def test_nonsense_has_a_short_answer(written: Browser, q: str) -> None:
    for what in ("tags", "people", "line"):
        answer = written.get(f"/hints/{what}", query_string={"q": q})
        assert answer.status_code == 200
        assert len(answer.data) < 5000


def test_hints_are_for_colleagues(site: Flask, ada: Browser) -> None:
    stranger = site.test_client()
    for what in ("tags", "people", "line"):
        assert stranger.get(f"/hints/{what}?q=pu").status_code == 303
    assert stranger.post("/preview", data={"note": "x"}).status_code == 400
    assert ada.post("/preview", data={"note": "x"}).status_code == 400  # another site


def test_a_broken_index_leaves_the_other_hints(
    written: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from microshare.errors import Unavailable

    def gone(*_: object, **__: object) -> None:
        raise Unavailable("index", why="missing")

    monkeypatch.setattr(hints.search, "similar", gone)
    found = hinted(written, "line", "A noisy bearing #pumpz")
    assert found == {"doubles": [{"written": "#pumpz", "near": ["#Pumps"]}], "fitting": []}


JSON = {"Accept": "application/json"}


def test_a_note_is_shown_as_it_will_look_and_not_stored(ada: Browser) -> None:
    note = "Seen **twice** by @grace\n\n- #acme\n- <b>x</b>"
    fields = {"csrf_token": ada.token(), "note": note}
    shown = ada.post("/preview", data=fields, headers=JSON)
    assert shown.status_code == 200
    post = publish(ada, "A line", note=note)
    assert shown.json is not None
    assert shown.json["html"] in ada.get(f"/posts/{post}").get_data(as_text=True)
    assert len(ids(ada.get("/everyone"))) == 1
    page = ada.post("/preview", data={"line": "so far", **fields}).get_data(as_text=True)
    assert shown.json["html"] in page
    assert "Nothing is posted yet" in page
    assert len(ids(ada.get("/everyone"))) == 1
    assert ada.post("/preview", data={**fields, "note": ""}, headers=JSON).json == {"html": ""}


def test_a_note_that_would_be_refused_is_refused_with_the_same_sentence(ada: Browser) -> None:
    fields = {"csrf_token": ada.token(), "note": "n" * 2001}
    answer = ada.post("/preview", data=fields, headers=JSON)
    assert answer.status_code == 422
    assert answer.json == {
        "code": "note-too-long",
        "sentence": "The note is 1 characters too long: it has at most 2000.",
    }
    page = ada.post("/preview", data=fields)
    assert page.status_code == 422
    assert "n" * 2001 in page.get_data(as_text=True)


TYPED = {"line": "Typed with care <b> #acme", "note": "- one\n- two", "kind": "update", "key": "k1"}


@pytest.mark.parametrize("how", ["cookie", "epoch"])
def test_who_is_signed_out_while_writing_signs_in_and_goes_on(
    site: Flask, ada: Browser, how: str
) -> None:
    token = ada.token()
    if how == "cookie":
        ada.delete_cookie("microshare")
    else:
        with site.app_context(), saving():
            from microshare import people

            people.sign_out_everywhere(people.get("ada"))
    answer = ada.post("/posts", data={"csrf_token": token, **TYPED})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "your text is kept" in page
    assert "Typed with care &lt;b&gt; #acme" in page
    again = page.split('name="csrf_token" value="')[1].split('"')[0]
    wrong = ada.post("/sign-in", data={"csrf_token": again, "login": "ada", "password": "no", **TYPED})
    assert wrong.status_code == 422
    assert 'name="note" value="- one\n- two"' in wrong.get_data(as_text=True)
    composer = ada.send("/sign-in", login="ada", password="correct horse battery", **TYPED)
    page = composer.get_data(as_text=True)
    assert composer.status_code == 200
    assert "Typed with care &lt;b&gt; #acme</textarea>" in page
    assert "- one\n- two</textarea>" in page
    assert 'name="key" value="k1"' in page
    assert ids(ada.get("/everyone")) == []
    assert publish(ada, **TYPED)


def test_only_a_post_is_taken_along_to_sign_in(site: Flask) -> None:
    stranger = site.test_client()
    assert isinstance(stranger, Browser)
    for path, fields in (("/posts", {"line": ""}), ("/read", {"line": "x", "up_to": "1"})):
        assert "your text is kept" not in stranger.send(path, **fields).get_data(as_text=True)
