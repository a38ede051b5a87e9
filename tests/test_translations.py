"""The catalogues have every string of the product, and no other; what is compiled is current."""

import io
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from tests.conftest import ROOT

DUTCH = ROOT / "microshare/translations/nl/LC_MESSAGES/messages.po"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def catalogue() -> Catalog:
    with DUTCH.open("rb") as file:
        return read_po(file)


def test_every_string_is_in_the_dutch_catalogue_and_no_other() -> None:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = {
        message[0] if isinstance(message, tuple) else message
        for package in ("microshare", "microshare_client")
        for _, _, message, _, _ in extract_from_dir(ROOT / package, methods, options, KEYWORDS)
    }
    kept = {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue() if m.id}
    assert sorted(found - kept) == [], "run make translations"
    assert sorted(kept - found) == []


def test_every_string_is_translated_with_the_same_facts() -> None:
    for message in catalogue():
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        assert all(texts), f"not translated: {message.id}"
        assert not message.fuzzy, message.id
        facts = set(re.findall(r"%\((\w+)\)s", " ".join(ids)))
        for text in texts:
            assert set(re.findall(r"%\((\w+)\)s", text)) <= facts, message.id
        assert set(re.findall(r"%\((\w+)\)s", " ".join(texts))) == facts, message.id


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    compiled = DUTCH.with_suffix(".mo")
    buffer = io.BytesIO()
    write_mo(buffer, catalogue())
    buffer.seek(0)
    with compiled.open("rb") as file:
        assert _strings(read_mo(buffer)) == _strings(read_mo(file)), "run make translations"


def _strings(compiled: Catalog) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in compiled if message.id}


def test_nothing_of_the_catalogue_names_a_machine() -> None:
    assert "/work" not in DUTCH.read_text()
    assert Path(DUTCH.parent).name == "LC_MESSAGES"
