"""The rules of a line's text, by our own cases and by twitter-text's.

Our cases stand in `cases/text_cases.json`, where the browser's counter finds them too. Those of
twitter-text (Apache-2.0) are read where they lie: `../shared/data`, or `MICROSHARE_DATA`. Where we
differ is said in `DIFFERENT`, with what we find instead, and in `docs/text.md`, with why.
"""

import json
import os
import re
import time
import unicodedata
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as some

from microshare import addresses, text

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MICROSHARE_DATA", ROOT.parent / "shared" / "data"))
PUBLIC = DATA / "text" / "twitter_text_extract.yml"
OURS = json.loads((ROOT / "tests" / "cases" / "text_cases.json").read_text(encoding="utf-8"))

# What a writer may type, with the signs that mean something far more often than by chance.
SIGNS = some.sampled_from(
    list("*_`[]()<>!#@＃＠\\/:.?&'\"\n -~1a\u00e9\u0301\u200d\ufe0f\ud800")
    + ["http://a.bb/", "javascript:", "](", "```", "    ", "> ", "- ", "1. ", "<b>", "@ada", "#tag"]
)
WRITTEN = some.one_of(some.text(), some.lists(SIGNS, max_size=40).map("".join))

# Section and description: why we differ, and what we find.
DIFFERENT: dict[tuple[str, str], tuple[str, list[str]]] = {
    ("urls", "DO NOT extract invalid URL: http://no-tld"): ("intranet-host", ["http://no-tld"]),
}
LISTS = "mentions_or_lists_with_indices"
for _name, _found in {
    "Extract a list": ["username"],
    "Extract a mention and list": ["username", "otheruser"],
    "Extract a list in the middle of a Japanese tweet": ["username"],
}.items():
    DIFFERENT[LISTS, _name] = ("no-lists", _found)
_TWITTER = ["http://twitter.com/", "http://t.co/abcde", "http://twitter.com/abcde"]
_LINES = ["http://twitter.com", "http://example.com", "http://example.com/path"]
for _section, _name, _found in [
    ("urls", "Extract URLs without protocol on (com|org|edu|gov|net) domains", []),
    ("urls", "Extract URLs without protocol not on (com|org|edu|gov|net) domains", []),
    ("urls", "Extract URLs without protocol on ccTLD with slash", []),
    ("urls", "Extract URLs beginning with a space", []),
    ("urls", "Extract URLs beginning with a non-breaking space (U+00A0)", []),
    ("urls", "Extract long URL without protocol surrounded by CJK characters", []),
    ("urls", "Extract short URL without protocol surrounded by CJK characters", []),
    ("urls", "Extract URLs with and without protocol surrounded by CJK characters", _TWITTER),
    ("urls", "Extract short URLs without protocol on ccTLD domains without path", []),
    ("urls", "Extract URLs with a - in the middle", []),
    ("urls", "Extract some (tv|co) short URLs without protocol on ccTLD domains without path", []),
    ("urls", "Extract valid URL ELPAÍS.com", []),
    ("urls", "Extract domain followed by Japanese characters", []),
    ("urls", "Extract URL before newline", _LINES),
    ("urls_with_indices", "Extract URLs without protocol on ccTLD with slash", []),
    ("urls_with_indices", "Extract URLs without protocol surrounded by CJK characters", []),
    (
        "urls_with_indices",
        "Extract URLs with and without protocol surrounded by CJK characters",
        _TWITTER,
    ),
    ("urls_with_directional_markers", "Extract URLs from RTL text", ["http://twitter.com/"]),
    (
        "urls_with_directional_markers",
        "Extract URLs from RTL text with embedded directional marks",
        ["http://foobar.پاکستان/"],
    ),
]:
    DIFFERENT[_section, _name] = ("no-scheme", _found)
NO_SUCH_THING = {"cashtags", "cashtags_with_indices"}
KINDS = {"hashtags": "tag", "mentions": "mention", "replies": "mention", "urls": "url"}


def public_cases() -> dict[str, list[dict[str, Any]]]:
    if not PUBLIC.is_file():
        pytest.fail(f"{PUBLIC} is missing: say in MICROSHARE_DATA where the test data lie")
    return yaml.safe_load(PUBLIC.read_text(encoding="utf-8"))["tests"]  # type: ignore[no-any-return]


def kind_of(section: str) -> str:
    return next((kind for start, kind in KINDS.items() if start in section), "url")


def found_in(line: str, kind: str) -> list[tuple[str, tuple[int, int]]]:
    return [
        (line[slice(*span.inner)], (span.start, span.end))
        for span in text.spans(line)
        if span.kind == kind
    ]


def is_as_expected(section: str, case: dict[str, Any]) -> bool:
    line, expected = case["text"], case["expected"] or []
    if section == "replies":
        # A reply is no kind of post to us; what makes one is a mention right at the start.
        first = [name for name, place in found_in(text.tidy(line), "mention") if place[0] == 0]
        return first == ([expected] if expected else [])
    if not section.endswith(("_indices", "_markers")):
        listed = {"tag": text.tags, "mention": text.mentions, "url": text.urls}[kind_of(section)]
        fold = str if kind_of(section) == "url" else text.fold
        return listed(line) == list(dict.fromkeys(map(fold, expected)))
    wanted = [
        (next(value for key, value in one.items() if key != "indices"), tuple(one["indices"]))
        for one in expected
    ]
    return found_in(line, kind_of(section)) == wanted


def test_every_public_case_passes_or_is_listed_with_its_reason() -> None:
    differing = {
        (section, case["description"])
        for section, cases in public_cases().items()
        for case in cases
        if section not in NO_SUCH_THING and not is_as_expected(section, case)
    }
    assert differing == set(DIFFERENT)


def test_in_a_differing_public_case_we_find_what_the_table_says() -> None:
    for section, cases in public_cases().items():
        for case in cases:
            if (section, case["description"]) in DIFFERENT:
                found = [name for name, _ in found_in(case["text"], kind_of(section))]
                assert found == DIFFERENT[section, case["description"]][1]


def test_the_manual_names_every_public_case_in_which_we_differ() -> None:
    manual = (ROOT / "docs" / "text.md").read_text(encoding="utf-8")
    for (_, description), (reason, _) in DIFFERENT.items():
        assert description in manual and f"`{reason}`" in manual


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("count", text.count),
        ("tags", text.tags),
        ("mentions", text.mentions),
        ("urls", text.urls),
        ("question", text.is_question),
    ],
)
def test_our_own_cases_hold(rule: str, asked: Callable[[str], object]) -> None:
    assert OURS[rule]
    for case in OURS[rule]:
        assert asked(case["text"]) == case["expected"], case["text"]


def test_a_tag_directly_before_a_scheme_is_none() -> None:
    assert text.tags("#http://wiki #x://y") == []


def test_a_tag_keeps_the_spelling_of_its_first_place() -> None:
    assert text.written_tags("#ACME #Acme") == [("acme", "ACME")]


def test_a_folded_name_holds_no_blank() -> None:
    assert " " not in text.fold("ﷺ゛")


@pytest.mark.parametrize("char", "\x00\x07\x0b\x7f\x85\u202e\u202d\ud800\ufffe\ufdd0")
def test_control_characters_and_overrides_are_seen(char: str) -> None:
    assert text.has_control(f"a{char}b")


def test_blanks_joiners_and_isolates_are_no_control_characters() -> None:
    assert not text.has_control("a\tb\r\n\ufeff👨‍👩‍👧 \u2066x\u2069 \u202ay\u202c \u200f")


def test_a_note_keeps_its_indentation_and_one_empty_line() -> None:
    assert text.tidy_note("\n\n    code \r\n\r\n\r\n\r\n- a\n  - b\n ") == "    code\n\n- a\n  - b"


@given(WRITTEN)
def test_tidying_twice_changes_nothing(written: str) -> None:
    assert text.tidy(text.tidy(written)) == text.tidy(written)
    assert text.tidy_note(text.tidy_note(written)) == text.tidy_note(written)


@given(WRITTEN)
def test_a_line_counts_as_its_tidied_form_and_never_below_nothing(written: str) -> None:
    assert text.count(text.tidy(written)) == text.count(written) >= 0


@given(WRITTEN)
@example("a\ud800\u0301")
def test_folding_twice_changes_nothing(written: str) -> None:
    assert text.fold(text.fold(written)) == text.fold(written)


USUAL = some.lists(
    some.sampled_from([
        *"aZ é?:/`[]() ", "\u00a0", "\ufeff", "\u202e", "\x00", "\x1c", "\t", "\u0301", "Ｐ", "ß", "K",
        "？", "؟", "\ufffe", "\u2028", "\u200d", "://", "http", "http://a", "](", "``", "#tag",
    ]),
    max_size=8,
).map("".join)  # fmt: skip


@given(some.one_of(USUAL, WRITTEN))
def test_what_is_usual_is_known_at_a_glance_and_is_the_same(written: str) -> None:
    nfc, nfkc = (partial(unicodedata.normalize, form) for form in ("NFC", "NFKC"))
    assert text.tidy(written) == text._BLANKS.sub(" ", nfc(written)).strip(" ")
    assert text.has_control(written) == bool(text._CONTROL.search(written))
    whole = "".join(nfkc(written.replace("\0", " ").replace("\ud800", "")).split())
    assert text.fold(written) == nfkc(whole.casefold())
    if "`" not in written:
        assert not list(text._codes(written))
    if "](" not in written:
        assert not list(text._links(written, []))
    if "://" not in written:
        assert not addresses._HEAD.search(written)
    if not text.is_question(written) and not text.spans(written):
        assert not text._ASKS.search(written)


@given(WRITTEN)
def test_every_found_thing_stands_where_it_is_said_to(written: str) -> None:
    for span in text.spans(written):
        assert 0 <= span.start <= span.inner[0] <= span.inner[1] <= span.end <= len(written)
    assert all(not re.search(r"[\s#@/]", name) for name in text.tags(written))


NONSENSE = [
    "[", "*", "#", "@", "`", "[]", "[a](", "](x", "http://", "http://a.", "http://a.bb/(a", "#1",
    "#a ", "*@a", "rt@", "http://a.bb/?", "a\u200d", "[http://a.bb/](", "? )", "http://t.co/", "a.",
]  # fmt: skip


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_finding_takes_time_in_proportion_to_the_text(nonsense: str) -> None:
    started = time.process_time()
    text.spans(nonsense * (100_000 // len(nonsense)))
    text.count("http://a.bb/" + nonsense * (100_000 // len(nonsense)))
    # Measured: 0.3 s at most for these 100 kB.
    assert time.process_time() - started < 5
