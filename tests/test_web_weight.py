"""What a page weighs on its way to a phone: little, compressed, asked once a year."""

import gzip
import io
import re
import sys

import brotli
import pytest
from flask import Flask
from PIL import Image

from microshare import media, people, posts
from microshare.db import db, saving
from microshare.photos import Chosen
from tests.conftest import NOON, ROOT, Browser
from tests.test_media import written

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNPACK = {"zstd": zstd.decompress, "br": brotli.decompress, "gzip": gzip.decompress}
ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def feed_of(reader: Browser) -> str:
    return reader.get("/everyone").get_data(as_text=True)


@pytest.fixture
def notes(ada: Browser) -> None:
    for number in range(40):
        ada.send("/posts", line=f"Seal {number} leaks at #acme #pumps", key=f"key-{number}")


def test_all_styles_and_scripts_together_are_at_most_40_kb_compressed(site: Flask) -> None:
    static = ROOT / "microshare/static"
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9))
             for path in static.rglob("*") if path.suffix in (".css", ".js")}
    assert sum(sizes.values()) <= 40 * 1024, sizes


@pytest.mark.parametrize("encoding", UNPACK)
def test_pages_and_assets_go_over_the_air_compressed(
    notes: None, ada: Browser, encoding: str
) -> None:
    plain = feed_of(ada)
    answer = ada.get("/everyone", headers={"Accept-Encoding": encoding})
    assert answer.headers["Content-Encoding"] == encoding
    assert {"Cookie", "Accept-Encoding"} <= {v.strip() for v in answer.headers["Vary"].split(",")}
    assert len(answer.data) < len(plain) / 4
    assert "Seal 39" in UNPACK[encoding](answer.data).decode()
    for address in ASSET.findall(plain):
        whole, packed = ada.get(address), ada.get(address, headers={"Accept-Encoding": encoding})
        # Below 500 bytes a packet is a packet; a picture is compressed in itself.
        is_small = len(whole.data) < 500 or ".png" in address
        assert packed.data == whole.data if is_small else (
            UNPACK[encoding](packed.data) == whole.data
        )


def test_assets_are_named_by_their_content_and_kept_for_a_year(ada: Browser) -> None:
    addresses = ASSET.findall(feed_of(ada))
    assert addresses
    for address in addresses:
        assert re.search(r"\?v=[0-9a-f]{10}$", address), address
        cache = ada.get(address).headers["Cache-Control"]
        assert "max-age=31536000" in cache, (address, cache)


def test_a_page_asks_nobody_else_for_anything(notes: None, ada: Browser) -> None:
    for path in ("/", "/everyone", "/search?q=seal", "/tags/acme", "/settings", "/help"):
        page = ada.get(path).get_data(as_text=True)
        foreign = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?!/|data:)[^"]*"', page)
        assert foreign == [], path
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", page), path


def test_a_feed_page_is_under_60_kb_where_every_post_has_photos_and_a_reason(
    site: Flask, ada: Browser, grace: Browser
) -> None:
    line = "The seal of the second circulation pump leaks at its flange again, seen at noon"
    noise = [Image.effect_noise((640, 480), width) for width in (120, 240)]
    pictures = [
        Chosen(media.made(io.BytesIO(written(one.convert("RGB"))), 1), "A worn seal, torn at a side")
        for one in noise
    ]
    with site.app_context():
        author = people.by_id(1)
        with saving():
            for number in range(30):
                posts.publish(author, f"{line}, {number} #acme #pumps #seals", photos=pictures, now=NOON)
        db.session.remove()
    grace.send("/tags/pumps/follow")
    grace.send("/settings/profile", name="Grace", username="grace", email="grace@example.com",
               language="nl", time_zone="UTC", about="", department="research")  # fmt: skip
    page = grace.get("/").get_data(as_text=True)
    assert page.count("2 foto’s") == page.count('class="reasons"') + 30 == 60
    assert len(page.encode()) < 60 * 1024
