"""Which parts a Dutch compound is found by, and which words are none."""

import pytest

from microshare.search import analysis, compounds
from microshare.search.query import parse

APART = {
    "pompgeluid": "pomp geluid",
    "pompgeluiden": "pomp geluid",
    "waterpompgeluid": "water pomp geluid waterpomp pompgeluid",
    "leveringstijd": "levering tijd",
    "leveringsvoorwaarden": "levering voorwaarde",
    "klantenbestand": "klant bestand",
    "olielekkage": "olie lekkage",
    "zonnepaneel": "zon paneel",
    "zonnepanelen": "zon paneel",
    "drukventiel": "druk ventiel",
    "koelwaterpomp": "koel water koelwater pomp waterpomp",
    "veiligheidsklep": "veiligheid klep",
    "verkoopprijs": "verkoop prijs",
    "prijsafspraken": "prijs afspraak",
    "bedrijfsauto": "bedrijf auto",
    "werkplaats": "werk plaats",
    "huizenprijzen": "huis prijs",
    "onderhoudscontract": "onderhoud contract",
    "aardgasexport": "aardgas export",
    "storingsdienst": "storing dienst",
    "kwaliteitscontrole": "kwaliteit controle",
}
WHOLE = """
aandeel afdeling altijd antwoord bedrijven bestelling betaling bijdrage computer concurrent
customer development directeur document engineer feedback geluiden geweldig hardware information
installatie internet leverancier knoppen leveringen machine management material meeting meetings
omgeving ontvluchten opgeslagen onderdeel onderhoud ondersteuning opdracht overleg passport platform position
problemen product products projecten register restaurant settings shipment together understand uitstekend
verandering verbetering vergaderingen verkoper wednesday yesterday
"""


@pytest.mark.parametrize(("word", "parts"), APART.items())
def test_a_compound_is_found_by_its_parts(word: str, parts: str) -> None:
    kept = analysis.kept(word)
    assert [part for part in parts.split() if kept.isdisjoint(analysis.roots(part))] == []


def test_words_that_are_no_compounds_stay_whole() -> None:
    assert {word: found for word in WHOLE.split() if (found := compounds.parts(word))} == {}


def test_a_part_is_not_found_by_the_compound() -> None:
    assert analysis.roots("pompgeluid").isdisjoint(analysis.kept("geluid"))


def test_a_linking_sound_is_no_part() -> None:
    assert compounds.parts("leveringstijd") == {"levering", "tijd"}
    assert compounds.parts("reinigingsstappen") == {"reiniging", "stappen"}


def test_nonsense_without_end_is_not_taken_apart() -> None:
    assert compounds.parts("pomp" * 11) == set()
    assert compounds.parts("pomp4geluid") == set()
    assert len(compounds.parts("pomp" * 10)) <= 55  # places in a word of forty letters, paired


def test_a_compound_is_marked_where_its_part_was_searched_for() -> None:
    is_match = analysis.matcher(parse("geluid").terms)
    assert is_match("Pompgeluid")
    assert not is_match("Pompdruk")
