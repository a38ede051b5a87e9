import io
import re
import xml.etree.ElementTree as ElementTree

import html5lib
import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from microshare import indexing, media, photos
from microshare.db import db
from microshare.models import PhotoFile
from microshare.web import sent as sent_photos
from tests.conftest import Browser, Queries
from tests.test_media import archive, photo, written
from tests.test_web_posts import ids

File = bytes | None


def send(browser: Browser, line: str, *sent: tuple[File, str, str], **fields: str):  # type: ignore[no-untyped-def]
    """The form with these (file, description, decoration) of photos."""
    data: dict[str, object] = {"csrf_token": browser.token(), "line": line, **fields}
    data["photo"] = [
        FileStorage(io.BytesIO(file or b""), "../my holiday.exe" if file is not None else "")
        for file, _, _ in sent
    ]
    data["alt"] = [alt for _, alt, _ in sent]
    data["plain"] = [plain for _, _, plain in sent]
    return upload(browser, "/posts", data)


def upload(browser: Browser, path: str, data: dict[str, object]):  # type: ignore[no-untyped-def]
    """POST a multipart form, made in memory: the client would leave a large one's file open."""
    boundary, content = encode_multipart(data)
    kind = f'multipart/form-data; boundary="{boundary}"'
    return browser.post(path, data=content, content_type=kind)


def publish(browser: Browser, line: str, *sent: tuple[File, str, str]) -> int:
    answer = send(browser, line, *sent)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return int(answer.headers["Location"].rpartition("/")[2])


def jpeg(width: int = 600) -> bytes:
    return written(photo(width, width // 2))


def addresses(page: str) -> list[str]:
    return re.findall(r'<img src="(/photos/[^"]+)"', page)


def body(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_photo_is_shown_in_the_thread_and_folded_in_lists(ada: Browser, grace: Browser) -> None:
    post = publish(ada, "A seal", (jpeg(), 'Worn "here" <b>', ""), (jpeg(64), "", "1"))
    thread, everyone = body(grace, f"/posts/{post}"), body(grace, "/everyone")
    for page in (thread, everyone):
        assert len(addresses(page)) == (2 if page is thread else 1)
        assert 'alt="Worn &#34;here&#34; &lt;b&gt;"' in page
        html5lib.HTMLParser(strict=True).parse(page)
    fold = everyone[everyone.index('<details class="note"') :].partition("</details>")[0]
    assert "2 photos" in fold
    assert addresses(fold)
    assert f'<a href="/posts/{post}">All 2 photos</a>' in fold
    assert '<details class="note"' not in thread
    assert 'width="312" height="156"' in thread
    assert "data:image/webp;base64," in thread


def test_a_photo_has_a_name_of_ours_and_is_kept_by_browsers(ada: Browser, grace: Browser) -> None:
    post = publish(ada, "A seal", (jpeg(), "A seal", ""))
    page = body(grace, f"/posts/{post}")
    (address,) = addresses(page)
    assert re.fullmatch("/photos/[0-9a-f]{20}-480", address)
    answer = grace.get(address)
    assert answer.data.startswith(b"\xff\xd8\xff")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "holiday" not in str(answer.headers) + page
    again = grace.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_only_colleagues_who_are_signed_in_see_it_and_nobody_once_withdrawn(
    site: Flask, ada: Browser, linus: Browser
) -> None:
    post = publish(ada, "A seal", (jpeg(), "A seal", ""))
    (address,) = addresses(body(ada, f"/posts/{post}"))
    stranger = site.test_client().get(address)
    assert stranger.status_code == 303
    etag = linus.get(address).headers["ETag"]
    ada.send(f"/posts/{post}/withdraw")
    for browser in (ada, linus):
        assert browser.get(address, headers={"If-None-Match": etag}).status_code == 404
        assert browser.get(address.partition("-")[0]).status_code == 404


@pytest.mark.parametrize(
    "name", ["x", "0" * 20, "0" * 20 + "-480", "..%2f..%2fsecret.key", "%00", "0" * 5000]
)
def test_a_photo_that_is_none_is_a_page_of_its_own(ada: Browser, name: str) -> None:
    assert ada.get(f"/photos/{name}").status_code in (404, 422)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ([(jpeg(), "", "")], "Photo 1: describe"),
        ([(jpeg(), "", "1"), (jpeg(), " ", "")], "Photo 2: describe"),
        ([(None, "words without a file", "")], "Photo 1 has a description but no file"),
        ([(archive(), "a zip", "")], "File 1 is no photo"),
        ([(b"<svg/>", "a drawing", "")], "drawing (SVG)"),
        ([(jpeg()[:900], "cut", "")], "damaged or cut off"),
        ([(jpeg(), "x" * 501, "")], "1 characters too long"),
        ([(jpeg(), str(n), "") for n in range(5)], "at most 4"),
    ],
)
def test_a_photo_that_does_not_do_keeps_the_typed_words(
    ada: Browser, sent: list[tuple[File, str, str]], told: str
) -> None:
    answer = send(ada, "typed with care", *sent, note="and a note")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in page
    assert "typed with care</textarea>" in page
    assert "and a note</textarea>" in page
    for _, alt, _ in sent[:4]:
        assert f'value="{alt.strip()}"' in page
    assert "choose the files again" in page
    assert ids(ada.get("/everyone")) == []


def test_thirty_megabytes_are_refused_with_a_sentence_and_the_text_stands(ada: Browser) -> None:
    answer = send(ada, "typed with care", (b"\xff\xd8\xff" + b"x" * 30_000_000, "large", ""))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "at most 12 MB" in page
    assert "typed with care</textarea>" in page


def test_no_more_of_a_file_is_held_than_tells_that_it_is_too_large() -> None:
    with sent_photos._Held(max_size=1000) as held:
        for _ in range(30):
            assert held.write(b"x" * 1_000_000) == 1_000_000
        assert held.seek(0, io.SEEK_END) == media.LARGEST_FILE + 1


def test_more_than_four_large_photos_at_once_are_not_even_read(ada: Browser) -> None:
    answer = ada.post(
        "/posts", content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": "200000000"},
    )  # fmt: skip
    assert answer.status_code == 413
    assert "96 MB" in answer.get_data(as_text=True)


def test_of_a_form_that_is_too_large_the_text_is_shown_again(ada: Browser) -> None:
    _, content = encode_multipart(
        {"csrf_token": ada.token(), "key": "k", "line": "typed <with> café", "note": "and a note",
         "photo": FileStorage(io.BytesIO(b"x" * 300_000), "x.jpg"), "alt": "behind it"}, "cut"
    )  # fmt: skip
    answer = ada.post(
        "/posts", data=content, content_type="multipart/form-data; boundary=cut",
        environ_overrides={"CONTENT_LENGTH": "200000000"},
    )  # fmt: skip
    page = answer.get_data(as_text=True)
    assert answer.status_code == 413
    assert "typed &lt;with&gt; café</textarea>" in page
    assert "and a note</textarea>" in page
    assert "behind it" not in page
    assert ids(ada.get("/everyone")) == []


@pytest.mark.parametrize(
    ("line", "status"),
    [("a \ufffd sign".encode(), 303), (b"caf\xe9 noir", 422), (b"a \x00 sign", 422),
     ("\U0001f3f4\u200d\u2620 and \u2067".encode(), 303)],
)  # fmt: skip
def test_odd_letters_in_a_form_with_files_are_taken_as_in_one_without(
    ada: Browser, line: bytes, status: int
) -> None:
    token = ada.token().encode()
    body = b"".join(
        b'--cut\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair
        for pair in ((b"csrf_token", token), (b"line", line), (b"key", b"1"))
    ) + b"--cut--\r\n"
    multipart = ada.post("/posts", data=body, content_type="multipart/form-data; boundary=cut")
    encoded = b"csrf_token=%s&key=2&line=%s" % (token, b"".join(b"%%%02X" % one for one in line))
    plain = ada.post("/posts", data=encoded, content_type="application/x-www-form-urlencoded")
    assert (multipart.status_code, plain.status_code) == (status, status)
    if status == 422:
        assert line.decode(errors="replace").partition(" ")[0] in multipart.get_data(as_text=True)


def changed(browser: Browser, post: int, **fields: object):  # type: ignore[no-untyped-def]
    """The edit form of a post, sent with these fields instead of what it has."""
    page = body(browser, f"/posts/{post}/edit")
    html5lib.HTMLParser(strict=True).parse(page)
    form: dict[str, object] = {
        "csrf_token": browser.token(), "line": "A seal", "note": "", "kind": "update",
        "version": re.findall(r'name="version" value="(\d+)"', page)[0],
        "kept": re.findall(r'name="kept" value="(\w+)"', page),
        "kept_alt": re.findall(r'name="kept_alt" value="([^"]*)"', page),
    }  # fmt: skip
    form["kept_plain"] = ["" if alt else "1" for alt in form["kept_alt"]]  # type: ignore[attr-defined]
    return upload(browser, f"/posts/{post}/edit", {**form, **fields})


def alts(browser: Browser, post: int) -> list[str]:
    return re.findall(r' alt="([^"]*)" width', body(browser, f"/posts/{post}"))


def history(browser: Browser, post: int) -> list[str]:
    said = re.sub("<[^>]+>", "", body(browser, f"/posts/{post}/history"))
    return [" ".join(line.split()) for line in said.splitlines() if "Photo" in line]


def test_photos_are_described_anew_removed_and_added_and_the_history_tells(
    site: Flask, ada: Browser, grace: Browser
) -> None:
    post = publish(ada, "A seal", (jpeg(500), "A worn seal", ""), (jpeg(700), "My lunch", ""))
    first, lunch = re.findall(r'name="kept" value="(\w+)"', body(ada, f"/posts/{post}/edit"))
    assert changed(ada, post, kept_alt=["A torn seal", "My lunch"]).status_code == 303
    assert alts(grace, post) == ["A torn seal", "My lunch"]
    added = FileStorage(io.BytesIO(jpeg(900)), "x.jpg")
    answer = changed(ada, post, remove=lunch, photo=added, alt="A new seal", plain="")
    assert answer.status_code == 303
    assert alts(grace, post) == ["A torn seal", "A new seal"]
    assert grace.get(f"/photos/{lunch}").status_code == 404  # no longer given to anybody
    assert grace.get(f"/photos/{lunch}-480").status_code == 404
    assert grace.get(f"/photos/{first}").status_code == 200
    assert changed(ada, post, kept_plain=["1", ""], kept_alt=["A torn seal", "A new seal"]).status_code == 303
    assert history(grace, post) == [
        "Photo: (removed: A torn seal) decoration only", "Photo: A new seal",
        "Photo: A torn seal", "Photo added: A new seal", "Photo removed: My lunch",
        "Photo: A (removed: worn) (added: torn) seal", "Photo: My lunch",
        "Photo: A worn seal", "Photo: My lunch",
    ]  # fmt: skip
    html5lib.HTMLParser(strict=True).parse(body(grace, f"/posts/{post}/history"))
    assert changed(ada, post).status_code == 303
    assert len(history(grace, post)) == 9  # nothing changed, nothing kept
    with site.app_context():
        kept = db.session.scalars(db.select(PhotoFile.name).order_by(PhotoFile.name)).all()
        assert sorted({name.partition("-")[0] for name in kept}) == sorted(
            re.findall(r'name="kept" value="(\w+)"', body(ada, f"/posts/{post}/edit"))
        )
        db.session.remove()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kept_alt": ["", "b"]}, "Photo 1: describe"),
        ({"kept_alt": ["a", "x" * 501]}, "description of photo 2 is 1 characters too long"),
        ({"photo": b"%PDF", "alt": "a paper", "plain": ""}, "File 3 is no photo"),
        ({"photo": None, "alt": "a paper"}, "Photo 3 has a description but no file"),
        ({"version": "7"}, "edited meanwhile"),
        ({"line": "x" * 141}, "1 characters too long"),
        ({"photo": 3}, "at most 4"),
    ],
)
def test_an_edit_of_photos_that_does_not_do_keeps_what_was_typed_and_changes_nothing(
    ada: Browser, fields: dict[str, object], told: str
) -> None:
    post = publish(ada, "A seal", (jpeg(64), "one", ""), (jpeg(66), "two", ""))
    given = {"kept_alt": ["a", "b"], "line": "typed with care", **fields}
    if "photo" in given:
        new = given["photo"]
        files = [jpeg(80 + n) for n in range(new)] if isinstance(new, int) else [new]
        given["photo"] = [FileStorage(io.BytesIO(one or b""), "x.jpg" if one else "") for one in files]
        given.setdefault("alt", ["more"] * len(files))
    answer = changed(ada, post, **given)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in page
    assert f"{given['line']}</textarea>" in page
    for alt in given["kept_alt"]:  # type: ignore[attr-defined]
        assert f'name="kept_alt" value="{alt}"' in page
    if isinstance(given.get("alt"), str):
        assert 'value="a paper"' in page
    html5lib.HTMLParser(strict=True).parse(page)
    assert alts(ada, post) == ["one", "two"]
    assert history(ada, post) == ["Photo: one", "Photo: two"]


def test_an_edit_that_says_nothing_of_photos_leaves_them_and_only_the_author_may(
    ada: Browser, linus: Browser
) -> None:
    post = publish(linus, "A seal", (jpeg(64), "one", ""))
    (name,) = re.findall(r'name="kept" value="(\w+)"', body(linus, f"/posts/{post}/edit"))
    linus.send(f"/posts/{post}/edit", line="A worn seal", version="1")
    assert alts(ada, post) == ["one"]
    for field in ({"remove": name}, {"kept_alt": "mine"}):
        form = {"csrf_token": ada.token(), "line": "A seal", "version": "2", "kept": name, **field}
        assert upload(ada, f"/posts/{post}/edit", form).status_code == 403
    assert alts(ada, post) == ["one"]


def test_a_photo_that_another_post_has_too_stays_there(ada: Browser, linus: Browser) -> None:
    post, other = (publish(who, "A seal", (jpeg(64), "one", "")) for who in (ada, linus))
    (name,) = re.findall(r'name="kept" value="(\w+)"', body(ada, f"/posts/{post}/edit"))
    assert changed(ada, post, remove=name).status_code == 303
    assert (alts(ada, post), alts(ada, other)) == ([], ["one"])
    assert ada.get(f"/photos/{name}").status_code == 200


def test_other_forms_stay_small(ada: Browser) -> None:
    token = ada.token()
    large = {"csrf_token": token, "photo": FileStorage(io.BytesIO(b"x" * 2_000_000), "x")}
    assert upload(ada, "/settings", large).status_code == 413
    text = {"csrf_token": token, "line": "x" * 2_000_000}
    assert upload(ada, "/posts", text).status_code == 413


def test_a_form_without_its_token_stores_nothing(ada: Browser) -> None:
    data = {"line": "typed with care", "photo": FileStorage(io.BytesIO(jpeg()), "x.jpg"), "alt": "x"}
    answer = upload(ada, "/posts", data)
    assert answer.status_code == 400
    assert "typed with care" in answer.get_data(as_text=True)


def test_the_photos_of_a_list_cost_no_query(site: Flask, ada: Browser, grace: Browser) -> None:
    for number in range(3):
        publish(ada, f"post {number}")
    with site.app_context(), Queries() as bare:
        body(grace, "/everyone")
    for number in range(3):
        publish(ada, f"photo {number}", (jpeg(64), "A seal", ""), (jpeg(66), "", "1"))
    with site.app_context(), Queries() as full:
        assert len(addresses(body(grace, "/everyone"))) == 3
    assert len(full) == len(bare)
    with site.app_context(), Queries() as one:
        grace.get(addresses(body(grace, "/everyone"))[0])
    assert len(one) - len(full) <= 3


def test_search_finds_posts_with_photos(site: Flask, ada: Browser) -> None:
    bare, shown = publish(ada, "A seal"), publish(ada, "A seal", (jpeg(64), "", "1"))
    with site.app_context():
        indexing.catch_up()
        db.session.remove()
    assert ids(ada.get("/search?q=seal+has:photo")) == [shown]
    assert ids(ada.get("/search?q=seal+-has:photo")) == [bare]


def test_atom_tells_of_photos(ada: Browser) -> None:
    post = publish(ada, "A seal", (jpeg(64), "Worn <here> & there", ""), (jpeg(64), "", "1"))
    feed = body(ada, "/everyone.atom")
    entry = ElementTree.fromstring(feed).find("{*}entry/{*}content")
    assert entry is not None
    assert entry.text is not None
    assert f'<a href="http://localhost/posts/{post}">Photo: Worn &lt;here&gt; &amp; there' in entry.text
    assert entry.text.count("Photo") == 2
    # What reads feeds has no session: it loads them where clients do, and knows how much that is.
    stranger = ada.application.test_client()
    links = ElementTree.fromstring(feed).findall("{*}entry/{*}link[@rel='enclosure']")
    assert len(links) == 2
    for link in links:
        photo = stranger.get(link.attrib["href"].removeprefix("http://localhost"))
        assert (photo.status_code, photo.mimetype) == (200, link.attrib["type"])
        assert len(photo.data) == int(link.attrib["length"])


def test_a_post_in_short_tells_that_it_has_a_photo(ada: Browser, grace: Browser) -> None:
    post = publish(ada, "A seal", (jpeg(), "Worn", ""))
    grace.send(f"/posts/{post}/thanks")
    assert "1 photo" in body(ada, "/inbox")
    assert addresses(body(ada, "/inbox")) == []


def test_what_the_pages_say_of_limits_is_what_the_server_holds(ada: Browser) -> None:
    page = body(ada, "/new")
    assert f'data-limit="{photos.LIMIT}" data-largest="{media.LARGEST_FILE}"' in page
    assert page.count('<input type="file" name="photo"') == photos.LIMIT
    html5lib.HTMLParser(strict=True).parse(page)
