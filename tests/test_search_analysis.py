"""How words are found again: forms, accents, compounds, both languages."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microshare.search.analysis import bare, matcher, roots, stems, tokens
from microshare.search.inflection import bases
from microshare.search.query import parse


def words(text: str) -> list[str]:
    return [token.word for token in tokens(text)]


@pytest.mark.parametrize(
    "forms",
    [
        "fiets fietsen",
        "gevaar gevaren",
        "pomp pompen",
        "klant klanten",
        "foto foto's fotos",
        "café cafés cafe's",
        "idee ideeën",
        "zee zeeën zeeen",
        "kolonie koloniën",
        "mogelijkheid mogelijkheden",
        "lopen liep gelopen",
        "aannemen aangenomen aannam",
        "besluiten besloot besloten",
        "verklaren verklaard verklaart verklaarde",
        "publiceren publiceert gepubliceerd",
        "speciaal speciale",
        "geïnteresseerd geinteresseerde",
        "coördinatie coordinatie coördinaties",
        "pump pumps pumping pumped",
        "bought buy buys buying",
        "child children",
        "company companies",
        "noise noises",
    ],
)
def test_each_form_of_a_word_finds_the_first(forms: str) -> None:
    first, *others = forms.split()
    assert [form for form in others if not roots(form) & roots(first)] == []


@pytest.mark.parametrize(
    "pair",
    ["plan plant", "las lezen", "reden rijden", "led lead", "met meet", "at eten", "men man"],
)
def test_words_that_only_look_alike_stay_apart(pair: str) -> None:
    one, other = pair.split()
    assert not roots(one) & roots(other)


def test_a_word_is_always_among_its_roots_without_accents() -> None:
    for word in ("fietsen", "geïnteresseerd", "atex", "m8", "3.5"):
        assert bare(word) in roots(word)


def test_stems_are_taken_before_accents_go() -> None:
    assert stems("coördinatie")[0] == "coordineer"
    assert stems("gevaren") == ("gevaar", "gevaren")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ATEX-42", ["atex", "atex42", "42"]),
        ("sales-rapport", ["sales", "salesrapport", "rapport"]),
        ("R&D field_service", ["r", "rd", "d", "field", "fieldservice", "service"]),
        ("M8 3.5 3,5 bar.", ["m8", "3.5", "3.5", "bar"]),
        ("foto's O’Brien don't", ["foto's", "o", "obrien", "brien", "don't"]),
        ("a-b-c-d-e", ["a", "b", "c", "d", "e"]),
        ("www.example.nl/x", ["www", "example", "nl", "x"]),
        ("Ĳs STRASSE straße ﬁlter", ["ijs", "strasse", "strasse", "filter"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("👍 – !?", []),
    ],
)
def test_a_text_is_cut_into_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_compound_stands_at_the_place_of_its_first_part() -> None:
    assert [(token.position, token.word) for token in tokens("het sales-rapport nu")] == [
        (0, "het"),
        (1, "sales"),
        (1, "salesrapport"),
        (2, "rapport"),
        (3, "nu"),
    ]


def test_accents_count_for_nothing_but_letters_of_other_scripts_stay() -> None:
    assert [bare(word) for word in ("één", "ørsted", "łódź", "かが", "हिन्दी")] == [
        "een",
        "orsted",
        "lodz",
        "かが",
        "हिन्दी",
    ]


def test_irregular_forms_have_their_base() -> None:
    assert bases("aanbevolen") == {"aanbevelen"}
    assert bases("overleed") == {"overlijden"}
    assert bases("went") == {"go"}


def test_the_matcher_marks_forms_prefixes_and_words_of_phrases_but_nothing_excluded() -> None:
    is_match = matcher(parse('pompen lek* "Nieuwe seal" -ventiel sales-rapport').terms)
    marked = ["Pomp", "lekkage", "nieuwe", "rapport", "#Pompen,", "sales-rapporten"]
    assert [word for word in marked if not is_match(word)] == []
    assert [word for word in ("seals", "nieuw", "ventiel", "plek") if is_match(word)] == []


def test_no_search_marks_nothing() -> None:
    assert not matcher(parse("is:open").terms)("open")


def test_stemming_in_many_threads_gives_what_it_gives_in_one() -> None:
    forms = [f"{stem}{ending}" for stem in ("pomp", "fiets", "gevar") for ending in ("", "en", "s")]
    expected = [stems(form) for form in forms]
    wrong: list[object] = []

    def stem() -> None:
        wrong.extend(1 for _ in range(500) if [stems(form) for form in forms] != expected)

    threads = [threading.Thread(target=stem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@given(st.text())
def test_every_text_has_words_that_are_found_again(text: str) -> None:
    for token in tokens(text):
        assert bare(token.word)
        assert bare(token.word) in roots(token.word)
        assert words(bare(token.word))
