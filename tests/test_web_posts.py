import gc
import io
import re
import sqlite3

import html5lib
import pytest
from flask import Flask
from gunicorn.http.errors import InvalidChunkSize
from sqlalchemy import event

from microshare import grants, people
from microshare.db import db, saving
from microshare.models import Post
from tests.conftest import NOON, Browser, furnish


def ids(page) -> list[int]:  # type: ignore[no-untyped-def]
    return [int(i) for i in re.findall(r'data-post-id="(\d+)"', page.get_data(as_text=True))]


def publish(browser: Browser, line: str, **fields: str) -> int:
    answer = browser.send("/posts", line=line, **fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return int(answer.headers["Location"].rpartition("/")[2])


def test_a_post_leads_to_its_page_and_stands_in_every_list_it_belongs_to(
    ada: Browser, grace: Browser
) -> None:
    post = publish(ada, "Seal leaks at #acme", note="Seen **twice**.")
    for path in ("/everyone", "/tags/acme", "/@ada", "/departments/sales", f"/posts/{post}"):
        assert post in ids(grace.get(path)), path
    assert ids(ada.get("/")) == [post]
    assert ids(grace.get("/")) == []
    grace.send("/tags/acme/follow")
    page = grace.get("/")
    assert ids(page) == [post]
    assert "#acme" in page.get_data(as_text=True)
    grace.send("/tags/acme/follow", undo="1")
    assert ids(grace.get("/")) == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"line": "x" * 141}, "1 characters too long"),
        ({"line": "  "}, "A post needs a line"),
        ({"line": "be\x07ll"}, "control characters"),
        ({"line": "ok", "note": "n" * 2001}, "The note is 1 characters too long"),
        ({"line": "ok", "note": " ".join(f"#t{i}" for i in range(40))}, "at most 30"),
        ({"line": "y" * 5000}, "far too much text"),
        ({"line": "ok", "reply_to": "999"}, "There is no such post"),
    ],
)
def test_a_refused_post_is_shown_again_as_it_was_typed(
    ada: Browser, fields: dict[str, str], told: str
) -> None:
    answer = ada.send("/posts", **fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == (404 if "reply_to" in fields else 422)
    assert told in page
    kept = re.search(r'<textarea[^>]*name="line"[^>]*>([^<]*)</textarea>', page)
    assert kept is not None
    assert kept[1].strip() == fields["line"].strip()
    if "note" in fields:
        assert fields["note"] in page


def test_the_same_key_twice_is_one_post(ada: Browser) -> None:
    assert publish(ada, "once", key="k") == publish(ada, "once", key="k")
    assert len(ids(ada.get("/"))) == 1


def test_a_form_without_its_token_changes_nothing_and_keeps_the_text(ada: Browser) -> None:
    answer = ada.post("/posts", data={"line": "typed with care"})
    assert answer.status_code == 400
    assert "typed with care" in answer.get_data(as_text=True)
    assert ids(ada.get("/everyone")) == []


def test_bytes_that_are_no_text_are_refused_with_a_sentence(ada: Browser) -> None:
    body = f"csrf_token={ada.token()}&line=caf%E9".encode()
    answer = ada.post("/posts", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert "not valid UTF-8" in answer.get_data(as_text=True)
    assert "caf\ufffd" in answer.get_data(as_text=True)  # what could be read of it is kept
    raw = b"csrf_token=" + ada.token().encode() + b"&line=caf\xe9 and more"
    again = ada.post("/posts", data=raw, content_type="application/x-www-form-urlencoded")
    assert again.status_code == 422
    assert "and more" in again.get_data(as_text=True)
    assert ids(ada.get("/everyone")) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/posts/99999999999999999999", 404),
        ("/posts/0", 404),
        ("/posts/abc", 404),
        ("/@%00", 422),
        ("/tags/%00", 422),
        ("/tags/%ff%fe", 404),
        ("/search?q=%00", 422),
        ("/search?q=%22((*&sort=sideways&before=-1", 200),
        ("/people?q=%25_", 200),
        ("/questions?tag=nothing", 404),
        ("/questions?days=99999999999", 200),
        ("/digest/yesterday", 404),
        ("/digest/9999-12-31", 404),
        ("/departments/nowhere", 404),
    ],
)
def test_a_nonsense_address_has_a_page_and_never_a_fault(
    ada: Browser, path: str, status: int
) -> None:
    assert ada.get(path).status_code == status


def test_ten_megabytes_are_refused_with_a_sentence(ada: Browser) -> None:
    answer = ada.send("/posts", line="x" * 10_000_000)
    assert answer.status_code == 413
    assert "too much for one form" in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/posts", "/api/v1/statuses"])
def test_half_a_form_is_not_published(site: Flask, ada: Browser, path: str) -> None:
    """A phone lost its signal while it sent, or stalls; or what came is no body at all."""
    with site.app_context(), saving():
        token = grants.create(people.get("ada"), "api", "phone", NOON)
    before = ada.get("/everyone").get_data(as_text=True)
    form = {"csrf_token": ada.token(), "line": "The half of", "status": "The half of"}
    pieces = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    errors = InvalidChunkSize(b"ZZ"), BlockingIOError()
    broken = [{"wsgi.input": _Broken(error), **pieces} for error in errors]
    for environ in ({"CONTENT_LENGTH": "5000"}, *broken):
        sent = ada.post(
            path,
            data=form,
            headers={"Authorization": f"Bearer {token}"},
            environ_overrides={"wsgi.input_terminated": True, **environ},
        )
        assert sent.status_code == 400
    after = ada.get("/everyone").get_data(as_text=True)
    assert "The half of" not in after
    assert after.count("<article") == before.count("<article")


class _Broken(io.BytesIO):
    """A body that cannot be read."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def read(self, size: int | None = -1) -> bytes:
        raise self.error


def test_html_in_a_line_is_text_on_every_page(ada: Browser) -> None:
    post = publish(ada, "<script>alert(1)</script> <b>x</b>", note="<img src=x onerror=y>")
    for path in ("/", f"/posts/{post}", f"/posts/{post}/edit", "/everyone.atom"):
        page = ada.get(path).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_thanks_and_saving_are_taken_back_with_undo(ada: Browser, grace: Browser) -> None:
    post = publish(ada, "useful")
    for _ in range(2):  # sent twice is given once
        assert grace.send(f"/posts/{post}/thanks").status_code == 303
    grace.send(f"/posts/{post}/save")
    assert ids(grace.get("/saved")) == [post]
    assert ids(ada.get("/saved")) == []
    assert "Grace" in ada.get("/inbox").get_data(as_text=True)
    grace.send(f"/posts/{post}/thanks", undo="1")
    grace.send(f"/posts/{post}/save", undo="1")
    assert ids(grace.get("/saved")) == []
    assert ids(ada.get("/inbox")) == []
    assert ada.send(f"/posts/{post}/thanks").status_code == 422


def test_an_edit_is_visible_and_its_history_readable(ada: Browser, grace: Browser) -> None:
    post = publish(ada, "old words")
    assert ada.send(f"/posts/{post}/edit", line="new words", version="1").status_code == 303
    assert "edited" in grace.get(f"/posts/{post}").get_data(as_text=True)
    assert "old words" in grace.get(f"/posts/{post}/history").get_data(as_text=True)
    late = ada.send(f"/posts/{post}/edit", line="from an old tab", version="1")
    assert late.status_code == 422
    assert "from an old tab" in late.get_data(as_text=True)


def test_linus_gets_a_403_for_what_is_adas(ada: Browser, linus: Browser) -> None:
    post = publish(ada, "mine?")
    assert linus.send(f"/posts/{post}/edit", line="his").status_code == 403
    assert linus.send(f"/posts/{post}/withdraw").status_code == 403
    assert linus.send(f"/posts/{post}/solve").status_code == 403
    assert linus.get("/manage").status_code == 403
    assert linus.send("/manage/people/ada/suspend").status_code == 403


def test_a_head_is_a_get_and_never_a_form(site: Flask, ada: Browser) -> None:
    """Some look whether an address answers before they open it, with the session or without."""
    ada.send("/posts", line="Still here")
    for path in ("/posts/1/withdraw", "/posts/1/edit", "/everyone"):
        head, got = ada.head(path), ada.get(path)
        assert (head.status_code, head.get_data()) == (got.status_code, b""), path
    assert "Still here" in ada.get("/posts/1").get_data(as_text=True)
    for path in ("/sign-in", "/forgotten"):
        assert site.test_client().head(path).status_code == 200


def test_a_withdrawn_post_is_gone_from_all_pages(ada: Browser, grace: Browser) -> None:
    post = publish(ada, "a secret slipped #acme", note="more of it")
    reply = publish(grace, "oops", reply_to=str(post))
    ada.send(f"/posts/{post}/withdraw")
    for path in (
        "/everyone",
        "/tags/acme",
        f"/posts/{reply}",
        f"/posts/{post}",
        "/everyone.atom",
        "/inbox",
        "/",
    ):
        assert "secret" not in grace.get(path).get_data(as_text=True), path
    assert "withdrawn" in grace.get(f"/posts/{reply}").get_data(as_text=True)
    assert grace.get(f"/posts/{post}/history").status_code == 404
    assert grace.get(f"/posts/{post}/edit").status_code == 404


def test_a_question_is_open_until_its_asker_accepts_an_answer(ada: Browser, grace: Browser) -> None:
    question = publish(ada, "Who knows #atex?")
    assert ids(grace.get("/questions")) == [question]
    reply = publish(grace, "I do", reply_to=str(question))
    assert grace.send(f"/posts/{question}/answer", reply=str(reply)).status_code == 403
    assert ada.send(f"/posts/{question}/answer", reply=str(reply)).status_code == 303
    assert ids(grace.get("/questions")) == []
    ada.send(f"/posts/{question}/solve", undo="1")
    assert ids(grace.get("/questions?tag=atex&department=sales")) == [question]


def test_lists_page_by_id_and_show_each_post_once(ada: Browser, grace: Browser) -> None:
    made = [publish(ada, f"number {n} #many") for n in range(35)]
    for path in ("/everyone", "/tags/many", "/@ada", "/departments/sales", "/"):
        browser = ada if path == "/" else grace
        first = ids(browser.get(path))
        rest = ids(browser.get(f"{path}?before={first[-1]}"))
        assert first + rest == made[::-1], path
    assert ids(grace.get("/everyone?before=nonsense")) == made[:4:-1]
    assert ids(grace.get("/everyone?before=" + "9" * 30)) == made[:4:-1]


def test_the_line_where_the_reader_left_off_moves_by_a_post_only(ada: Browser) -> None:
    first = publish(ada, "one")
    ada.send("/read", up_to=str(first))
    second = publish(ada, "two")
    for _ in range(2):  # looking changes nothing
        page = ada.get("/").get_data(as_text=True)
        assert (
            page.index(f'data-post-id="{second}"')
            < page.index("left off")
            < page.index(f'data-post-id="{first}"')
        )
    ada.send("/read", up_to=str(second))
    assert "left off" not in ada.get("/").get_data(as_text=True)


def test_no_get_changes_the_database(ada: Browser, grace: Browser, site: Flask) -> None:
    post = publish(ada, "Who knows? #x", note="n")
    publish(grace, "me", reply_to=str(post))
    with site.app_context():
        engine = db.engine
    before = _dump(engine)
    for rule in site.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static":
            values = {
                "post_id": post,
                "name": "x",
                "username": "ada",
                "slug": "sales",
                "token": "t",
                "day": "2026-11-23",
                "webhook_id": 1,
                "report_id": 1,
                "user_id": 1,
                "upload_id": 1,
                "note_id": 1,
                "seal": "x",
                "path": "x",
            }
            adapter = site.url_map.bind("localhost")
            ada.get(adapter.build(rule.endpoint, {a: values[a] for a in rule.arguments}))
    assert _dump(engine) == before


def _dump(engine) -> list[str]:  # type: ignore[no-untyped-def]
    with engine.connect() as connection:
        found = connection.connection.driver_connection.iterdump()
        return [line for line in found if 'INTO "call_counts"' not in line]  # calls are counted


def test_every_page_is_valid_html_without_inline_script_or_style(ada: Browser, site: Flask) -> None:
    post = publish(ada, "Who *knows* `this` https://example.com/x #pumps @grace?", note="- a\n- b")
    publish(ada, "a reply", reply_to=str(post))
    ada.send(f"/posts/{post}/edit", line="Who knows #pumps?", version="1")
    paths = [
        "/",
        "/everyone",
        "/tags",
        "/tags/pumps",
        "/people",
        "/@ada",
        "/departments",
        "/departments/sales",
        "/questions",
        "/saved",
        "/outbox",
        "/offline",
        "/inbox",
        "/digest",
        "/settings",
        "/settings/programs",
        "/manage/webhooks",
        "/manage",
        "/help",
        "/search",
        "/search?q=pumps",
        "/new",
        f"/posts/{post}",
        f"/posts/{post}/edit",
        f"/posts/{post}/history",
        f"/posts/{post}/withdraw",
        "/nope",
    ]
    for path in paths:
        _check(path, ada.get(path).get_data())
    stranger = site.test_client()
    for path in ("/sign-in", "/forgotten", "/help", "/join/nonsense"):
        _check(path, stranger.get(path).get_data())


def _check(path: str, page: bytes) -> None:
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    tree = parser.parse(page)
    errors = [(position, code) for position, code, _ in parser.errors]
    assert not errors, f"{path}: {errors[:5]}"
    for element in tree.iter():
        assert "style" not in element.attrib, path
        assert not any(str(name).startswith("on") for name in element.attrib), path
        if element.tag == "script":
            assert element.get("src"), path
        if element.tag == "style":
            raise AssertionError(path)
    forms = [e for e in tree.iter("form") if e.get("method", "").lower() == "post"]
    for form in forms:
        names = {e.get("name") for e in form.iter("input")}
        assert "csrf_token" in names, path


def test_a_full_disk_keeps_the_text_and_every_post_that_was_taken(app: Flask) -> None:
    app.test_client_class = Browser
    with app.app_context():
        furnish()
        db.session.remove()
        engine = db.engine
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in("ada")
    token = browser.token()
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    answers = [
        browser.post(
            "/posts", data={"csrf_token": token, "line": f"kept {n} #t{n}", "note": "words " * 300}
        )
        for n in range(60)
    ]
    full = next(a for a in answers if a.status_code == 503)
    assert "disk of the server is full" in full.get_data(as_text=True)
    assert 'name="line"' in full.get_data(as_text=True)
    assert "kept" in full.get_data(as_text=True)
    with app.app_context():
        count = sum(a.status_code == 303 for a in answers)
        assert db.session.query(Post).count() == count


def test_a_locked_database_keeps_the_text_and_reading_goes_on(
    site: Flask, ada: Browser
) -> None:
    token = ada.token()
    with site.app_context():
        engine = db.engine
        path = engine.url.database
    assert path is not None
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    holder = sqlite3.connect(path, isolation_level=None)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        answer = ada.post("/posts", data={"csrf_token": token, "line": "typed in a busy moment"})
        assert answer.status_code == 503
        page = answer.get_data(as_text=True)
        assert "The database is busy" in page
        assert "typed in a busy moment" in page
        assert ada.get("/everyone").status_code == 200
    finally:
        holder.close()
    assert ada.post("/posts", data={"csrf_token": token, "line": "again"}).status_code == 303


def test_the_log_tells_of_requests_by_ids_and_page_names_alone(
    site: Flask, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = io.StringIO()
    handler = next(h for h in site.logger.handlers if h.filters)
    monkeypatch.setattr(handler, "stream", told)
    ada.get("/@grace", headers={"X-Request-ID": "abc-7"})
    line = told.getvalue()
    assert "abc-7 GET lists.person 200" in line
    assert "user 1" in line
    assert "grace" not in line
    assert "example.com" not in line


def test_a_form_gone_back_to_publishes_its_new_text_on_the_second_try(ada: Browser) -> None:
    publish(ada, "the first text", key="k")
    answer = ada.send("/posts", line="the second text", key="k")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "the second text" in page
    fresh = re.search(r'name="key" value="([^"]+)"', page)
    assert fresh is not None
    assert fresh[1] != "k"
    assert publish(ada, "the second text", key=fresh[1])
    assert len(ids(ada.get("/"))) == 2


def test_somebody_elses_post_has_no_edit_form(ada: Browser, linus: Browser) -> None:
    post = publish(ada, "mine")
    assert linus.get(f"/posts/{post}/edit").status_code == 403


def test_an_open_page_asks_whether_there_is_news(ada: Browser, grace: Browser) -> None:
    post = publish(ada, "Seal leaks at #acme")
    assert grace.get(f"/news?after={post}").status_code == 204
    assert grace.get("/news?after=0").status_code == 204  # nothing that grace follows
    answer = grace.get("/news?after=0&feed=everyone")
    assert (answer.status_code, answer.json) == (200, {"count": 1})
    grace.send("/tags/acme/follow")
    assert grace.get("/news?after=0").json == {"count": 1}
    for nonsense in ("", "x", "-1", "9" * 400):
        assert grace.get("/news", query_string={"after": nonsense}).status_code == 200


def test_a_tag_that_was_tagged_on_has_a_button_for_who_may_take_it_off(
    ada: Browser, grace: Browser, linus: Browser
) -> None:
    post = publish(ada, "Seal leaks")
    grace.send(f"/posts/{post}/tags", tags="#acme")
    button = f'formaction="/posts/{post}/tags" data-live name="undo" value="acme"'
    pages = {b: b.get("/everyone").get_data(as_text=True) for b in (ada, grace, linus)}
    assert [button in pages[b] for b in (ada, grace, linus)] == [True, True, False]
    linus.send(f"/posts/{post}/tags", undo="acme")
    assert "#acme" in linus.get("/everyone").get_data(as_text=True)
    grace.send(f"/posts/{post}/tags", undo="acme")
    assert "#acme" not in linus.get("/everyone").get_data(as_text=True)


def test_a_kept_part_is_made_anew_when_anything_it_shows_changes(
    ada: Browser, grace: Browser, linus: Browser
) -> None:
    post = publish(ada, "Seal leaks <b>")

    def shown(browser: Browser) -> str:
        return browser.get("/everyone").get_data(as_text=True)

    assert "Seal leaks &lt;b&gt;" in shown(grace)
    assert shown(ada).count("/thanks") == 0  # nobody thanks for the own post
    linus.send(f"/posts/{post}/thanks")
    assert "1 colleague thanked" in shown(grace)
    assert 'title="Take your thanks back"' in shown(linus)
    assert 'title="Take your thanks back"' not in shown(grace)
    ada.send(f"/posts/{post}/edit", line="Seal holds", version="1")
    assert "Seal holds" in shown(grace) and "edited" in shown(grace)
    ada.send("/settings/profile", name="Ada <i> King", username="ada", email="ada@example.com",
             language="nl", time_zone="UTC", about="", department="sales")
    assert "Ada &lt;i&gt; King" in shown(grace)
    assert "Reageren" in shown(ada) and "Reageren" not in shown(grace)


def test_a_page_takes_seven_queries_at_most_and_the_check_for_news_one(
    site: Flask, ada: Browser, grace: Browser
) -> None:
    ada.send(f"/posts/{publish(grace, 'Thanked for')}/thanks")
    posts = [publish(ada, f"Seal {number} leaks #acme #pumps") for number in range(40)]
    grace.send("/tags/acme/follow")
    pages = ("/", "/everyone", "/tags/acme", "/@ada", "/departments/sales", f"/posts/{posts[0]}",
             "/digest")  # fmt: skip
    asked: list[str] = []
    with site.app_context():  # each request has a context of its own, or it would know its reader
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for path in (*pages, f"/news?after={posts[-1]}"):
        asked.clear()
        sizes[path] = len(grace.get(path).data)
        counts[path] = sum(statement.startswith("SELECT") for statement in asked)
    assert counts.pop(f"/news?after={posts[-1]}") == 1
    assert max(counts.values()) <= 7, counts
    assert max(counts[path] for path in ("/", "/everyone", "/tags/acme")) <= 4, counts
    assert max(sizes.values()) < 60 * 1024, sizes


def test_a_page_leaves_nothing_to_the_collector_of_garbage(
    site: Flask, ada: Browser, grace: Browser
) -> None:
    # What a page loads and shows goes with it: a template that ties its context into a circle
    # (a macro of its own, an import with context) leaves all of it to be collected later.
    first = publish(ada, "Who knows why #pumps leak?")
    for number in range(10):
        publish(grace, f"Because {number} #seals", reply_to=str(first))
    grace.send("/tags/pumps/follow")
    left = {}
    gc.collect()
    gc.freeze()  # what other tests left behind is not looked through each time
    paths = ("/", "/everyone", "/tags/pumps", "/@ada", "/departments/sales", f"/posts/{first}")
    for path in paths * 2:  # the first time round also collects what came before
        gc.collect()
        gc.disable()
        try:
            grace.get(path)
            left[path] = gc.collect()
        finally:
            gc.enable()
    gc.unfreeze()
    assert max(left.values()) < 25, left  # objects; the client's and the framework's own
