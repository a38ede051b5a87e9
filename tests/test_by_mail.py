"""A letter cut so that it is a post: line, note, and what fits into neither."""

from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from microshare import by_mail, config, drafts, text
from microshare.config import Settings
from microshare.errors import Refused

LONG = "The quieter seal for pump 40 was tested for six weeks on line 2 in Ghent and it holds, even where the water is hard and the pressure changes all day #pumps"
PARAGRAPH = "It was tested. " * 40  # 600 characters


@pytest.fixture(autouse=True)
def house() -> Iterator[None]:
    app = Flask("house")
    app.config["MICROSHARE"] = Settings()
    with app.app_context():
        yield


@pytest.mark.parametrize(("subject", "body", "line", "note"), [
    ("Quieter seal tested #pumps", "It holds.", "Quieter seal tested #pumps", "It holds."),
    ("Quieter\n seal", "", "Quieter seal", ""),
    ("Quieter\x00 seal\u202e", "a\x07b", "Quieter seal", "ab"),
    ("", "It holds. Six weeks now.", "It holds. Six weeks now.", ""),
    ("", "It holds. " + PARAGRAPH, "It holds.", PARAGRAPH.strip()),
    ("", "Hi all,\n\nIt holds. " + PARAGRAPH, "It holds.", "Hi all,\n\n" + PARAGRAPH.strip()),
    ("", "Beste collega's,\nHet duurt ca. 3 weken. " + PARAGRAPH,
     "Het duurt ca. 3 weken.", "Beste collega's,\n\n" + PARAGRAPH.strip()),
    ("", "Ask dr. A. de Vries about it! " + PARAGRAPH,
     "Ask dr. A. de Vries about it!", PARAGRAPH.strip()),
    ("", "Version 2.5 is out\n\n" + PARAGRAPH, "Version 2.5 is out", PARAGRAPH.strip()),
    ("", "", "", ""),
])  # fmt: skip
def test_the_line_and_the_note_of_a_letter(subject: str, body: str, line: str, note: str) -> None:
    said = by_mail.post(subject, body)
    assert (said.line, said.note, said.rest) == (line, note, "")


def test_a_subject_that_is_too_long_is_cut_at_a_word_and_opens_the_note_whole() -> None:
    said = by_mail.post(LONG, "More of it.")
    assert said.line.endswith("…") and text.count(said.line) <= 140
    assert LONG.startswith(said.line[:-1] + " ")
    assert text.count(said.line) > 125  # no more is cut than must be
    assert said.note == f"{LONG}\n\nMore of it."
    assert "pumps" in text.tags(said.note)


@pytest.mark.parametrize("letters", ["x" * 200, "é" * 200, "🇳🇱" * 200, "क्षि" * 200])
def test_a_word_without_an_end_is_cut_between_letters(letters: str) -> None:
    said = by_mail.post(letters, "")
    assert text.count(said.line) == 140
    assert letters.startswith(said.line[:-1])
    assert said.note == letters


def test_a_web_address_counts_as_it_does_everywhere_and_is_never_cut() -> None:
    address = "https://wiki.example.com/" + "a" * 300
    assert by_mail.post(f"See {address}", "").line == f"See {address}"
    said = by_mail.post("word " * 26 + address, "")
    assert said.line.endswith("word…") and address in said.note


def test_a_question_whose_mark_was_cut_off_still_asks() -> None:
    assert by_mail.post(LONG.removesuffix(" #pumps") + ", or not?", "").kind == "question"
    assert by_mail.post(LONG, "").kind is None


@pytest.mark.parametrize(("body", "end"), [
    ("\n\n".join([PARAGRAPH.strip()] * 5), PARAGRAPH.strip()),
    (PARAGRAPH * 5, "It was tested."),
    ("word " * 600, "word"),
    ("x" * 3000, "x" * 2000),
    ("e\u0323\u0302" * 1001, "\u1ec7" * 1001),  # one letter each, once tidied
])  # fmt: skip
def test_a_note_is_cut_where_it_pauses_and_nothing_is_lost(body: str, end: str) -> None:
    said = by_mail.post("Long", body)
    assert len(said.note) <= 2000 and said.note.endswith(end)
    assert len(said.note) > 1000 or len(body) <= 2000 or "\n" in body
    whole = "".join(text.tidy_note(body).split())
    assert "".join((said.note + said.rest).split()) == whole


def test_a_house_without_notes_sends_everything_back() -> None:
    app = Flask("bare")
    app.config["MICROSHARE"] = Settings(note_limit=0)
    with app.app_context():
        assert config.current().note_limit == 0
        said = by_mail.post("Seal", "It holds.")
    assert (said.line, said.note, said.rest) == ("Seal", "", "It holds.")


@pytest.mark.parametrize(("body", "line", "note"), [
    ("Yes,\nthat is so.", "Yes, that is so.", ""),
    ("Yes, that is so. " + PARAGRAPH, "Yes, that is so.", PARAGRAPH.strip()),
    ("and " * 100, ("and " * 35).strip() + "…", ("and " * 100).strip()),
])  # fmt: skip
def test_a_reply_is_a_line_if_it_fits(body: str, line: str, note: str) -> None:
    said = by_mail.reply(body)
    assert (said.line, said.note) == (line, note)


ODD = st.text(
    st.sampled_from("aé#@.…\n\r\t \x00\u202e\u200b\ud800?!:`[](/🇳🇱é\u0301क्षि") | st.characters(),
    max_size=400,
)


@settings(max_examples=60, deadline=None)
@given(ODD, ODD, st.integers(1, 30), st.sampled_from(["post", "reply", "proposal"]))
def test_any_letter_keeps_the_rules_of_a_post(subject: str, body: str, times: int, how: str) -> None:
    app = Flask("house")
    app.config["MICROSHARE"] = Settings()
    with app.app_context():
        body *= times
        said = by_mail.reply(body) if how == "reply" else getattr(by_mail, how)(subject, body)
        try:
            drafts.read(said.line, said.note, said.kind, is_reply=how == "reply")
        except Refused as refusal:
            assert refusal.code in ("post-empty", "too-many-tags", "too-many-mentions")
        kept = Counter("".join((said.line + said.note + said.rest).split()))
        whole = Counter("".join(text.tidy_note(text.visible(body)).split()))
        assert whole <= kept  # nothing that was written is lost


@pytest.mark.parametrize(("subject", "body", "line", "note"), [
    ("Delivery of seals", "From March they take six weeks.\n\nPlan for it.",
     "Delivery of seals: From March they take six weeks.",
     "From March they take six weeks.\n\nPlan for it."),
    ("Delivery of seals", "They take six weeks.", "Delivery of seals: They take six weeks.", ""),
    ("Delivery of seals:", "", "Delivery of seals", ""),
    ("", "They take six weeks.", "They take six weeks.", ""),
])  # fmt: skip
def test_a_proposal_is_drawn_from_the_subject_and_the_newest_message(
    subject: str, body: str, line: str, note: str
) -> None:
    said = by_mail.proposal(subject, body)
    assert (said.line, said.note) == (line, note)
    assert text.count(by_mail.proposal(LONG, LONG).line) <= 140
