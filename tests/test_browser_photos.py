"""Photos in a real browser: chosen, pasted, dropped, described, shrunk and shown."""

import base64
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browsing import DESKTOP, PHONE, browser, is_well, sign_in, signed_in, url  # noqa: F401 - fixtures
from tests.test_media import archive, exif, photo, written

ALT = "What it shows"
# Puts files, as [name, type, base64], where the browser puts those of a paste or a drop.
BRING = """(form, [event, kind, files]) => {
    const brought = new DataTransfer();
    for (const [name, type, content] of files) {
        const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
        brought.items.add(new File([bytes], name, { type }));
    }
    const how = { bubbles: true, cancelable: true };
    form.dispatchEvent(kind === "paste"
        ? new ClipboardEvent(event, { ...how, clipboardData: brought })
        : new DragEvent(event, { ...how, dataTransfer: brought }));
}"""
SENT = """() => [...document.querySelectorAll("input[name=photo]")].map(
    ({ files: [file] }) => [file.name, file.type, file.size])"""


def file(name: str, content: bytes, kind: str = "image/jpeg") -> dict[str, Any]:
    return {"name": name, "mimeType": kind, "buffer": content}


def jpeg(width: int = 600, **how: object) -> bytes:
    return written(photo(width, width // 2), **how)


def composer(page: Page, line: str) -> Page:
    page.goto("/new")
    page.locator("textarea[name=line]").fill(line)
    page.get_by_text("Add photos").click()
    return page


def choose(page: Page, *files: dict[str, Any] | Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose photos").click()
    chooser.value.set_files(list(files))  # type: ignore[arg-type]


def post(page: Page) -> None:
    page.get_by_role("button", name="Post", exact=True).click()


def are_shown(page: Page, alts: Sequence[str]) -> None:
    """Whether the thread shows the photos with these descriptions, each really loaded."""
    expect(page).to_have_url(re.compile(r"/posts/\d+$"), timeout=20_000)
    photos = page.locator("article .photo img:last-child")
    expect(photos).to_have_count(len(alts))
    for place, alt in enumerate(alts):
        expect(photos.nth(place)).to_have_attribute("alt", alt)
        photos.nth(place).scroll_into_view_if_needed()
        expect(photos.nth(place)).to_have_js_property("complete", True)
        assert photos.nth(place).evaluate("(image) => image.decode().then(() => image.naturalWidth)")


@pytest.fixture
def page(browser: Browser, url: str) -> Page:  # type: ignore[misc]  # noqa: F811
    opened = signed_in(browser, url, viewport=PHONE)
    yield opened  # type: ignore[misc]
    opened.context.close()


def test_photos_are_chosen_shrunk_described_and_shown(page: Page) -> None:
    composer(page, "Two photos from the car park")
    held = file("IMG_1.jpg", jpeg(3000, exif=exif(6)))
    choose(page, held, file("IMG_2.png", written(photo(), "PNG"), "image/png"))
    expect(page.locator(".photo-choice img")).to_have_count(2)
    (large, small) = page.evaluate(SENT)
    assert large[1] == "image/jpeg"
    assert small[1:] == ["image/png", len(written(photo(), "PNG"))]  # left alone
    assert not {"IMG_1.jpg", "IMG_2.png"} & {large[0], small[0]}  # nobody needs to know
    width, height = page.locator(".photo-choice img").first.evaluate(
        "(image) => [image.naturalWidth, image.naturalHeight]"
    )
    assert (width, height) == (1024, 2048)  # turned, and no larger than needed
    post(page)
    expect(page).to_have_url(re.compile("/new$"))  # a choice is required
    expect(page.get_by_label(ALT).first).to_be_focused()
    page.get_by_label(ALT).first.fill("A worn seal")
    page.locator("select[name=plain]").nth(1).select_option("1")
    expect(page.get_by_label(ALT).nth(1)).to_be_hidden()
    post(page)
    are_shown(page, ["A worn seal", ""])


def test_photos_are_pasted_and_dropped_and_text_is_left_alone(page: Page) -> None:
    composer(page, "pasted")
    form = page.locator("form.composer")
    content = base64.b64encode(jpeg()).decode()
    form.evaluate(BRING, ["paste", "paste", [["image.png", "image/jpeg", content]]])
    expect(page.locator(".photo-choice img")).to_have_count(1)
    form.evaluate(BRING, ["dragover", "drag", [["x.jpg", "image/jpeg", content]]])
    expect(form).to_have_class(re.compile("dropping"))
    form.evaluate(BRING, ["drop", "drag", [["x.jpg", "image/jpeg", content]]])
    expect(form).not_to_have_class(re.compile("dropping"))
    expect(page.locator(".photo-choice img")).to_have_count(2)
    for place, alt in enumerate(("pasted one", "dropped one")):
        page.get_by_label(ALT).nth(place).fill(alt)
    post(page)
    are_shown(page, ["pasted one", "dropped one"])


def test_four_is_the_most_and_each_can_be_taken_away(page: Page) -> None:
    composer(page, "too many")
    choose(page, *(file(f"{n}.jpg", jpeg(100 + n)) for n in range(6)))
    expect(page.locator(".photo-choice img")).to_have_count(4)
    expect(page.get_by_text("at most 4 photos")).to_be_visible()
    expect(page.get_by_role("button", name="Choose photos")).to_be_hidden()
    page.get_by_label(ALT).nth(1).fill("the second")
    page.get_by_role("button", name="Remove Photo 1").click()
    expect(page.locator(".photo-choice img")).to_have_count(3)
    expect(page.get_by_label(ALT).first).to_have_value("the second")
    expect(page.get_by_role("button", name="Remove Photo 1")).to_be_visible()
    expect(page.get_by_role("button", name="Choose photos")).to_be_focused()


def test_what_is_no_photo_is_told_here_or_by_the_server_and_the_text_stands(
    page: Page, tmp_path: Path
) -> None:
    composer(page, "typed with care")
    choose(page, file("a.pdf", b"%PDF-1.7", "application/pdf"))
    expect(page.get_by_text("no photo that can be shown")).to_be_visible()
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff\xd8\xff" + b"x" * 30_000_000)
    choose(page, large)
    expect(page.get_by_text("too large: at most 12 MB")).to_be_visible()
    expect(page.locator(".photo-choice")).to_have_count(0)
    choose(page, file("holiday.jpg", archive()))  # a zip by another name
    page.get_by_label(ALT).fill("a zip")
    post(page)
    expect(page.get_by_role("alert").filter(has_text="is no photo")).to_be_visible()
    expect(page.locator("textarea[name=line]")).to_have_value("typed with care")


def test_a_heic_that_the_browser_cannot_read_goes_as_it_is(page: Page) -> None:
    composer(page, "from an iPhone")
    choose(page, file("IMG_3.HEIC", written(photo(600, 300), "HEIF"), ""))
    page.get_by_label(ALT).fill("A pump")
    post(page)
    are_shown(page, ["A pump"])


@pytest.mark.parametrize("width", [PHONE, DESKTOP], ids=["phone", "desk"])
def test_without_script_there_are_four_plain_fields(
    browser: Browser, url: str, tmp_path: Path, width: dict[str, int]  # noqa: F811
) -> None:
    page = signed_in(browser, url, java_script_enabled=False, viewport=width)
    composer(page, "no script")
    files = [tmp_path / "one.jpg", tmp_path / "two.webp"]
    files[0].write_bytes(archive())
    files[1].write_bytes(written(photo(), "WEBP"))
    inputs = page.locator("input[type=file]")
    assert inputs.count() == 4
    inputs.nth(0).set_input_files(files[0])
    page.get_by_label(ALT).nth(0).fill("a zip")
    inputs.nth(2).set_input_files(files[1])
    page.locator("select[name=plain]").nth(2).select_option("1")
    post(page)
    expect(page.get_by_role("alert")).to_contain_text("File 1 is no photo")
    expect(page.locator("textarea[name=line]")).to_have_value("no script")
    expect(page.get_by_label(ALT).nth(0)).to_have_value("a zip")
    files[0].write_bytes(jpeg())
    page.locator("input[type=file]").nth(0).set_input_files(files[0])
    page.locator("input[type=file]").nth(1).set_input_files(files[1])
    post(page)
    are_shown(page, ["a zip", ""])
    page.context.close()


def test_nothing_moves_when_a_photo_comes_and_lists_ask_for_it_when_unfolded(page: Page) -> None:
    composer(page, "a large one")
    choose(page, file("a.jpg", written(Image.effect_noise((1600, 1200), 90).convert("RGB"))))
    page.get_by_label(ALT).fill("noise")
    post(page)
    expect(page).to_have_url(re.compile(r"/posts/\d+$"), timeout=20_000)
    address = page.url
    asked: list[Any] = []
    page.route("**/photos/*", lambda route: asked.append(route))  # noqa: PLW0108 - no builtin
    page.goto("/everyone")
    fold = page.locator("details.note", has_text="1 photo").first
    expect(fold).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert asked == []
    with page.expect_request("**/photos/*-480"):
        fold.locator("summary").click()
    page.goto(address, wait_until="commit")
    after = page.locator("article .actions").first
    expect(after).to_be_visible()
    image = page.locator(".photo img:last-child")
    expect(image).to_have_js_property("naturalWidth", 0)
    before = after.bounding_box()
    while not asked[1:]:
        page.wait_for_event("request")
    for route in asked:
        route.continue_()
    assert image.evaluate("(image) => image.decode().then(() => image.naturalWidth)")
    assert after.bounding_box() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_composer_and_a_thread_with_photos(
    browser: Browser, url: str, scheme: str  # noqa: F811
) -> None:
    page = signed_in(
        browser, url, viewport={"width": 320, "height": 700}, color_scheme=scheme
    )
    composer(page, "looked at")
    choose(page, file("a.jpg", jpeg(900)), file("b.jpg", written(photo(300, 900))))
    expect(page.locator(".photo-choice img")).to_have_count(2)
    is_well(page)
    page.get_by_label(ALT).first.fill("A worn seal")
    page.locator("select[name=plain]").nth(1).select_option("1")
    is_well(page)
    post(page)
    are_shown(page, ["A worn seal", ""])
    is_well(page)
    page.goto("/everyone")
    page.locator("details.note", has_text="2 photos").first.locator("summary").click()
    is_well(page)
    page.context.close()


def test_the_previews_of_the_three_sizes_are_jpegs_without_a_place(page: Page, url: str) -> None:  # noqa: F811
    composer(page, "from the field")
    choose(page, file("a.jpg", jpeg(1400, exif=exif(1))))
    page.get_by_label(ALT).fill("A field")
    post(page)
    are_shown(page, ["A field"])
    address = page.locator("article a.photo").first.get_attribute("href")
    for end in ("", "-1280", "-480"):
        answer = page.request.get(f"{url}{address}{end}")
        assert b"Ada" not in answer.body()
        assert Image.open(io.BytesIO(answer.body())).format == "JPEG"


ALTS = "input[name=alt]"
CACHED = """async () => {
    const cache = await caches.open("photos of drafts");
    const all = await Promise.all((await cache.keys()).map((one) => cache.match(one)));
    return Promise.all(all.map(async (one) => (await one.formData()).getAll("photo").length));
}"""


def cached(page: Page, *counts: int) -> None:
    """Whether so many photos are kept of each draft, once it is written down."""
    for _ in range(100):
        if page.evaluate(CACHED) == list(counts):
            return
        page.wait_for_timeout(50)
    assert page.evaluate(CACHED) == list(counts)


def test_photos_of_a_draft_survive_a_reload_and_signing_out(page: Page) -> None:
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.goto("/")
    page.get_by_text("Add photos").click()
    choose(page, file("a.jpg", jpeg()), file("b.jpg", jpeg(700)))
    shown = page.locator(".photo-choice.shown")
    expect(shown).to_have_count(2)
    page.locator(ALTS).nth(0).fill("A worn seal")
    page.locator("select[name=plain]").nth(1).select_option("1")
    cached(page, 2)

    def are_there() -> None:
        expect(shown).to_have_count(2)
        expect(page.locator(ALTS).nth(0)).to_have_value("A worn seal")
        expect(page.locator("select[name=plain]").nth(1)).to_have_value("1")
        expect(page.locator(ALTS).nth(1)).to_be_hidden()
        images = page.locator(".photo-choice img")
        expect(images.nth(0)).to_have_js_property("naturalWidth", 600)
        expect(images.nth(1)).to_have_js_property("naturalWidth", 700)

    page.reload()
    are_there()
    page.get_by_label("What do you know").fill("now with words")
    other = page.context.new_page()
    other.goto("/")  # a tab each
    expect(other.locator(".photo-choice.shown")).to_have_count(0)
    other.close()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "linus")
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "ada")
    are_there()
    expect(page.get_by_label("What do you know")).to_have_value("now with words")
    page.get_by_role("button", name="Remove Photo 2").click()
    cached(page, 1)
    page.reload()
    expect(shown).to_have_count(1)
    post(page)
    are_shown(page, ["A worn seal"])
    cached(page)
    page.goto("/")
    expect(shown).to_have_count(0)


def test_photos_that_are_taken_away_or_refused_are_where_they_should_be(page: Page) -> None:
    composer(page, "typed with care")
    choose(page, file("holiday.jpg", archive()))
    page.locator(ALTS).fill("a zip")
    cached(page, 1)
    post(page)
    expect(page.get_by_role("alert").filter(has_text="is no photo")).to_be_visible()
    page.reload()
    expect(page.locator("textarea[name=line]")).to_have_value("typed with care")
    expect(page.locator(ALTS)).to_have_value("a zip")
    assert page.evaluate("async () => (await outbox.all()).length") == 0  # here, and not there too
    page.get_by_role("button", name="Remove Photo 1").click()
    page.locator("textarea[name=line]").fill("")
    cached(page)
    page.reload()
    expect(page.locator(".photo-choice")).to_have_count(0)


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no script"])
def test_photos_are_changed_on_the_page_to_edit(
    browser: Browser, url: str, tmp_path: Path, with_script: bool  # noqa: F811
) -> None:
    page = signed_in(browser, url, viewport=PHONE)
    composer(page, "to be edited")
    choose(page, *(file(f"{n}.jpg", jpeg(100 + n)) for n in range(4)))
    expect(page.locator(".photo-choice img")).to_have_count(4)
    for number in range(4):
        page.locator(ALTS).nth(number).fill(f"number {number}")
    post(page)
    are_shown(page, [f"number {n}" for n in range(4)])
    address = page.url
    page.context.close()
    page = signed_in(browser, url, viewport=PHONE, java_script_enabled=with_script)
    page.goto(f"{address}/edit")
    if with_script:
        is_well(page)
    page.get_by_label(ALT).nth(0).fill("a torn seal")
    page.get_by_label("Remove this photo").nth(2).check()
    page.locator("summary", has_text="Add photos").click()
    new = tmp_path / "new.jpg"
    new.write_bytes(jpeg(900))
    if with_script:
        choose(page, file("new.jpg", jpeg(900)))
        expect(page.get_by_role("button", name="Choose photos")).to_be_hidden()
        expect(page.get_by_role("group", name="Photo 5")).to_be_visible()
        page.get_by_label("Remove this photo").nth(3).check()
        expect(page.get_by_role("button", name="Choose photos")).to_be_visible()
        is_well(page)
        page.get_by_label("Remove this photo").nth(3).uncheck()
    else:
        page.locator("input[type=file]").set_input_files(new)
    page.locator(ALTS).fill("a new one")
    page.get_by_role("button", name="Save").click()
    alts = page.locator("article .photo img:last-child")
    for place, alt in enumerate(["a torn seal", "number 1", "number 3", "a new one"]):
        expect(alts.nth(place)).to_have_attribute("alt", alt)
    page.get_by_role("link", name="What it said before its last edit").click()
    expect(page.get_by_text("Photo removed: number 2")).to_be_visible()
    if with_script:
        is_well(page)
    page.context.close()
